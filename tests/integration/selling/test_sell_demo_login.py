"""The demo's seller who can sign in."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate

from mall.demo.seller_login import make_seller_login
from tests.factories import SellerFactory

pytestmark = pytest.mark.django_db


def test_the_demo_seller_gets_one_log_in_whose_password_is_told_once() -> None:
    seller = SellerFactory(private=True, slug="nadia")

    login, again = make_seller_login(), make_seller_login()

    assert login is not None and again is None
    seller.refresh_from_db()
    assert authenticate(username=login.email, password=login.password) == seller.member


def test_without_that_seller_there_is_no_log_in() -> None:
    assert make_seller_login() is None
