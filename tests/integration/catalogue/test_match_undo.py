"""Taking a decision back brings back what held before; and who bears a code that several claim."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mall.accounts.models import Member
from mall.catalogue import match_selectors, services
from mall.catalogue.errors import (
    MatchHasChanged,
    MatchNotAllowed,
)
from mall.catalogue.match_services import (
    undo_decision,
)
from mall.catalogue.models import CatalogueMatch, Identifier, Offer, Variant
from tests.factories import ListingFactory, OfferFactory, VariantFactory
from tests.integration.catalogue.match_words import (
    EVIDENCE,
    NOW,
    confirm,
    contest,
    history,
    place,
    propose,
    split,
    waiting,
)

pytestmark = pytest.mark.django_db


# --- undo


def test_undoing_a_split_links_again(linked: Offer, kettle: Variant, operator: Member) -> None:
    decision = split(linked, kettle, operator)

    back = undo_decision(match_id=decision.pk, member=operator, now=NOW)

    assert place(linked) == kettle.pk
    assert (back.state, back.undoes, back.evidence, back.score) == ("confirmed", decision, EVIDENCE, 0.93)
    assert match_selectors.current_match(linked) == back
    assert match_selectors.refused_pairs([linked.pk]) == set()
    assert undo_decision(match_id=decision.pk, member=operator, now=NOW) == back


def test_undoing_a_confirmation_opens_all_its_proposals_again(kettle: Variant, operator: Member) -> None:
    offer, other = ListingFactory().offer, VariantFactory()
    propose(offer, kettle)
    propose(offer, other)

    back = undo_decision(match_id=confirm(offer, kettle, operator).pk, member=operator, now=NOW)

    state = match_selectors.state_after(match_selectors.match_rows(offer.pk))
    assert (back.state, back.variant, place(offer)) == ("proposed", kettle, None)
    assert {row.variant for row in state.proposals} == {kettle, other}
    assert waiting("proposed") == [offer.pk]
    assert match_selectors.refused_pairs([offer.pk]) == set()


@pytest.mark.parametrize("act", [confirm, split])
def test_undoing_the_answer_to_a_contest_contests_again(
    linked: Offer, kettle: Variant, buyer: Member, operator: Member, act: Callable[..., CatalogueMatch]
) -> None:
    contest(linked, buyer)
    decision = act(linked, kettle, operator)
    assert waiting() == []

    back = undo_decision(match_id=decision.pk, member=operator, now=NOW)

    assert (back.state, place(linked)) == ("contested", None)
    assert waiting("contested") == [linked.pk]
    assert match_selectors.refused_pairs([linked.pk]) == {(linked.pk, kettle.product_id)}


def test_undoing_a_move_to_another_product_moves_back(kettle: Variant, operator: Member) -> None:
    offer, other = OfferFactory(variant=kettle, refurbished=True), VariantFactory()
    decision = confirm(offer, other, operator)

    undo_decision(match_id=decision.pk, member=operator, now=NOW)

    assert place(offer) == kettle.pk
    assert history(offer) == [("confirmed", "seller"), ("confirmed", "operator"), ("confirmed", "operator")]


def test_a_link_by_hand_without_a_proposal_becomes_one_when_undone(kettle: Variant, operator: Member) -> None:
    offer = ListingFactory().offer

    back = undo_decision(match_id=confirm(offer, kettle, operator).pk, member=operator, now=NOW)

    assert (back.state, place(offer), waiting("proposed")) == ("proposed", None, [offer.pk])


def test_only_the_last_decision_is_undone_and_an_undo_is_not(
    linked: Offer, kettle: Variant, buyer: Member, operator: Member
) -> None:
    first = confirm(linked, kettle, operator)
    last = split(linked, kettle, operator)

    with pytest.raises(MatchHasChanged):
        undo_decision(match_id=first.pk, member=operator, now=NOW)
    with pytest.raises(MatchNotAllowed):
        undo_decision(match_id=last.pk, member=buyer, now=NOW)
    back = undo_decision(match_id=last.pk, member=operator, now=NOW)
    with pytest.raises(MatchHasChanged):
        undo_decision(match_id=back.pk, member=operator, now=NOW)
    with pytest.raises(CatalogueMatch.DoesNotExist):
        undo_decision(match_id=10**15, member=operator, now=NOW)

    assert place(linked) == kettle.pk


# --- claims


def claim(variant: Variant, authority: str) -> Identifier:
    return Identifier.objects.create(
        variant=variant, scheme="gtin", value="04006381333931", source=authority, authority=authority
    )


@pytest.mark.parametrize(
    ("authorities", "winner"),
    [
        (["seller", "mall", "brand"], 2),
        (["seller", "mall"], 1),
        (["brand", "seller", "seller"], 0),
        (["seller"], 0),
        (["brand", "brand", "mall"], None),
        (["seller", "seller"], None),
    ],
)
def test_the_highest_claim_wins_when_it_is_alone_on_its_level(authorities: list[str], winner: int | None) -> None:
    claims = [claim(VariantFactory(), authority) for authority in authorities]
    offer = ListingFactory().offer

    match = services.match_by_identifier(offer=offer, scheme="gtin", value="04006381333931", now=NOW)

    if winner is not None:
        assert match is not None
        assert place(offer) == claims[winner].variant_id
        return
    rivals = [one.variant_id for one in claims if one.authority == authorities[0]]
    assert (match, place(offer)) == (None, None)
    assert list(offer.matches.order_by("pk").values_list("variant_id", "state")) == [
        (variant_id, "proposed") for variant_id in rivals
    ]
    assert {entry["kind"] for entry in offer.matches.first().evidence} == {"gtin", "claimed_twice"}


def test_a_code_that_nobody_bears_settles_nothing() -> None:
    settled = match_selectors.settle_claims([])

    assert (settled.winner, settled.rivals) == (None, ())


def test_a_conflict_asked_again_writes_nothing_new() -> None:
    for _ in range(2):
        claim(VariantFactory(), "mall")
    offer = ListingFactory().offer

    for _ in range(2):
        services.match_by_identifier(offer=offer, scheme="gtin", value="04006381333931", now=NOW)

    assert offer.matches.count() == 2
