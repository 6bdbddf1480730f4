"""Precision, recall, F1, calibration: the figures of a report over judged pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mall.catalogue.matching.judging import Outcome

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
_BINS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class PairFigures:
    """At one threshold: precision, recall, F1 of "the same"; 0 where nothing was found."""

    threshold: float
    precision: float
    recall: float
    f1: float


def at_threshold(labels: Labels, probabilities: Floats, threshold: float) -> PairFigures:
    found = probabilities >= threshold
    right = int(labels[found].sum())
    precision = right / max(1, int(found.sum()))
    recall = right / max(1, int(labels.sum()))
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return PairFigures(threshold=threshold, precision=precision, recall=recall, f1=f1)


def best_threshold(labels: Labels, probabilities: Floats) -> float:
    """Where F1 is highest, the lowest of several."""
    candidates = np.unique(probabilities)
    values = [at_threshold(labels, probabilities, float(threshold)).f1 for threshold in candidates]
    return float(candidates[int(np.argmax(values))]) if len(candidates) else 0.5


def outcome_figures(labels: Labels, outcomes: Sequence[Outcome], wanted: Outcome) -> tuple[float, float, int]:
    """Precision, recall and number of the pairs with this outcome; precision 1 of none."""
    found = np.array([outcome == wanted for outcome in outcomes], bool)
    count = int(found.sum())
    right = int(labels[found].sum())
    return (right / count if count else 1.0), right / max(1, int(labels.sum())), count


def calibration_bins(labels: Labels, probabilities: Floats) -> list[dict[str, Any]]:
    """Ten bins of equal width; those without pairs are left out."""
    places = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    bins = []
    for place in range(_BINS):
        here = places == place
        if here.any():
            bins.append(
                {
                    "from": place / _BINS,
                    "to": (place + 1) / _BINS,
                    "count": int(here.sum()),
                    "mean_probability": round(float(probabilities[here].mean()), 4),
                    "share_same": round(float(labels[here].mean()), 4),
                }
            )
    return bins
