"""All that a page of cards shows, in at most eight queries however many cards there are.

Search says which cards and in what order; prices, stock and pictures are read again here, so that a thing sold since
the last indexing is shown as sold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import F, Min, Q
from django.db.models.functions import Coalesce

from listings.models import Listing, ListingPhoto
from mall.catalogue.buy_box import saving_percent
from mall.catalogue.models import Offer, Product, ProductPhoto
from mall.core.models import Picture
from mall.pages.selectors.cheapest import CheapestOffer, LeadSeller, cheapest_offers
from mall.pages.selectors.ties import Evidence, Tie, read_evidence
from search.queries import Filters
from search.results import Hit

TOTAL = F("price_minor") + F("delivery_minor")
FAMILIES = ("new", "refurbished", "used", "parts")
FACTORY_FAMILIES = {"new", "refurbished"}  # what a maker's picture may stand for
NO_FILTERS = Filters()


@dataclass(frozen=True, kw_only=True, slots=True)
class FamilyFacts:
    """Live offers of one condition. from_minor: cheapest that meets the filters, else cheapest of all.

    has_more: there are several. fits: one of them meets the filters.
    """

    from_minor: int
    has_more: bool
    fits: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CardFacts:
    """One card as data; `mall.pages.components.cards` puts it into words.

    tint: tile colour of the department. own_photo: the thing itself is shown, not the catalogue's picture.
    arrives_in_days: earliest promise among the offers, None when all are to be collected or none is left.
    new_minor: of a product, the lowest total among its live new offers, whatever the filters.
    tie: of a thing that is shown because it is near to a product. equivalent_count: of a product, how many such
    things are near it; equivalents_shown: how many of them follow it on this page.
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
    new_minor: int | None = None
    tie: Tie | None = None
    equivalent_count: int = 0
    equivalents_shown: int = 0

    @property
    def total_minor(self) -> int | None:
        """Lowest of the totals shown, None where nothing is left."""
        return min((seen.from_minor for seen in self.families.values()), default=None)


@dataclass(slots=True)
class _Offers:
    """What is known of one product's offers, by condition."""

    total: dict[str, int] = field(default_factory=dict)
    fitting: dict[str, int] = field(default_factory=dict)
    several: set[str] = field(default_factory=set)
    leads: dict[str, CheapestOffer] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    days: list[int] = field(default_factory=list)

    def add(self, offer: CheapestOffer) -> None:
        """One row: the cheapest of a variant and condition."""
        family = offer.family
        if family in self.total or offer.next_kind:
            self.several.add(family)
        if offer.total_minor < self.total.get(family, offer.total_minor + 1):
            self.total[family] = offer.total_minor
            self.leads[family] = offer
        self.kinds |= {offer.kind} | ({offer.next_kind} if offer.next_kind else set())
        if offer.days is not None:
            self.days.append(offer.days)

    def keep_savings(self, percent: int) -> None:
        """Only conditions whose cheapest fitting offer costs so much less than today's cheapest new one still fit."""
        new = self.total.get("new")
        self.fitting = {
            family: total
            for family, total in self.fitting.items()
            if family != "new" and saving_percent(total, new) >= percent
        }


def read_cards(hits: Sequence[Hit], language: str, filters: Filters = NO_FILTERS) -> list[CardFacts]:
    """Facts of each hit that still exists, in the order of `hits`, each product followed by its equivalents.

    An equivalent that was sold, linked to a product or judged anew since the last indexing is left out and not counted.
    """
    heads = [hit for hit in hits if hit.kind == "product"]
    things = [hit for hit in hits if hit.kind == "listing"]
    near = [(thing, head) for head in heads for thing in head.equivalents]
    named = sorted(int(document.partition(":")[2]) for document in filters.equivalent_of) if things else []
    products = _product_facts(heads, language, filters)
    listings = _listing_facts([*things, *(thing for thing, _head in near)], language)
    evidence = read_evidence(
        {(thing.source_id, head.source_id) for thing, head in near}
        | {(thing.source_id, product_id) for thing in things for product_id in named}
    )
    asked = _named_products(named, language)
    cards: list[CardFacts] = []
    for hit in hits:
        if hit.id in products:
            cards += _with_equivalents(products[hit.id], listings, evidence)
        elif hit.id in listings:
            cards.append(_near_one_of(asked, listings[hit.id], evidence))
    return cards


def _with_equivalents(
    head: CardFacts, listings: Mapping[str, CardFacts], evidence: Mapping[tuple[int, int], Evidence]
) -> list[CardFacts]:
    """The product's card, then those of its equivalents that are still there."""
    hit, product_id = head.hit, head.hit.source_id
    shown = [
        replace(card, tie=_tie(product_id, head.title, head.new_minor, evidence[card.hit.source_id, product_id]))
        for thing in hit.equivalents
        if (card := listings.get(thing.id)) and (card.hit.source_id, product_id) in evidence
    ]
    count = hit.equivalent_count - (len(hit.equivalents) - len(shown))
    return [replace(head, equivalent_count=count, equivalents_shown=len(shown)), *shown] if count else [head]


def _near_one_of(
    products: Mapping[int, tuple[str, int | None]], thing: CardFacts, evidence: Mapping[tuple[int, int], Evidence]
) -> CardFacts:
    """A thing of a list of equivalents, tied to the first of the products asked for that it is near to."""
    for product_id, (title, new_minor) in products.items():
        found = evidence.get((thing.hit.source_id, product_id))
        if found is not None:
            return replace(thing, tie=_tie(product_id, title, new_minor, found))
    return thing


def _tie(product_id: int, title: str, new_minor: int | None, evidence: Evidence) -> Tie:
    return Tie(product_id=product_id, product_title=title, evidence=evidence, new_minor=new_minor)


def _named_products(ids: Sequence[int], language: str) -> dict[int, tuple[str, int | None]]:
    """Title and lowest new total of the products that a list of equivalents is about."""
    if not ids:
        return {}
    new: dict[int, int] = {}
    for product_id, offer in cheapest_offers(ids):
        if offer.family == "new":
            new[product_id] = min(offer.total_minor, new.get(product_id, offer.total_minor))
    titles = {pk: title or slug.replace("-", " ") for pk, (slug, _b, _t, title) in _products(ids, language).items()}
    return {pk: (titles[pk], new.get(pk)) for pk in ids if pk in titles}


def _product_facts(hits: Sequence[Hit], language: str, filters: Filters) -> dict[str, CardFacts]:
    by_id = {hit.source_id: hit for hit in hits}
    if not by_id:
        return {}
    offers = _offers_of_products(by_id, filters)
    pictures = _catalogue_pictures(by_id, language)
    second_hand_only = [pk for pk, seen in offers.items() if seen.total and not FACTORY_FAMILIES & set(seen.total)]
    own = _own_pictures(second_hand_only, language) if second_hand_only else {}
    facts = {}
    for pk, (slug, brand, tint, title) in _products(by_id, language).items():
        is_second_hand = pk in second_hand_only
        picture, alt = (own if is_second_hand else pictures).get(pk, (None, ""))
        facts[by_id[pk].id] = CardFacts(
            hit=by_id[pk],
            title=title or slug.replace("-", " "),
            slug=slug,
            brand=brand or "",
            tint=tint,
            picture=picture,
            picture_alt=alt,
            own_photo=is_second_hand,
            **_offer_facts(offers.get(pk) or _Offers()),
        )
    return facts


def _products(ids: Iterable[int], language: str) -> dict[int, tuple[str, str | None, str, str | None]]:
    """slug, brand, tint and title of the active products; the other language's title where there is none."""
    rows = Product.objects.filter(pk__in=list(ids), is_active=True).values_list(
        "pk", "slug", "brand__name", "category__tint", "texts__language", "texts__title"
    )
    products: dict[int, tuple[str, str | None, str, str | None]] = {}
    for pk, slug, brand, tint, text_language, title in rows:
        if pk not in products or text_language == language:
            products[pk] = (slug, brand, tint, title)
    return products


def _offer_facts(seen: _Offers) -> dict[str, Any]:
    families = {
        family: FamilyFacts(
            from_minor=seen.fitting.get(family, seen.total[family]),
            has_more=family in seen.several,
            fits=family in seen.fitting,
        )
        for family in FAMILIES
        if family in seen.total
    }
    second_hand = [seen.fitting[family] for family in FAMILIES[1:] if family in seen.fitting]
    cheapest = min(seen.fitting or seen.total, key=lambda family: seen.total[family], default=None)
    lead = seen.leads[cheapest] if cheapest else None
    return {
        "families": families,
        "currency": lead.currency if lead else "",
        "seller_kinds": frozenset(seen.kinds),
        "arrives_in_days": min(seen.days, default=None),
        "saving_percent": saving_percent(min(second_hand), seen.total.get("new")) if second_hand else 0,
        "new_minor": seen.total.get("new"),
        "lead": lead.seller() if lead else None,
    }


def _offers_of_products(hits: Mapping[int, Hit], filters: Filters) -> dict[int, _Offers]:
    """Search's word for what fits the filters is not taken: it may be older than a price or a sale."""
    gathered: dict[int, _Offers] = defaultdict(_Offers)
    for product_id, offer in cheapest_offers(hits):
        gathered[product_id].add(offer)
    fits = _fitting(filters)
    if not fits:
        for seen in gathered.values():
            seen.fitting = dict(seen.total)
    else:
        for product_id, family, total in _fitting_totals(gathered, fits):
            gathered[product_id].fitting[family] = total
    if filters.saving_percent_min is not None:
        for seen in gathered.values():
            seen.keep_savings(filters.saving_percent_min)
    return gathered


def _fitting_totals(ids: Iterable[int], fits: Q) -> Iterable[tuple[int, str, int]]:
    """Lowest total of each product and condition among the live offers that meet `fits`."""
    fitting = Offer.objects.live().filter(fits, variant__product_id__in=list(ids))
    return fitting.order_by().values_list("variant__product_id", "family").annotate(in_all=Min(TOTAL))


def _fitting(filters: Filters) -> Q:
    """The filters that one offer must meet, empty where none is about offers. The condition is left out: a card shows
    new, refurbished and used together. So is the saving, which is against another offer."""
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
        .annotate(product_id=F("listing__offer__variant__product_id"), in_all=_listing_total())
        .order_by("product_id", "-in_all", "-listing_id", "-position", "-pk")
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
    found = {offer.family: FamilyFacts(from_minor=offer.total_minor, has_more=False, fits=True)} if is_live else {}
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
        lead=LeadSeller(
            name=seller.name,
            kind=seller.kind,
            city=seller.city,
            rating_tenths=seller.rating_tenths,
            rating_count=seller.rating_count,
        ),
        seller_kinds=frozenset({seller.kind}),
        arrives_in_days=offer.delivery_days_max,
        saving_percent=0,
    )
