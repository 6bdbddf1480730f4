"""The database is the last guard: each constraint refuses what its name forbids."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from mall.catalogue.models import Category, Identifier, Offer
from mall.sellers.models import Seller
from tests.factories import OfferFactory, SellerFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("offer_price_is_positive", {"price_minor": 0}),
        ("offer_delivery_is_not_negative", {"delivery_minor": -1}),
        ("offer_grade_belongs_to_its_family", {"family": "new", "grade": "used.good"}),
        ("refurbished_means_tested_and_erased", {"family": "refurbished", "grade": "refurb.good"}),
        ("a_unique_thing_is_sold_once", {"kind": "unique", "stock": 2}),
        ("new_stock_has_a_variant", {"variant_id": None}),
        ("offer_can_be_delivered_or_collected", {"delivery_days_max": None, "delivery_days_min": None}),
        ("offer_earliest_delivery_is_not_after_latest", {"delivery_days_min": 9, "delivery_days_max": 3}),
    ],
)
def test_a_broken_offer_is_refused(constraint: str, changes: dict[str, Any]) -> None:
    offer = OfferFactory()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Offer.objects.filter(pk=offer.pk).update(**changes)

    offer.refresh_from_db()
    assert offer.price_minor == 5900


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("a_professional_seller_shows_company_register_address_and_contact", {"register_number": ""}),
        ("a_professional_seller_shows_company_register_address_and_contact", {"contact_email": ""}),
        ("a_professional_seller_has_certified", {"certified_at": None}),
        ("a_professional_seller_takes_returns_for_14_days", {"return_days": 13}),
        ("a_seller_rating_lies_between_1_and_5_and_has_votes", {"rating_tenths": 51, "rating_count": 3}),
        ("a_seller_rating_lies_between_1_and_5_and_has_votes", {"rating_tenths": None, "rating_count": 3}),
    ],
)
def test_a_seller_without_the_facts_the_law_asks_for_is_refused(constraint: str, changes: dict[str, Any]) -> None:
    seller = SellerFactory()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Seller.objects.filter(pk=seller.pk).update(**changes)


@pytest.mark.parametrize(
    ("scheme", "value", "constraint"),
    [
        ("gtin", "4006381333931", "a_gtin_is_stored_as_14_digits"),
        ("gtin", "0400638133393x", "a_gtin_is_stored_as_14_digits"),
        ("isbn10", "207036822", "an_isbn10_has_ten_characters"),
    ],
)
def test_a_code_of_the_wrong_shape_is_refused(scheme: str, value: str, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Identifier.objects.create(variant=VariantFactory(), scheme=scheme, value=value, source="test")


def test_a_category_needs_a_name_in_both_languages() -> None:
    with pytest.raises(IntegrityError, match="category_has_a_name_in_both_languages"), transaction.atomic():
        Category.objects.create(slug="a", path="a", name_fr="A", name_en="")
