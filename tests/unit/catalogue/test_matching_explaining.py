"""Doubts that forbid a link by itself, and the reasons that people are shown, in both languages."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from mall.catalogue.evidence import Evidence, evidence_sentence, evidence_text
from mall.catalogue.matching.explaining import doubts, explain, is_for_another, is_plausible_price, named_models
from mall.catalogue.matching.features import pair_features
from mall.catalogue.matching.reading import Reading, Statistics, read
from mall.catalogue.matching.things import Thing

WORDS = (
    "Apple Sony Dyson iPhone casque V7 V8 V10 V11 WH-1000XM4 wh 1000xm4 128 256 Go GB lot de 2 3 noir white pour "
    "brosse 12 2019 2015 65 pouces UE65KU6000 coque lampe Lumo 4 5 à vendre set of 6-pack é 😀 1,5 l S10e MD101F/A"
).split(" ")

titles = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=40)


def reading(title: str, **fields: Any) -> Reading:
    if "price" in fields:
        fields["price_low"] = fields["price_high"] = fields.pop("price")
    return read(Thing(title=title, **fields))


def doubts_of(left: Reading | str, right: Reading | str) -> list[tuple[str, str, str]]:
    """Kind, detail, other of each doubt."""
    one, two = _both(left, right)
    found = doubts(one, two, pair_features(one, two, Statistics()))
    assert all(entry.speaks == "against" for entry in found)
    return [(entry.kind, entry.detail, entry.other) for entry in found]


def reasons_of(left: Reading | str, right: Reading | str, cosine: float = nan) -> dict[tuple[str, str], Evidence]:
    """Entries by kind and what they speak for."""
    one, two = _both(left, right)
    found = explain(one, two, pair_features(one, two, Statistics(), cosine))
    assert len({(entry.kind, entry.speaks) for entry in found}) == len(found)
    return {(entry.kind, entry.speaks): entry for entry in found}


def _both(left: Reading | str, right: Reading | str) -> tuple[Reading, Reading]:
    return (
        reading(left) if isinstance(left, str) else left,
        reading(right) if isinstance(right, str) else right,
    )


@pytest.mark.parametrize(
    ("listing", "product", "found"),
    [
        ("Lot de 2 chaises Lumo", "Chaise Lumo", [("lot", "× 2", "")]),
        ("Chaise Lumo", "Set of 4 Lumo chairs", [("lot", "× 4", "")]),
        ("iPhone 12 128 Go", "iPhone 12 256 GB", [("size", "128 Go", "256 Go")]),
        ("TV Lumo 65 pouces", 'TV Lumo 55"', [("size", "65″", "55″")]),
        ("Lampe Lumo 4", "Lampe Lumo 5", [("model", "Lumo 4", "Lumo 5")]),
        ("Dyson V8", "Dyson V10", [("model", "Dyson V8", "Dyson V10")]),
        ("Brosse pour Dyson V8", "Aspirateur Dyson V8", [("accessory", "brosse", "")]),
        (
            "Sac compatible V7, V8, V10, V11",
            "Dyson V8",
            [("many_models", "v10, v11, v7, v8", ""), ("accessory", "sac", "")],
        ),
    ],
)
def test_contradictions_that_people_would_notice_are_doubts(
    listing: str, product: str, found: list[tuple[str, str, str]]
) -> None:
    assert doubts_of(listing, product) == found


def test_another_year_is_a_doubt() -> None:
    listing = reading("Vélo Lumo", years=frozenset({"2015"}))

    assert doubts_of(listing, reading("Vélo Lumo", years=frozenset({"2019"}))) == [("year", "2015", "2019")]
    assert doubts_of(listing, "Vélo Lumo") == []


@pytest.mark.parametrize(
    ("price", "is_plausible"), [(900.0, False), (660.0, True), (100.0, True), (8.0, True), (7.9, False), (None, True)]
)
def test_a_price_out_of_proportion_is_a_doubt(price: float | None, is_plausible: bool) -> None:
    listing = reading("Casque Lumo", price=price)
    product = reading("Casque Lumo", price_low=200.0, price_high=220.0)

    assert is_plausible_price(listing, product) is is_plausible
    assert doubts_of(listing, product) == ([] if is_plausible else [("price", f"{price:g}", "")])


@pytest.mark.parametrize(("price", "is_plausible"), [(1.0, False), (1.5, True), (499_999.0, True), (500_000.0, False)])
def test_without_a_price_to_compare_only_joke_prices_are_doubted(price: float, is_plausible: bool) -> None:
    assert is_plausible_price(reading("Casque", price=price), reading("Casque")) is is_plausible


@pytest.mark.parametrize(
    ("listing", "product"),
    [
        ("Vends Dyson V8 TBE", "Aspirateur Dyson V8"),
        ("Dyson V8 avec brosse", "Aspirateur Dyson V8"),
        ("iPhone 12 128Go noir", "Apple iPhone 12 (128 GB)"),
        ("Lot de 2 chaises Lumo", "Lumo chairs, set of 2"),
        ("iPhone X 64 Go", "Apple iPhone X"),
        ("", ""),
    ],
)
def test_the_same_thing_told_otherwise_raises_no_doubt(listing: str, product: str) -> None:
    assert doubts_of(listing, product) == []


def test_what_speaks_for_a_pair_comes_strongest_first() -> None:
    gtin = frozenset({"04006381333931"})
    place = {"category_slugs": ("audio", "headphones"), "identifiers": gtin}
    listing = reading("Casque Sony WH-1000XM4 noir 30 h 128 Go", **place)
    product = reading("Sony WH1000XM4 casque noir 128 GB", brand="Sony", **place)

    found = reasons_of(listing, product, cosine=0.871)

    assert [(kind, entry.detail) for (kind, _speaks), entry in found.items()] == [
        ("gtin", "04006381333931"),
        ("model", "WH1000XM4"),
        ("brand", "Sony"),
        ("category", ""),
        ("size", "128 Go"),
        ("words", "casque, noir"),
        ("meaning", "0.87"),
    ]
    assert {speaks for _kind, speaks in found} == {"for"}


def test_what_speaks_against_a_pair_names_both_values() -> None:
    listing = reading("Casque Sony WH-1000XM4 noir", brand="Sony", category_slugs=("audio", "headphones"))
    product = reading("Lumo LM-2000B white", brand="Lumo", category_slugs=("audio", "speakers"))

    found = reasons_of(listing, product)

    assert (found["model", "against"].detail, found["model", "against"].other) == ("WH1000XM4", "LM2000B")
    assert (found["brand", "against"].detail, found["brand", "against"].other) == ("Sony", "Lumo")
    assert {kind for kind, speaks in found if speaks == "against"} == {"model", "brand", "category", "colour"}


def test_doubts_are_among_the_reasons() -> None:
    listing = reading("Lot de 2 Lumo 4 128 Go", years=frozenset({"2015"}), price=9000.0)
    product = reading("Lumo 5 256 GB", years=frozenset({"2019"}), price=100.0)

    found = reasons_of(listing, product)

    assert {kind for kind, speaks in found if speaks == "against"} == {"lot", "size", "model", "year", "price"}


def test_the_same_series_or_short_model_is_a_reason() -> None:
    assert reasons_of("Lampe Lumo 4", "Lumo 4 lamp")["model", "for"].detail == "Lumo 4"
    assert reasons_of("Dyson V8", "Aspirateur V8")["model", "for"].detail == "V8"


def test_codes_of_one_length_are_named_in_one_order() -> None:
    listing, product = reading("AB12 CD34 lampe", model_code="EF56"), reading("GH78 IJ90")

    entry = reasons_of(listing, product)["model", "against"]

    assert (entry.detail, entry.other) == ("EF56", "IJ90")


@pytest.mark.parametrize(("cosine", "is_named"), [(nan, False), (0.2, False), (0.49, False), (0.5, True)])
def test_a_near_meaning_is_a_reason_and_an_unknown_one_is_none(cosine: float, is_named: bool) -> None:
    assert (("meaning", "for") in reasons_of("Lampe", "Luminaire", cosine)) is is_named


@pytest.mark.parametrize("brands", [("Sony", "Sony"), ("", "Sony"), ("Sony", "")])
def test_shared_words_are_named_without_the_brand_and_small_words(brands: tuple[str, str]) -> None:
    listing = reading("Housse pour casque Sony bleu", brand=brands[0])
    product = reading("Sony casque bleu, housse pour le sport", brand=brands[1])

    assert reasons_of(listing, product)["words", "for"].detail == "housse, casque, bleu"


def test_models_that_a_title_names_are_codes_and_short_names() -> None:
    assert named_models(reading("Sac compatible V7, V8, WH-1000XM4")) == {"v7", "v8", "wh1000xm4"}


@pytest.mark.parametrize(
    ("title", "is_for"), [("Brosse pour Dyson V8", True), ("Dyson V8", False), ("Brosse Dyson", False), ("", False)]
)
def test_a_purpose_is_what_stands_behind_a_word_for_it(title: str, is_for: bool) -> None:
    assert is_for_another(reading(title)) is is_for


@given(titles, titles, st.floats(min_value=-1, max_value=1) | st.just(nan), st.none() | st.floats(0.01, 1e6))
@settings(max_examples=80, deadline=None)
def test_every_reason_of_any_pair_is_a_whole_phrase_in_both_languages(
    left: str, right: str, cosine: float, price: float | None
) -> None:
    listing, product = reading(left, brand="Sony", price=price), reading(right, brand="Dyson", price=price)
    features = pair_features(listing, product, Statistics([listing, product]), cosine)

    entries = [entry.as_json() for entry in (*explain(listing, product, features), *doubts(listing, product, features))]

    for language in ("fr", "en"):
        with translation.override(language):
            phrases = [evidence_text(entry) for entry in entries]
            assert all(phrase and not phrase.endswith(("%", ": ")) for phrase in phrases), entries
            assert bool(evidence_sentence(entries)) == bool(entries)
