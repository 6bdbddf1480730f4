"""The catalogue's use cases: prices keep their history, the law is kept, the index hears of everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from mall.catalogue import services
from mall.catalogue.errors import OfferNotLive, RefurbishedRuleBroken
from mall.catalogue.models import CatalogueMatch, Identifier, Offer, PriceHistory
from mall.catalogue.services import OfferTerms
from mall.core.models import OutboxRow
from tests.factories import ListingFactory, OfferFactory, SellerFactory, VariantFactory

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
REFURBISHED = OfferTerms(grade="refurb.good", price_minor=37900, is_fully_tested=True, is_data_erased=True)

pytestmark = pytest.mark.django_db


def outbox_keys() -> list[str]:
    return sorted(OutboxRow.objects.values_list("key", flat=True))


def test_a_published_offer_has_its_first_price_and_reaches_the_index() -> None:
    variant = VariantFactory()

    offer = services.publish_offer(
        seller=SellerFactory(), variant=variant, terms=OfferTerms(grade="new.sealed", price_minor=49900), now=NOW
    )

    assert (offer.family, offer.total_minor, offer.published_at) == ("new", 49900, NOW)
    assert list(offer.prices.values_list("price_minor", "starts_at")) == [(49900, NOW)]
    assert outbox_keys() == [f"offer:{offer.pk}", f"product:{variant.product_id}"]


def test_publishing_a_known_offer_again_brings_it_up_to_date() -> None:
    seller, variant = SellerFactory(), VariantFactory()
    first = services.publish_offer(
        seller=seller,
        variant=variant,
        terms=OfferTerms(grade="new.sealed", price_minor=49900),
        now=NOW,
        source_key="feed:1",
    )

    second = services.publish_offer(
        seller=seller,
        variant=variant,
        terms=OfferTerms(grade="new.open", price_minor=44900),
        now=NOW + timedelta(days=1),
        source_key="feed:1",
    )

    assert (second.pk, second.grade, second.price_minor) == (first.pk, "new.open", 44900)
    assert list(second.prices.values_list("price_minor", flat=True)) == [49900, 44900]


def test_a_new_price_is_added_to_the_history_and_the_same_price_is_not() -> None:
    offer = OfferFactory(price_minor=9900)

    services.change_price(offer_id=offer.pk, price_minor=7900, delivery_minor=0, now=NOW)
    services.change_price(offer_id=offer.pk, price_minor=7900, delivery_minor=0, now=NOW + timedelta(hours=1))

    assert list(PriceHistory.objects.filter(offer=offer).values_list("price_minor", flat=True)) == [9900, 7900]


def test_a_rolled_back_change_leaves_no_row_in_the_outbox() -> None:
    offer = OfferFactory()

    with pytest.raises(RuntimeError), transaction.atomic():
        services.change_price(offer_id=offer.pk, price_minor=100, delivery_minor=0, now=NOW)
        raise RuntimeError

    assert outbox_keys() == []


def test_the_last_unit_is_taken_once() -> None:
    offer = OfferFactory(stock=1)
    services.change_stock(offer_id=offer.pk, by=-1)

    with pytest.raises(OfferNotLive):
        services.change_stock(offer_id=offer.pk, by=-1)

    assert Offer.objects.get(pk=offer.pk).stock == 0
    assert not Offer.objects.live().filter(pk=offer.pk).exists()


def test_a_withdrawn_offer_is_no_longer_live_and_a_second_withdrawal_changes_nothing() -> None:
    offer = OfferFactory()

    services.withdraw_offer(offer_id=offer.pk, now=NOW)
    services.withdraw_offer(offer_id=offer.pk, now=NOW + timedelta(days=1))

    assert Offer.objects.get(pk=offer.pk).withdrawn_at == NOW


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"is_fully_tested": False}, "test of every function"),
        ({"is_data_erased": False}, "data must be erased"),
        ({"note_fr": "Appareil comme neuf"}, "comme neuf"),
        ({"note_fr": "Remis à neuf par nos soins"}, "a neuf"),
        ({"note_en": "Looks like new"}, "like new"),
        ({"note_fr": "Reconditionné en France"}, "say where"),
    ],
)
def test_refurbished_keeps_the_decrees_rule(changes: dict[str, object], remedy: str) -> None:
    terms = OfferTerms(
        **{
            "grade": "refurb.good",
            "price_minor": 37900,
            "is_fully_tested": True,
            "is_data_erased": True,
            **changes,  # type: ignore[arg-type]
        }
    )

    with pytest.raises(RefurbishedRuleBroken, match=remedy):
        services.publish_offer(seller=SellerFactory(), variant=VariantFactory(), terms=terms, now=NOW)

    assert Offer.objects.count() == 0


def test_a_private_person_sells_nothing_refurbished() -> None:
    with pytest.raises(RefurbishedRuleBroken, match="professional"):
        services.publish_offer(seller=SellerFactory(private=True), variant=VariantFactory(), terms=REFURBISHED, now=NOW)


def test_an_exact_code_links_a_second_hand_thing_with_its_evidence() -> None:
    variant = VariantFactory()
    Identifier.objects.create(variant=variant, scheme="gtin", value="04006381333931", source="feed")
    listing = ListingFactory()

    match = services.match_by_identifier(offer=listing.offer, scheme="gtin", value="04006381333931", now=NOW)

    assert match is not None
    assert (match.method, match.state, match.score) == ("identifier", "confirmed", 1.0)
    assert match.evidence == [{"kind": "gtin", "detail": "04006381333931", "speaks": "for"}]
    assert Offer.objects.get(pk=listing.offer_id).variant_id == variant.pk
    assert f"product:{variant.product_id}" in outbox_keys()


def test_a_code_that_two_variants_claim_links_nothing() -> None:
    for _ in range(2):
        Identifier.objects.create(variant=VariantFactory(), scheme="gtin", value="04006381333931", source="feed")
    listing = ListingFactory()

    match = services.match_by_identifier(offer=listing.offer, scheme="gtin", value="04006381333931", now=NOW)

    assert match is None
    assert Offer.objects.get(pk=listing.offer_id).variant is None
    assert not CatalogueMatch.objects.filter(state="confirmed").exists()


def test_a_match_is_never_changed() -> None:
    offer = ListingFactory().offer
    match = services.link_offer(
        offer=offer, variant=VariantFactory(), method="operator", evidence=[], score=None, now=NOW
    )
    match.state = "split"

    with pytest.raises(TypeError, match="add a row"):
        match.save()

    assert CatalogueMatch.objects.get().state == "confirmed"
