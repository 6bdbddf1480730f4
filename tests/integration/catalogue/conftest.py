"""Who speaks of a match, and what of."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from mall.accounts.models import Member
from mall.catalogue.models import Offer, Variant
from tests.factories import ListingFactory, ProductFactory, VariantFactory
from tests.integration.catalogue.match_words import link


@pytest.fixture
def buyer() -> Member:
    return Member.objects.create_user("lea@example.org")


@pytest.fixture
def operator() -> Member:
    member = Member.objects.create_user("omar@example.org")
    member.user_permissions.add(Permission.objects.get(codename="change_cataloguematch"))
    return member


@pytest.fixture
def kettle() -> Variant:
    variant: Variant = VariantFactory(product=ProductFactory(texts={"fr": "Bouilloire KR17", "en": "KR17 kettle"}))
    return variant


@pytest.fixture
def linked(kettle: Variant) -> Offer:
    """A second-hand thing that the matcher linked to the kettle."""
    return link(ListingFactory().offer, kettle)
