"""Browsing straight from the database: what stands in a category or at a seller, newest first, without search.

It serves the pages that search does not, and keeps categories open while search is being rebuilt.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from listings.models import Listing
from mall.catalogue.models import Offer, Product
from search.results import Hit

PAGE_SIZE = 24
# to count 200,000 products on sale takes the database a second; a short list is counted each time
LONG_LIST = 1_000
COUNT_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class BrowsePage:
    """One page of cards. total: of all pages, of a LONG_LIST at most COUNT_SECONDS old; number: from 1."""

    hits: tuple[Hit, ...]
    total: int
    number: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def browse_category(path: str, *, number: int) -> BrowsePage | None:
    """Products with a live offer below the category at `path`, then lone things. None: there is no such page."""
    products = Product.objects.filter(_below("category", path), is_active=True).filter(Exists(_offers_of_product()))
    things = live_listings().filter(_below("category", path), offer__variant__isnull=True)
    return _page(products.order_by("-pk"), things, number, name=f"category:{path.rpartition('/')[2]}")


def browse_seller(seller_id: int, *, number: int, is_private: bool) -> BrowsePage | None:
    """What a seller offers now. A private person's things stand as themselves, others' under their product."""
    things = live_listings().filter(offer__seller_id=seller_id)
    if is_private:
        return _page(Product.objects.none(), things, number, name=f"private:{seller_id}")
    own_offers = _offers_of_product().filter(seller_id=seller_id)
    # By a sum, which no index gives, so that the database starts from the seller's offers: to go backwards through all
    # products until 24 are the seller's costs PostgreSQL ten times as much where its goods came in long ago.
    products = Product.objects.filter(is_active=True).filter(Exists(own_offers)).order_by((F("pk") + 0).desc())
    return _page(products, things.filter(offer__variant__isnull=True), number, name=f"seller:{seller_id}")


def live_listings() -> QuerySet[Listing]:
    """Second-hand things that can be had now."""
    return Listing.objects.filter(offer__withdrawn_at__isnull=True, offer__stock__gt=0, offer__seller__is_active=True)


def product_hit(product_id: int) -> Hit:
    return Hit(id=f"product:{product_id}", kind="product", score=0.0)


def listing_hit(listing_id: int) -> Hit:
    return Hit(id=f"listing:{listing_id}", kind="listing", score=0.0)


def _offers_of_product() -> QuerySet[Offer]:
    return Offer.objects.live().filter(variant__product=OuterRef("pk"))


def _below(field: str, path: str) -> Q:
    return Q(**{f"{field}__path": path}) | Q(**{f"{field}__path__startswith": f"{path}/"})


def _page(products: QuerySet[Product], things: QuerySet[Listing], number: int, *, name: str) -> BrowsePage | None:
    """products: in the order of the list. name: of the list, for the count that is kept."""
    product_count, thing_count = _count(products, f"browse:{name}"), things.count()
    total = product_count + thing_count
    start = (number - 1) * PAGE_SIZE
    if number < 1 or (number > 1 and start >= total):
        return None
    hits = [product_hit(pk) for pk in products.values_list("pk", flat=True)[start : start + PAGE_SIZE]]
    left = PAGE_SIZE - len(hits)
    if left and thing_count:
        skip = max(0, start - product_count)
        newest = things.order_by("-created_at", "-pk").values_list("pk", flat=True)
        hits += [listing_hit(pk) for pk in newest[skip : skip + left]]
    return BrowsePage(hits=tuple(hits), total=total, number=number)


def _count(products: QuerySet[Product], key: str) -> int:
    known: int | None = cache.get(key)
    if known is None:
        known = products.count()
        if known >= LONG_LIST:
            cache.set(key, known, COUNT_SECONDS)
    return known
