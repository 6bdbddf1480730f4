"""What a seller is told, and when nothing is said."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from listings.pricing import Level, PriceModel, Sale, Silence, advise, train_price_model
from tests.unit.listings.pricing.invented import GRADES, TODAY, WORTH, thing, trade


@pytest.fixture(scope="module")
def model() -> PriceModel:
    return train_price_model(trade(500), today=TODAY, grades_best_first=GRADES)


def few(count: int, sellers: int, price_minor: int = 10_000) -> list[Sale]:
    return [
        Sale(
            id=f"s{number}",
            thing=thing("Arc"),
            price_minor=price_minor,
            sold_on=TODAY - timedelta(days=number),
            seller=f"seller-{number % sellers}",
        )
        for number in range(count)
    ]


def test_three_marks_stand_in_order_near_what_the_model_is_worth(model: PriceModel) -> None:
    advice = advise(thing("Lumo 5", "used.like_new"), model=model)

    assert advice.marks is not None and advice.silence is None
    marks = advice.marks
    prices = [mark.price_minor for mark in (marks.quick, marks.advised, marks.patient)]
    assert marks.low_minor < prices[0] < prices[1] < prices[2] < marks.high_minor
    assert prices[1] == pytest.approx(WORTH["Lumo 5"], rel=0.08)


def test_the_sales_that_speak_are_those_of_model_and_grade_with_their_days(model: PriceModel) -> None:
    asked = thing("Arc", "used.good")
    own = [s for s in trade(500) if s.thing.model == "Arc" and s.thing.grade == "used.good"]

    sales = advise(asked, model=model).sales

    assert sales.level is Level.MODEL_AND_GRADE
    assert len(own) - 2 <= sales.count <= len(own)
    assert (sales.first_on, sales.last_on) == (min(s.sold_on for s in own if s.sold_on), sales.newest[0].sold_on)
    assert [sale.sold_on for sale in sales.newest] == sorted(
        (s.sold_on for s in sales.newest if s.sold_on), reverse=True
    )
    assert {sale.id for sale in sales.newest} <= {sale.id for sale in own}


def test_waiting_longer_goes_with_the_higher_mark(model: PriceModel) -> None:
    marks = advise(thing("Lumo 4"), model=model).marks

    assert marks is not None
    days = [mark.expected_days for mark in (marks.quick, marks.advised, marks.patient)]
    assert None not in days
    assert days[0] < days[1] < days[2]  # type: ignore[operator]
    assert days[1] == pytest.approx(10, abs=3)


def test_days_are_not_told_where_sales_do_not_say_when_they_were_listed() -> None:
    sales = [replace(sale, listed_on=None) for sale in trade(60)]

    marks = advise(thing("Arc"), model=train_price_model(sales, today=TODAY)).marks

    assert marks is not None
    assert marks.advised.expected_days is None


def test_a_better_grade_is_never_advised_less(model: PriceModel) -> None:
    pairs = 0
    for name in WORTH:
        for words in ("", "à saisir", "facture", "écran fendu", "très propre avec boîte"):
            prices = []
            for grade in GRADES:
                marks = advise(thing(name, grade, title=f"{name} {words}"), model=model).marks
                assert marks is not None
                prices.append((marks.low_minor, marks.advised.price_minor, marks.high_minor))
            for better, worse in pairwise(prices):
                assert all(above >= below for above, below in zip(better, worse, strict=True))
                pairs += 1
    assert pairs == 60


def test_four_sales_or_two_sellers_are_too_few() -> None:
    for sales in (few(4, 4), few(6, 2), []):
        advice = advise(thing("Arc"), model=train_price_model(sales, today=TODAY))

        assert advice.silence is Silence.FEW_SALES
        assert advice.marks is None
    assert advise(thing("Arc"), model=train_price_model(few(4, 4), today=TODAY)).sales.count == 4


def test_five_sales_by_three_sellers_are_enough() -> None:
    advice = advise(thing("Arc"), model=train_price_model(few(5, 3), today=TODAY))

    assert advice.silence is None
    assert (advice.sales.count, advice.sales.sellers) == (5, 3)


def test_identical_prices_give_that_price() -> None:
    marks = advise(thing("Arc"), model=train_price_model(few(30, 15), today=TODAY)).marks

    assert marks is not None
    assert (marks.low_minor, marks.advised.price_minor, marks.high_minor) == (10_000, 10_000, 10_000)


def test_a_range_wider_than_four_times_is_not_told_but_the_sales_are() -> None:
    prices = (100, 30_000, 500, 90_000, 2_000, 150, 45_000, 8_000)
    sales = [replace(sale, price_minor=price) for sale, price in zip(few(8, 8), prices, strict=True)]

    advice = advise(thing("Arc"), model=train_price_model(sales, today=TODAY))

    assert advice.silence is Silence.WIDE_RANGE
    assert advice.sales.count == 8


def test_a_category_nobody_sold_in_is_not_guessed(model: PriceModel) -> None:
    boat = replace(thing("Arc"), category=("Maison", "Bateaux"))

    assert advise(boat, model=model).silence is Silence.UNKNOWN_CATEGORY


def test_an_unknown_model_is_advised_from_its_brand(model: PriceModel) -> None:
    advice = advise(replace(thing("Lumo 9"), title="Lumo"), model=model)

    assert advice.sales.level is Level.BRAND_AND_GRADE


def test_titles_in_any_script_are_advised(model: PriceModel) -> None:
    for title in ("", "  ", "電気スタンド 💡", "ＬＵＭＯ ４", "a" * 50_000, "\x00\x1f\ud800"):
        assert advise(thing("Arc", title=title), model=model).marks is not None


def test_the_core_loads_without_django() -> None:
    code = "import sys, listings.pricing; print('django' in sys.modules, 'lightgbm' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]
