"""The search page: filters as links and boxes, parts for htmx, honest errors, what crawlers may keep."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from mall.catalogue.models import Product
from mall.pages.views import search as view
from search.engines.protocol import SearchEngine
from search.errors import EngineUnavailable
from search.indexing.rebuild import rebuild_index
from tests.factories import (
    BrandFactory,
    CategoryFactory,
    ListingFactory,
    OfferFactory,
    ProductFactory,
    SellerFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamps(search_index: SearchEngine) -> list[Product]:
    """Thirty lamps of one category, new and every third second-hand, and one old lamp of its own."""
    category = CategoryFactory(slug="lampes", name_fr="Lampes", name_en="Lamps")
    brands = [BrandFactory(name="Auralune", slug="auralune"), BrandFactory(name="Fjall", slug="fjall")]
    shop, nadia = SellerFactory(brand=True), SellerFactory(private=True)
    products: list[Product] = []
    for number in range(30):
        title = {"fr": f"Lampe Lune {number}", "en": f"Moon lamp {number}"}
        product = ProductFactory(category=category, brand=brands[number % 2], texts=title)
        variant = VariantFactory(product=product)
        OfferFactory(variant=variant, seller=shop, price_minor=5000 + number * 100)
        if number % 3 == 0:
            OfferFactory(variant=variant, used=True, seller=nadia, price_minor=2000 + number * 10)
        products.append(product)
    ListingFactory(category=category, title="Lampe ancienne", title_other="Old lamp")
    rebuild_index()
    return products


def _get(client: Client, address: str, *, status: int = 200, headers: dict[str, str] | None = None) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def _count(page: str) -> str:
    found = re.search(r'id="count"[^>]*>([^<]*)<', page)
    return found[1] if found else ""


def _chips(page: str) -> dict[str, str]:
    """Applied chips and the addresses without them."""
    found = re.findall(r'class="chip chip--on" href="([^"]*)">([^<]*)<?', page)
    return {text.split(" <")[0].strip(): url.replace("&amp;", "&") for url, text in found}


def test_a_search_shows_cards_counts_and_pages(client: Client, lamps: list[Product]) -> None:
    page = _get(client, "/fr/search/?q=lampe")

    assert _count(page) == "31 résultats, 41 offres"
    assert page.count('class="offer-card"') == 24
    assert "Pourquoi ce classement" in page
    assert "Afficher 7 résultats de plus" in page
    assert "Comment les résultats sont classés" in page


def test_the_conditions_above_the_list_keep_the_words(client: Client, lamps: list[Product]) -> None:
    page = _get(client, "/en/search/?q=lamp")

    assert 'href="/en/search/?q=lamp&amp;condition=used"' in page
    assert _count(_get(client, "/en/search/?q=lamp&condition=used")) == "11 results, 11 offers"


def test_filters_found_in_the_words_are_chips_that_can_go(client: Client, lamps: list[Product]) -> None:
    page = _get(client, "/en/search/?q=lamp+second-hand+under+22")
    chips = _chips(page)

    assert set(chips) == {"Second-hand", "Up to €22"}
    assert "read in your words" in page
    assert chips["Up to €22"] == "/en/search/?q=lamp&condition=used&exact=1"
    assert _count(_get(client, chips["Up to €22"])) == "11 results, 11 offers"


def test_a_box_that_was_read_from_the_words_can_be_cleared(client: Client, lamps: list[Product]) -> None:
    page = _get(client, "/en/search/?q=lamp+second-hand")

    form = page[page.index('id="facets"') :].split("</form>")[0]
    assert '<input type="hidden" name="q" value="lamp">' in form
    assert re.search(r'id="f-condition-used" value="used" checked', form)


def test_htmx_gets_the_panel_alone_and_the_tidy_address(client: Client, lamps: list[Product]) -> None:
    response = client.get("/en/search/?q=lamp&condition=used&price_min=&price_max=", headers={"HX-Request": "true"})

    text = response.content.decode()
    assert text.lstrip().startswith('<div class="results-panel" id="results">')
    assert "<html" not in text
    assert response["HX-Push-Url"] == "/en/search/?q=lamp&condition=used"
    assert "HX-Request" in response["Vary"]


def test_back_gets_the_whole_page(client: Client, lamps: list[Product]) -> None:
    page = _get(client, "/en/search/?q=lamp", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})

    assert "<html" in page


def test_show_more_appends_and_its_address_shows_it_all(client: Client, lamps: list[Product]) -> None:
    response = client.get("/en/search/?q=lamp&page=2&first=1&part=more", headers={"HX-Request": "true"})

    part = response.content.decode()
    assert part.count('class="offer-card"') == 7
    assert 'hx-swap-oob="true"' in part
    assert response["HX-Replace-Url"] == "/en/search/?q=lamp&to=2"
    assert _get(client, response["HX-Replace-Url"]).count('class="offer-card"') == 31


@pytest.mark.parametrize("address", ["condition=worn", "sort=random", "page=0", "page=1000000000", "price_min=abc"])
def test_a_value_that_search_does_not_know_is_told_kindly(client: Client, lamps: list[Product], address: str) -> None:
    page = _get(client, f"/en/search/?q=lamp&{address}", status=400)

    assert "This address cannot be read" in page
    assert f"“{address.split('=', maxsplit=1)[0]}”" in page
    assert 'href="/en/search/?q=lamp"' in page


def test_a_page_beyond_the_end_says_where_the_end_is(client: Client, lamps: list[Product]) -> None:
    page = _get(client, "/en/search/?q=lamp&page=50")

    assert "The list has 2 pages only." in page
    assert 'href="/en/search/?q=lamp&amp;page=2"' in page


def test_an_empty_combination_answers_404_and_names_the_filter_in_the_way(client: Client, lamps: list[Product]) -> None:
    page = _get(client, "/en/search/?q=lamp&price_max=3&brand=fjall", status=404)

    assert "Nothing for “lamp” with these filters" in page
    assert "Without “Up to €3”, 15 results are left." in page
    assert 'href="/en/search/?q=lamp&amp;brand=fjall"' in page
    assert 'value="lamp"' in page
    assert "Near to your search" in page
    assert 'name="robots" content="noindex,follow"' in page


def test_while_there_is_no_index_departments_stay_open(
    client: Client, search_index: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any, **_options: Any) -> None:
        raise EngineUnavailable("no index")

    CategoryFactory(slug="lampes", name_fr="Lampes", name_en="Lamps")
    monkeypatch.setattr(view, "search_pages", away)

    response = client.get("/en/search/?q=lamp")

    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert 'href="/en/c/lampes/"' in response.content.decode()


@pytest.mark.parametrize(
    ("query", "is_indexable", "canonical"),
    [
        ("", True, ""),
        ("q=lamp", True, "?q=lamp"),
        ("category=lampes", True, "?category=lampes"),
        ("category=lampes&brand=fjall", True, "?category=lampes&brand=fjall"),
        ("condition=used&category=lampes", True, "?condition=used&category=lampes"),
        ("condition=used&category=lampes&brand=fjall", False, "?category=lampes"),
        ("category=lampes&price_max=60", False, "?category=lampes"),
        ("brand=fjall", False, ""),
        ("q=lamp&condition=used", False, "?q=lamp"),
        ("category=lampes&sort=price", False, "?category=lampes"),
    ],
)
def test_crawlers_may_keep_few_lists_only(
    client: Client, lamps: list[Product], query: str, is_indexable: bool, canonical: str
) -> None:
    page = _get(client, f"/en/search/?{query}")

    assert ("noindex,follow" not in page) is is_indexable
    found = re.search(r'rel="canonical" href="http://127.0.0.1:8000/en/search/([^"]*)"', page)
    assert found is not None
    assert found[1].replace("&amp;", "&") == canonical


def test_the_language_switch_keeps_words_and_filters(client: Client, lamps: list[Product]) -> None:
    page = _get(client, "/fr/search/?q=lampe&condition=used")

    assert 'href="/en/search/?q=lampe&amp;condition=used"' in page


def test_suggestions_come_in_groups_with_the_rest_of_the_word_in_bold(client: Client, lamps: list[Product]) -> None:
    part = _get(client, "/en/suggest/?q=moon")

    assert 'role="option"' in part
    assert "<b></b>Moon<b> lamp" in part
    assert 'data-many="{n} suggestions"' in part


@pytest.mark.parametrize("query", ["", "a", "%00%01", "<script>", '"' * 500])
def test_suggestions_answer_anything(client: Client, lamps: list[Product], query: str) -> None:
    assert "<script" not in _get(client, f"/en/suggest/?q={query}")


@pytest.mark.parametrize("page_size", [5, 24])
def test_queries_of_the_page_do_not_grow_with_cards(
    client: Client, lamps: list[Product], page_size: int, django_assert_max_num_queries: Any
) -> None:
    address = f"/en/search/?q=lamp&page_size={page_size}"
    client.get(address)

    with django_assert_max_num_queries(9):
        client.get(address)
