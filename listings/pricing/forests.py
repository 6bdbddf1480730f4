"""Boosted trees over the dense rows: what the straight line leaves over, and how far prices scatter around it.

Source: LightGBM, Ke et al. 2017; fair loss for the middle, quantile loss for the scatter. One thread and fixed seeds,
so a training repeats byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np

from listings.pricing.encoding import Floats


class Aim(StrEnum):
    """What a forest foretells: the middle of the targets, or the quantile that 10 or 90 % lie under."""

    MIDDLE = "middle"
    LOW = "low"
    HIGH = "high"


# no rows are drawn by lot: one more sale would change every draw, and the advice a little with it
_COMMON: dict[str, Any] = {
    "learning_rate": 0.05,
    "feature_fraction": 0.7,
    "cat_smooth": 20,
    "min_data_per_group": 20,
    "seed": 1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


class Forest:
    """One grown forest; its text is what is kept."""

    def __init__(self, text: str) -> None:
        import lightgbm

        self.text = text
        self._booster = lightgbm.Booster(model_str=text)

    def predict(self, rows: Floats) -> Floats:
        """float64 (n,). rows: as it was grown on."""
        return np.asarray(self._booster.predict(rows, num_threads=1), np.float64)


def grow_forest(rows: Floats, targets: Floats, weights: Floats, choices: Sequence[int], aim: Aim) -> Forest:
    """rows: (n, columns); targets, weights: (n,); choices: the columns that hold codes."""
    import lightgbm

    settings, trees = _settings(aim)
    columns = lightgbm.Dataset(rows, targets, weight=weights, categorical_feature=list(choices))
    return Forest(lightgbm.train(settings, columns, num_boost_round=trees).model_to_string())


def _settings(aim: Aim) -> tuple[dict[str, Any], int]:
    """LightGBM's settings and the number of trees. The scatter's forests are small: large ones learn it by heart."""
    if aim is Aim.MIDDLE:
        own, trees = {"objective": "fair", "num_leaves": 31, "min_data_in_leaf": 20}, 300
    else:
        quantile = 0.1 if aim is Aim.LOW else 0.9
        own, trees = {"objective": "quantile", "alpha": quantile, "num_leaves": 15, "min_data_in_leaf": 40}, 120
    return _COMMON | own, trees
