"""From a scattered guess to a range that holds: split-conformal by category, on guesses that never saw their sale.

Source: conformalised quantile regression, Romano et al. 2019, with the two sides apart; scores across folds as in
Vovk 2015. A category with few sales borrows from all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from listings.pricing.encoding import Floats

INSIDE = 0.8
_BORROWS_LIKE_SALES = 100.0
_NARROWEST = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """How far, in steps of the local scatter, the marks lie from the middle: low and quick below 0, others above."""

    low: float
    quick: float
    patient: float
    high: float

    def blended(self, other: Reach, share: float) -> Reach:
        """`share` of this and the rest of the other."""
        return Reach(
            low=share * self.low + (1 - share) * other.low,
            quick=share * self.quick + (1 - share) * other.quick,
            patient=share * self.patient + (1 - share) * other.patient,
            high=share * self.high + (1 - share) * other.high,
        )


def scatter(predicted: Floats, side: float) -> Floats:
    """float64 (n,), log price, above zero: distance of a foretold quantile on one side. side: -1 below, 1 above."""
    return np.asarray(np.maximum(side * predicted, _NARROWEST))


def scores(left: Floats, below: Floats, above: Floats) -> Floats:
    """float64 (n,): each error in steps of the scatter on its side. left: log price minus the middle."""
    return np.asarray(np.where(left < 0, left / below, left / above))


def reach_of(found: Floats) -> Reach:
    """The range that holds for 80 % of scores, and its quarters; found: (n,), n above zero."""
    return Reach(
        low=min(_below(found, (1 - INSIDE) / 2), 0.0),
        quick=min(_below(found, 0.25), 0.0),
        patient=max(-_below(-found, 0.25), 0.0),
        high=max(-_below(-found, (1 - INSIDE) / 2), 0.0),
    )


def reach_by_category(found: Floats, categories: Sequence[str]) -> tuple[Reach, dict[str, Reach]]:
    """Of all sales, and of each category with at least twenty, blended with that of all."""
    everything = reach_of(found)
    names = np.array(categories)
    by_category: dict[str, Reach] = {}
    for name in sorted(set(categories)):
        own = found[names == name]
        if len(own) >= 20:
            by_category[name] = reach_of(own).blended(everything, len(own) / (len(own) + _BORROWS_LIKE_SALES))
    return everything, by_category


def _below(found: Floats, share: float) -> float:
    """The score under which at most `share` of the next ones fall; (n + 1) corrects for the sample's size."""
    ordered = np.sort(found)
    return float(ordered[max(math.floor(share * (len(ordered) + 1)) - 1, 0)])
