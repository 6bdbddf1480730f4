"""What the home page shows, picked from what is really on sale. Picks change with the day or the week, never by pay."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet

from listings.models import ListingPhoto
from mall.catalogue.conditions import Family
from mall.catalogue.models import Offer, Product, ProductPhoto, ProductText
from mall.core.money import Money
from mall.core.pictures import PictureSources, sources_of
from mall.pages.selectors.browse import live_listings
from mall.pages.selectors.kept import kept
from mall.sellers.models import Seller

HERO_SECONDS = 60
PICKS_SECONDS = 300
CANDIDATES = 200
HERO_TRIES = 12
DOORS = (Family.NEW, Family.REFURBISHED, Family.USED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """One condition of the hero's product: its cheapest live offer.

    own_photo: the picture shows the very thing. count: live offers of this condition.
    """

    family: str
    price: Money
    count: int
    seller_name: str
    seller_kind: str
    picture: PictureSources
    own_photo: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class HeroProduct:
    """One real product that can be had new, refurbished and second-hand today."""

    product_id: int
    slug: str
    title: str
    tint: str
    doors: tuple[Door, ...]


def hero_product(language: str, today: date) -> HeroProduct | None:
    """Today's product for the three doors; None while no product has all three. Prices at most HERO_SECONDS old."""
    key = f"home:hero:{language}:{today:%Y-%m-%d}"
    found = cache.get(key, default="unread")
    if found == "unread":
        choice = kept(f"home:hero-choice:{today:%Y-%m-%d}", lambda: _choose_hero(today), seconds=PICKS_SECONDS)
        found = _hero(choice, language) if choice else None
        cache.set(key, found, HERO_SECONDS)
    return found  # type: ignore[no-any-return]


def compared_products(today: date, limit: int) -> tuple[int, ...]:
    """Products that can be had new and second-hand, changing with the week, each of another category."""
    year, week, _day = today.isocalendar()
    key = f"home:compared:{year}-{week}:{limit}"
    return kept(key, lambda: _find_compared(f"{year}-{week}", limit), seconds=PICKS_SECONDS)


def private_things(limit: int) -> tuple[int, ...]:
    """The newest second-hand things of private persons that have a ready photo of their own."""
    photos = ListingPhoto.objects.filter(listing=OuterRef("pk")).exclude(picture__ready_widths=[])
    newest = _of_private_sellers().filter(Exists(photos)).order_by("-created_at", "-pk")
    return tuple(newest.values_list("pk", flat=True)[:limit])


def private_thing_count() -> int:
    return kept("home:private-things", lambda: _of_private_sellers().count(), seconds=PICKS_SECONDS)


def _of_private_sellers() -> QuerySet:  # type: ignore[type-arg]
    return live_listings().filter(offer__seller__kind=Seller.Kind.PRIVATE)


def _on_sale(*families: str) -> Exists:
    return Exists(Offer.objects.live().filter(variant__product=OuterRef("pk"), family__in=families))


def _with_picture() -> QuerySet[Product]:
    photos = ProductPhoto.objects.filter(product=OuterRef("pk")).exclude(picture__ready_widths=[])
    return Product.objects.filter(Exists(photos), is_active=True)


def _shuffled(ids: Iterable[int], seed: str) -> list[int]:
    return sorted(ids, key=lambda pk: hashlib.sha256(f"{seed}|{pk}".encode()).digest())


def _find_compared(seed: str, limit: int) -> tuple[int, ...]:
    on_sale = _with_picture().filter(_on_sale(Family.NEW), _on_sale(Family.REFURBISHED, Family.USED))
    category_of = dict(on_sale.order_by("-pk").values_list("pk", "category_id")[:CANDIDATES])
    picked: list[int] = []
    spare: list[int] = []
    for pk in _shuffled(category_of, seed):
        is_other = all(category_of[pk] != category_of[known] for known in picked)
        (picked if is_other else spare).append(pk)
    return tuple((picked + spare)[:limit])


def _choose_hero(today: date) -> int:
    """A product with all three doors, another one each day; 0 for none."""
    own_photos = ListingPhoto.objects.filter(listing__offer__variant__product=OuterRef("pk"))
    candidates = _with_picture().filter(*(_on_sale(family) for family in DOORS), Exists(own_photos))
    ids = candidates.order_by("-pk").values_list("pk", flat=True)[:CANDIDATES]
    tried = _shuffled(ids, f"{today:%Y-%m-%d}")[:HERO_TRIES]
    doors = _doors(tried)
    return next((pk for pk in tried if len(doors[pk]) == len(DOORS)), 0)


def _hero(product_id: int, language: str) -> HeroProduct | None:
    doors = _doors([product_id])[product_id]
    product = Product.objects.select_related("category").filter(pk=product_id).first()
    if product is None or len(doors) < len(DOORS):
        return None
    titles = dict(ProductText.objects.filter(product=product).values_list("language", "title"))
    return HeroProduct(
        product_id=product_id,
        slug=product.slug,
        title=titles.get(language) or next(iter(titles.values()), product.slug.replace("-", " ")),
        tint=product.category.tint,
        doors=doors,
    )


def _doors(product_ids: Sequence[int]) -> dict[int, tuple[Door, ...]]:
    """The doors of each product, as far as each can be shown with an honest picture. Four queries."""
    live = Offer.objects.live().annotate(sum_minor=F("price_minor") + F("delivery_minor")).order_by()
    groups = (
        live.filter(variant__product_id__in=product_ids, family__in=DOORS)
        .values_list("variant__product_id", "family")
        .annotate(Count("pk"), Min("sum_minor"))
    )
    counts, lowest = {}, Q(pk__in=[])
    for pk, family, count, sum_minor in groups:
        counts[pk, family] = count
        lowest |= Q(variant__product_id=pk, family=family, sum_minor=sum_minor)
    # Among equals the one with photos of its own comes last, and so stays.
    equals = live.filter(lowest).select_related("seller", "variant").order_by(F("listing").asc(nulls_first=True), "-pk")
    cheapest = {(offer.variant.product_id, offer.family): offer for offer in equals if offer.variant}
    own = _first_by(
        ListingPhoto.objects.filter(listing__offer__in=[offer.pk for offer in cheapest.values()]),
        "listing__offer_id",
    )
    catalogue = _first_by(ProductPhoto.objects.filter(product_id__in=product_ids), "product_id")
    doors: dict[int, list[Door]] = {pk: [] for pk in product_ids}
    for pk in product_ids:
        for family in DOORS:
            offer = cheapest.get((pk, family))
            if offer is None:
                continue
            picture = own.get(offer.pk) or (catalogue.get(pk) if family != Family.USED else None)
            if picture:
                doors[pk].append(_door(offer, counts[pk, family], picture, is_own=offer.pk in own))
    return {pk: tuple(found) for pk, found in doors.items()}


def _first_by(photos: QuerySet[Any], field: str) -> dict[int, PictureSources]:
    """The first ready picture of each `field`."""
    ready = photos.exclude(picture__ready_widths=[]).select_related("picture").order_by("-position", "-pk")
    found = {}
    for photo in ready.annotate(of=F(field)):
        sources = sources_of(photo.picture)
        if sources:
            found[photo.of] = sources
    return found


def _door(offer: Offer, count: int, picture: PictureSources, *, is_own: bool) -> Door:
    return Door(
        family=offer.family,
        price=offer.total,
        count=count,
        seller_name=offer.seller.name,
        seller_kind=offer.seller.kind,
        picture=picture,
        own_photo=is_own,
    )
