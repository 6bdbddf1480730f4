"""Which offers the demo mall opens with: made from each product's price, the same each time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from mall.catalogue.services import OfferTerms
from mall.demo.content import DemoContent, DemoProduct, DemoSeller, DemoVariant, Pair

BULKY = frozenset({"armchairs-and-sofas", "bookcases", "chairs", "city-bikes", "floor-lamps"})
REFURBISHED_SHARE = {"refurb.premium": 0.85, "refurb.excellent": 0.78, "refurb.good": 0.70, "refurb.fair": 0.60}
USED_SHARE = {"used.like_new": 0.66, "used.very_good": 0.57, "used.good": 0.47, "used.acceptable": 0.36}
REFURBISHED_NOTES: dict[str, Pair] = {
    "atelier-vapeur": (
        "Démontage, détartrage, joints changés, 32 points contrôlés.",
        "Taken apart, descaled, seals changed, 32 points checked.",
    ),
    "relais-numerique": (
        "Toutes les fonctions testées, données effacées, certificat joint.",
        "Every function tested, data erased, certificate included.",
    ),
    "second-souffle": (
        "Remise en état complète, pièces usées changées, réglages faits.",
        "Fully put right, worn parts changed, adjusted.",
    ),
}
FRESH_NOTES: tuple[Pair, ...] = (
    ("Facture et boîte d’origine.", "Invoice and original box."),
    ("Peu servi, je n’en ai plus l’usage.", "Little used, I no longer need it."),
    ("Reçu en double, sorti de sa boîte deux fois.", "I was given two; out of its box twice."),
)
WORN_NOTES: tuple[Pair, ...] = (
    ("Traces d’usage visibles, rien de cassé ni de manquant.", "Visible marks of use, nothing broken or missing."),
    ("A bien servi, entretenu, propre.", "Well used, looked after, clean."),
    ("Quelques marques, je les décris sur demande.", "Some marks; ask me and I will describe them."),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PastPrice:
    """What the offer cost from `before_now` on."""

    before_now: timedelta
    price_minor: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedOffer:
    """source_key: found again by it. past: earlier prices, oldest first; the first one is the day it was published.

    is_stated: a private seller chose the product from the catalogue, which is kept as a CatalogueMatch.
    """

    source_key: str
    product: str
    variant_place: int
    seller: str
    terms: OfferTerms
    past: tuple[PastPrice, ...]
    last_change: timedelta | None
    is_stated: bool = False


def planned_offers(content: DemoContent) -> Iterator[PlannedOffer]:
    """Every offer but those of the listings, in the order of the content files."""
    people = [seller for seller in content.sellers if seller.kind == "private"]
    brands = {seller.slug for seller in content.sellers if seller.kind == "brand"}
    for product in content.products:
        for place, variant in enumerate(product.variants):
            yield from _new(product, place, brands)
            yield from _refurbished(product, place)
            yield from _used(product, place, variant, people)


def _new(product: DemoProduct, place: int, brands: set[str]) -> Iterator[PlannedOffer]:
    for rank, seller in enumerate(product.sold_by):
        draw = _draw(product, place, seller, "new")
        is_brand = seller in brands
        # A second colour that is sold out new here and there keeps the page honest about it.
        if rank == 0 and place == 1 and not is_brand and draw.random() < 0.12:
            continue
        days = _days(product, draw)
        price = product.price_minor if rank == 0 else _tidy(product.price_minor * draw.uniform(0.95, 1.04))
        terms = OfferTerms(
            grade="new.sealed",
            price_minor=price,
            delivery_minor=_delivery(product, draw, is_brand=is_brand),
            stock=draw.randint(3, 60),
            warranty_months=24 if is_brand else 0,
            delivery_days_min=days[0],
            delivery_days_max=days[1],
        )
        yield _planned(product, place, seller, terms, draw)
        if rank == 0 and draw.random() < 0.08:
            opened = OfferTerms(
                grade="new.open",
                price_minor=_tidy(price * 0.9),
                delivery_minor=terms.delivery_minor,
                stock=draw.randint(1, 3),
                note_fr="Retour client, emballage ouvert, jamais utilisé.",
                note_en="Customer return, opened packaging, never used.",
                delivery_days_min=days[0],
                delivery_days_max=days[1],
            )
            yield _planned(product, place, seller, opened, draw)


def _refurbished(product: DemoProduct, place: int) -> Iterator[PlannedOffer]:
    for seller in product.refurbished_by:
        draw = _draw(product, place, seller, "refurbished")
        grades = draw.sample(list(REFURBISHED_SHARE), k=draw.choice((1, 2, 2, 3)))
        for grade in sorted(grades, key=list(REFURBISHED_SHARE).index):
            note_fr, note_en = REFURBISHED_NOTES[seller]
            days = _days(product, draw)
            terms = OfferTerms(
                grade=grade,
                price_minor=_tidy(product.price_minor * REFURBISHED_SHARE[grade] * draw.uniform(0.98, 1.02)),
                delivery_minor=_delivery(product, draw, is_brand=False),
                stock=draw.randint(1, 9),
                warranty_months=24 if grade == "refurb.premium" else 12,
                note_fr=note_fr,
                note_en=note_en,
                is_fully_tested=True,
                is_data_erased=True,
                refurbished_in="France",
                delivery_days_min=days[0],
                delivery_days_max=days[1],
            )
            yield _planned(product, place, seller, terms, draw)


def _used(product: DemoProduct, place: int, variant: DemoVariant, people: list[DemoSeller]) -> Iterator[PlannedOffer]:
    if not product.used:
        return
    draw = _draw(product, place, variant.gtin, "used")
    days = _days(product, draw)
    workshop = next(iter(product.refurbished_by), "")
    if workshop and draw.random() < 0.75:
        terms = OfferTerms(
            grade=draw.choice(("used.very_good", "used.good")),
            price_minor=_tidy(product.price_minor * draw.uniform(0.50, 0.58)),
            delivery_minor=_delivery(product, draw, is_brand=False),
            stock=draw.randint(1, 3),
            warranty_months=6,
            note_fr="Vérifié par l’atelier, vendu avec ses traces d’usage.",
            note_en="Checked by the workshop, sold with its marks of use.",
            delivery_days_min=days[0],
            delivery_days_max=days[1],
        )
        yield _planned(product, place, workshop, terms, draw)
    for person in draw.sample(people, k=draw.choice((1, 1, 2, 3) if product.price_minor >= 20_000 else (0, 1, 1))):
        grade = draw.choice(list(USED_SHARE))
        is_fresh = grade in {"used.like_new", "used.very_good"}
        note_fr, note_en = draw.choice(FRESH_NOTES if is_fresh else WORN_NOTES)
        terms = OfferTerms(
            grade=grade,
            kind="unique",
            price_minor=max(300, round(product.price_minor * USED_SHARE[grade] * draw.uniform(0.93, 1.07) / 100) * 100),
            delivery_minor=_delivery(product, draw, is_brand=False),
            can_be_collected=product.category in BULKY or draw.random() < 0.3,
            note_fr=note_fr,
            note_en=note_en,
            delivery_days_min=3,
            delivery_days_max=draw.randint(4, 6),
        )
        yield _planned(product, place, person.slug, terms, draw, is_stated=True)


def _planned(
    product: DemoProduct,
    place: int,
    seller: str,
    terms: OfferTerms,
    draw: random.Random,
    *,
    is_stated: bool = False,
) -> PlannedOffer:
    past, last_change = _history(terms.price_minor, draw)
    return PlannedOffer(
        source_key=f"demo:{product.key}:{place}:{seller}:{terms.grade}",
        product=product.key,
        variant_place=place,
        seller=seller,
        terms=terms,
        past=past,
        last_change=last_change,
        is_stated=is_stated,
    )


def _history(price_minor: int, draw: random.Random) -> tuple[tuple[PastPrice, ...], timedelta | None]:
    """Mostly one price ever; one in three fell once; a few rose before they fell, which a fair page must not hide."""
    published = timedelta(days=draw.randint(35, 300), minutes=draw.randint(0, 1400))
    kind = draw.random()
    if kind < 0.62:
        return (PastPrice(before_now=published, price_minor=price_minor),), None
    fell = timedelta(days=draw.randint(1, 24), minutes=draw.randint(0, 1400))
    before = _tidy(price_minor * draw.uniform(1.06, 1.18))
    if kind < 0.94:
        return (PastPrice(before_now=published, price_minor=before),), fell
    lower = _tidy(price_minor * 0.97)
    return (
        PastPrice(before_now=published, price_minor=lower),
        PastPrice(before_now=fell + timedelta(days=6), price_minor=before),
    ), fell


def _draw(product: DemoProduct, place: int, *words: str) -> random.Random:
    return random.Random("|".join((product.key, str(place), *words)))  # noqa: S311  (made-up offers, no secret)


def _tidy(minor: float) -> int:
    """As shops write prices: whole euros from 100 euros on, ",90" below."""
    if minor >= 10_000:
        return round(minor / 100) * 100
    return max(190, round(minor / 100) * 100 - 10)


def _delivery(product: DemoProduct, draw: random.Random, *, is_brand: bool) -> int:
    if product.category in BULKY:
        return 0 if is_brand else draw.choice((1990, 2900, 3900))
    if is_brand and product.price_minor >= 3_500:
        return 0
    return draw.choice((0, 390, 490, 590)) if product.price_minor >= 10_000 else draw.choice((390, 490))


def _days(product: DemoProduct, draw: random.Random) -> tuple[int, int]:
    """Earliest and latest working day of delivery."""
    first = draw.randint(4, 7) if product.category in BULKY else draw.randint(1, 2)
    return first, first + (draw.randint(2, 5) if product.category in BULKY else draw.randint(1, 2))
