"""A shopper says that a thing is not the product; an operator sees both sides, links, takes back, keeps apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from wagtail.users.models import UserProfile

from mall.accounts.models import Member
from mall.catalogue.match_services import contest_match
from mall.catalogue.models import Offer, Variant
from mall.catalogue.services import link_offer
from mall.core import outbox
from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from tests.factories import CategoryFactory, ListingFactory, OfferFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db(transaction=True)

OpenPage = Callable[..., Page]
PASSWORD = "galerie-verte-42"

WORDS: dict[str, dict[str, Any]] = {
    "fr": {
        "link": "Pas le même produit",
        "ground": "Une autre capacité ou une autre taille",
        "send": "Ce n’est pas le même produit",
        "thanks": "Merci. Cet article n’est plus présenté avec",
        "title": "Bouilloire verte d’un litre",
        "queue": "Rapprochements (1)",
        "same": re.compile("Même produit"),
        "apart": re.compile("Pas le même"),
        "undo": "Annuler la dernière décision",
        "again": "Revoir",
    },
    "en": {
        "link": "Not the same product?",
        "ground": "It has another capacity or size",
        "send": "It is not the same product",
        "thanks": "Thank you. This thing no longer stands with",
        "title": "Green kettle of one litre",
        "queue": "Matches (1)",
        "same": re.compile("Same product"),
        "apart": re.compile("Not the same"),
        "undo": "Undo the last decision",
        "again": "Look again",
    },
}


@pytest.fixture
def thing(search_index: SearchEngine, collected_static: None) -> Offer:
    """A second-hand kettle that the matcher put on the page of a larger one."""
    category = CategoryFactory(slug="bouilloires", path="bouilloires", name_fr="Bouilloires", name_en="Kettles")
    product = ProductFactory(slug="kr17", category=category, texts={"fr": "Bouilloire KR17", "en": "KR17 kettle"})
    variant = VariantFactory(product=product)
    OfferFactory(variant=variant)
    titles = {"title": WORDS["fr"]["title"], "title_other": WORDS["en"]["title"]}
    offer: Offer = ListingFactory(category=category, **titles).offer
    link_offer(offer=offer, variant=variant, method="model", evidence=[], score=0.91, now=timezone.now())
    rebuild_index()
    return offer


def _member(email: str, language: str, *permissions: str) -> Member:
    member = Member.objects.create_user(email, PASSWORD, language=language)
    EmailAddress.objects.create(user=member, email=email, verified=True, primary=True)
    member.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    UserProfile.objects.create(user=member, preferred_language=language)
    return member


def _product_page(mall: str, language: str, variant: Variant) -> str:
    return f"{mall}/{language}/p/kr17-{variant.product_id}/"


def _is_on_its_page(page: Page, mall: str, language: str, offer: Offer, variant: Variant) -> bool:
    outbox.drain()
    page.goto(_product_page(mall, language, variant))
    return page.locator(f"#offer-{offer.pk}").count() == 1


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("is_scripted", [True, False], ids=["scripted", "plain"])
def test_a_shopper_contests_and_the_thing_stands_alone(
    thing: Offer, live_server: LiveServer, open_page: OpenPage, language: str, is_scripted: bool
) -> None:
    mall, words, variant = str(live_server.url), WORDS[language], thing.variant
    assert variant is not None
    _member("lea@example.org", language)
    page = open_page(java_script_enabled=is_scripted)
    page.goto(_product_page(mall, language, variant))

    page.locator(f"#offer-{thing.pk}").get_by_role("link", name=words["link"]).click()
    page.fill("[name=login]", "lea@example.org")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form [type=submit]").click()
    expect(page.locator("h1")).to_contain_text(words["link"])
    page.get_by_role("button", name=words["send"]).click()
    expect(page.locator(".error-summary")).to_be_visible()
    page.get_by_label(words["ground"]).focus()
    page.keyboard.press("Space")
    page.fill("#id_words", "1 L")
    page.get_by_role("button", name=words["send"]).click()

    expect(page.locator("h1")).to_have_text(words["title"])
    expect(page.locator(".notice")).to_contain_text(words["thanks"])
    assert not _is_on_its_page(page, mall, language, thing, variant)
    page.goto(f"{mall}/{language}/search/?q={words['title']}")
    expect(page.locator("#cards h3").first).to_have_text(words["title"])


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_operator_compares_links_takes_back_and_keeps_apart(
    thing: Offer, live_server: LiveServer, open_page: OpenPage, language: str
) -> None:
    mall, words, variant = str(live_server.url), WORDS[language], thing.variant
    assert variant is not None
    lea = _member("lea@example.org", language)
    contest_match(offer_id=thing.pk, member=lea, role="buyer", reason="1 L", now=timezone.now())
    _member("omar@example.org", language, "access_admin", "change_cataloguematch")
    shopper, desk = open_page(), open_page()
    desk.goto(f"{mall}/admin/login/?next=/admin/cataloguematch/")
    desk.fill("[name=username]", "omar@example.org")
    desk.fill("[name=password]", PASSWORD)
    desk.locator("form [type=submit]").click()
    expect(desk.get_by_role("link", name=words["queue"])).to_be_visible()
    desk.locator("main").get_by_role("link", name=words["title"]).click()
    expect(desk.locator(".desk-side").first).to_be_visible()
    expect(desk.locator("main")).to_contain_text("KR17")
    expect(desk.locator("blockquote")).to_contain_text("1 L")

    desk.get_by_role("button", name=words["same"]).first.click()
    expect(desk).to_have_url(f"{mall}/admin/cataloguematch/")
    assert _is_on_its_page(shopper, mall, language, thing, variant)
    desk.get_by_role("link", name=words["again"]).click()
    desk.get_by_role("button", name=words["undo"]).click()
    expect(desk.locator("blockquote")).to_be_visible()
    assert not _is_on_its_page(shopper, mall, language, thing, variant)
    desk.get_by_role("button", name=words["apart"]).first.click()
    expect(desk).to_have_url(f"{mall}/admin/cataloguematch/")

    assert not _is_on_its_page(shopper, mall, language, thing, variant)
    assert list(thing.matches.order_by("pk").values_list("state", flat=True)) == [
        "confirmed",
        "contested",
        "confirmed",
        "contested",
        "split",
    ]
