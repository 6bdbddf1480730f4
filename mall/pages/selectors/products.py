"""All that the page of one product shows of it, in seven queries however many offers there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Min, OuterRef, Subquery, Window
from django.db.models.functions import RowNumber

from listings.models import ListingPhoto
from mall.catalogue.buy_box import FAMILY_ORDER, BuyBox, choose
from mall.catalogue.conditions import Family
from mall.catalogue.models import Category, Identifier, Offer, PriceHistory, Product, ProductPhoto, ProductText, Variant

SHOWN_PER_CONDITION = 12
REDUCTION_DAYS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductFacts:
    """A product with its words in one language, those of the other where there are none. variants: with `gtin`."""

    product: Product
    title: str
    summary: str
    description: str
    facts: tuple[tuple[str, str], ...]
    variants: tuple[Variant, ...]
    photos: tuple[ProductPhoto, ...]
    categories: tuple[Category, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ConditionOffers:
    """Live offers of one condition. offers: the cheapest, by total; count: of all."""

    family: Family
    offers: tuple[Offer, ...]
    count: int

    @property
    def from_minor(self) -> int:
        return self.offers[0].total_minor


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductOffers:
    """Live offers of a product or of one of its variants. from_by_variant: cheapest total of each variant.

    new_minor: cheapest total new, of all variants.
    """

    groups: tuple[ConditionOffers, ...]
    from_by_variant: Mapping[int, int]
    new_minor: int | None
    own_photos: Mapping[int, tuple[ListingPhoto, ...]]

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)

    def group(self, family: str) -> ConditionOffers | None:
        return next((group for group in self.groups if group.family == family), None)

    def offer(self, offer_id: int | None) -> Offer | None:
        return next((offer for group in self.groups for offer in group.offers if offer.pk == offer_id), None)

    def cheapest_new(self) -> Offer | None:
        group = self.group(Family.NEW)
        return group.offers[0] if group else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The offer put forward. box: why it is, None when the shopper chose it."""

    offer: Offer
    box: BuyBox | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reduction:
    """A price that went down, against the lowest of the 30 days before (C. conso. L112-1-1)."""

    lowest_minor: int
    since: datetime


def find_product(product_id: int, language: str) -> ProductFacts | None:
    """None for a product that never was. Four queries."""
    texts = {
        text.language: text
        for text in ProductText.objects.filter(product_id=product_id).select_related(
            "product__brand__shop", "product__category"
        )
    }
    text = texts.get(language) or next(iter(texts.values()), None)
    product = text.product if text else _without_text(product_id)
    if product is None:
        return None
    gtin = Identifier.objects.filter(variant=OuterRef("pk"), scheme=Identifier.Scheme.GTIN).order_by("pk")
    return ProductFacts(
        product=product,
        title=text.title if text else product.slug.replace("-", " "),
        summary=text.summary if text else "",
        description=text.description if text else "",
        facts=tuple((str(label), str(value)) for label, value in text.facts) if text else (),
        variants=tuple(product.variants.annotate(gtin=Subquery(gtin.values("value")[:1]))),
        photos=tuple(product.photos.select_related("picture")),
        categories=tuple(
            sorted(Category.objects.filter(slug__in=product.category.path_slugs), key=lambda node: len(node.path))
        ),
    )


def _without_text(product_id: int) -> Product | None:
    return Product.objects.filter(pk=product_id).select_related("brand__shop", "category").first()


def live_offers(product: Product, variant: Variant | None = None) -> ProductOffers:
    """The cheapest SHOWN_PER_CONDITION of each variant and condition, the counts of all. Two queries."""
    group = [F("variant_id"), F("family")]
    total = F("price_minor") + F("delivery_minor")
    offers = (
        Offer.objects.live()
        .filter(variant__product=product)
        .annotate(
            place=Window(RowNumber(), partition_by=group, order_by=[total.asc(), F("pk").asc()]),
            alike=Window(Count("pk"), partition_by=group),
        )
        .filter(place__lte=SHOWN_PER_CONDITION)
        .select_related("seller", "listing", "variant")
    )
    rows = sorted(offers, key=lambda offer: (offer.total_minor, offer.pk))
    from_by_variant: dict[int, int] = {}
    for offer in rows:
        if offer.variant_id is not None:
            from_by_variant.setdefault(offer.variant_id, offer.total_minor)
    shown = [offer for offer in rows if variant is None or offer.variant_id == variant.pk]
    groups = tuple(_group(family, shown) for family in Family if any(offer.family == family for offer in shown))
    return ProductOffers(
        groups=groups,
        from_by_variant=from_by_variant,
        new_minor=next((offer.total_minor for offer in rows if offer.family == Family.NEW), None),
        own_photos=_own_photos(offer.pk for one in groups for offer in one.offers),
    )


def _group(family: Family, offers: Sequence[Offer]) -> ConditionOffers:
    own = [offer for offer in offers if offer.family == family]
    counts = {offer.variant_id: offer.alike for offer in own}  # type: ignore[attr-defined]
    return ConditionOffers(family=family, offers=tuple(own[:SHOWN_PER_CONDITION]), count=sum(counts.values()))


def _own_photos(offer_ids: Iterable[int]) -> dict[int, tuple[ListingPhoto, ...]]:
    photos = ListingPhoto.objects.filter(listing__offer_id__in=list(offer_ids)).select_related("picture", "listing")
    found: dict[int, list[ListingPhoto]] = {}
    for photo in photos:
        found.setdefault(photo.listing.offer_id, []).append(photo)
    return {offer_id: tuple(own) for offer_id, own in found.items()}


def choose_offer(offers: ProductOffers, *, condition: str, offer_id: int | None, now: datetime) -> Choice | None:
    """The offer asked for; else the best of the condition asked for; else the best of the first condition there is."""
    asked = offers.offer(offer_id)
    if asked is not None:
        return Choice(offer=asked, box=None)
    families = [condition] if condition else [family for family in FAMILY_ORDER if offers.group(family)]
    group = offers.group(families[0]) if families else None
    box = choose(group.offers, now=now) if group else None
    return Choice(offer=box.winner, box=box) if box else None


def read_reduction(offer: Offer, now: datetime) -> Reduction | None:
    """The running reduction of `offer`, None without one. One query."""
    return reduction_in(list(offer.prices.filter(starts_at__lte=now)), now)


def reduction_in(prices: Sequence[PriceHistory], now: datetime) -> Reduction | None:
    """prices: of one offer, oldest first. A price is reduced when it is below every one of the 30 days before it."""
    if len(prices) < 2:
        return None
    last = len(prices) - 1
    while last > 0 and prices[last - 1].price_minor == prices[last].price_minor:
        last -= 1
    current = prices[last]
    earlier = prices[:last]
    if not earlier or now - current.starts_at > timedelta(days=REDUCTION_DAYS):
        return None
    window_start = current.starts_at - timedelta(days=REDUCTION_DAYS)
    valid = [
        price.price_minor
        for price, following in zip(earlier, [*earlier[1:], current], strict=True)
        if following.starts_at > window_start
    ]
    lowest = min(valid)
    return Reduction(lowest_minor=lowest, since=current.starts_at) if current.price_minor < lowest else None


def cheapest_new_total(product_id: int) -> int | None:
    """The lowest total among live new offers of a product."""
    total = F("price_minor") + F("delivery_minor")
    live = Offer.objects.live().filter(variant__product_id=product_id, family=Family.NEW)
    return live.aggregate(lowest=Min(total))["lowest"]  # type: ignore[no-any-return]
