"""Use cases of the catalogue. Each writes the outbox rows of what it changed in its own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from mall.catalogue.conditions import FORBIDDEN_BESIDE_REFURBISHED, GRADES, Family
from mall.catalogue.errors import OfferNotLive, RefurbishedRuleBroken
from mall.catalogue.models import CatalogueMatch, Identifier, Offer, PriceHistory, Product, Variant
from mall.core import outbox
from mall.sellers.models import Seller
from search.analysis import fold
from search.indexing.changes import mark_changed

OFFER_CHANGED = "catalogue.offer_changed"


def touch_products(ids: Iterable[int]) -> None:
    """Say that these products, or offers of theirs, changed: the index follows."""
    changed = sorted(set(ids))
    Product.objects.filter(pk__in=changed).update(search_version=F("search_version") + 1)
    mark_changed("product", changed)


def touch_offer(offer: Offer) -> None:
    """Say that this offer changed, to its product and to whoever else shows it (the listing behind it)."""
    if offer.variant_id is not None:
        touch_products([Variant.objects.values_list("product_id", flat=True).get(pk=offer.variant_id)])
    outbox.publish(OFFER_CHANGED, f"offer:{offer.pk}", {"offer_id": offer.pk})


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferTerms:
    """What a seller states of an offer; the fields are those of `Offer`."""

    grade: str
    price_minor: int
    delivery_minor: int = 0
    stock: int = 1
    kind: str = Offer.Kind.STOCK
    delivery_days_min: int | None = 2
    delivery_days_max: int | None = 4
    can_be_collected: bool = False
    warranty_months: int = 0
    note_fr: str = ""
    note_en: str = ""
    is_fully_tested: bool = False
    is_data_erased: bool = False
    refurbished_in: str = ""


def check_refurbished_rule(*, seller: Seller, terms: OfferTerms) -> None:
    """Décret 2022-190: raises RefurbishedRuleBroken unless the offer may be called refurbished."""
    if GRADES[terms.grade].family != Family.REFURBISHED:
        return
    if not seller.is_professional:
        raise RefurbishedRuleBroken("only a professional seller may sell refurbished goods; choose a used condition")
    if not terms.is_fully_tested:
        raise RefurbishedRuleBroken("refurbished goods need a test of every function; tick it once it was done")
    if not terms.is_data_erased:
        raise RefurbishedRuleBroken("the last owner's data must be erased before goods are called refurbished")
    for note in (terms.note_fr, terms.note_en):
        folded = fold(note)
        for words in FORBIDDEN_BESIDE_REFURBISHED:
            if words in folded:
                raise RefurbishedRuleBroken(f"“{words}” may not stand beside “refurbished”; describe the look instead")
    if terms.refurbished_in == "" and "reconditionne en france" in fold(terms.note_fr):
        raise RefurbishedRuleBroken("“reconditionné en France” needs every operation done in France; say where")


@transaction.atomic
def publish_offer(
    *, seller: Seller, variant: Variant | None, terms: OfferTerms, now: datetime, source_key: str | None = None
) -> Offer:
    """Put one offer on sale, with its first price in the history. Raises RefurbishedRuleBroken.

    With a `source_key` that is known, the offer there is brought up to date instead.
    """
    check_refurbished_rule(seller=seller, terms=terms)
    fields: dict[str, Any] = {**asdict(terms), "family": GRADES[terms.grade].family, "withdrawn_at": None}
    known = Offer.objects.filter(source_key=source_key).first() if source_key else None
    if known is None:
        offer = Offer.objects.create(seller=seller, variant=variant, source_key=source_key, published_at=now, **fields)
        PriceHistory.objects.create(
            offer=offer, price_minor=offer.price_minor, delivery_minor=offer.delivery_minor, starts_at=now
        )
    else:
        offer = known
        price = (fields.pop("price_minor"), fields.pop("delivery_minor"))
        Offer.objects.filter(pk=offer.pk).update(**fields)
        change_price(offer_id=offer.pk, price_minor=price[0], delivery_minor=price[1], now=now)
        offer.refresh_from_db()
    touch_offer(offer)
    return offer


@transaction.atomic
def change_price(*, offer_id: int, price_minor: int, delivery_minor: int, now: datetime) -> Offer:
    """Give the offer a new price from `now` on. The same price again changes nothing."""
    offer = Offer.objects.select_for_update().get(pk=offer_id)
    if (offer.price_minor, offer.delivery_minor) == (price_minor, delivery_minor):
        return offer
    offer.price_minor, offer.delivery_minor = price_minor, delivery_minor
    offer.save(update_fields=["price_minor", "delivery_minor"])
    PriceHistory.objects.update_or_create(
        offer=offer, starts_at=now, defaults={"price_minor": price_minor, "delivery_minor": delivery_minor}
    )
    touch_offer(offer)
    return offer


@transaction.atomic
def change_stock(*, offer_id: int, by: int) -> None:
    """Add `by` units, or take them when negative. Raises OfferNotLive when fewer are left; nothing changes then."""
    changed = Offer.objects.filter(pk=offer_id, stock__gte=-by).update(stock=F("stock") + by)
    if not changed:
        raise OfferNotLive(f"offer {offer_id} has fewer than {-by} left")
    touch_offer(Offer.objects.get(pk=offer_id))


@transaction.atomic
def withdraw_offer(*, offer_id: int, now: datetime) -> None:
    """Take the offer off sale; a second call changes nothing."""
    if Offer.objects.filter(pk=offer_id, withdrawn_at__isnull=True).update(withdrawn_at=now):
        touch_offer(Offer.objects.get(pk=offer_id))


@transaction.atomic
def link_offer(
    *,
    offer: Offer,
    variant: Variant,
    method: str,
    evidence: Sequence[dict[str, Any]],
    score: float | None,
    now: datetime,
) -> CatalogueMatch:
    """Say, with evidence, that the offer is of this variant, and show it there. The statement is kept for ever."""
    match = CatalogueMatch.objects.create(
        offer=offer,
        variant=variant,
        method=method,
        state=CatalogueMatch.State.CONFIRMED,
        evidence=list(evidence),
        score=score,
        created_at=now,
    )
    if offer.variant_id != variant.pk:
        touch_offer(offer)
        offer.variant = variant
        offer.save(update_fields=["variant"])
    touch_offer(offer)
    return match


def match_by_identifier(*, offer: Offer, scheme: str, value: str, now: datetime) -> CatalogueMatch | None:
    """Link the offer to the one variant that bears this exact code; None when no variant or several claim it."""
    claims = list(Identifier.objects.filter(scheme=scheme, value=value).select_related("variant")[:2])
    if len(claims) != 1:
        return None
    return link_offer(
        offer=offer,
        variant=claims[0].variant,
        method=CatalogueMatch.Method.IDENTIFIER,
        evidence=[{"kind": scheme, "detail": value, "speaks": "for"}],
        score=1.0,
        now=now,
    )
