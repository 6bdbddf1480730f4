"""From a new product to what is near it second-hand and back, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from mall.catalogue.models import Offer, Product
from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from tests.factories import (
    CategoryFactory,
    EquivalentFactory,
    ListingFactory,
    OfferFactory,
    ProductFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

OpenPage = Callable[..., Page]


@pytest.fixture
def shelf(search_index: SearchEngine, collected_static: None, live_server: LiveServer) -> str:
    """A machine for 499 euros, also second-hand for 280, and three lone things near to it; the mall's address."""
    category = CategoryFactory(slug="machines", path="machines", name_fr="Machines", name_en="Machines")
    titles = {"fr": "Machine Barista", "en": "Barista machine"}
    machine: Product = ProductFactory(category=category, slug="barista", texts=titles)
    variant = VariantFactory(product=machine)
    OfferFactory(variant=variant, price_minor=49900)
    OfferFactory(variant=variant, used=True, price_minor=28000)
    for place, price_minor in enumerate((24500, 26000, 22000)):
        old = ListingFactory(
            title=f"Vieille cafetière {place}",
            title_other=f"Old coffee maker {place}",
            category=category,
            offer__price_minor=price_minor,
        )
        EquivalentFactory(offer=old.offer, product=machine, score=0.9 - place / 10)
    rebuild_index()
    return str(live_server.url)


WORDS = {
    "fr": {
        "why": "Équivalent d’occasion\u00a0: même marque, même type, modèle 2019 au lieu de 2021",
        "all": "Voir les 3 équivalents d’occasion",
        "heading": "Équivalents d’occasion de «\u00a0Machine Barista\u00a0»",
        "count": "3 résultats, 3 offres",
        "nearest": "L’équivalent neuf le plus proche",
        "gap": "Cet objet coûte 279\u00a0€ de moins.",
        "against": "modèle 2019 au lieu de 2021",
        "section": "Équivalents d’occasion",
        "box": "Aussi d’occasion dès 280\u00a0€",
        "hidden": "Masqué pour cette visite",
    },
    "en": {
        "why": "Second-hand equivalent: same brand, same type, model of 2019 instead of 2021",
        "all": "See the 3 second-hand equivalents",
        "heading": "Second-hand equivalents of “Barista machine”",
        "count": "3 results, 3 offers",
        "nearest": "The nearest product sold new",
        "gap": "This thing costs €279 less.",
        "against": "model of 2019 instead of 2021",
        "section": "Second-hand equivalents",
        "box": "Also second-hand from €280",
        "hidden": "Hidden for this visit",
    },
}


@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_shopper_goes_from_new_to_second_hand_and_back(
    shelf: str, open_page: OpenPage, language: str, width: int
) -> None:
    words = WORDS[language]
    page = open_page(width=width)
    page.goto(f"{shelf}/{language}/search/?q=barista")
    cards = page.locator("#cards > article")
    expect(cards).to_have_count(3)
    expect(cards.nth(1).locator(".offer-card__why")).to_contain_text(words["why"])
    described = cards.nth(1).locator("h3 a").get_attribute("aria-describedby")
    expect(page.locator(f"#{described}")).to_contain_text("Barista")
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_role("link", name=words["all"]).click()
    expect(page.locator("h1")).to_have_text(words["heading"])
    expect(page.locator("#count")).to_have_text(words["count"])
    page.select_option("#sort", "price")
    expect(page).to_have_url(f"{shelf}/{language}/search/?equivalent_of={Product.objects.get().pk}&sort=price")
    expect(page.locator("h1")).to_have_text(words["heading"])

    page.locator("#cards h3 a").first.click()
    nearest = page.get_by_role("region", name=words["nearest"])
    expect(nearest).to_contain_text(words["gap"])
    expect(nearest.locator(".evidence__against")).to_have_text(words["against"])
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    nearest.get_by_role("link").click()
    expect(page.locator("#equivalents article")).to_have_count(3)
    expect(page.locator("#equivalents h2")).to_have_text(words["section"])
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_quiet_box_is_hidden_for_the_visit_only(shelf: str, open_page: OpenPage, language: str) -> None:
    words, address = WORDS[language], f"{shelf}/{language}/p/barista-{Product.objects.get().pk}/"
    page = open_page()
    page.goto(address)
    box = page.locator("dismissible-note")
    expect(box).to_contain_text(words["box"])

    box.get_by_role("button").click()
    expect(box).to_be_hidden()
    expect(page.locator("#announcements")).to_contain_text(words["hidden"])
    expect(page.locator("#offer")).to_be_focused()
    page.reload()
    expect(page.locator("#offer")).to_be_visible()
    expect(box).to_be_hidden()

    another_visit = open_page()
    another_visit.goto(address)
    expect(another_visit.locator("dismissible-note")).to_be_visible()


def test_without_javascript_everything_is_there_and_nothing_can_be_hidden(shelf: str, open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"{shelf}/fr/search/?q=barista")
    page.get_by_role("link", name=WORDS["fr"]["all"]).click()
    expect(page.locator("#cards > article")).to_have_count(3)

    page.goto(f"{shelf}/fr/p/barista-{Product.objects.get().pk}/")

    expect(page.locator("dismissible-note")).to_contain_text(WORDS["fr"]["box"])
    expect(page.locator("dismissible-note button")).to_be_hidden()
    expect(page.locator("#equivalents article")).to_have_count(3)


def test_more_results_bring_their_equivalents_and_the_focus_goes_to_the_first_new_card(
    shelf: str, open_page: OpenPage
) -> None:
    machine = Product.objects.get()
    for number in range(2):
        titles = {"fr": f"Machine Barista {number}", "en": f"Barista machine {number}"}
        other = ProductFactory(category=machine.category, texts=titles)
        OfferFactory(variant=VariantFactory(product=other))
        near = ListingFactory(category=machine.category, title=f"Moulin {number}", title_other=f"Mill {number}")
        EquivalentFactory(offer=near.offer, product=other)
    rebuild_index()
    page = open_page()
    page.goto(f"{shelf}/en/search/?q=barista&page_size=2")
    before = page.locator("#cards > article").count()

    page.click("#show-more")

    expect(page.locator("#cards > article")).to_have_count(7)
    expect(page.locator("#cards > article").nth(before).locator("h3 a")).to_be_focused()
    expect(page.locator("#announcements")).to_contain_text("with their second-hand equivalents")


def test_what_was_sold_meanwhile_is_gone_from_the_list(shelf: str, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{shelf}/en/search/?q=barista")
    shown = [str(one.get_attribute("id")) for one in page.locator("#cards > .offer-card--tied").all()]
    Offer.objects.filter(listing__pk=int(shown[0].removeprefix("listing-"))).update(stock=0)

    page.reload()

    expect(page.locator("#cards > .offer-card--tied")).to_have_count(1)
    expect(page.locator(f"#{shown[0]}")).to_have_count(0)
    expect(page.get_by_role("link", name="See the 2 second-hand equivalents")).to_be_visible()
