"""Numbered pages and the way back."""

from __future__ import annotations

from mall.pages.components.layout import Link
from mall.pages.components.navigation import Breadcrumb, Pagination


def test_a_single_page_has_no_pagination() -> None:
    assert Pagination.of("/fr/c/audio/", number=1, pages=1) is None


def test_far_pages_are_reached_over_a_gap() -> None:
    pagination = Pagination.of("/fr/c/audio/", number=5, pages=9)

    assert pagination is not None
    assert [(link.number, link.url, link.is_current) for link in pagination.links] == [
        (1, "/fr/c/audio/", False),
        (3, "", False),
        (4, "/fr/c/audio/?page=4", False),
        (5, "/fr/c/audio/?page=5", True),
        (6, "/fr/c/audio/?page=6", False),
        (8, "", False),
        (9, "/fr/c/audio/?page=9", False),
    ]
    assert (pagination.previous_url, pagination.next_url) == ("/fr/c/audio/?page=4", "/fr/c/audio/?page=6")


def test_a_breadcrumb_lists_its_places_for_search_engines() -> None:
    breadcrumb = Breadcrumb(links=(Link(text="Accueil", url="/fr/"),), here="Audio")

    data = breadcrumb.structured("http://127.0.0.1:8000/fr/c/audio/")

    assert data["itemListElement"] == [
        {"@type": "ListItem", "position": 1, "name": "Accueil", "item": "http://127.0.0.1:8000/fr/"},
        {"@type": "ListItem", "position": 2, "name": "Audio", "item": "http://127.0.0.1:8000/fr/c/audio/"},
    ]
