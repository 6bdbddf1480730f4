"""Learning: repeatable, out of any order, deaf to planted sales, honest about its range."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from listings.pricing import (
    BrokenSale,
    PriceModelUnreadable,
    Sale,
    Thing,
    advise,
    back_test,
    load_price_model,
    outcomes_of,
    save_price_model,
    train_price_model,
)
from listings.pricing.files import SETTINGS
from tests.unit.listings.pricing.invented import GRADES, TODAY, thing, trade


def planted(price_minor: int, sellers: int) -> list[Sale]:
    """Ten sales of yesterday, one after the other a cent dearer."""
    return [
        Sale(
            id=f"planted-{number}",
            thing=thing("Lumo 4", title="Lumo 4 comme neuf"),
            price_minor=price_minor + number,
            sold_on=TODAY - timedelta(days=1),
            seller=f"crook-{number % sellers}",
        )
        for number in range(10)
    ]


@pytest.mark.parametrize("sellers", [1, 10])
@pytest.mark.parametrize("times", [0.1, 0.33, 1.5, 3, 100])
def test_ten_planted_sales_move_no_advice_by_more_than_five_percent(times: float, sellers: int) -> None:
    asked = thing("Lumo 4")
    before = advise(asked, model=train_price_model(trade(240), today=TODAY)).marks
    assert before is not None
    sales = [*trade(240), *planted(round(before.advised.price_minor * times), sellers)]

    after = advise(asked, model=train_price_model(sales, today=TODAY)).marks

    assert after is not None
    assert after.advised.price_minor == pytest.approx(before.advised.price_minor, rel=0.05)


def test_eighty_percent_of_later_sales_lie_inside_the_range() -> None:
    model = train_price_model(trade(500), today=TODAY)

    everything, by_category = back_test(outcomes_of(trade(1000, seed=2), model=model))

    assert everything.advised == everything.sales == 1000
    assert everything.inside == pytest.approx(0.8, abs=0.06)
    assert everything.median_error is not None and everything.median_error < 0.1
    assert everything.drift == pytest.approx(0, abs=0.03)
    assert list(by_category) == ["Maison > Lampes", "Électronique > Téléphones"]


def test_a_model_is_the_same_from_any_order_and_comes_back_from_its_files(tmp_path: Path) -> None:
    sales = trade(450)
    shuffled = random.Random(4).sample(sales, len(sales))

    saved = save_price_model(train_price_model(sales, today=TODAY, grades_best_first=GRADES), tmp_path / "a")
    again = save_price_model(train_price_model(shuffled, today=TODAY, grades_best_first=GRADES), tmp_path / "b")
    loaded = load_price_model(tmp_path / "a")

    assert saved.version == again.version == loaded.version
    assert len(saved.version) == 16
    for name in ("Arc", "Lumo 5"):
        assert advise(thing(name), model=loaded) == advise(thing(name), model=saved)


def test_saving_anew_leaves_no_old_forests_behind(tmp_path: Path) -> None:
    save_price_model(train_price_model(trade(450), today=TODAY), tmp_path)
    second = save_price_model(train_price_model(trade(440), today=TODAY), tmp_path)

    assert all(path.stem.endswith(second.version) for path in tmp_path.glob("*.txt"))
    assert load_price_model(tmp_path).version == second.version


def test_an_empty_history_can_be_kept_too(tmp_path: Path) -> None:
    save_price_model(train_price_model([], today=TODAY), tmp_path)

    assert load_price_model(tmp_path).learned is None


def test_changed_missing_or_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PriceModelUnreadable, match="train the prices again"):
        load_price_model(tmp_path)
    save_price_model(train_price_model(trade(30), today=TODAY), tmp_path)
    whole = (tmp_path / SETTINGS).read_text(encoding="utf-8")
    file = json.loads(whole)
    file["model"]["learned"]["ridge"]["middle"] += 1
    for text in (json.dumps(file), json.dumps(json.loads(whole) | {"layout": 0}), whole[:-9], "[]", "null"):
        (tmp_path / SETTINGS).write_text(text, encoding="utf-8")

        with pytest.raises(PriceModelUnreadable, match="again"):
            load_price_model(tmp_path)


def test_a_sale_counts_once_and_only_within_two_years_and_not_tomorrow() -> None:
    sales = trade(40)
    more = [
        sales[0],
        replace(sales[1], id="tomorrow", sold_on=TODAY + timedelta(days=1)),
        replace(sales[2], id="long ago", sold_on=TODAY - timedelta(days=731), listed_on=None),
    ]

    model = train_price_model([*sales, *more], today=TODAY)

    kept = {sale.id for sale in model.book.sales}
    assert kept <= {sale.id for sale in sales}
    assert len(model.book.sales) == len(kept)


def test_the_new_price_speaks_where_nothing_else_is_known() -> None:
    draw = random.Random(2)
    sales = [
        Sale(
            id=f"book-{number}",
            thing=Thing(title=f"Livre {number}", category=("Livres",), new_price_minor=new),
            price_minor=round(new * 0.6 * math.exp(draw.gauss(0, 0.1))),
        )
        for number, new in enumerate(draw.randrange(800, 8000) for _ in range(120))
    ]
    model = train_price_model(sales, today=TODAY)

    for new in (1000, 3000, 7000):
        marks = advise(Thing(title="Autre livre", category=("Livres",), new_price_minor=new), model=model).marks
        assert marks is not None
        assert marks.advised.price_minor == pytest.approx(0.6 * new, rel=0.12)


@pytest.mark.parametrize("price_minor", [0, -5, 10**13])
def test_a_price_that_is_none_is_no_sale(price_minor: int) -> None:
    with pytest.raises(BrokenSale, match="above zero"):
        Sale(id="x", thing=thing("Arc"), price_minor=price_minor)


def test_a_thing_needs_a_category_and_a_listing_a_beginning() -> None:
    for path in ((), ("",), ("Maison", "")):
        with pytest.raises(BrokenSale, match="category"):
            Thing(title="x", category=path)
    with pytest.raises(BrokenSale, match="after it was sold"):
        Sale(id="x", thing=thing("Arc"), price_minor=1, sold_on=TODAY, listed_on=TODAY + timedelta(days=1))
