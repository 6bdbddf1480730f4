"""Signing up, confirming the address, signing in and out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from mall.accounts.models import Member

pytestmark = pytest.mark.django_db
PASSWORD = "galerie-verte-42"


def _sign_up(client: Client) -> Any:
    data = {"email": "lea@example.org", "password1": PASSWORD, "password2": PASSWORD}
    return client.post("/fr/accounts/signup/", data, follow=True)


def test_a_member_signs_up_confirms_and_sees_the_account(client: Client) -> None:
    response = _sign_up(client)
    assert "Consultez vos courriels" in response.content.decode()

    link = re.search(r"http://testserver(/fr/accounts/confirm-email/\S+)", str(mail.outbox[0].body))
    assert link is not None
    client.post(link[1])
    client.post("/fr/accounts/login/", {"login": "lea@example.org", "password": PASSWORD})
    page = client.get("/fr/account/")

    assert page.status_code == 200
    assert "lea@example.org" in page.content.decode()
    assert "Confirmée" in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_an_unconfirmed_member_is_not_let_in(client: Client) -> None:
    _sign_up(client)

    client.post("/fr/accounts/login/", {"login": "lea@example.org", "password": PASSWORD})

    assert client.get("/fr/account/").status_code == 302


def test_the_account_asks_strangers_to_sign_in(client: Client) -> None:
    response = client.get("/en/account/")

    assert response["Location"] == "/en/accounts/login/?next=/en/account/"


def test_a_wrong_password_is_told_above_the_form_and_in_the_title(client: Client) -> None:
    Member.objects.create_user("lea@example.org", PASSWORD)

    response = client.post("/fr/accounts/login/", {"login": "lea@example.org", "password": "non"})

    page = response.content.decode()
    assert re.search(r"<title>\s*Erreur\u00a0:", page)
    assert 'class="error-summary' in page
    assert 'value="lea@example.org"' in page


def test_a_weak_password_is_told_at_its_field(client: Client) -> None:
    data = {"email": "lea@example.org", "password1": "1234", "password2": "1234"}

    page = client.post("/en/accounts/signup/", data).content.decode()

    assert 'id="id_password1_error"' in page
    assert '<a href="#id_password1">' in page
    assert Member.objects.count() == 0


def test_signing_out_needs_a_post(client: Client) -> None:
    client.force_login(
        Member.objects.create_user("lea@example.org", PASSWORD), "django.contrib.auth.backends.ModelBackend"
    )

    client.get("/fr/accounts/logout/")
    assert client.get("/fr/account/").status_code == 200
    client.post("/fr/accounts/logout/")

    assert client.get("/fr/account/").status_code == 302


@pytest.mark.parametrize(
    "path",
    ["signup/", "login/", "password/reset/", "password/reset/done/", "confirm-email/", "confirm-email/x/", "inactive/"],
)
def test_account_pages_stand_in_the_layout_of_the_mall(client: Client, path: str) -> None:
    page = client.get(f"/fr/accounts/{path}").content.decode()

    assert 'class="site-header"' in page
    assert len(re.findall(r"<h1[ >]", page)) == 1
