"""Small parts of the price model with values worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listings.pricing import BackTest, Outcome, Sale, Silence, back_test
from listings.pricing.cells import Level, cells_of, fit_cells, weighted_median, weights_by_age
from listings.pricing.encoding import Encoding, number_of, words_of
from listings.pricing.folds import parts_by_seller
from listings.pricing.grades import falling
from listings.pricing.ranges import reach_of
from listings.pricing.ridge import fit_ridge
from listings.pricing.trimming import capped_per_seller
from tests.unit.listings.pricing.invented import TODAY, thing, trade


def test_a_sale_weighs_half_after_ninety_days() -> None:
    sales = [replace(trade(1)[0], sold_on=TODAY - timedelta(days=days), listed_on=None) for days in (0, 90, 180)]

    assert weights_by_age(sales, TODAY, 90).tolist() == [1.0, 0.5, 0.25]


def test_a_weighted_median_lies_where_half_the_weight_is_reached() -> None:
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 1.0])) == 2.0
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.array([5.0, 1.0, 1.0])) == 3.0


def test_a_cell_of_four_sales_goes_half_the_way_from_its_parents() -> None:
    cheap = [Sale(id=f"c{n}", thing=thing("Arc", grade=""), price_minor=1000) for n in range(5)]
    dear = [Sale(id=f"d{n}", thing=thing("Lumo 4", grade=""), price_minor=4000) for n in range(4)]
    cells = fit_cells([*cheap, *dear], np.ones(9))

    away = math.log(4) / 2**4  # two categories, brand and model each take half of what is left
    assert cells.log_price(thing("Arc")) == pytest.approx(math.log(1000))
    assert cells.log_price(thing("Lumo 4")) == pytest.approx(math.log(4000) - away)


def test_a_thing_without_model_or_grade_has_fewer_cells() -> None:
    assert [level for level, _ in cells_of(thing("Arc"))] == [*Level, Level.CATEGORY]
    bare = replace(thing("Arc"), brand="", model="", grade="")
    assert [level for level, _ in cells_of(bare)] == [Level.CATEGORY, Level.CATEGORY]


def test_words_are_folded_and_paired() -> None:
    assert words_of("Lampe ＡＲＣ 1,5 m") == ["lampe", "arc", "1,5", "m", "lampe arc", "arc 1,5", "1,5 m"]


def test_numbers_are_read_from_the_beginning_of_a_value() -> None:
    assert [number_of("1248 CC"), number_of("103,52 bhp"), number_of("-4")] == [1248.0, 103.52, -4.0]
    assert math.isnan(number_of("about 3")) and math.isnan(number_of(""))


def test_an_attribute_of_numbers_becomes_steps_and_another_one_tags() -> None:
    things = [replace(thing("Arc"), attributes={"year": str(2000 + n), "fuel": "petrol"}) for n in range(20)]
    encoding = Encoding.learned_from(things)

    assert (list(encoding.numbers), encoding.choices) == (["year"], ["fuel"])
    assert encoding.sparse(things).shape[0] == 20
    assert encoding.dense(things)[3].tolist()[:1] == [2003.0]


def test_one_absurd_price_hardly_bends_the_line() -> None:
    things = [replace(thing("Arc"), attributes={"year": str(2000 + n % 20)}) for n in range(200)]
    rows = Encoding.learned_from(things).sparse(things)
    targets = np.array([8 + 0.1 * (n % 20) for n in range(200)])
    spoiled = targets.copy()
    spoiled[7] = 18.0

    clean, bent = fit_ridge(rows, targets, np.ones(200)), fit_ridge(rows, spoiled, np.ones(200))

    assert np.abs(clean[0] + rows @ clean[1] - bent[0] - rows @ bent[1]).max() < 0.1


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.1, 9)), min_size=1, max_size=12))
def test_falling_never_rises_and_keeps_low_below_high(drawn: list[tuple[float, float, float]]) -> None:
    low = np.array([min(one, other) for one, other, _ in drawn])
    high = np.array([max(one, other) for one, other, _ in drawn])
    weights = np.array([weight for _, _, weight in drawn])

    fallen = falling(low, weights)

    assert (np.diff(fallen) <= 1e-12).all()
    assert (fallen <= falling(high, weights) + 1e-9).all()
    assert fallen @ weights == pytest.approx(low @ weights, abs=1e-6)


def test_the_reach_holds_for_eight_in_ten_scores() -> None:
    reach = reach_of(np.arange(-50.0, 50.0))

    assert (reach.low, reach.quick, reach.patient, reach.high) == (-41.0, -26.0, 25.0, 40.0)


def test_a_seller_counts_three_times_at_most_for_one_model_and_grade() -> None:
    sales = [
        Sale(id=f"s{n}", thing=thing("Arc"), price_minor=1000, seller="one", sold_on=TODAY - timedelta(days=n))
        for n in range(6)
    ]

    assert [sale.id for sale in capped_per_seller(sales)] == ["s0", "s1", "s2"]
    assert len(capped_per_seller([replace(sale, seller="") for sale in sales])) == 6


def test_sales_of_one_seller_are_never_on_both_sides() -> None:
    sales = [replace(sale, seller=f"seller-{n % 60}") for n, sale in enumerate(trade(300))]
    part = parts_by_seller(sales)

    for seller in {sale.seller for sale in sales}:
        assert len({int(part[n]) for n, sale in enumerate(sales) if sale.seller == seller}) == 1


def test_a_back_test_counts_silence_apart_from_error() -> None:
    outcomes = [
        Outcome(category="A", price_minor=110, low_minor=80, advised_minor=100, high_minor=120),
        Outcome(category="A", price_minor=200, low_minor=80, advised_minor=100, high_minor=120),
        Outcome(category="B", price_minor=5, silence=Silence.FEW_SALES),
    ]

    everything, by_category = back_test(outcomes)

    assert (everything.sales, everything.advised, everything.inside) == (3, 2, 0.5)
    assert everything.mean_error == pytest.approx((10 / 110 + 0.5) / 2)
    assert everything.drift == pytest.approx(0.55)
    assert everything.width == pytest.approx(0.4)
    assert by_category["B"] == BackTest.of(outcomes[2:])
    assert by_category["B"].inside is None
