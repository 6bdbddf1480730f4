"""What people say of an offer and a product: contest, confirm, split, undo. Rows are only ever added.

Each holds the lock of the offer while it reads and decides, so of two people who decide at once the second sees what
the first said. The matcher's own words are in `services`: `link_offer`, `propose_match`, `match_by_identifier`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from mall.accounts.models import Member
from mall.catalogue.conditions import Family
from mall.catalogue.errors import (
    MatchHasChanged,
    MatchNotAllowed,
    NotContestable,
    OfferNotLive,
    ReasonTooLong,
    TooManyContests,
)
from mall.catalogue.match_selectors import (
    MatchState,
    contests_since,
    frozen_title,
    match_rows,
    may_decide,
    refused_pairs,
    role_of,
    standing,
    state_after,
)
from mall.catalogue.models import CatalogueMatch, Offer, Variant
from mall.catalogue.services import link_offer, propose_match, show_offer_at
from mall.core import outbox

__all__ = ["confirm_match", "contest_match", "propose_match", "split_match", "undo_decision"]

MATCH_SAID = "catalogue.match_said"
CONTESTS_AN_HOUR = 10
MOST_WORDS = 500

Ground, Method, Role, State = CatalogueMatch.Ground, CatalogueMatch.Method, CatalogueMatch.Role, CatalogueMatch.State
METHODS_OF_ROLES: dict[str, str] = {Role.SELLER: Method.SELLER, Role.OPERATOR: Method.OPERATOR}


@transaction.atomic
def contest_match(
    *,
    offer_id: int,
    member: Member,
    role: str,
    reason: str,
    now: datetime,
    ground: str = Ground.OTHER,
    product_id: int | None = None,
) -> CatalogueMatch:
    """Take a second-hand or refurbished offer off its product's page until a person decides.

    reason: the member's own words, at most MOST_WORDS characters. product_id: where the member saw the offer; any
    when left out. A second contest of an offer changes nothing and returns the first. A buyer is heard
    CONTESTS_AN_HOUR times. Raises Offer.DoesNotExist, NotContestable, OfferNotLive, MatchHasChanged, MatchNotAllowed,
    ReasonTooLong, TooManyContests.
    """
    offer = _locked(offer_id)
    state = state_after(match_rows(offer_id))
    if offer.variant is None and state.contest is not None:
        return state.contest
    _check_contestable(offer, now)
    variant = offer.variant
    if variant is None:
        raise NotContestable(f"offer {offer_id} stands on no product's page")
    if product_id is not None and variant.product_id != product_id:
        raise MatchHasChanged(f"offer {offer_id} stands on product {variant.product_id}, no longer on {product_id}")
    if len(reason) > MOST_WORDS:
        raise ReasonTooLong(f"a reason has {MOST_WORDS} characters at most, not {len(reason)}")
    if role_of(member, offer) != role:
        raise MatchNotAllowed(f"member {member.pk} does not speak as {role} of offer {offer_id}")
    if role == Role.BUYER:
        _check_rate(member, now)
    _say_what_was_understood(offer, variant, state)
    match = CatalogueMatch.objects.create(
        offer=offer,
        variant=variant,
        method=METHODS_OF_ROLES.get(role, Method.MEMBER),
        state=State.CONTESTED,
        evidence=_title_now(variant),
        role=role,
        actor=member,
        ground=ground,
        reason=reason,
        created_at=now,
    )
    show_offer_at(offer, None)
    _tell(match)
    return match


@transaction.atomic
def confirm_match(
    *, offer_id: int, variant_id: int, member: Member, now: datetime, role: str = Role.OPERATOR
) -> CatalogueMatch:
    """Say as a person that the offer is of this variant, and show it there. Said again, it changes nothing.

    role: operator, or the seller of the offer, who may not overrule a contest or a split. Raises
    Offer.DoesNotExist, Variant.DoesNotExist, MatchNotAllowed, NotContestable.
    """
    offer = _locked(offer_id)
    _check_may_decide(member, role, offer)
    if offer.family == Family.NEW:
        raise NotContestable(f"offer {offer_id} is new: it belongs to its product")
    variant = Variant.objects.get(pk=variant_id)
    rows = match_rows(offer_id)
    state = state_after(rows)
    if role == Role.SELLER and (offer_id, variant.product_id) in refused_pairs([offer_id]):
        raise MatchNotAllowed(f"offer {offer_id} was contested: only an operator links it again")
    if state.link and state.link.variant_id == variant_id == offer.variant_id and state.link.role != Role.MATCHER:
        return state.link
    if offer.variant is not None:
        _say_what_was_understood(offer, offer.variant, state)
    match = link_offer(
        offer=offer,
        variant=variant,
        method=METHODS_OF_ROLES[role],
        evidence=_evidence_known(rows, variant),
        score=None,
        now=now,
        role=role,
        actor=member,
    )
    _tell(match)
    return match


@transaction.atomic
def split_match(
    *, offer_id: int, product_id: int, member: Member, now: datetime, role: str = Role.OPERATOR
) -> CatalogueMatch:
    """Say as a person that the offer is not of this product. It stands alone, the matcher keeps them apart for good.

    Prices, orders and past titles stay as they are. Said again, it changes nothing. Raises Offer.DoesNotExist,
    MatchNotAllowed, NotContestable, and MatchHasChanged where nothing ever spoke of the two.
    """
    offer = _locked(offer_id)
    _check_may_decide(member, role, offer)
    if offer.family == Family.NEW:
        raise NotContestable(f"offer {offer_id} is new: it belongs to its product")
    rows = match_rows(offer_id)
    state = state_after(rows)
    is_linked = offer.variant is not None and offer.variant.product_id == product_id
    about = [row for row in standing(rows) if row.variant.product_id == product_id]
    if not is_linked and about and about[-1].state == State.SPLIT and about[-1].role != Role.MATCHER:
        return about[-1]
    variant = offer.variant if is_linked else about[-1].variant if about else None
    if variant is None:
        raise MatchHasChanged(f"nothing links offer {offer_id} with product {product_id}")
    if is_linked:
        _say_what_was_understood(offer, variant, state)
    match = CatalogueMatch.objects.create(
        offer=offer,
        variant=variant,
        method=METHODS_OF_ROLES[role],
        state=State.SPLIT,
        evidence=[*_title_now(variant), *_evidence_known(rows, variant)],
        role=role,
        actor=member,
        created_at=now,
    )
    if is_linked:
        show_offer_at(offer, None)
    _tell(match)
    return match


@transaction.atomic
def undo_decision(*, match_id: int, member: Member, now: datetime) -> CatalogueMatch:
    """Take back the last decision of a person on an offer: it is linked, contested or proposed as before.

    Writes a row with `undoes`; what was linked by hand and never proposed is then a proposal. A second call returns
    the first's row. Raises CatalogueMatch.DoesNotExist, MatchNotAllowed, and MatchHasChanged when it is not the last
    decision.
    """
    said = CatalogueMatch.objects.select_related("variant").get(pk=match_id)
    offer = _locked(said.offer_id)
    _check_may_decide(member, Role.OPERATOR, offer)
    rows = match_rows(offer.pk)
    known = next((row for row in rows if row.undoes_id == match_id), None)
    if known is not None:
        return known
    decision = state_after(rows).decision
    if decision is None or decision.pk != match_id or said.undoes_id is not None:
        raise MatchHasChanged(f"match {match_id} is not the last decision on offer {offer.pk}")
    before = state_after([row for row in rows if row.pk < match_id])
    restored = before.link or before.contest or _proposal_of(before, said)
    match = CatalogueMatch.objects.create(
        offer=offer,
        variant=restored.variant if restored else said.variant,
        method=Method.OPERATOR,
        state=restored.state if restored else State.PROPOSED,
        evidence=restored.evidence if restored else said.evidence,
        score=restored.score if restored else None,
        model_version=restored.model_version if restored else "",
        ground=restored.ground if restored else "",
        reason=restored.reason if restored else "",
        role=Role.OPERATOR,
        actor=member,
        undoes=said,
        created_at=now,
    )
    show_offer_at(offer, before.link.variant if before.link else None)
    _tell(match)
    return match


def _locked(offer_id: int) -> Offer:
    # Nothing is joined: after waiting for the lock, PostgreSQL would show the other tables as they were before.
    return Offer.objects.select_for_update().get(pk=offer_id)


def _check_contestable(offer: Offer, now: datetime) -> None:
    if offer.family == Family.NEW:
        raise NotContestable(f"offer {offer.pk} is new: it belongs to its product")
    if not offer.is_live(now):
        raise OfferNotLive(f"offer {offer.pk} can no longer be had: there is nothing to contest")


def _check_may_decide(member: Member, role: str, offer: Offer) -> None:
    if role == Role.SELLER and offer.seller.member_id == member.pk:
        return
    if role != Role.OPERATOR or not may_decide(member):
        raise MatchNotAllowed(f"member {member.pk} may not decide on offer {offer.pk} as {role}")


def _check_rate(member: Member, now: datetime) -> None:
    # Counted in the database: the limit then holds over all web processes, and a refusal costs the member nothing.
    # The member's own row is held, so that two contests at once are counted one after the other.
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    recent = contests_since(member, now - timedelta(hours=1)).values_list("created_at", flat=True)
    if len(recent) >= CONTESTS_AN_HOUR:
        wait = recent[len(recent) - CONTESTS_AN_HOUR] + timedelta(hours=1) - now
        raise TooManyContests(max(1, int(wait.total_seconds())))


def _say_what_was_understood(offer: Offer, variant: Variant, state: MatchState) -> None:
    """A stock offer published at a variant has no row behind its link: its seller's choice is written down first.

    Dated as it was made, so that the history is whole and an undo finds what to go back to.
    """
    if state.link is not None and state.link.variant_id == variant.pk:
        return
    CatalogueMatch.objects.create(
        offer=offer,
        variant=variant,
        method=Method.SELLER,
        state=State.CONFIRMED,
        evidence=[{"kind": "seller", "speaks": "for", "detail": ""}],
        role=Role.SELLER,
        created_at=offer.published_at,
    )


def _title_now(variant: Variant) -> list[dict[str, Any]]:
    return [{"kind": "title", "speaks": "for", "detail": frozen_title(variant, settings.LANGUAGE_CODE)}]


def _evidence_known(rows: Sequence[CatalogueMatch], variant: Variant) -> list[dict[str, Any]]:
    """What the matcher or the seller last brought forward for the two: a person's word keeps it beside it."""
    own = [row for row in rows if row.variant.product_id == variant.product_id and row.state != State.CONTESTED]
    return list(own[-1].evidence) if own else []


def _proposal_of(before: MatchState, said: CatalogueMatch) -> CatalogueMatch | None:
    """The open proposal that the decision answered: of its variant, else of its product."""
    same = [row for row in before.proposals if row.variant.product_id == said.variant.product_id]
    return next((row for row in same if row.variant_id == said.variant_id), same[-1] if same else None)


def _tell(match: CatalogueMatch) -> None:
    outbox.publish(MATCH_SAID, f"match:{match.pk}", {"match_id": match.pk})
