"""What a second-hand thing may stand beside, how near, and what is said to differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from mall.catalogue.evidence import evidence_sentence
from mall.catalogue.matching.differences import measure_differences, name_of, numbers_after
from mall.catalogue.matching.nearness import (
    ListedThing,
    NearCandidate,
    Nearness,
    generic_stems,
    has_same_brand,
    nearest,
    nearness,
    pieces,
)
from mall.catalogue.matching.reading import Reading, Statistics, read
from mall.catalogue.matching.things import Thing

LUMO = Thing(
    title="Smartphone Novaro Lumo 5, 128 Go",
    brand="Novaro",
    attributes="écran 6,1 pouces, 120 Hz 168 g",
    category="Téléphones",
    category_slugs=("electronics", "phones"),
    language="fr",
)
OLD_LUMO = replace(LUMO, title="Novaro Lumo 4 64 Go vert", attributes="", price_low=145.0, price_high=145.0)


def reading(title: str, **facts: Any) -> Reading:
    return read(replace(LUMO, title=title, attributes=facts.pop("attributes", ""), **facts))


def product(thing: Thing = LUMO, **facts: Any) -> NearCandidate:
    usual: dict[str, Any] = {
        "product_id": 1, "colours": frozenset({"blue"}), "released_in": 2024, "price": 599.0, "cosine": 0.3,
    }  # fmt: skip
    return NearCandidate(reading=read(thing), **(usual | facts))


def listed(thing: Thing = OLD_LUMO, *, colour: str = "green", year: int | None = 2021) -> ListedThing:
    return ListedThing(reading=read(thing), colour=colour, year=year)


def near(thing: ListedThing, candidate: NearCandidate) -> Nearness | None:
    return nearness(thing, candidate, among_others(thing.reading, candidate.reading))


def among_others(*readings: Reading) -> Statistics:
    """How rare words are in a catalogue that holds more than these."""
    return Statistics([*readings, *(reading(f"Chose {number} parmi d’autres") for number in range(30))])


def said(thing: ListedThing, candidate: NearCandidate, language: str = "fr") -> str:
    found = near(thing, candidate)
    assert found is not None
    with translation.override(language):
        return " ".join(evidence_sentence([one.as_json() for one in found.evidence], most=9).split())


def test_an_older_model_stands_beside_the_present_one_with_all_that_differs() -> None:
    assert said(listed(), product()) == (
        "même marque, même type, modèle Lumo 4 au lieu de Lumo 5, 64 Go au lieu de 128 Go, "
        "modèle 2021 au lieu de 2024, autre couleur"
    )


def test_a_year_of_purchase_after_the_release_is_no_difference() -> None:
    assert "2024" not in said(listed(year=2025), product())


@pytest.mark.parametrize(
    ("thing", "candidate"),
    [
        (replace(OLD_LUMO, category_slugs=("electronics", "tablets")), product()),
        (replace(OLD_LUMO, price_low=898.6), product()),
        (replace(OLD_LUMO, title="Coque pour Novaro Lumo 5"), product()),
        (replace(OLD_LUMO, title="Oreillettes pour Novaro Lumo 5"), product()),
        (replace(OLD_LUMO, title="Verre compatible Novaro X1, X2, X3, X4"), product()),
        (replace(OLD_LUMO, title="Lot de 2 Novaro Lumo 4"), product()),
        (OLD_LUMO, product(replace(LUMO, title="Coque pour Novaro Lumo 5"))),
        (replace(OLD_LUMO, title="Kestova Mira", brand="Kestova"), product(cosine=0.1)),
        (replace(OLD_LUMO, title="Kestova Mira", brand="Kestova"), product(cosine=float("nan"))),
    ],
)
def test_these_two_do_not_stand_side_by_side(thing: Thing, candidate: NearCandidate) -> None:
    assert near(listed(thing), candidate) is None


def test_half_more_than_new_is_the_most() -> None:
    assert near(listed(replace(OLD_LUMO, price_low=898.5)), product()) is not None


def test_another_brand_that_is_close_in_meaning_says_so() -> None:
    other = listed(replace(OLD_LUMO, title="Kestova Mira", brand="Kestova"), colour="", year=None)

    assert said(other, product()) == "même type, sens proche, marque Kestova au lieu de Novaro"


def test_the_nearest_comes_first_and_ties_go_by_id() -> None:
    larger = replace(LUMO, title="Smartphone Novaro Lumo 5, 256 Go")
    other_name = replace(LUMO, title="Smartphone Novaro Mira, 64 Go")
    candidates = [
        product(other_name, product_id=1),
        product(larger, product_id=4),
        product(product_id=3),
        product(product_id=2),
    ]
    weights = among_others(*(one.reading for one in candidates))

    found = nearest(listed(), candidates, weights, limit=3)

    assert [one.product_id for one in found] == [2, 3, 4]
    assert all(0.0 <= one.score <= 1.0 for one in found)


@pytest.mark.parametrize(
    ("title", "count"),
    [("Lot de 5 romans", 5), ("5 romans du Phare", 5), ("Roman relié", 1), ("1 roman", 1), ("2019, Plume", 1)],
)
def test_pieces_are_counted(title: str, count: int) -> None:
    assert pieces(reading(title)) == count


def test_a_title_may_name_the_brand_that_the_seller_left_out() -> None:
    assert has_same_brand(reading("Novaro Lumo 4", brand=""), read(LUMO))
    assert not has_same_brand(reading("Téléphone Lumo 4", brand=""), read(LUMO))
    assert not has_same_brand(reading("Novaro Lumo 4", brand="Kestova"), read(LUMO))


def test_sizes_are_compared_with_the_nearest_of_the_title_else_of_the_attributes() -> None:
    own = reading("Montre Chronos 38 mm")
    described = reading("Montre Chronos", attributes="boîtier 41 mm, bracelet 20 mm")

    assert [(str(one), str(two)) for one, two in measure_differences(own, described)] == [("38 mm", "41 mm")]
    assert measure_differences(reading("Montre 41 mm"), described) == []
    assert measure_differences(reading("Lampe 0 cm"), reading("Lampe 4 cm")) == []


def test_numbers_behind_a_name_are_compared_and_years_and_brands_are_not() -> None:
    assert numbers_after(reading("Kestova Plume 13"), reading("Kestova Plume 14")) == {"plume": (13.0, 14.0)}
    assert numbers_after(reading("Fifa 2019"), reading("Fifa 2021")) == {}
    assert numbers_after(reading("Novaro 14,4 V"), reading("Novaro 18 V")) == {}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Novaro Uno corail", "Uno"),
        ("Téléphone Novaro, la Duo", "Duo"),
        ("Novaro vert", ""),
        ("Novaro", ""),
        ("Uno de Kestova", ""),
    ],
)
def test_the_name_is_the_word_behind_the_brand(title: str, name: str) -> None:
    assert name_of(reading(title), generic_stems()) == name


def test_odd_titles_are_near_to_nothing() -> None:
    for title in ("", "📱🔥", "mot " * 10_000, "1" * 500):
        assert near(listed(replace(OLD_LUMO, title=title, brand="")), product(cosine=float("nan"))) is None
