"""Many offers over what the catalogue holds, for load tests. The same seed and number give the same offers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.db import transaction
from django.db.models import F, Min, QuerySet

from mall.catalogue.models import CatalogueMatch, Offer, PriceHistory, Product, Variant
from mall.catalogue.services import touch_products
from mall.demo.load_products import SYLLABLES, Progress
from mall.sellers.models import Seller

PREFIX = "load"
VARIANTS_A_BATCH = 400
PROFESSIONALS, PRIVATE_PEOPLE, BRAND_SHOPS = 60, 400, 12
USUAL_PRICE_MINOR = 4_900

# Grade, price as a part of the new one (lowest, highest), months of the seller’s own guarantee.
_NEW = (("new.sealed", 0.92, 1.15, 0), ("new.sealed", 0.97, 1.05, 0), ("new.open", 0.82, 0.95, 0))
_REFURBISHED = (
    ("refurb.premium", 0.72, 0.85, 24),
    ("refurb.excellent", 0.62, 0.78, 12),
    ("refurb.good", 0.52, 0.68, 12),
    ("refurb.fair", 0.42, 0.58, 12),
)
_USED = (
    ("used.like_new", 0.50, 0.68, 0),
    ("used.very_good", 0.40, 0.58, 0),
    ("used.good", 0.28, 0.48, 0),
    ("used.acceptable", 0.15, 0.35, 0),
)
_FAMILIES = (("new", _NEW, 45), ("refurbished", _REFURBISHED, 22), ("used", _USED, 33))


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A variant that offers are made for. new_price_minor: today's cheapest new price, or a likely one without any."""

    variant_id: int
    product_id: int
    new_price_minor: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """What is the same for all offers of one run. sellers: who may sell, by family."""

    seed: int
    now: datetime
    sellers: Mapping[str, Sequence[Seller]]
    tells_search: bool


def fill_up(
    *, total: int, seed: int, now: datetime, progress: Progress | None = None, tells_search: bool = True
) -> int:
    """Add offers until `total` are live; returns how many were added. Raises LookupError without any product.

    Batches are whole transactions, so an interrupted run goes on where it stopped. tells_search: write an outbox row
    for each product that got offers; without, the search index is to be built again.
    """
    missing = total - Offer.objects.live().count()
    if missing <= 0:
        return 0
    variants = Variant.objects.filter(product__is_active=True)
    count = variants.count()
    if not count:
        raise LookupError("the catalogue is empty: run seed_mall or import_catalogue first")
    run = _Run(seed=seed, now=now, sellers=ensure_sellers(now=now), tells_search=tells_search)
    serial = Offer.objects.filter(source_key__startswith=f"{PREFIX}:").count()
    each, rest = divmod(missing, count)
    done = seen = 0
    for batch in _targets(variants, seed):
        counts = [each + (seen + place < rest) for place in range(len(batch))]
        seen += len(batch)
        if sum(counts):
            _write(batch, counts, first=serial + done, run=run)
            done += sum(counts)
        if progress:
            progress(done, missing)
    return done


def _targets(variants: QuerySet[Variant], seed: int) -> Iterator[list[Target]]:
    """Every variant, a batch at a time in the order of ids: none is held longer than its batch."""
    rows = variants.order_by("pk").values_list("pk", "product_id", "product__source_key")
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:VARIANTS_A_BATCH]):
        last = batch[-1][0]
        new = Offer.objects.filter(variant__in=[pk for pk, *_rest in batch], family="new", withdrawn_at=None)
        prices = dict(new.order_by().values_list("variant").annotate(Min("price_minor")))
        yield [
            Target(
                variant_id=pk,
                product_id=product_id,
                new_price_minor=prices.get(pk) or _likely_price(source_key or pk, seed),
            )
            for pk, product_id, source_key in batch
        ]


def _likely_price(thing: object, seed: int) -> int:
    """Minor units: half of all between 23 and 103 euros, one in twenty above 300. The same for the same thing."""
    draw = random.Random(f"{seed}|{thing}")  # noqa: S311  (a made-up price, no secret)
    return round(USUAL_PRICE_MINOR * draw.lognormvariate(0, 1.1))


@transaction.atomic(durable=True)
def _write(targets: Sequence[Target], counts: Sequence[int], *, first: int, run: _Run) -> None:
    pairs: list[tuple[Offer, int]] = []
    for target, count in zip(targets, counts, strict=True):
        for _ in range(count):
            number = first + len(pairs)
            draw = random.Random(f"{run.seed}|{number}")  # noqa: S311  (made-up offers, no secret)
            pairs.append(_offer(target, draw, number=number, run=run))
    offers = Offer.objects.bulk_create([offer for offer, _old in pairs], batch_size=2000)
    PriceHistory.objects.bulk_create(
        (price for offer, (_same, old) in zip(offers, pairs, strict=True) for price in _prices(offer, old, run.now)),
        batch_size=5000,
    )
    CatalogueMatch.objects.bulk_create(
        (
            CatalogueMatch(
                offer=offer,
                variant_id=cast(int, offer.variant_id),
                method=CatalogueMatch.Method.SELLER,
                state=CatalogueMatch.State.CONFIRMED,
                evidence=[{"kind": "seller", "detail": "chosen from the catalogue", "speaks": "for"}],
                created_at=offer.published_at,
            )
            for offer in offers
            if offer.family == "used"
        ),
        batch_size=2000,
    )
    changed = {target.product_id for target, count in zip(targets, counts, strict=True) if count}
    if run.tells_search:
        touch_products(changed)
    else:
        Product.objects.filter(pk__in=changed).update(search_version=F("search_version") + 1)


def _offer(target: Target, draw: random.Random, *, number: int, run: _Run) -> tuple[Offer, int]:
    """An offer, not saved, and the price it had before (0: it never had another)."""
    family, grades, _weight = draw.choices(_FAMILIES, weights=[weight for *_, weight in _FAMILIES])[0]
    grade, low, high, months = draw.choice(grades)
    price = max(100, round(target.new_price_minor * draw.uniform(low, high) / 10) * 10 - 1)
    is_used = family == "used"
    days = draw.randint(1, 4)
    is_refurbished = family == "refurbished"
    offer = Offer(
        variant_id=target.variant_id,
        seller=draw.choice(run.sellers[family]),
        kind=Offer.Kind.UNIQUE if is_used else Offer.Kind.STOCK,
        family=family,
        grade=grade,
        price_minor=price,
        delivery_minor=draw.choice((0, 0, 390, 490, 690)) if is_used else draw.choice((0, 0, 0, 490)),
        stock=1 if is_used else draw.randint(1, 40),
        delivery_days_min=days,
        delivery_days_max=days + draw.randint(1, 3),
        can_be_collected=is_used and draw.random() < 0.3,
        warranty_months=months,
        is_fully_tested=is_refurbished,
        is_data_erased=is_refurbished,
        source_key=f"{PREFIX}:{number}",
        published_at=run.now - timedelta(minutes=draw.randint(60, 60 * 24 * 90)),
    )
    return offer, round(price * draw.uniform(1.04, 1.2)) if draw.random() < 0.25 else 0


def _prices(offer: Offer, old_minor: int, now: datetime) -> Iterator[PriceHistory]:
    """The first price, and the one after it when there was a drop half-way."""
    first = old_minor or offer.price_minor
    start = offer.published_at
    yield PriceHistory(offer=offer, price_minor=first, delivery_minor=offer.delivery_minor, starts_at=start)
    if old_minor:
        yield PriceHistory(
            offer=offer,
            price_minor=offer.price_minor,
            delivery_minor=offer.delivery_minor,
            starts_at=start + (now - start) / 2,
        )


@transaction.atomic
def ensure_sellers(*, now: datetime) -> dict[str, list[Seller]]:
    """The made-up sellers of each family, always the same ones."""
    professionals = [_seller(n, Seller.Kind.PROFESSIONAL, now) for n in range(PROFESSIONALS)]
    brands = [_seller(n, Seller.Kind.BRAND, now) for n in range(BRAND_SHOPS)]
    people = [_seller(n, Seller.Kind.PRIVATE, now) for n in range(PRIVATE_PEOPLE)]
    slugs = [seller.slug for seller in (*professionals, *brands, *people)]
    known = set(Seller.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    Seller.objects.bulk_create(seller for seller in (*professionals, *brands, *people) if seller.slug not in known)
    rows = Seller.objects.in_bulk(slugs, field_name="slug")
    shops = [rows[seller.slug] for seller in professionals]
    return {
        "new": [*shops, *(rows[seller.slug] for seller in brands)],
        "refurbished": shops,
        "used": [rows[seller.slug] for seller in people],
    }


def _seller(number: int, kind: str, now: datetime) -> Seller:
    draw = random.Random(f"{kind}|{number}")  # noqa: S311  (made-up sellers, no secret)
    name = "".join(draw.sample(SYLLABLES, 3)).capitalize()
    slug = f"{PREFIX}-{kind}-{number}"
    votes = draw.randint(0, 400)
    seller = Seller(
        kind=kind,
        name=name,
        slug=slug,
        city=draw.choice(("Lyon", "Nantes", "Lille", "Bordeaux", "Rennes", "Toulouse", "Strasbourg")),
        rating_tenths=draw.randint(38, 50) if votes else None,
        rating_count=votes,
        sale_count=votes * 3,
        joined_at=now,
    )
    if kind != Seller.Kind.PRIVATE:
        seller.name = f"{name} {'Boutique' if kind == Seller.Kind.BRAND else 'Atelier'}"
        seller.company_name = f"{seller.name} SAS (essai de charge)"
        seller.company_address = f"{number + 1} rue de l’Essai, 00000 Exempleville"
        seller.register_number = f"000 {number:03d} 000 (fictif)"
        seller.contact_email = f"bonjour@{slug}.example"
        seller.certified_at = now
        seller.return_days = draw.choice((14, 14, 30))
    return seller
