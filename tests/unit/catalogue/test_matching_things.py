"""Rows of pairs and catalogue files become things, with the flaws of those files taken out."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mall.catalogue.matching.things import (
    MAX_DESCRIPTION_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    Thing,
    price_of,
    text_of,
    thing_of_row,
)


def test_a_row_with_a_name_and_a_description_is_read() -> None:
    row = {"name": "Lumo  lampe\n4", "description": "Pied en bois", "price": "49.90"}

    assert thing_of_row(row) == Thing(title="Lumo lampe 4", description="Pied en bois", price_low=49.9, price_high=49.9)


def test_a_row_with_a_manufacturer_is_read() -> None:
    row = {"title": "lumo studio 11", "manufacturer": "lumo inc.", "price": "219.0"}

    assert thing_of_row(row) == Thing(title="lumo studio 11", brand="lumo inc.", price_low=219.0, price_high=219.0)


def test_a_row_with_a_part_number_is_read() -> None:
    row = {"title": "lumo lamp", "category": "lighting", "brand": "lumo", "modelno": "LM-4", "price": "12.5"}

    assert thing_of_row(row) == Thing(
        title="lumo lamp", category="lighting", brand="lumo", model_code="LM-4", price_low=12.5, price_high=12.5
    )


def test_a_catalogue_row_is_read() -> None:
    row = {
        "id": "1",
        "title": "Lumo 4 lamp",
        "brand": "Lumo",
        "ean": "4006381333931",
        "price_cents": 4990,
        "attrs": {"colour": "black", "watts": 12, "is_new": True, "sizes": ["S", "M"], "none": None},
        "language": "fr",
    }

    thing = thing_of_row(row)

    assert thing.identifiers == {"04006381333931"}
    assert (thing.price_low, thing.price_high) == (49.9, 49.9)
    assert thing.attributes == "black 12 True"
    assert thing.language == "fr"


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({"name": "a", "description": "lamp with foot COL price VAL"}, {"title": "a", "description": "lamp with foot"}),
        ({"title": "a", "manufacturer": "lumo COL price VAL "}, {"title": "a", "brand": "lumo"}),
        ({"title": "a", "modelno": "lm-4 COL price VAL"}, {"title": "a", "model_code": "lm-4"}),
        ({"title": "a", "modelno": "COL price VAL"}, {"title": "a"}),
        ({"title": "COL price VAL 3"}, {"title": "COL price VAL 3"}),
    ],
)
def test_the_words_of_a_missing_price_are_cut(row: dict[str, Any], fields: dict[str, str]) -> None:
    assert thing_of_row(row) == Thing(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "price"),
    [
        ("49.90", 49.9),
        ("1 299,00", 1299.0),
        ("1\u00a0299,00 €", 1299.0),
        ("1\u202f299,00\u00a0€", 1299.0),
        ("$1,299.00", 1299.0),
        ("1.299,00", 1299.0),
        ("1,299", 1299.0),
        ("1.234.567", 1234567.0),
        ("12,5", 12.5),
        ("12.345", 12.345),
        ("5.", 5.0),
        ("EUR 7", 7.0),
        (12, 12.0),
        (0.0000001, 0.0000001),
    ],
)
def test_prices_are_read_as_french_and_english_write_them(value: object, price: float) -> None:
    assert price_of(value) == price


@pytest.mark.parametrize(
    "value",
    [None, "", "free", "0", "0,00", 0, -5, float("nan"), float("inf"), 10**400, "9" * 400, True, [], {}, "\ud800"],
)
def test_what_is_no_price_is_none(value: object) -> None:
    assert price_of(value) is None


@pytest.mark.parametrize("ean", ["4006381333932", "abc", "", None, "0000000000000", ["4006381333931"]])
def test_a_wrong_barcode_is_no_identifier(ean: object) -> None:
    assert thing_of_row({"title": "a", "ean": ean}).identifiers == frozenset()


@pytest.mark.parametrize(
    "row",
    [{}, {"title": None}, {"title": ["a"]}, {"title": True}, {"title": "", "attrs": "text", "price": "soon"}],
)
def test_bad_values_give_an_empty_thing(row: dict[str, Any]) -> None:
    assert thing_of_row(row) == Thing(title="")


def test_the_first_field_with_text_wins_and_numbers_are_text() -> None:
    assert text_of({"title": "  ", "name": "Lampe"}, "title", "name") == "Lampe"
    assert text_of({"title": "A", "name": "B"}, "title", "name") == "A"
    assert text_of({"modelno": 4521}, "modelno") == "4521"


def test_an_unknown_language_is_that_of_the_file() -> None:
    assert thing_of_row({"title": "a", "language": "de"}, language="fr").language == "fr"
    assert thing_of_row({"title": "a"}).language == "en"


def test_long_texts_are_cut_and_blanks_cost_no_time() -> None:
    started = time.process_time()
    thing = thing_of_row(
        {"title": "a" + " " * 1_000_000 + "b", "description": "d" * 5000, "brand": "b" * 5000, "modelno": "1" * 5000}
    )
    seconds = time.process_time() - started

    assert thing.title == "a b"
    assert len(thing.description) == MAX_DESCRIPTION_CHARACTERS
    assert len(thing.brand) == len(thing.model_code) == MAX_TITLE_CHARACTERS
    assert seconds < 5


@given(
    st.dictionaries(
        st.sampled_from(
            "title name description brand manufacturer modelno price price_cents ean attrs language".split()
        ),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
    )
)
def test_any_row_is_read_and_its_price_is_positive_or_unknown(row: dict[str, Any]) -> None:
    thing = thing_of_row(row)

    assert thing.price_low == thing.price_high
    assert thing.price_low is None or 0 < thing.price_low < float("inf")
