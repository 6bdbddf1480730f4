"""How long things stay on sale: longer the dearer they are against the advice. Of those that sold, half sold sooner."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from listings.pricing.cells import Level, cells_of
from listings.pricing.encoding import Floats
from listings.pricing.ridge import robust_sigma
from listings.pricing.sales import Sale, Thing

FEWEST_SALES = 20
_SHRINKS_LIKE_SALES = 10.0
_STEEPEST = 8.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SellingDays:
    """log(1 + days) = start + step of the category + slope * log(price / advised); slope 0 to 8."""

    start: float
    slope: float
    steps: dict[str, float]

    def expected(self, thing: Thing, log_above: float) -> int:
        """Median days, at least 1. log_above: log of price over advised price."""
        step = next((self.steps[key] for _, key in _categories(thing) if key in self.steps), 0.0)
        return max(round(math.expm1(min(self.start + step + self.slope * log_above, 8.0))), 1)


def fit_days(sales: Sequence[Sale], left: Floats) -> SellingDays | None:
    """None with fewer than twenty sales that tell when they were listed. left: log of price over advised, (n,)."""
    rows = [row for row, sale in enumerate(sales) if sale.listed_on and sale.sold_on]
    if len(rows) < FEWEST_SALES:
        return None
    logs = np.array([math.log1p(_days(sales[row])) for row in rows])
    above = left[rows]
    # beyond three sigmas a price says more about the sale than the sale about the days
    limit = 3 * robust_sigma(above)
    above = np.clip(above, -limit, limit)
    spread = float(np.var(above))
    slope = float(np.mean((above - above.mean()) * (logs - logs.mean()))) / spread if spread > 1e-9 else 0.0
    slope = min(max(slope, 0.0), _STEEPEST)
    rest = logs - slope * above
    start = float(np.median(rest))
    members: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        for _, key in _categories(sales[row].thing):
            members.setdefault(key, []).append(place)
    steps = {key: float(np.median(rest[places])) - start for key, places in members.items()}
    shrunk = {key: step * len(members[key]) / (len(members[key]) + _SHRINKS_LIKE_SALES) for key, step in steps.items()}
    return SellingDays(start=start, slope=slope, steps=shrunk)


def _days(sale: Sale) -> int:
    return (sale.sold_on - sale.listed_on).days if sale.sold_on and sale.listed_on else 0


def _categories(thing: Thing) -> list[tuple[Level, str]]:
    return [cell for cell in cells_of(thing) if cell[0] is Level.CATEGORY]
