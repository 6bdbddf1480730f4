"""All that a page of cards shows, in at most six queries however many cards there are.

Search says which cards and in what order; prices, stock and pictures are read again here, so that a thing sold since
the last indexing is shown as sold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Min, Q
from django.db.models.functions import Coalesce

from listings.models import Listing, ListingPhoto
from mall.catalogue.buy_box import saving_percent
from mall.catalogue.models import Offer, Product, ProductPhoto, ProductText
from mall.core.models import Picture
from search.queries import Filters
from search.results import Hit

TOTAL = F("price_minor") + F("delivery_minor")
FAMILIES = ("new", "refurbished", "used", "parts")
FACTORY_FAMILIES = {"new", "refurbished"}  # what a maker's picture may stand for
NO_FILTERS = Filters()


@dataclass(frozen=True, kw_only=True, slots=True)
class FamilyFacts:
    """Live offers of one condition. from_minor: cheapest that meets the filters, else cheapest of all."""

    from_minor: int
    count: int
    fits: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LeadSeller:
    """Who sells the cheapest fitting offer. rating_tenths: 10 to 50, None without votes."""

    name: str
    kind: str
    city: str
    rating_tenths: int | None
    rating_count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CardFacts:
    """One card as data; `mall.pages.components.cards` puts it into words.

    tint: tile colour of the department. own_photo: the thing itself is shown, not the catalogue's picture.
    arrives_in_days: earliest promise among the offers, None when all are to be collected or none is left.
    """

    hit: Hit
    title: str
    slug: str
    brand: str
    tint: str
    currency: str
    families: Mapping[str, FamilyFacts]
    picture: Picture | None = None
    picture_alt: str = ""
    own_photo: bool = False
    lead: LeadSeller | None = None
    seller_kinds: frozenset[str] = frozenset()
    arrives_in_days: int | None = None
    saving_percent: int = 0


@dataclass(slots=True)
class _Offers:
    """What is gathered of one card's offers while the rows come in."""

    total: dict[str, int] = field(default_factory=dict)
    fitting: dict[str, int] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    kinds: set[str] = field(default_factory=set)
    days: list[int] = field(default_factory=list)
    lead: tuple[int, dict[str, Any]] | None = None
    currency: str = ""


def read_cards(hits: Sequence[Hit], language: str, filters: Filters = NO_FILTERS) -> list[CardFacts]:
    """Facts of each hit that still exists, in the order of `hits`."""
    products = _product_facts([hit for hit in hits if hit.kind == "product"], language, filters)
    listings = _listing_facts([hit for hit in hits if hit.kind == "listing"], language)
    known = {**products, **listings}
    return [known[hit.id] for hit in hits if hit.id in known]


def _product_facts(hits: Sequence[Hit], language: str, filters: Filters) -> dict[str, CardFacts]:
    by_id = {hit.source_id: hit for hit in hits}
    if not by_id:
        return {}
    products = Product.objects.filter(pk__in=by_id, is_active=True).select_related("brand", "category")
    titles = _titles(by_id, language)
    offers = _offers_of_products(by_id, filters)
    pictures = _catalogue_pictures(by_id, language)
    second_hand_only = [pk for pk, seen in offers.items() if seen.total and not FACTORY_FAMILIES & set(seen.total)]
    own = _own_pictures(second_hand_only, language) if second_hand_only else {}
    facts = {}
    for product in products:
        seen = offers.get(product.pk) or _Offers()
        is_second_hand = product.pk in second_hand_only
        picture, alt = (own if is_second_hand else pictures).get(product.pk, (None, ""))
        facts[by_id[product.pk].id] = CardFacts(
            hit=by_id[product.pk],
            title=titles.get(product.pk) or product.slug.replace("-", " "),
            slug=product.slug,
            brand=product.brand.name if product.brand else "",
            tint=product.category.tint,
            picture=picture,
            picture_alt=alt,
            own_photo=is_second_hand,
            **_offer_facts(seen),
        )
    return facts


def _offer_facts(seen: _Offers) -> dict[str, Any]:
    families = {
        family: FamilyFacts(
            from_minor=seen.fitting.get(family, seen.total[family]),
            count=seen.count[family],
            fits=family in seen.fitting,
        )
        for family in FAMILIES
        if family in seen.total
    }
    second_hand = [seen.fitting[family] for family in FAMILIES[1:] if family in seen.fitting]
    lead = seen.lead[1] if seen.lead else None
    return {
        "families": families,
        "currency": seen.currency,
        "seller_kinds": frozenset(seen.kinds),
        "arrives_in_days": min(seen.days, default=None),
        "saving_percent": saving_percent(min(second_hand), seen.total.get("new")) if second_hand else 0,
        "lead": LeadSeller(**{name: lead[f"seller__{name}"] for name in LeadSeller.__slots__}) if lead else None,
    }


def _titles(ids: Iterable[int], language: str) -> dict[int, str]:
    rows = ProductText.objects.filter(product_id__in=list(ids)).values_list("product_id", "language", "title")
    titles: dict[int, str] = {}
    for product_id, text_language, title in rows:
        if text_language == language or product_id not in titles:
            titles[product_id] = title
    return titles


def _offers_of_products(ids: Iterable[int], filters: Filters) -> dict[int, _Offers]:
    """One row per product, condition and seller: few rows even where a product has thousands of offers."""
    fits = _fitting(filters)
    rows = (
        Offer.objects.live()
        .filter(variant__product_id__in=list(ids))
        .values(
            "variant__product_id",
            "family",
            "currency",
            *(f"seller__{name}" for name in LeadSeller.__slots__),
            "seller_id",
        )
        .annotate(
            total=Min(TOTAL),
            fitting=Min(TOTAL, filter=fits) if fits else Min(TOTAL),
            count=Count("pk"),
            days=Min("delivery_days_max"),
        )
        .order_by()
    )
    gathered: dict[int, _Offers] = defaultdict(_Offers)
    for row in rows:
        _gather(gathered[row["variant__product_id"]], row)
    return gathered


def _gather(seen: _Offers, row: dict[str, Any]) -> None:
    family = row["family"]
    seen.currency = row["currency"]
    seen.total[family] = min(row["total"], seen.total.get(family, row["total"]))
    seen.count[family] += row["count"]
    seen.kinds.add(row["seller__kind"])
    if row["days"] is not None:
        seen.days.append(row["days"])
    if row["fitting"] is None:
        return
    seen.fitting[family] = min(row["fitting"], seen.fitting.get(family, row["fitting"]))
    if seen.lead is None or row["fitting"] < seen.lead[0]:
        seen.lead = (row["fitting"], row)


def _fitting(filters: Filters) -> Q:
    """The filters that one offer must meet; the condition and the saving are left to search."""
    fits = Q()
    for name, values in (
        ("grade__in", filters.grades),
        ("variant__colour__in", filters.colours),
        ("variant__size__in", filters.sizes),
        ("seller__kind__in", filters.seller_kinds),
        ("seller_id__in", filters.seller_ids),
    ):
        if values:
            fits &= Q(**{name: sorted(values)})
    if filters.price_min_minor is not None:
        fits &= Q(price_minor__gte=filters.price_min_minor - F("delivery_minor"))
    if filters.price_max_minor is not None:
        fits &= Q(price_minor__lte=filters.price_max_minor - F("delivery_minor"))
    if filters.delivery_days_max is not None:
        fits &= Q(delivery_days_max__lte=filters.delivery_days_max)
    if filters.has_free_delivery:
        fits &= Q(delivery_minor=0, delivery_days_max__isnull=False)
    return fits


def _catalogue_pictures(ids: Iterable[int], language: str) -> dict[int, tuple[Picture, str]]:
    photos = (
        ProductPhoto.objects.filter(product_id__in=list(ids))
        .select_related("picture")
        .order_by("product_id", "-position", "-pk")
    )
    return {photo.product_id: (photo.picture, photo.alt(language)) for photo in photos}


def _own_pictures(product_ids: list[int], language: str) -> dict[int, tuple[Picture, str]]:
    """First photo of each product's cheapest second-hand things, by product id."""
    photos = (
        ListingPhoto.objects.filter(
            listing__offer__variant__product_id__in=product_ids,
            listing__offer__stock__gt=0,
            listing__offer__withdrawn_at__isnull=True,
        )
        .select_related("picture")
        .annotate(product_id=F("listing__offer__variant__product_id"), total=_listing_total())
        .order_by("product_id", "-total", "-listing_id", "-position", "-pk")
    )
    return {photo.product_id: (photo.picture, photo.alt(language)) for photo in photos}


def _listing_total() -> Any:
    return Coalesce(F("listing__offer__price_minor") + F("listing__offer__delivery_minor"), 0)


def _listing_facts(hits: Sequence[Hit], language: str) -> dict[str, CardFacts]:
    by_id = {hit.source_id: hit for hit in hits}
    if not by_id:
        return {}
    listings = Listing.objects.filter(pk__in=by_id).select_related("offer__seller", "category", "brand")
    photos = (
        ListingPhoto.objects.filter(listing_id__in=list(by_id))
        .select_related("picture")
        .order_by("listing_id", "-position", "-pk")
    )
    pictures = {photo.listing_id: (photo.picture, photo.alt(language)) for photo in photos}
    return {
        by_id[listing.pk].id: _listing_card(by_id[listing.pk], listing, pictures.get(listing.pk), language)
        for listing in listings
    }


def _listing_card(hit: Hit, listing: Listing, photo: tuple[Picture, str] | None, language: str) -> CardFacts:
    offer = listing.offer
    seller = offer.seller
    is_live = offer.withdrawn_at is None and offer.stock > 0 and seller.is_active
    found = {offer.family: FamilyFacts(from_minor=offer.total_minor, count=1, fits=True)} if is_live else {}
    return CardFacts(
        hit=hit,
        title=listing.title_in(language),
        slug="",
        brand=listing.brand.name if listing.brand else "",
        tint=listing.category.tint,
        currency=offer.currency,
        families=found,
        picture=photo[0] if photo else None,
        picture_alt=photo[1] if photo else "",
        own_photo=True,
        lead=LeadSeller(**{name: getattr(seller, name) for name in LeadSeller.__slots__}),
        seller_kinds=frozenset({seller.kind}),
        arrives_in_days=offer.delivery_days_max,
        saving_percent=0,
    )
