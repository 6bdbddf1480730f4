"""A private person lists a thing from a phone photo, by keyboard on a narrow screen, and finds it in the search."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from playwright.sync_api import Page, expect

from mall.accounts.models import Member
from mall.core import outbox
from tests.factories import CategoryFactory

pytestmark = pytest.mark.django_db(transaction=True)

OpenPage = Callable[..., Page]
PASSWORD = "galerie-verte-42"
PHOTO = Path(settings.BASE_DIR) / "mall" / "demo" / "photos" / "phone" / "kettle-sage-table.webp"

WORDS = {
    "fr": {
        "photo": "Ajouter des photos",
        "go": "Continuer",
        "query": "bouilloire",
        "title": "Bouilloire vert sauge au bec fin",
        "flaw": "Rayures",
        "send": "Je l’envoie",
        "cost": "4,90",
        "days": "de 2 à 4 jours",
        "sign_in": "Se connecter et publier",
        "publish": "Publier",
        "done": "Votre annonce est publiée.",
    },
    "en": {
        "photo": "Add photos",
        "go": "Continue",
        "query": "kettle",
        "title": "Sage green kettle with a thin spout",
        "flaw": "Scratches",
        "send": "I send it",
        "cost": "4.90",
        "days": "2 to 4 days",
        "sign_in": "Sign in and publish",
        "publish": "Publish",
        "done": "Your listing is published.",
    },
}


def _fits(page: Page) -> bool:
    """Nothing stands out of a narrow screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("is_scripted", [True, False], ids=["scripted", "plain"])
def test_a_thing_is_listed_by_keyboard_and_found(
    mall: str, open_page: OpenPage, language: str, is_scripted: bool
) -> None:
    words = WORDS[language]
    CategoryFactory(slug="kettles", path="kettles", name_fr="Bouilloires", name_en="Kettles")
    member = Member.objects.create_user("lea@example.org", PASSWORD, language=language)
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    page = open_page(width=375, height=812, java_script_enabled=is_scripted)
    widths = []

    def arrive(step: str) -> None:
        page.wait_for_url(f"**/{step}/**", wait_until="load")

    def press(label: str, key: str = "Enter") -> None:
        """The control of this name, reached and used without a pointer."""
        widths.append(_fits(page) if is_scripted else True)
        page.get_by_role("button", name=label, exact=True).focus()
        page.keyboard.press(key)

    def tick(label: str) -> None:
        page.get_by_label(label).first.focus()
        page.keyboard.press("Space")

    page.goto(f"{mall}/{language}/sell/")
    page.get_by_label(words["photo"]).set_input_files(PHOTO)
    press(words["go"])
    arrive("category")
    page.locator("#id_q").focus()
    page.keyboard.type(words["query"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/category/?q=*", wait_until="load")
    page.locator(".choice input").first.focus()
    page.keyboard.press("Space")
    press(words["go"])
    arrive("words")
    press(words["go"])
    expect(page.locator(".error-summary")).to_be_focused()
    page.locator("#id_title").focus()
    page.keyboard.type(words["title"])
    page.keyboard.press("Enter")
    arrive("condition")
    page.locator("#id_grade_2").focus()
    page.keyboard.press("Space")
    tick(words["flaw"])
    press(words["go"])
    arrive("price")
    page.locator("#id_price_minor").focus()
    page.keyboard.type("18")
    page.keyboard.press("Enter")
    arrive("shipping")
    tick(words["send"])
    page.locator("#id_delivery_minor").focus()
    page.keyboard.type(words["cost"])
    tick(words["days"])
    press(words["go"])
    arrive("summary")
    page.get_by_role("link", name=words["sign_in"]).focus()
    page.keyboard.press("Enter")
    page.fill("[name=login]", "lea@example.org")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    arrive("summary")
    page.locator("#id_seller_name").focus()
    page.keyboard.type("Léa")
    page.locator("#id_city").focus()
    page.keyboard.type("Angers")
    press(words["publish"])

    expect(page.locator(".notice")).to_contain_text(words["done"])
    expect(page.locator("h1")).to_have_text(words["title"])
    outbox.drain()
    page.goto(f"{mall}/{language}/search/?q={words['title']}")
    expect(page.locator("#cards h3").first).to_have_text(words["title"])
    expect(page.locator("#cards .offer-card").first.locator("img")).to_be_visible()
    assert widths == [True] * len(widths)
