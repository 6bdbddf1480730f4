"""Departments and categories, with search and without."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from tests.factories import CategoryFactory, ListingFactory
from tests.integration.pages.shelves import put_photo, stock_product

pytestmark = pytest.mark.django_db


def _titles(page: str) -> list[str]:
    return re.findall(r'class="offer-card__title"><a href="[^"]*">([^<]*)</a>', page)


def test_while_search_is_away_a_category_is_browsed_newest_first(client: Client, search_index: SearchEngine) -> None:
    department = CategoryFactory(slug="high-tech", name_fr="High-tech")
    audio = CategoryFactory(parent=department, slug="audio", name_fr="Audio")
    stock_product(audio, title="Casque Nimbe")
    stock_product(department, title="Écran Large")
    stock_product(CategoryFactory(), title="Chaise Fjall")
    put_photo(ListingFactory(category=audio, title="Ampli ancien"))

    page = client.get("/fr/c/high-tech/").content.decode()

    assert _titles(page) == ["Écran Large", "Casque Nimbe", "Ampli ancien"]
    assert "La recherche est en reconstruction" in page
    assert '<a href="/fr/c/high-tech/audio/">' in page


def test_while_search_is_away_queries_do_not_grow_with_cards(
    client: Client, search_index: SearchEngine, django_assert_max_num_queries: Any
) -> None:
    department = CategoryFactory(slug="maison")
    for _ in range(12):
        stock_product(department)
        put_photo(ListingFactory(category=department))
    client.get("/fr/c/maison/")

    with django_assert_max_num_queries(13):
        client.get("/fr/c/maison/")


def test_the_path_names_every_category_above(client: Client, search_index: SearchEngine) -> None:
    department = CategoryFactory(slug="high-tech", name_fr="High-tech", name_en="High tech")
    CategoryFactory(parent=department, slug="audio", name_fr="Audio", name_en="Sound")

    page = client.get("/en/c/high-tech/audio/").content.decode()

    trail = page[page.index('class="breadcrumb"') :].split("</nav>")[0]
    assert re.findall(r">([^<>\n]+)</(?:a|span)>", trail) == ["Home", "High tech", "Sound"]
    assert '"@type":"BreadcrumbList"' in page


@pytest.mark.parametrize("path", ["/fr/c/nulle-part/", "/fr/c/maison/?page=2", "/fr/c/maison/?page=0"])
def test_a_category_or_page_that_does_not_exist_is_not_found(
    client: Client, search_index: SearchEngine, path: str
) -> None:
    CategoryFactory(slug="maison")

    assert client.get(path).status_code in {400, 404}


def test_with_search_a_category_lists_its_own_products_with_facets(client: Client, search_index: SearchEngine) -> None:
    maison = CategoryFactory(slug="maison", name_fr="Maison")
    stock_product(maison, title="Lampe Lune")
    stock_product(CategoryFactory(), title="Casque Nimbe")
    rebuild_index()

    page = client.get("/fr/c/maison/").content.decode()

    assert _titles(page) == ["Lampe Lune"]
    assert page.count("<h1") == 1
    assert "La recherche est en reconstruction" not in page
