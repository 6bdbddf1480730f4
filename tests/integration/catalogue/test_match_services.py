"""Contest, confirm, split, propose: who may, what holds afterwards, and that nothing is ever lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from listings.models import Listing
from mall.accounts.models import Member
from mall.catalogue import match_selectors, services
from mall.catalogue.errors import (
    MatchHasChanged,
    MatchNotAllowed,
    NotContestable,
    OfferNotLive,
    PairRefused,
    ReasonTooLong,
    TooManyContests,
)
from mall.catalogue.match_services import (
    CONTESTS_AN_HOUR,
    contest_match,
)
from mall.catalogue.models import Brand, CatalogueMatch, Identifier, Offer, PriceHistory, Variant
from mall.core.models import OutboxRow
from mall.sellers.models import Seller
from tests.factories import ListingFactory, OfferFactory, SellerFactory, VariantFactory
from tests.integration.catalogue.match_words import (
    EVIDENCE,
    NOW,
    confirm,
    contest,
    history,
    link,
    place,
    propose,
    split,
    waiting,
)

pytestmark = pytest.mark.django_db


# --- contest


def test_a_contested_offer_leaves_its_product_and_waits(linked: Offer, kettle: Variant, buyer: Member) -> None:
    OutboxRow.objects.all().delete()

    match = contest(linked, buyer, ground="model", reason="C’est le KR15.")

    assert place(linked) is None
    assert (match.state, match.method, match.role, match.actor, match.ground, match.reason) == (
        "contested",
        "member",
        "buyer",
        buyer,
        "model",
        "C’est le KR15.",
    )
    assert match.variant == kettle
    assert waiting("contested") == [linked.pk]
    assert sorted(OutboxRow.objects.values_list("key", flat=True)) == [
        f"match:{match.pk}",
        f"offer:{linked.pk}",
        f"offer:{linked.pk}",
        f"product:{kettle.product_id}",
    ]


def test_the_title_of_the_product_is_kept_as_it_was(linked: Offer, kettle: Variant, buyer: Member) -> None:
    match = contest(linked, buyer)

    kettle.product.texts.update(title="Autre nom")

    assert match.evidence == [{"kind": "title", "speaks": "for", "detail": "Bouilloire KR17"}]


def test_a_second_contest_changes_nothing(linked: Offer, buyer: Member) -> None:
    first = contest(linked, buyer)
    OutboxRow.objects.all().delete()

    second = contest(linked, Member.objects.create_user("max@example.org"), reason="x" * 600, now=NOW)

    assert second == first
    assert history(linked) == [("confirmed", "matcher"), ("contested", "buyer")]
    assert OutboxRow.objects.count() == 0


def test_a_professionals_stock_offer_is_contested_with_its_sellers_choice_written_down(
    kettle: Variant, buyer: Member
) -> None:
    offer = OfferFactory(variant=kettle, refurbished=True)

    contest(offer, buyer)

    assert history(offer) == [("confirmed", "seller"), ("contested", "buyer")]
    assert offer.matches.order_by("pk")[0].created_at == offer.published_at
    assert place(offer) is None
    assert waiting() == [offer.pk]


def test_new_goods_cannot_be_contested(kettle: Variant, buyer: Member) -> None:
    offer = OfferFactory(variant=kettle)

    with pytest.raises(NotContestable):
        contest(offer, buyer)

    assert (place(offer), history(offer)) == (kettle.pk, [])


@pytest.mark.parametrize("gone", [{"withdrawn_at": NOW}, {"stock": 0}])
def test_what_can_no_longer_be_had_cannot_be_contested(linked: Offer, buyer: Member, gone: dict[str, Any]) -> None:
    Offer.objects.filter(pk=linked.pk).update(**gone)

    with pytest.raises(OfferNotLive):
        contest(linked, buyer)

    assert history(linked) == [("confirmed", "matcher")]


def test_an_unknown_offer_cannot_be_contested(buyer: Member) -> None:
    with pytest.raises(Offer.DoesNotExist):
        contest_match(offer_id=10**15, member=buyer, role="buyer", reason="", now=NOW)


def test_what_stands_alone_cannot_be_contested(buyer: Member) -> None:
    offer = ListingFactory().offer

    with pytest.raises(NotContestable):
        contest(offer, buyer)

    assert history(offer) == []


def test_a_contest_of_a_page_that_the_offer_has_left_is_refused(linked: Offer, buyer: Member) -> None:
    with pytest.raises(MatchHasChanged):
        contest(linked, buyer, product_id=VariantFactory().product_id)

    assert history(linked) == [("confirmed", "matcher")]


def test_ten_thousand_characters_are_refused(linked: Offer, buyer: Member) -> None:
    with pytest.raises(ReasonTooLong):
        contest(linked, buyer, reason="é" * 10_000)

    assert history(linked) == [("confirmed", "matcher")]


def test_a_buyer_is_heard_ten_times_an_hour(kettle: Variant, buyer: Member) -> None:
    for minute in range(CONTESTS_AN_HOUR):
        contest(link(ListingFactory().offer, kettle), buyer, now=NOW + timedelta(minutes=minute))
    eleventh = link(ListingFactory().offer, kettle)

    with pytest.raises(TooManyContests) as refusal:
        contest(eleventh, buyer, now=NOW + timedelta(minutes=20))

    assert refusal.value.retry_seconds == 40 * 60
    assert place(eleventh) == kettle.pk
    contest(eleventh, buyer, now=NOW + timedelta(minutes=61))
    assert place(eleventh) is None


def test_each_speaks_as_what_he_is(linked: Offer, kettle: Variant, buyer: Member, operator: Member) -> None:
    nadia, editor = Member.objects.create_user("nadia@example.org"), Member.objects.create_user("ed@example.org")
    Seller.objects.filter(pk=linked.seller_id).update(member=nadia)
    Brand.objects.filter(products=kettle.product).update(shop=SellerFactory(brand=True, member=editor))
    offer = Offer.objects.get(pk=linked.pk)

    assert [match_selectors.role_of(member, offer) for member in (buyer, nadia, editor, operator)] == [
        "buyer",
        "seller",
        "brand",
        "operator",
    ]


@pytest.mark.parametrize("claimed", ["seller", "brand", "operator", "matcher"])
def test_nobody_speaks_as_somebody_else(linked: Offer, buyer: Member, claimed: str) -> None:
    with pytest.raises(MatchNotAllowed):
        contest(linked, buyer, role=claimed)

    assert history(linked) == [("confirmed", "matcher")]


# --- confirm and split


def test_an_operator_links_a_proposal(kettle: Variant, operator: Member) -> None:
    offer, other = ListingFactory().offer, VariantFactory()
    propose(offer, kettle)
    propose(offer, other)
    assert waiting("proposed") == [offer.pk]

    match = confirm(offer, kettle, operator)

    assert place(offer) == kettle.pk
    assert (match.method, match.role, match.score, match.evidence) == ("operator", "operator", None, EVIDENCE)
    assert match_selectors.current_match(offer) == match
    assert waiting() == []
    assert list(match_selectors.decided_rows()) == [match]


def test_a_word_said_twice_is_written_once(linked: Offer, kettle: Variant, operator: Member) -> None:
    assert confirm(linked, kettle, operator) == confirm(linked, kettle, operator)
    assert split(linked, kettle, operator) == split(linked, kettle, operator)

    assert history(linked) == [("confirmed", "matcher"), ("confirmed", "operator"), ("split", "operator")]


@pytest.mark.parametrize("act", [confirm, split])
def test_deciding_needs_the_permission(
    linked: Offer, kettle: Variant, buyer: Member, act: Callable[..., CatalogueMatch]
) -> None:
    with pytest.raises(MatchNotAllowed):
        act(linked, kettle, buyer)

    assert history(linked) == [("confirmed", "matcher")]


def test_a_seller_confirms_a_proposal_but_does_not_overrule_a_contest(kettle: Variant, buyer: Member) -> None:
    nadia = Member.objects.create_user("nadia@example.org")
    offer = ListingFactory(offer__seller=SellerFactory(private=True, member=nadia)).offer
    propose(offer, kettle)

    assert confirm(offer, kettle, nadia, role="seller").method == "seller"
    contest(offer, buyer)
    with pytest.raises(MatchNotAllowed, match="only an operator"):
        confirm(offer, kettle, nadia, role="seller")

    assert place(offer) is None


def test_new_goods_are_neither_confirmed_nor_split(kettle: Variant, operator: Member) -> None:
    offer = OfferFactory(variant=kettle)

    for act in (confirm, split):
        with pytest.raises(NotContestable):
            act(offer, kettle, operator)

    assert (place(offer), history(offer)) == (kettle.pk, [])


def test_two_things_that_nobody_brought_together_are_not_split(kettle: Variant, operator: Member) -> None:
    with pytest.raises(MatchHasChanged):
        split(ListingFactory().offer, kettle, operator)


def test_a_split_keeps_prices_and_the_offer(linked: Offer, kettle: Variant, operator: Member) -> None:
    services.change_price(offer_id=linked.pk, price_minor=2000, delivery_minor=0, now=NOW)

    split(linked, kettle, operator)

    assert place(linked) is None
    assert Offer.objects.get(pk=linked.pk).is_live(NOW)
    assert list(PriceHistory.objects.filter(offer=linked).values_list("price_minor", flat=True)) == [2400, 2000]
    assert Listing.objects.filter(offer=linked).exists()
    title, *matchers = linked.matches.latest("pk").evidence
    assert (title["detail"], matchers) == ("Bouilloire KR17", EVIDENCE)


def test_after_a_split_the_matcher_has_no_say_in_that_pair(linked: Offer, kettle: Variant, operator: Member) -> None:
    Identifier.objects.create(variant=kettle, scheme="gtin", value="04006381333931", source="feed")
    other = VariantFactory()
    split(linked, kettle, operator)

    assert match_selectors.refused_pairs([linked.pk]) == {(linked.pk, kettle.product_id)}
    assert propose(linked, kettle) is None
    assert propose(linked, VariantFactory(product=kettle.product)) is None
    assert services.match_by_identifier(offer=linked, scheme="gtin", value="04006381333931", now=NOW) is None
    with pytest.raises(PairRefused):
        link(linked, kettle)
    assert place(linked) is None
    assert propose(linked, other) is not None


def test_what_a_person_confirmed_the_matcher_does_not_move(kettle: Variant, operator: Member) -> None:
    offer, other = ListingFactory().offer, VariantFactory()
    confirm(offer, kettle, operator)

    with pytest.raises(PairRefused):
        link(offer, other)

    assert propose(offer, other) is None
    assert place(offer) == kettle.pk


def test_a_split_of_a_proposal_leaves_the_others_open(kettle: Variant, operator: Member) -> None:
    offer, other = ListingFactory().offer, VariantFactory()
    propose(offer, kettle)
    propose(offer, other)

    split(offer, kettle, operator)

    state = match_selectors.state_after(match_selectors.match_rows(offer.pk))
    assert [row.variant for row in state.proposals] == [other]
    assert waiting("proposed") == [offer.pk]
    assert list(match_selectors.decided_rows()) == []


# --- proposals


def test_a_model_proposes_a_pair_once(kettle: Variant) -> None:
    offer = ListingFactory().offer

    assert propose(offer, kettle) == propose(offer, kettle)
    assert propose(offer, kettle, version="v2") is not None

    assert history(offer) == [("proposed", "matcher")] * 2
    row = offer.matches.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        CatalogueMatch.objects.create(
            offer=offer, variant=kettle, method="model", state="proposed", model_version=row.model_version
        )


def test_a_proposal_of_a_thing_that_was_sold_waits_no_longer(kettle: Variant) -> None:
    offer = ListingFactory().offer
    propose(offer, kettle)

    services.change_stock(offer_id=offer.pk, by=-1)

    assert waiting() == []
    assert [row.offer_id for row in match_selectors.all_rows()] == [offer.pk]
