"""Many offers over what the catalogue holds, for load tests. The same seed and number give the same offers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.db import transaction
from django.db.models import Min, Q

from mall.catalogue.models import CatalogueMatch, Offer, PriceHistory, Variant
from mall.catalogue.services import touch_products
from mall.sellers.models import Seller

PREFIX = "load"
VARIANTS_A_BATCH = 400
PROFESSIONALS, PRIVATE_PEOPLE, BRAND_SHOPS = 60, 400, 12
UNKNOWN_PRICE_MINOR = 4_900

Progress = Callable[[int, int], None]

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
_SYLLABLES = ("lo", "ra", "mi", "ve", "tan", "or", "bel", "cy", "du", "fen", "gal", "is", "jor", "ka", "nel", "pau")


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A variant that offers are made for. new_price_minor: today's cheapest new price, None without one."""

    variant_id: int
    product_id: int
    new_price_minor: int | None


def fill_up(*, total: int, seed: int, now: datetime, progress: Progress | None = None) -> int:
    """Add offers until `total` are live; returns how many were added. Raises LookupError without any product.

    Batches are whole transactions, so an interrupted run goes on where it stopped.
    """
    missing = total - Offer.objects.live().count()
    if missing <= 0:
        return 0
    targets = list(_targets())
    if not targets:
        raise LookupError("the catalogue is empty: run seed_mall or import_catalogue first")
    sellers = ensure_sellers(now=now)
    serial = Offer.objects.filter(source_key__startswith=f"{PREFIX}:").count()
    each, rest = divmod(missing, len(targets))
    done = 0
    for start in range(0, len(targets), VARIANTS_A_BATCH):
        batch = targets[start : start + VARIANTS_A_BATCH]
        counts = [each + (start + place < rest) for place in range(len(batch))]
        if sum(counts):
            _write(batch, counts, first=serial + done, seed=seed, now=now, sellers=sellers)
            done += sum(counts)
        if progress:
            progress(done, missing)
    return done


def _targets() -> Iterator[Target]:
    new = Min("offers__price_minor", filter=Q(offers__family="new", offers__withdrawn_at=None))
    variants = Variant.objects.filter(product__is_active=True).annotate(new_price=new).order_by("pk")
    for pk, product_id, price in variants.values_list("pk", "product_id", "new_price").iterator(2000):
        yield Target(variant_id=pk, product_id=product_id, new_price_minor=price)


@transaction.atomic(durable=True)
def _write(
    targets: Sequence[Target],
    counts: Sequence[int],
    *,
    first: int,
    seed: int,
    now: datetime,
    sellers: dict[str, list[Seller]],
) -> None:
    pairs: list[tuple[Offer, int]] = []
    for target, count in zip(targets, counts, strict=True):
        for _ in range(count):
            number = first + len(pairs)
            draw = random.Random(f"{seed}|{number}")  # noqa: S311  (made-up offers, no secret)
            pairs.append(_offer(target, draw, number=number, now=now, sellers=sellers))
    offers = Offer.objects.bulk_create([offer for offer, _old in pairs], batch_size=2000)
    PriceHistory.objects.bulk_create(
        (price for offer, (_same, old) in zip(offers, pairs, strict=True) for price in _prices(offer, old, now)),
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
    touch_products({target.product_id for target, count in zip(targets, counts, strict=True) if count})


def _offer(
    target: Target, draw: random.Random, *, number: int, now: datetime, sellers: dict[str, list[Seller]]
) -> tuple[Offer, int]:
    """An offer, not saved, and the price it had before (0: it never had another)."""
    family, grades, _weight = draw.choices(_FAMILIES, weights=[weight for *_, weight in _FAMILIES])[0]
    grade, low, high, months = draw.choice(grades)
    price = max(100, round((target.new_price_minor or UNKNOWN_PRICE_MINOR) * draw.uniform(low, high) / 10) * 10 - 1)
    is_used = family == "used"
    days = draw.randint(1, 4)
    is_refurbished = family == "refurbished"
    offer = Offer(
        variant_id=target.variant_id,
        seller=draw.choice(sellers[family]),
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
        published_at=now - timedelta(minutes=draw.randint(60, 60 * 24 * 90)),
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
    name = "".join(draw.sample(_SYLLABLES, 3)).capitalize()
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
