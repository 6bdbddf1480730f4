"""The shipped model's judgement on things written by hand: what is linked, what a person is asked, what is neither.

Each thing that must not be linked differs from one that is linked by one contradiction only.
"""

from __future__ import annotations

from functools import cache
from math import log, nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mall.catalogue.matching.explaining import doubts
from mall.catalogue.matching.features import FEATURES, pair_features
from mall.catalogue.matching.judging import (
    MOST_PROPOSALS,
    OUTCOMES,
    Candidate,
    Judgement,
    Outcome,
    has_code,
    judge,
    log_odds,
    outcome_of,
)
from mall.catalogue.matching.model import Thresholds, match_model
from mall.catalogue.matching.reading import Reading, Statistics, read
from mall.catalogue.matching.things import Thing

HEADPHONES = "Sony WH-1000XM4 wireless noise cancelling headphones"
TELEVISION = "Samsung UE65KU6000 65 inch television"
PHONE = "Apple iPhone 12 128 GB black MGJA3"
VACUUM = "Dyson V8 Absolute cordless vacuum cleaner"
MEANING = 0.95  # cosine of two texts that mean nearly the same
THRESHOLDS = Thresholds(linked=0.9, linked_by_words=0.97, proposed=0.2, lead=4.0, best_f1=0.4)
NOUNS = (
    "lamp chair mixer kettle speaker headphones vacuum phone television drill table printer ink mouse keyboard camera "
    "lens bag sofa clock"
).split(" ")
ADJECTIVES = "wireless cordless black white oak steel cotton absolute noise cancelling inch garden cleaner".split(" ")
BRANDS = "Lumo Veldo Nordal Askel Sony Apple Dyson Samsung".split(" ")


def thing(title: str, price: float | None = None, **fields: Any) -> Reading:
    return read(Thing(title=title, price_low=price, price_high=price, **fields))


@cache
def weights() -> Statistics:
    """How rare words and codes are among 400 goods of a department store."""
    return Statistics(
        thing(
            f"{BRANDS[n % 8]} {NOUNS[n % 20]} {ADJECTIVES[n % 13]} {ADJECTIVES[n * 5 % 13]} ZX-{1000 + n}",
            brand=BRANDS[n % 8],
        )
        for n in range(400)
    )


def candidates_of(*products: Reading, cosine: float = MEANING) -> list[Candidate]:
    """Named p0, p1…, as an engine gives them: best first."""
    return [
        Candidate(product_id=f"p{place}", reading=product, score=20.0 - place, cosine=cosine)
        for place, product in enumerate(products)
    ]


def judged(listing: Reading, *products: Reading) -> tuple[Judgement, ...]:
    return judge(listing, candidates_of(*products), weights(), match_model())


def outcomes(listing: Reading, *products: Reading) -> dict[str, Outcome]:
    return {one.product_id: one.outcome for one in judged(listing, *products)}


def outcome_when_sure(listing: Reading, product: Reading) -> Outcome:
    """What becomes of the pair when the forest is as good as certain: whether a rule forbids the link."""
    features = pair_features(listing, product, weights(), MEANING)
    return outcome_of(listing, product, features, 0.9999, 0.0, THRESHOLDS)


@pytest.mark.parametrize(
    ("title", "fields"),
    [
        (HEADPHONES, {"brand": "Sony", "model_code": "WH-1000XM4"}),
        (TELEVISION, {"brand": "Samsung", "model_code": "UE65KU6000"}),
        (PHONE, {"brand": "Apple", "model_code": "MGJA3"}),
    ],
)
def test_the_same_title_and_code_are_linked(title: str, fields: dict[str, Any]) -> None:
    (only,) = judged(thing(title, **fields), thing(title, **fields))

    assert only.outcome == "linked"
    assert only.probability >= match_model().thresholds.linked
    assert {entry.speaks for entry in only.evidence} == {"for"}
    assert {"model", "brand"} <= {entry.kind for entry in only.evidence}


def test_the_right_one_is_linked_among_others_of_its_kind() -> None:
    right = thing(HEADPHONES, brand="Sony", model_code="WH-1000XM4")
    others = (
        thing(TELEVISION, brand="Samsung", model_code="UE65KU6000"),
        thing("Sony XB-33 speaker black", brand="Sony", model_code="XB-33"),
        thing("Bose QC-35 headphones", brand="Bose", model_code="QC-35"),
    )

    found = judged(right, *others, right)

    assert (found[0].product_id, found[0].outcome) == ("p3", "linked")
    assert {one.outcome for one in found[1:]} == {"different"}


SAME_BUT = {
    "another number in the name": (
        thing(VACUUM.replace("V8", "V10"), brand="Dyson"),
        thing(VACUUM, brand="Dyson"),
        "model",
    ),
    "another number the other way": (
        thing(VACUUM, brand="Dyson"),
        thing(VACUUM.replace("V8", "V10"), brand="Dyson"),
        "model",
    ),
    "half the storage": (
        thing(PHONE.replace("128 GB", "128 Go"), brand="Apple", model_code="MGJA3"),
        thing(PHONE.replace("128", "256"), brand="Apple", model_code="MGJA3"),
        "size",
    ),
    "twice the storage": (
        thing(PHONE.replace("128 GB", "256 Go"), brand="Apple", model_code="MGJA3"),
        thing(PHONE, brand="Apple", model_code="MGJA3"),
        "size",
    ),
    "a smaller screen": (
        thing(TELEVISION.replace("65 inch", "55 pouces"), brand="Samsung", model_code="UE65KU6000"),
        thing(TELEVISION, brand="Samsung", model_code="UE65KU6000"),
        "size",
    ),
    "two of them": (
        thing(f"Lot de 2 {HEADPHONES}", brand="Sony", model_code="WH-1000XM4"),
        thing(HEADPHONES, brand="Sony", model_code="WH-1000XM4"),
        "lot",
    ),
    "a case for it": (
        thing(f"Coque pour {HEADPHONES}", brand="Sony", model_code="WH-1000XM4"),
        thing(HEADPHONES, brand="Sony", model_code="WH-1000XM4"),
        "accessory",
    ),
    "a charger for it, in English": (
        thing(f"Charger for {HEADPHONES}", brand="Sony", model_code="WH-1000XM4"),
        thing(HEADPHONES, brand="Sony", model_code="WH-1000XM4"),
        "accessory",
    ),
    "ten models": (
        thing(
            f"{HEADPHONES} WH-1000XM3 WH-1000XM2 WH-CH710N WH-CH510 WF-1000XM3 WF-SP800N WH-XB900N WH-H910N MDR-7506",
            brand="Sony",
        ),
        thing(HEADPHONES, brand="Sony", model_code="WH-1000XM4"),
        "many_models",
    ),
    "a price of one": (
        thing(HEADPHONES, 1.0, brand="Sony", model_code="WH-1000XM4"),
        thing(HEADPHONES, 300.0, brand="Sony", model_code="WH-1000XM4"),
        "price",
    ),
    "a price of one beside a product without offers": (
        thing(HEADPHONES, 1.0, brand="Sony", model_code="WH-1000XM4"),
        thing(HEADPHONES, brand="Sony", model_code="WH-1000XM4"),
        "price",
    ),
    "a price of nearly a million": (
        thing(HEADPHONES, 999_999.0, brand="Sony", model_code="WH-1000XM4"),
        thing(HEADPHONES, 300.0, brand="Sony", model_code="WH-1000XM4"),
        "price",
    ),
    "a price of nearly a million beside a product without offers": (
        thing(HEADPHONES, 999_999.0, brand="Sony", model_code="WH-1000XM4"),
        thing(HEADPHONES, brand="Sony", model_code="WH-1000XM4"),
        "price",
    ),
    "another year": (
        thing(HEADPHONES, brand="Sony", model_code="WH-1000XM4", years=frozenset({"2015"})),
        thing(HEADPHONES, brand="Sony", model_code="WH-1000XM4", years=frozenset({"2021"})),
        "year",
    ),
}


@pytest.mark.parametrize("but", SAME_BUT)
def test_the_same_but_one_contradiction_is_never_linked(but: str) -> None:
    listing, product, kind = SAME_BUT[but]

    (only,) = judged(listing, product)

    assert only.outcome != "linked"
    assert outcome_when_sure(listing, product) == "proposed"
    assert kind in {entry.kind for entry in doubts(listing, product, only.features)}
    assert kind in {entry.kind for entry in only.evidence if entry.speaks == "against"}


@pytest.mark.parametrize("but", SAME_BUT)
def test_without_its_contradiction_the_pair_might_be_linked(but: str) -> None:
    _listing, product, _kind = SAME_BUT[but]

    assert outcome_when_sure(product, product) == "linked"


@pytest.mark.parametrize("price", [60.0, 150.0, 300.0, 600.0])
def test_a_price_that_a_used_thing_may_have_forbids_nothing(price: float) -> None:
    listing = thing(HEADPHONES, price, brand="Sony", model_code="WH-1000XM4")

    assert outcome_when_sure(listing, thing(HEADPHONES, 300.0, brand="Sony", model_code="WH-1000XM4")) == "linked"


def test_of_two_that_are_equally_good_none_is_linked_and_both_are_proposed() -> None:
    listing = thing(HEADPHONES, brand="Sony", model_code="WH-1000XM4")
    assert outcomes(listing, listing) == {"p0": "linked"}

    assert outcomes(listing, listing, listing) == {"p0": "proposed", "p1": "proposed"}


def test_of_five_that_are_equally_good_three_are_proposed() -> None:
    listing = thing(HEADPHONES, brand="Sony", model_code="WH-1000XM4")

    found = judged(listing, *[listing] * 5)

    assert [one.outcome for one in found] == ["proposed"] * 3 + ["different"] * 2
    assert len({one.probability for one in found}) == 1


@pytest.mark.parametrize("listing", [thing(""), thing("  "), thing("!!! ???"), thing("", brand="Sony")])
def test_a_listing_without_a_word_is_not_judged(listing: Reading) -> None:
    assert judged(listing, thing(HEADPHONES)) == ()


def test_without_candidates_there_is_nothing_to_judge() -> None:
    assert judged(thing(HEADPHONES)) == ()


def test_a_product_without_a_title_is_judged_and_not_linked() -> None:
    assert outcomes(thing(HEADPHONES), thing("")) == {"p0": "different"}


PRODUCTS = [
    thing(HEADPHONES, 300.0, brand="Sony", model_code="WH-1000XM4"),
    thing(HEADPHONES.replace("XM4", "XM3"), 250.0, brand="Sony", model_code="WH-1000XM3"),
    thing(HEADPHONES, brand="Sony"),
    thing(TELEVISION, brand="Samsung", model_code="UE65KU6000"),
    thing(VACUUM, 400.0, brand="Dyson"),
    thing(PHONE, brand="Apple", model_code="MGJA3"),
    thing("", 1.0),
]
WORDS = f"{HEADPHONES} {TELEVISION} {PHONE} {VACUUM} casque tbe coque pour lot de 2 vends 😀 V10 256 Go 2019".split(" ")


@given(
    title=st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join) | st.sampled_from([HEADPHONES, PHONE, VACUUM]),
    price=st.none() | st.floats(0.01, 1e6),
    products=st.lists(st.sampled_from(PRODUCTS), max_size=7),
    cosine=st.just(nan) | st.floats(-1, 1),
)
@settings(max_examples=80, deadline=None)
def test_at_most_one_is_linked_or_three_are_proposed(
    title: str, price: float | None, products: list[Reading], cosine: float
) -> None:
    listing, candidates = thing(title, price), candidates_of(*products, cosine=cosine)

    found = judge(listing, candidates, weights(), match_model())

    linked = [one for one in found if one.outcome == "linked"]
    proposed = [one for one in found if one.outcome == "proposed"]
    assert len(linked) <= 1
    assert len(proposed) <= (0 if linked else MOST_PROPOSALS)
    assert all(one is found[0] for one in linked)
    assert all(one.probability >= match_model().thresholds.proposed for one in (*linked, *proposed))
    assert all(not doubts(listing, products[int(one.product_id[1:])], one.features) for one in linked)
    if listing.title:
        assert sorted(one.product_id for one in found) == sorted(one.product_id for one in candidates)
    assert [one.order for one in found] == sorted((one.order for one in found), reverse=True)
    assert repr(judge(listing, candidates, weights(), match_model())) == repr(found)


def test_a_judgement_names_every_feature() -> None:
    (only,) = judged(thing(HEADPHONES), thing(HEADPHONES))

    assert tuple(only.features) == FEATURES
    assert only.features["cosine"] == MEANING
    assert 0 <= only.probability <= 1


CODED = thing(HEADPHONES), thing(HEADPHONES)
WORDED = thing("Canapé Lumo bleu"), thing("Canapé Lumo bleu")


@pytest.mark.parametrize(
    ("pair", "probability", "rival", "expected"),
    [
        (CODED, 0.19, 0.0, "different"),
        (CODED, 0.2, 0.0, "proposed"),
        (CODED, 0.89, 0.0, "proposed"),
        (CODED, 0.9, 0.0, "linked"),
        (WORDED, 0.9, 0.0, "proposed"),
        (WORDED, 0.96, 0.0, "proposed"),
        (WORDED, 0.97, 0.0, "linked"),
        (CODED, 0.99, 0.5, "linked"),  # 4.6 behind in log odds
        (CODED, 0.99, 0.7, "proposed"),  # 3.7 behind
        (CODED, 0.99, 0.999, "proposed"),
    ],
)
def test_outcomes_at_the_thresholds(
    pair: tuple[Reading, Reading], probability: float, rival: float, expected: Outcome
) -> None:
    features = pair_features(*pair, weights(), MEANING)

    assert has_code(features) == (pair is CODED)
    assert outcome_of(*pair, features, probability, rival, THRESHOLDS) == expected
    assert expected in OUTCOMES


def test_log_odds_have_no_end_at_none_and_all() -> None:
    assert log_odds(0.5) == 0
    assert log_odds(0.9) == pytest.approx(log(9))
    assert log_odds(1.0) == pytest.approx(13.8155, abs=1e-4)
    assert log_odds(0.0) == pytest.approx(-13.8155, abs=1e-4)
