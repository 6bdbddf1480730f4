"""Sellers hear of what was said about their offers, in their own language."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from mall.accounts.models import Member
from mall.catalogue.match_services import confirm_match, contest_match, propose_match, split_match, undo_decision
from mall.catalogue.models import CatalogueMatch, Offer, Variant
from mall.core import outbox
from tests.factories import ListingFactory, OfferFactory, ProductFactory, SellerFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def kettle() -> Variant:
    variant: Variant = VariantFactory(product=ProductFactory(texts={"fr": "Bouilloire KR17", "en": "KR17 kettle"}))
    return variant


def _contest(offer: Offer, member: Member, role: str = "buyer") -> CatalogueMatch:
    return contest_match(offer_id=offer.pk, member=member, role=role, reason="Non.", now=timezone.now())


def _sent(search_index: Any) -> list[tuple[str, str, str]]:
    outbox.drain()
    return [(one.to[0], str(one.subject), str(one.body)) for one in mail.outbox]


def test_a_professional_hears_that_his_offer_is_compared_and_what_was_decided(
    kettle: Variant, operator: Member, search_index: Any
) -> None:
    offer = OfferFactory(variant=kettle, refurbished=True, seller=SellerFactory(contact_email="pro@example.org"))
    _contest(offer, Member.objects.create_user("lea@example.org"))
    split_match(offer_id=offer.pk, product_id=kettle.product_id, member=operator, now=timezone.now())

    first, second = _sent(search_index)

    assert first[:2] == ("pro@example.org", "Passage : Votre offre a quitté la page d’un produit pour l’instant")
    assert "«\u00a0Bouilloire KR17\u00a0»" in first[2]
    assert f"/fr/offers/{offer.pk}/contest/" in first[2]
    assert "les acheteurs ne la voient pas" in first[2]
    assert "lea@" not in first[2] + second[2]
    assert "Publiez-la de nouveau" in second[2]


def test_a_private_seller_is_written_to_in_her_language(kettle: Variant, operator: Member, search_index: Any) -> None:
    nadia = Member.objects.create_user("nadia@example.org", language="en")
    offer = ListingFactory(
        offer__variant=kettle, offer__seller=SellerFactory(private=True, member=nadia), title_other="Green kettle"
    ).offer
    _contest(offer, Member.objects.create_user("lea@example.org"))
    confirm_match(offer_id=offer.pk, variant_id=kettle.pk, member=operator, now=timezone.now())

    first, second = _sent(search_index)

    assert first[0] == "nadia@example.org"
    assert "your offer “Green kettle” is not of the product “KR17 kettle”" in first[2]
    assert "found in the search" in first[2]
    assert second[1] == "Passage : Your offer stands on a product’s page"


def test_nobody_is_told_of_his_own_word_or_of_what_moved_nothing(
    kettle: Variant, operator: Member, search_index: Any
) -> None:
    nadia = Member.objects.create_user("nadia@example.org")
    own = ListingFactory(offer__variant=kettle, offer__seller=SellerFactory(private=True, member=nadia)).offer
    _contest(own, nadia, "seller")
    alone = ListingFactory(offer__seller=SellerFactory(private=True, member=nadia)).offer
    propose_match(offer=alone, variant=kettle, evidence=[], score=0.5, model_version="v1", now=timezone.now())
    said = split_match(offer_id=alone.pk, product_id=kettle.product_id, member=operator, now=timezone.now())
    undo_decision(match_id=said.pk, member=operator, now=timezone.now())
    _contest(ListingFactory(offer__variant=kettle).offer, nadia)

    assert _sent(search_index) == []
