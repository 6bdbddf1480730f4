"""Second-hand wording of new titles: repeatable, never empty, never far from the product's own words."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mall.catalogue.matching.evaluation.wording import reworded, second_hand_listings

ROWS = [
    {
        "id": number,
        "title": f"Lumo LM-{number}X wireless headphones black 128GB",
        "brand": "Lumo",
        "price_cents": 10_000,
    }
    for number in range(60)
]
TITLES = st.lists(st.sampled_from("Lumo LM-4X wireless headphones a 128GB é-2/b ÉTÉ12 paper mouse".split()), min_size=1)


def test_the_same_seed_gives_the_same_listings() -> None:
    first = list(second_hand_listings(ROWS, count=40, seed=3))

    assert first == list(second_hand_listings(ROWS, count=40, seed=3))
    assert first != list(second_hand_listings(ROWS, count=40, seed=4))


def test_each_listing_names_its_product_once_and_has_a_title() -> None:
    listings = list(second_hand_listings(ROWS, count=40))

    assert len({listing["product_id"] for listing in listings}) == 40
    assert [listing["id"] for listing in listings] == [f"listing-{number}" for number in range(40)]
    assert all(listing["title"].strip() for listing in listings)
    assert {listing["language"] for listing in listings} == {"fr", "en"}


def test_a_used_thing_costs_between_a_quarter_and_four_fifths_of_its_product() -> None:
    prices = [listing["price"] for listing in second_hand_listings(ROWS, count=60)]

    assert 25 <= min(prices) < max(prices) <= 80


def test_no_more_listings_than_products_with_three_words_and_no_price_where_there_is_none() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "1", "title": "Lumo lamp"},
        {"id": "2", "title": "Lumo lamp four", "brand": None},
        {"id": "3"},
    ]

    listings = list(second_hand_listings(rows, count=5))

    assert [listing["product_id"] for listing in listings] == ["2"]
    assert "price" not in listings[0]


def test_titles_do_differ_from_those_of_the_products() -> None:
    titles = {row["title"] for row in ROWS}

    changed = [listing["title"] not in titles for listing in second_hand_listings(ROWS, count=60)]

    assert sum(changed) > 50


@given(TITLES, st.integers(), st.booleans(), st.sampled_from(["", "Lumo", "Lumo paper"]))
@settings(max_examples=200, deadline=None)
def test_no_title_is_lost(words: list[str], seed: int, is_french: bool, brand: str) -> None:
    assert reworded(" ".join(words), brand, random.Random(seed), is_french=is_french).strip()


@given(st.text().filter(lambda text: bool(text.split())), st.integers())
@settings(max_examples=100, deadline=None)
def test_any_title_with_a_word_is_told_otherwise(title: str, seed: int) -> None:
    assert reworded(title, "", random.Random(seed), is_french=True).strip()


@pytest.mark.parametrize("is_french", [True, False])
def test_only_french_sellers_write_french_nouns(is_french: bool) -> None:
    draws = [
        reworded("headphones headphones headphones", "", random.Random(seed), is_french=is_french) for seed in range(50)
    ]

    assert any("casque" in title for title in draws) is is_french
