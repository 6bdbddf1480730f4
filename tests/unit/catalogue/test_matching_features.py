"""Pairs in numbers: the same both ways where nothing has a side, NaN where nothing is known, contradictions counted."""

from __future__ import annotations

from math import isinf, isnan, log, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mall.catalogue.matching.features import FEATURES, as_row, pair_features
from mall.catalogue.matching.reading import Reading, Statistics, read
from mall.catalogue.matching.things import Thing

# what has no side
SYMMETRIC = (
    "title_jaccard title_weighted title_best_shared all_jaccard all_weighted all_best_shared codes_shared "
    "codes_shared_anywhere code_longest_shared code_rarest_shared code_longest_contained code_conflict "
    "longest_common_code measures_agree measures_conflict numbers_shared numbers_conflict models_shared "
    "models_conflict series_agree series_conflict numbers_in_codes years_conflict years_one_side set_size_differs "
    "brands_known first_word ratio token_sort trigrams substituted editions_differ editions_shared colours_conflict "
    "colours_shared accessory_differs price_gap category_overlap same_identifier"
).split()
# what one side has as the other has it when they change places
MIRRORED = [
    ("title_left_held", "title_right_held"),
    ("all_left_held", "all_right_held"),
    ("title_in_all", "all_of_title"),
    ("codes_left", "codes_right"),
    ("code_left_contained", "code_right_contained"),
    ("numbers_left_only", "numbers_right_only"),
    ("numbers_left_missing", "numbers_right_missing"),
    ("models_left_only", "models_right_only"),
    ("left_only_heaviest", "right_only_heaviest"),
    ("left_only_sum", "right_only_sum"),
    ("left_only", "right_only"),
    ("editions_left_only", "editions_right_only"),
    ("accessory_left_only", "accessory_right_only"),
    ("leading_held", "leading_held_back"),
    ("left_words", "right_words"),
    ("left_description", "right_description"),
]
UNKNOWN = set(
    "cosine title_jaccard title_left_held title_right_held title_weighted all_jaccard all_left_held all_right_held "
    "all_weighted title_in_all all_of_title code_left_contained code_right_contained code_alike code_prefix "
    "code_digits_differ code_tail model_alike model_in_title brand trigrams leading_held leading_held_back price_ratio "
    "price_gap category_overlap same_identifier".split()
)
WORDS = (
    "Apple Sony Dyson iPhone casque V8 V10 WH-1000XM4 wh 1000xm4 128 256 Go GB lot de 2 x 64 noir black pour brosse "
    "12 2019 pro mini 65 pouces UE65KU6000 coque lampe Lumo 4 5 à vendre TBE set of 6-pack é 😀 1,5 l"
).split(" ")

titles = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=60)
prices = st.none() | st.floats(min_value=0.01, max_value=10_000_000)


def reading(title: str, **fields: Any) -> Reading:
    return read(Thing(title=title, **fields))


def pair(left: Reading | str, right: Reading | str, cosine: float = nan) -> dict[str, float]:
    one = reading(left) if isinstance(left, str) else left
    two = reading(right) if isinstance(right, str) else right
    return pair_features(one, two, Statistics([one, two]), cosine)


@st.composite
def things(draw: st.DrawFn) -> Thing:
    price = draw(prices)
    return Thing(
        title=draw(titles),
        description=draw(titles),
        brand=draw(st.sampled_from(["", "Sony", "Apple", "AEG Electrolux"]) | st.text(max_size=20)),
        model_code=draw(st.sampled_from(["", "WH-1000XM4", "UE65KU6000"]) | st.text(max_size=20)),
        category=draw(st.sampled_from(["", "audio casques", "phones"])),
        identifiers=draw(st.frozensets(st.sampled_from(["04006381333931", "00036000291452"]))),
        price_low=price,
        price_high=price,
        language=draw(st.sampled_from(["fr", "en"])),
    )


def test_every_feature_is_named_once_and_comes_in_that_order() -> None:
    found = pair("Lampe Lumo 4", "Lampe Lumo 5")

    assert len(set(FEATURES)) == len(FEATURES)
    assert tuple(found) == FEATURES
    assert as_row(found).shape == (len(FEATURES),)
    assert as_row(found).dtype == np.float64


def test_what_nobody_told_is_nan_and_nothing_else_is() -> None:
    found = pair("", "")

    assert {name for name, value in found.items() if isnan(value)} == UNKNOWN


@given(things(), things(), st.floats(min_value=-1, max_value=1) | st.just(nan))
@settings(max_examples=120, deadline=None)
def test_any_two_things_give_finite_numbers_or_nan(left: Thing, right: Thing, cosine: float) -> None:
    one, two = read(left), read(right)

    found = pair_features(one, two, Statistics([one, two]), cosine)

    assert tuple(found) == FEATURES
    assert all(isinstance(value, float | int) and not isinf(value) for value in found.values())


@given(things(), things())
@settings(max_examples=120, deadline=None)
def test_sides_change_places_and_their_features_with_them(left: Thing, right: Thing) -> None:
    one, two = read(left), read(right)
    statistics = Statistics([one, two])

    there, back = pair_features(one, two, statistics), pair_features(two, one, statistics)

    assert {name: there[name] for name in SYMMETRIC} == pytest.approx(
        {name: back[name] for name in SYMMETRIC}, nan_ok=True
    )
    for own, other in MIRRORED:
        assert there[own] == pytest.approx(back[other], nan_ok=True), own
        assert there[other] == pytest.approx(back[own], nan_ok=True), other


@given(things())
@settings(max_examples=60, deadline=None)
def test_a_thing_does_not_contradict_itself(thing: Thing) -> None:
    found = pair(read(thing), read(thing))

    conflicts = [name for name in FEATURES if name.endswith(("conflict", "differs", "differ", "_only"))]

    assert len(conflicts) > 10
    assert {name: found[name] for name in conflicts if found[name] > 0} == {}
    assert found["substituted"] == 0


@pytest.mark.parametrize(
    ("left", "right", "contradictions"),
    [
        ("Aspirateur Dyson V8", "Aspirateur Dyson V10", {"models_conflict", "series_conflict", "numbers_conflict"}),
        ("iPhone 12 128 Go", "iPhone 12 256 GB", {"measures_conflict"}),
        ("Lampe Lumo 4", "Lampe Lumo 5", {"series_conflict", "numbers_conflict"}),
        ("Lot de 2 chaises Lumo", "Chaise Lumo", {"set_size_differs"}),
        ("Brosse pour Dyson V8", "Aspirateur Dyson V8", {"accessory_differs"}),
        ("Casque Sony noir", "Sony headset white", {"colours_conflict"}),
        ("Sony WH-1000XM4", "Sony WH-1000XM5", {"code_conflict"}),
        ("Vélo Lumo modèle 2015", "Vélo Lumo modèle 2019", {"years_conflict", "series_conflict", "numbers_conflict"}),
        ("iPhone 12 128 Go", "iPhone 12 128 GB noir", set()),
        ("Sony WH 1000XM4", "Sony WH-1000XM4", set()),
        ("Lot de 2 chaises", "Set of 2 chairs", set()),
    ],
)
def test_contradictions_are_counted(left: str, right: str, contradictions: set[str]) -> None:
    found = pair(left, right)

    names = [name for name in FEATURES if name.endswith("_conflict")] + ["set_size_differs", "accessory_differs"]

    assert {name for name in names if found[name]} == contradictions


def test_sizes_that_both_name_agree() -> None:
    found = pair("iPhone 12 128 Go", "Apple iPhone 12 (128 GB)")

    assert (found["measures_agree"], found["measures_conflict"]) == (1, 0)


def test_a_split_code_is_found_in_the_other_title() -> None:
    found = pair("Sony WH 1000 XM4", "Sony WH-1000XM4")

    assert found["longest_common_code"] >= 4
    assert found["code_right_contained"] == 1
    assert found["code_conflict"] == 0


def test_a_part_number_in_the_title_counts_whole_or_by_its_beginning() -> None:
    whole = pair(reading("Casque", model_code="WH-1000XM4"), "Sony WH1000XM4")
    beginning = pair(reading("Casque", model_code="WH-1000XM4"), "Sony WH1000")
    none = pair(reading("Casque", model_code="WH-1000XM4"), "Sony casque")

    assert (whole["model_in_title"], none["model_in_title"]) == (1, 0)
    assert beginning["model_in_title"] == pytest.approx(6 / 9)


@pytest.mark.parametrize("title", ["sonyericsson w810", "Sony Ericsson W810", "SONY-ERICSSON w810"])
def test_a_brand_is_found_when_it_is_glued_to_other_words(title: str) -> None:
    found = pair(title, reading("W810 phone", brand="Sony Ericsson"))

    assert (found["brand"], found["brands_known"]) == (1, 1)


def test_brands_that_hold_one_another_are_the_same() -> None:
    assert pair(reading("", brand="AEG"), reading("", brand="AEG Electrolux"))["brand"] == 1
    assert pair(reading("", brand="AEG"), reading("", brand="Dyson"))["brand"] < 0.6
    assert pair("Lampe", reading("Lampe", brand="Dyson"))["brand"] == 0


def test_a_word_glued_to_another_is_not_missing() -> None:
    assert pair("mac book", "macbook")["left_only"] == 1
    assert pair("lampadaire lumo", "lampadairelumo")["left_only"] == 0


def test_the_inches_of_a_title_begin_the_digits_of_a_code() -> None:
    assert pair("TV Samsung 65 pouces", "Samsung UE65KU6000")["numbers_in_codes"] == 1
    assert pair("TV Samsung 55 pouces", "Samsung UE65KU6000")["numbers_in_codes"] == 0


def test_prices_are_compared_with_the_nearest_offer() -> None:
    product = reading("Lampe", price_low=100.0, price_high=200.0)

    def of(price: float | None) -> tuple[float, float]:
        found = pair(reading("Lampe", price_low=price, price_high=price), product)
        return found["price_ratio"], found["price_gap"]

    assert of(150.0) == (0, 0)
    assert of(50.0) == pytest.approx((log(0.5), log(2)))
    assert of(400.0) == pytest.approx((log(2), log(2)))
    assert all(map(isnan, of(None)))


def test_identifiers_are_compared_where_both_have_some() -> None:
    own, other = frozenset({"04006381333931"}), frozenset({"00036000291452"})

    assert pair(reading("", identifiers=own), reading("", identifiers=own | other))["same_identifier"] == 1
    assert pair(reading("", identifiers=own), reading("", identifiers=other))["same_identifier"] == 0
    assert isnan(pair(reading("", identifiers=own), reading(""))["same_identifier"])


def test_the_cosine_is_passed_on() -> None:
    assert pair("lampe", "lampe", cosine=0.75)["cosine"] == 0.75
