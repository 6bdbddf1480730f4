"""Use cases of the catalogue. Each writes the outbox rows of what it changed in its own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from mall.accounts.models import Member
from mall.catalogue.conditions import FORBIDDEN_BESIDE_REFURBISHED, GRADES, Family
from mall.catalogue.errors import OfferNotLive, PairRefused, RefurbishedRuleBroken
from mall.catalogue.match_selectors import (
    is_settled_by_a_person,
    match_rows,
    refused_pairs,
    settle_claims,
    state_after,
)
from mall.catalogue.models import CatalogueMatch, Identifier, Offer, PriceHistory, Product, Variant
from mall.catalogue.newness import lone_offers_that_depend_on, sells_new
from mall.core import outbox
from mall.sellers.models import Seller
from search.analysis import fold
from search.indexing.changes import mark_changed

OFFER_CHANGED = "catalogue.offer_changed"
PRODUCTS_ADDED = "catalogue.products_added"
ROLES_OF_METHODS: dict[str, str] = {
    CatalogueMatch.Method.SELLER: CatalogueMatch.Role.SELLER,
    CatalogueMatch.Method.OPERATOR: CatalogueMatch.Role.OPERATOR,
}


def touch_products(ids: Iterable[int]) -> None:
    """Say that these products, or offers of theirs, changed: the index follows."""
    changed = sorted(set(ids))
    Product.objects.filter(pk__in=changed).update(search_version=F("search_version") + 1)
    mark_changed("product", changed)


def announce_products() -> None:
    """Say that the catalogue has products it had not before. Many such words are one."""
    outbox.publish(PRODUCTS_ADDED, "products", {})


def touch_offer(offer: Offer) -> None:
    """Say that this offer changed, to its product and to whoever else shows it (the listing behind it)."""
    if offer.variant_id is not None:
        touch_products([Variant.objects.values_list("product_id", flat=True).get(pk=offer.variant_id)])
    outbox.publish(OFFER_CHANGED, f"offer:{offer.pk}", {"offer_id": offer.pk})


def follow_newness(offer: Offer, *, was_new: bool) -> None:
    """When the product gained or lost its only live new offer by this change: its second-hand equivalents hear of it.

    was_new: `sells_new` before the change. To be called after `touch_offer`, which holds the product's row.
    """
    if was_new != sells_new(offer):
        _touch_dependants(offer, offer.variant_id)


def _touch_dependants(offer: Offer, variant_id: int | None) -> None:
    ids = lone_offers_that_depend_on(offer, variant_id=variant_id)
    outbox.publish_many(OFFER_CHANGED, ((f"offer:{pk}", {"offer_id": pk}) for pk in ids))


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
    was_new = known is not None and sells_new(known)
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
    follow_newness(offer, was_new=was_new)
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
    offer = Offer.objects.get(pk=offer_id)
    touch_offer(offer)
    follow_newness(offer, was_new=sells_new(offer, stock=offer.stock - by))


@transaction.atomic
def withdraw_offer(*, offer_id: int, now: datetime) -> None:
    """Take the offer off sale; a second call changes nothing."""
    offer = Offer.objects.select_for_update().filter(pk=offer_id, withdrawn_at__isnull=True).first()
    if offer is not None:
        was_new = sells_new(offer)
        offer.withdrawn_at = now
        offer.save(update_fields=["withdrawn_at"])
        touch_offer(offer)
        follow_newness(offer, was_new=was_new)


@transaction.atomic
def link_offer(
    *,
    offer: Offer,
    variant: Variant,
    method: str,
    evidence: Sequence[dict[str, Any]],
    score: float | None,
    now: datetime,
    role: str = "",
    actor: Member | None = None,
    model_version: str = "",
) -> CatalogueMatch:
    """Say, with evidence, that the offer is of this variant, and show it there. The statement is kept for ever.

    role: whose word it is; when left out, what `method` implies. Raises PairRefused for the matcher where a person
    keeps the two apart or said that the offer is something else.
    """
    role = role or ROLES_OF_METHODS.get(method, CatalogueMatch.Role.MATCHER)
    held = Offer.objects.select_for_update().get(pk=offer.pk)
    if role == CatalogueMatch.Role.MATCHER:
        check_matcher_may_link(held, variant)
    match = CatalogueMatch.objects.create(
        offer=held,
        variant=variant,
        method=method,
        state=CatalogueMatch.State.CONFIRMED,
        evidence=list(evidence),
        score=score,
        role=role,
        actor=actor,
        model_version=model_version,
        created_at=now,
    )
    show_offer_at(held, variant)
    offer.variant = variant
    return match


def show_offer_at(offer: Offer, variant: Variant | None) -> None:
    """Put a locked offer on the page of `variant`, or on none; the page it leaves hears of it too."""
    left = offer.variant_id
    if left != (variant.pk if variant else None):
        touch_offer(offer)
        offer.variant = variant
        offer.save(update_fields=["variant"])
    touch_offer(offer)
    if left != offer.variant_id and sells_new(offer):
        for variant_id in (left, offer.variant_id):
            _touch_dependants(offer, variant_id)


def check_matcher_may_link(offer: Offer, variant: Variant) -> None:
    """Raises PairRefused where a person has spoken otherwise. The caller holds the offer's lock."""
    state = state_after(match_rows(offer.pk))
    if is_settled_by_a_person(state) and state.link and state.link.variant.product_id != variant.product_id:
        raise PairRefused(f"a person said that offer {offer.pk} is of product {state.link.variant.product_id}")
    if (offer.pk, variant.product_id) in refused_pairs([offer.pk]):
        raise PairRefused(f"a person keeps offer {offer.pk} apart from product {variant.product_id}")


@transaction.atomic
def propose_match(
    *,
    offer: Offer,
    variant: Variant,
    evidence: Sequence[dict[str, Any]],
    score: float | None,
    model_version: str,
    now: datetime,
    method: str = CatalogueMatch.Method.MODEL,
) -> CatalogueMatch | None:
    """Ask a person whether the offer is of this variant. A model asks once for a pair: the first row is returned.

    None, and nothing written, where nobody needs to be asked: the offer is linked there already, or a person keeps
    the two apart or said what the offer is.
    """
    held = Offer.objects.select_for_update().get(pk=offer.pk)
    state = state_after(match_rows(held.pk))
    is_linked = held.variant is not None and held.variant.product_id == variant.product_id
    if is_linked or is_settled_by_a_person(state) or (held.pk, variant.product_id) in refused_pairs([held.pk]):
        return None
    match, _is_new = CatalogueMatch.objects.get_or_create(
        offer=held,
        variant=variant,
        model_version=model_version,
        state=CatalogueMatch.State.PROPOSED,
        role=CatalogueMatch.Role.MATCHER,
        defaults={"method": method, "evidence": list(evidence), "score": score, "created_at": now},
    )
    return match


@transaction.atomic
def match_by_identifier(*, offer: Offer, scheme: str, value: str, now: datetime) -> CatalogueMatch | None:
    """Link the offer to the one variant that bears this code: a brand's word outranks the mall's, that a seller's.

    None when no variant bears it, when a person keeps them apart, and when several claim it with equal right: all of
    these are then proposed to a person.
    """
    claims = Identifier.objects.filter(scheme=scheme, value=value).select_related("variant")
    settled = settle_claims(claims)
    for rival in settled.rivals:
        propose_match(
            offer=offer,
            variant=rival.variant,
            evidence=[
                {"kind": scheme, "speaks": "for", "detail": value},
                {"kind": "claimed_twice", "speaks": "against", "detail": value},
            ],
            score=None,
            model_version="",
            now=now,
            method=CatalogueMatch.Method.IDENTIFIER,
        )
    if settled.winner is None:
        return None
    try:
        return link_offer(
            offer=offer,
            variant=settled.winner.variant,
            method=CatalogueMatch.Method.IDENTIFIER,
            evidence=[{"kind": scheme, "detail": value, "speaks": "for"}],
            score=1.0,
            now=now,
        )
    except PairRefused:
        return None
