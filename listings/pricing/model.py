"""What a training leaves behind, and what it says of a thing: a middle price and how far around it prices lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from listings.pricing.cells import CellPrices, SaleBook
from listings.pricing.days import SellingDays
from listings.pricing.encoding import Encoding, Floats, name_of
from listings.pricing.forests import Forest
from listings.pricing.grades import falling
from listings.pricing.ranges import Reach, scatter
from listings.pricing.sales import Thing


@dataclass(frozen=True, kw_only=True, slots=True)
class Mix:
    """Shares of the three guesses, 0 to 1, together 1. forest: the ridge corrected by the forest."""

    cells: float
    ridge: float
    forest: float

    def of(self, cells: Floats, ridge: Floats, correction: Floats) -> Floats:
        return np.asarray(self.cells * cells + self.ridge * ridge + self.forest * (ridge + correction))


@dataclass(frozen=True, kw_only=True, slots=True)
class Forests:
    """middle corrects the ridge; low and high foretell the scatter, None with few sales (then it is 1 everywhere)."""

    middle: Forest | None
    low: Forest | None
    high: Forest | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """Log prices in minor units of one thing, never falling from low to high."""

    low: float
    quick: float
    middle: float
    patient: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """The estimators, fitted on the same sales. ridge: intercept and coefficients of `encoding`'s sparse rows."""

    encoding: Encoding
    cells: CellPrices
    ridge: tuple[float, Floats]
    forests: Forests
    mix: Mix
    reach: Reach
    reach_by_category: dict[str, Reach]
    days: SellingDays | None

    def estimates(self, things: Sequence[Thing]) -> Floats:
        """float64 (n, 5), log minor units: low, quick, middle, patient, high of each thing."""
        middle, coefficients = self.ridge
        cells = self.cells.log_prices(things)
        ridge = middle + self.encoding.sparse(things) @ coefficients
        rows = forest_rows(self.encoding, things, cells, ridge)
        corrected = self.forests.middle.predict(rows) if self.forests.middle else np.zeros(len(things))
        centre = self.mix.of(cells, ridge, corrected)
        low, high = self.forests.low, self.forests.high
        below = scatter(low.predict(rows), -1) if low else np.ones(len(things))
        above = scatter(high.predict(rows), 1) if high else np.ones(len(things))
        reach = [self.reach_by_category.get(name_of(thing.category, "c"), self.reach) for thing in things]
        return np.column_stack(
            [
                centre + below * [r.low for r in reach],
                centre + below * [r.quick for r in reach],
                centre,
                centre + above * [r.patient for r in reach],
                centre + above * [r.high for r in reach],
            ]
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceModel:
    """All that an advice needs, made by `train_price_model`, kept by `save_price_model`.

    learned: None where there were too few sales to learn from. grades: codes, best first; `grade_sales`: how many
    sales each had. trained_for: the day that sales were weighed for. version: "" until it is saved.
    """

    trained_for: date
    book: SaleBook
    learned: Learned | None
    grades: tuple[str, ...]
    grade_sales: dict[str, int]
    version: str = ""

    def estimate(self, thing: Thing) -> Estimate | None:
        """None without anything learned. A thing of a graded scale is never estimated below a worse grade of itself."""
        if self.learned is None:
            return None
        if thing.grade in self.grades:
            found = self.learned.estimates([replace(thing, grade=grade) for grade in self.grades])
            weights = np.array([1.0 + self.grade_sales.get(grade, 0) for grade in self.grades])
            place = self.grades.index(thing.grade)
            row = [float(falling(column, weights)[place]) for column in found.T]
        else:
            row = [float(value) for value in self.learned.estimates([thing])[0]]
        low, quick, middle, patient, high = row
        return Estimate(low=low, quick=quick, middle=middle, patient=patient, high=high)


def forest_rows(encoding: Encoding, things: Sequence[Thing], cells: Floats, ridge: Floats) -> Floats:
    """float64 (n, columns): the dense rows, then what cells and ridge say."""
    return np.column_stack([encoding.dense(things), cells, ridge])
