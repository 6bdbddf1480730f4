"""The trained model: a probability for a pair, an order among candidates. Files in `model/`, made by `training`.

Two boosted forests over the same features (LightGBM, text files): one says how probable it is that two things are the
same, calibrated on pairs it was not trained on; one orders the candidates of a listing. mall/decisions/0011-matcher.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mall.catalogue.matching.features import FEATURES

MODEL_FOLDER = Path(__file__).parent / "model"
SETTINGS, CLASSIFIER, RANKER = "matcher.json", "classifier.txt", "ranker.txt"
Floats = NDArray[np.float64]


class ModelUnreadable(RuntimeError):
    """The model's files are missing or of another version; the message says how to make them again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """probability = 1 / (1 + exp(-(slope * raw + offset))), Platt 1999, fitted on the valid parts."""

    slope: float
    offset: float

    def probability(self, raw: Floats) -> Floats:
        return np.asarray(1.0 / (1.0 + np.exp(-(self.slope * raw + self.offset))))


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """Probabilities, 0 to 1. linked: from here a pair with a shared code is linked by itself; linked_by_words: a pair
    that shares words alone. proposed: from here a person is asked. lead: how far the second best must lie behind,
    in log odds. best_f1: where F1 over the valid parts is best, for reports.
    """

    linked: float
    linked_by_words: float
    proposed: float
    lead: float
    best_f1: float


class MatchModel:
    """Loaded once per process that matches; web processes never do."""

    def __init__(self, folder: Path = MODEL_FOLDER) -> None:
        import lightgbm

        try:
            settings: dict[str, Any] = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
            self._classifier = lightgbm.Booster(model_file=str(folder / CLASSIFIER))
            self._ranker = lightgbm.Booster(model_file=str(folder / RANKER))
            self.version = str(settings["version"])
            self.features: tuple[str, ...] = tuple(settings["features"])
            self.calibration = Calibration(**settings["calibration"])
            self.thresholds = Thresholds(**settings["thresholds"])
        except (OSError, ValueError, KeyError, TypeError, lightgbm.basic.LightGBMError) as error:
            raise ModelUnreadable(f"{folder}: {error}; `manage.py train_matcher` makes the model again") from error
        if self.features != FEATURES:
            raise ModelUnreadable(f"{folder}: made for other features; `manage.py train_matcher` makes the model again")

    def probabilities(self, rows: Floats) -> Floats:
        """float64 (n,), 0 to 1. rows: float64 (n, features), see `features.FEATURES`."""
        raw = self._classifier.predict(rows, raw_score=True, num_threads=1)
        return self.calibration.probability(np.asarray(raw, np.float64))

    def order(self, rows: Floats) -> Floats:
        """float64 (n,): higher is likelier the right one among the candidates of one listing.

        rows: float64 (n, features + 3): the features, then `candidate_columns`.
        """
        return np.asarray(self._ranker.predict(rows, num_threads=1), np.float64)


def candidate_columns(scores: Sequence[float]) -> Floats:
    """float64 (n, 3): the engine's score, its distance from the best, the rank from 0; candidates best first."""
    column = np.asarray(scores, np.float64)
    best = column[0] if len(column) else 0.0
    return np.stack([column, column - best, np.arange(len(column), dtype=np.float64)], axis=1)


@cache
def match_model() -> MatchModel:
    """The shipped model. Raises ModelUnreadable."""
    return MatchModel()
