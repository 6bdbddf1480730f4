"""Back-off cells: what things of the same model and grade, model, brand and grade, brand, category were sold for.

A cell's estimate is its parents' plus the median by which its own sales differ, shrunk towards nothing where the cell
is small or old. The finest cell with enough sales also is what an advice shows as its evidence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from listings.pricing.encoding import Floats, name_of
from listings.pricing.sales import Sale, Thing

ENOUGH_SALES = 5
ENOUGH_SELLERS = 3
HALF_LIFE_DAYS = 90
SHOWN_SALES = 40
_SHRINKS_LIKE_SALES = 4.0


class Level(StrEnum):
    """How near the sales of a cell are to the thing, finest first."""

    MODEL_AND_GRADE = "model and grade"
    MODEL = "model"
    BRAND_AND_GRADE = "brand and grade"
    BRAND = "brand"
    CATEGORY = "category"


@dataclass(frozen=True, kw_only=True, slots=True)
class PastPrice:
    """One sale as an advice shows it: no seller. price_minor: minor units. sold_on: None where it is not known."""

    id: str
    price_minor: int
    sold_on: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeakingSales:
    """The sales behind an advice. level: None when there are none. count, sellers: all of the cell; newest: at most 40.

    first_on, last_on: days of the oldest and newest dated sale of the cell; None when none is dated.
    """

    level: Level | None
    count: int
    sellers: int
    first_on: date | None
    last_on: date | None
    newest: tuple[PastPrice, ...]

    @property
    def are_enough(self) -> bool:
        return self.count >= ENOUGH_SALES and self.sellers >= ENOUGH_SELLERS


def cells_of(thing: Thing) -> list[tuple[Level, str]]:
    """The thing's cells, finest first; a level whose name the thing does not have is left out."""
    path, brand, model, grade = thing.category, thing.brand, thing.model, thing.grade
    cells: list[tuple[Level, str]] = []
    if model:
        if grade:
            cells.append((Level.MODEL_AND_GRADE, name_of(path, "mg", brand, model, grade)))
        cells.append((Level.MODEL, name_of(path, "m", brand, model)))
    if brand:
        if grade:
            cells.append((Level.BRAND_AND_GRADE, name_of(path, "bg", brand, grade)))
        cells.append((Level.BRAND, name_of(path, "b", brand)))
    return cells + [(Level.CATEGORY, name_of(path[:depth], "c")) for depth in range(len(path), 0, -1)]


def weights_by_age(sales: Sequence[Sale], today: date, half_life_days: float) -> Floats:
    """float64 (n,), 0 to 1: a half for each half-life; 1 for a sale without a day."""
    ages = [(today - sale.sold_on).days if sale.sold_on else 0 for sale in sales]
    return np.asarray(0.5 ** (np.array(ages, np.float64) / half_life_days))


def weighted_median(values: Floats, weights: Floats) -> float:
    """The least value at which half of the weight is reached. values, weights: (n,), n above zero."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(reached, reached[-1] / 2)]])


@dataclass(frozen=True, kw_only=True, slots=True)
class CellPrices:
    """start: log price of everything; steps: by how much each cell differs from its parents, in log price."""

    start: float
    steps: dict[str, float]

    def log_price(self, thing: Thing) -> float:
        return self.start + sum(self.steps.get(key, 0.0) for _, key in cells_of(thing))

    def log_prices(self, things: Iterable[Thing]) -> Floats:
        return np.array([self.log_price(thing) for thing in things], np.float64)


def fit_cells(sales: Sequence[Sale], weights: Floats) -> CellPrices:
    """Coarse cells first, each fitted on what its parents leave over. sales: at least one; weights: (n,)."""
    logs = np.log([sale.price_minor for sale in sales])
    start = weighted_median(logs, weights)
    left = logs - start
    members: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, sale in enumerate(sales):
        for step, (_, key) in enumerate(reversed(cells_of(sale.thing))):
            members[step][key].append(row)
    steps: dict[str, float] = {}
    for step in sorted(members):
        for key, listed in members[step].items():
            rows: NDArray[np.intp] = np.array(listed)
            total = float(weights[rows].sum())
            steps[key] = weighted_median(left[rows], weights[rows]) * total / (total + _SHRINKS_LIKE_SALES)
            left[rows] -= steps[key]
    return CellPrices(start=start, steps=steps)


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleBook:
    """What a model remembers of its sales: enough to show them. cells: key -> rows, newest sale first."""

    sales: tuple[PastPrice, ...]
    sellers: tuple[int, ...]
    cells: dict[str, tuple[int, ...]]

    def speaking(self, thing: Thing) -> SpeakingSales:
        """Sales of the finest cell that holds enough of them; else of the coarsest cell that holds any."""
        found = SpeakingSales(level=None, count=0, sellers=0, first_on=None, last_on=None, newest=())
        for level, key in cells_of(thing):
            rows = self.cells.get(key, ())
            if not rows:
                continue
            sellers = len({self.sellers[row] for row in rows})
            days = [day for row in rows if (day := self.sales[row].sold_on)]
            found = SpeakingSales(
                level=level,
                count=len(rows),
                sellers=sellers,
                first_on=min(days, default=None),
                last_on=max(days, default=None),
                newest=tuple(self.sales[row] for row in rows[:SHOWN_SALES]),
            )
            if found.are_enough:
                break
        return found

    def knows(self, thing: Thing) -> bool:
        """Has anything of the thing's own category, the end of its path, been sold?"""
        return name_of(thing.category, "c") in self.cells


def book_of(sales: Sequence[Sale]) -> SaleBook:
    """The book of the sales that an advice may show."""
    newest_first = sorted(
        sales, key=lambda sale: (sale.sold_on is None, sale.sold_on or date.min, sale.id), reverse=True
    )
    numbers: dict[str, int] = {}
    cells: dict[str, list[int]] = defaultdict(list)
    for row, sale in enumerate(newest_first):
        numbers.setdefault(sale.seller_key, len(numbers))
        for _, key in cells_of(sale.thing):
            cells[key].append(row)
    return SaleBook(
        sales=tuple(PastPrice(id=s.id, price_minor=s.price_minor, sold_on=s.sold_on) for s in newest_first),
        sellers=tuple(numbers[sale.seller_key] for sale in newest_first),
        cells={key: tuple(rows) for key, rows in cells.items()},
    )
