"""Offers for load tests."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from mall.catalogue.models import CatalogueMatch, Offer, PriceHistory, Product
from mall.core.models import OutboxRow
from mall.demo import load_offers
from tests.factories import OfferFactory, VariantFactory

pytestmark = pytest.mark.django_db(transaction=True)

FIELDS = ("source_key", "family", "grade", "price_minor", "delivery_minor", "stock", "seller__slug")


def fill(total: int, seed: int = 1) -> list[tuple[object, ...]]:
    call_command("seed_offers", offers=total, seed=seed, stdout=StringIO())
    made = Offer.objects.filter(source_key__startswith="load:").order_by("source_key")
    return list(made.values_list(*FIELDS))


def test_exactly_so_many_offers_are_live_and_a_second_run_adds_none() -> None:
    OfferFactory.create_batch(3)

    fill(200)
    fill(200)

    assert Offer.objects.live().count() == 200
    assert set(Offer.objects.values_list("family", flat=True)) == {"new", "refurbished", "used"}


def test_more_offers_go_on_where_the_last_run_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_offers, "VARIANTS_A_BATCH", 2)
    OfferFactory.create_batch(5)

    fill(40)
    fill(61)

    assert Offer.objects.live().count() == 61


def test_the_same_seed_gives_the_same_offers() -> None:
    VariantFactory()
    first = fill(60)
    CatalogueMatch.objects.all().delete()
    Offer.objects.all().delete()

    assert fill(60) == first
    CatalogueMatch.objects.all().delete()
    Offer.objects.all().delete()
    assert fill(60, seed=2) != first


def test_the_rules_of_single_offers_hold_for_many() -> None:
    VariantFactory()

    fill(120)

    used = Offer.objects.filter(family="used")
    assert CatalogueMatch.objects.filter(offer__in=used, state="confirmed").count() == used.count()
    assert set(used.values_list("seller__kind", "kind", "stock")) == {("private", "unique", 1)}
    assert not Offer.objects.filter(family="refurbished", seller__kind="private").exists()
    for offer in Offer.objects.prefetch_related("prices"):
        assert list(offer.prices.all())[-1].price_minor == offer.price_minor
    assert PriceHistory.objects.count() > 120
    product = Product.objects.get()
    assert product.search_version == 2
    assert OutboxRow.objects.get().key == f"product:{product.pk}"


def test_an_empty_catalogue_is_named_with_its_remedy() -> None:
    with pytest.raises(CommandError, match="seed_mall or import_catalogue"):
        fill(10)


def test_no_offer_at_all_is_no_number() -> None:
    with pytest.raises(CommandError, match="1 or more"):
        fill(0)
