"""Learning from past sales: three guesses mixed as they did on sales they never saw, and a range around them.

Straight line and cells guess each sale from the other parts of the sales; the forest learns what the line left over
there; shares of the mix and the range come from these honest guesses. Then all is fitted once more on everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from listings.pricing.cells import ENOUGH_SALES, HALF_LIFE_DAYS, book_of, fit_cells, weights_by_age
from listings.pricing.days import fit_days
from listings.pricing.encoding import Encoding, Floats, name_of
from listings.pricing.folds import Rows, guessed, parts_by_seller
from listings.pricing.forests import Aim, Forest, grow_forest
from listings.pricing.model import Forests, Learned, Mix, PriceModel, forest_rows
from listings.pricing.ranges import reach_by_category, scatter, scores
from listings.pricing.ridge import fit_ridge
from listings.pricing.sales import Sale, usable_sales
from listings.pricing.trimming import believable, capped_per_seller

OLDEST_DAYS = 730
LEARNING_HALF_LIFE_DAYS = 365
FEWEST_FOR_A_FOREST = 300
FEWEST_FOR_SCATTER = 400
_TENTHS = 10


def train_price_model(
    sales: Iterable[Sale], *, today: date, grades_best_first: Sequence[str] = (), oldest_days: int = OLDEST_DAYS
) -> PriceModel:
    """The same sales and day give the same model, in whatever order they come.

    today: sales after it are left out, and weights are of that day. grades_best_first: grades whose order is sure;
    a better one is never advised less. oldest_days: sales older than that are left out.
    """
    usable = usable_sales(sales, today=today, oldest_days=oldest_days)
    flags = believable(usable, Encoding.learned_from([sale.thing for sale in usable]))
    believed = {sale.id for sale, is_believed in zip(usable, flags, strict=True) if is_believed}
    usable = capped_per_seller(usable)
    shown = [sale for sale in usable if sale.id in believed]
    learned = None
    if len(shown) >= ENOUGH_SALES:
        # what is left out has no say in the words either
        encoding = Encoding.learned_from([sale.thing for sale in shown])
        taught = np.array([sale.id in believed for sale in usable])
        learned = _Trainer.over(usable, taught, encoding, today).learned()
    return PriceModel(
        trained_for=today,
        book=book_of(shown),
        learned=learned,
        grades=tuple(grades_best_first),
        grade_sales=dict(sorted(Counter(sale.thing.grade for sale in shown).items())),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Trainer:
    """All of one training. taught: bool (n,), sales that the middle learns from; part: folds, (n,)."""

    sales: Sequence[Sale]
    taught: NDArray[np.bool_]
    encoding: Encoding
    logs: Floats
    weights: Floats
    cell_weights: Floats
    part: NDArray[np.intp]

    @classmethod
    def over(cls, sales: Sequence[Sale], taught: NDArray[np.bool_], encoding: Encoding, today: date) -> _Trainer:
        return cls(
            sales=sales,
            taught=taught,
            encoding=encoding,
            logs=np.log([float(sale.price_minor) for sale in sales]),
            weights=weights_by_age(sales, today, LEARNING_HALF_LIFE_DAYS),
            cell_weights=weights_by_age(sales, today, HALF_LIFE_DAYS),
            part=parts_by_seller(sales),
        )

    def learned(self) -> Learned:
        things = [sale.thing for sale in self.sales]
        cells, ridge = self._guesses()
        rows = forest_rows(self.encoding, things, cells, ridge)
        grows = int(self.taught.sum()) >= FEWEST_FOR_A_FOREST
        rest = self.logs - ridge
        correction = self._forest_guesses(rows, rest, Aim.MIDDLE, self.taught) if grows else np.zeros(len(rest))
        mix = self._mix(cells, ridge, correction, grows)
        left = self.logs - mix.of(cells, ridge, correction)
        low, high, found = self._scatter(rows, left)
        reach, by_category = reach_by_category(found, [name_of(thing.category, "c") for thing in things])
        every = np.flatnonzero(self.taught)
        teaching = [self.sales[row] for row in every.tolist()]
        return Learned(
            encoding=self.encoding,
            cells=fit_cells(teaching, self.cell_weights[every]),
            ridge=fit_ridge(
                self.encoding.sparse([sale.thing for sale in teaching]), self.logs[every], self.weights[every]
            ),
            forests=Forests(
                middle=self._forest(rows, rest, Aim.MIDDLE, every) if mix.forest else None, low=low, high=high
            ),
            mix=mix,
            reach=reach,
            reach_by_category=by_category,
            days=fit_days(self.sales, left),
        )

    def _guesses(self) -> tuple[Floats, Floats]:
        """Log prices (n,) by cells and by ridge, each from the other parts' sales that teach."""
        things = [sale.thing for sale in self.sales]
        sparse = self.encoding.sparse(things)
        start = np.full(len(things), float(np.median(self.logs)))

        def by_cells(learn: Rows, rest: Rows) -> Floats:
            rows = learn[self.taught[learn]]
            fitted = fit_cells([self.sales[row] for row in rows], self.cell_weights[rows])
            return fitted.log_prices([things[row] for row in rest])

        def by_ridge(learn: Rows, rest: Rows) -> Floats:
            rows = learn[self.taught[learn]]
            middle, coefficients = fit_ridge(sparse[rows], self.logs[rows], self.weights[rows])
            return np.asarray(middle + sparse[rest] @ coefficients)

        return guessed(self.part, start, by_cells), guessed(self.part, start, by_ridge)

    def _forest(self, rows: Floats, targets: Floats, aim: Aim, learn: Rows) -> Forest:
        return grow_forest(rows[learn], targets[learn], self.weights[learn], self.encoding.choice_columns, aim)

    def _forest_guesses(self, rows: Floats, targets: Floats, aim: Aim, taught: NDArray[np.bool_]) -> Floats:
        def guess(learn: Rows, rest: Rows) -> Floats:
            return self._forest(rows, targets, aim, learn[taught[learn]]).predict(rows[rest])

        return guessed(self.part, np.zeros(len(rows)), guess)

    def _mix(self, cells: Floats, ridge: Floats, correction: Floats, grows: bool) -> Mix:
        """The shares, in tenths, with the least weighted mean of |log error| over the sales that teach."""
        best, least = Mix(cells=0.0, ridge=1.0, forest=0.0), np.inf
        for tenths in range(_TENTHS + 1):
            for others in range(_TENTHS - tenths + 1 if grows else 1):
                mix = Mix(
                    cells=tenths / _TENTHS,
                    ridge=(_TENTHS - tenths - others) / _TENTHS,
                    forest=others / _TENTHS,
                )
                wrong = np.abs(self.logs - mix.of(cells, ridge, correction))[self.taught]
                mean = float(np.average(wrong, weights=self.weights[self.taught]))
                if mean < least - 1e-9:
                    best, least = mix, mean
        return best

    def _scatter(self, rows: Floats, left: Floats) -> tuple[Forest | None, Forest | None, Floats]:
        """Forests of the low and high quantile of what is left, and each sale's error in steps of their scatter."""
        every = np.ones(len(left), np.bool_)
        if len(left) < FEWEST_FOR_SCATTER:
            return None, None, left
        below = scatter(self._forest_guesses(rows, left, Aim.LOW, every), -1)
        above = scatter(self._forest_guesses(rows, left, Aim.HIGH, every), 1)
        all_rows = np.arange(len(left))
        return (
            self._forest(rows, left, Aim.LOW, all_rows),
            self._forest(rows, left, Aim.HIGH, all_rows),
            scores(left, below, above),
        )
