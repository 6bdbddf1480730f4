"""The way to a language and between languages."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("accepted", "target"), [("fr-FR,fr;q=0.9", "/fr/"), ("en-GB,en;q=0.8", "/en/"), ("de", "/fr/"), ("", "/fr/")]
)
def test_the_bare_address_leads_to_the_language_of_the_browser(client: Client, accepted: str, target: str) -> None:
    response = client.get("/", headers={"accept-language": accepted})

    assert response.status_code == 302
    assert response["Location"] == target


def test_a_chosen_language_is_remembered(client: Client) -> None:
    client.get("/en/", headers={"accept-language": "fr"})

    assert client.get("/", headers={"accept-language": "fr"})["Location"] == "/en/"


def test_no_cookie_is_set_when_the_browser_speaks_the_language_of_the_page(client: Client) -> None:
    response = client.get("/en/", headers={"accept-language": "en"})

    assert list(response.cookies) == []


def test_the_switch_keeps_the_page_with_its_parameters(client: Client) -> None:
    page = client.get("/fr/shops/?page=2&mot=%C3%A9t%C3%A9").content.decode()

    assert 'href="/en/shops/?page=2&amp;mot=%C3%A9t%C3%A9" lang="en" hreflang="en"' in page


def test_the_switch_of_a_page_that_does_not_exist_leads_home(client: Client) -> None:
    page = client.get("/fr/nulle-part/").content.decode()

    assert '<a href="/en/" lang="en" hreflang="en">English</a>' in page
