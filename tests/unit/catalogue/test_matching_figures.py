"""Precision, recall, F1 and calibration against figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mall.catalogue.matching.evaluation.figures import (
    Floats,
    Labels,
    at_threshold,
    best_threshold,
    calibration_bins,
    outcome_figures,
)
from mall.catalogue.matching.judging import Outcome

NO_LABELS: Labels = np.array([], np.int64)
NO_PROBABILITIES: Floats = np.array([], np.float64)
LABELS: Labels = np.array([1, 1, 1, 0, 0], np.int64)
PROBABILITIES: Floats = np.array([0.9, 0.8, 0.2, 0.7, 0.1])


@pytest.mark.parametrize(
    ("threshold", "precision", "recall", "f1"),
    [
        (0.5, 2 / 3, 2 / 3, 2 / 3),
        (0.7, 2 / 3, 2 / 3, 2 / 3),  # a pair on the threshold is found
        (0.75, 1.0, 2 / 3, 0.8),
        (0.0, 3 / 5, 1.0, 0.75),
        (0.95, 0.0, 0.0, 0.0),
    ],
)
def test_figures_at_a_threshold(threshold: float, precision: float, recall: float, f1: float) -> None:
    found = at_threshold(LABELS, PROBABILITIES, threshold)

    assert found.threshold == threshold
    assert (found.precision, found.recall, found.f1) == pytest.approx((precision, recall, f1))


def test_the_best_threshold_finds_the_highest_f1() -> None:
    # F1 from the lowest probability up: 0.75, 0.857, 0.667, 0.8, 0.5
    assert best_threshold(LABELS, PROBABILITIES) == 0.2


def test_of_several_best_thresholds_the_lowest_is_taken() -> None:
    labels: Labels = np.array([1, 0, 0, 1], np.int64)
    probabilities = np.array([0.9, 0.5, 0.4, 0.3])

    assert at_threshold(labels, probabilities, 0.9).f1 == at_threshold(labels, probabilities, 0.3).f1
    assert best_threshold(labels, probabilities) == 0.3


def test_no_pairs_have_no_figures() -> None:
    found = at_threshold(NO_LABELS, NO_PROBABILITIES, 0.5)

    assert (found.precision, found.recall, found.f1) == (0.0, 0.0, 0.0)
    assert best_threshold(NO_LABELS, NO_PROBABILITIES) == 0.5
    assert calibration_bins(NO_LABELS, NO_PROBABILITIES) == []
    assert outcome_figures(NO_LABELS, [], "linked") == (1.0, 0.0, 0)


def test_pairs_that_are_all_the_same_are_all_found() -> None:
    labels: Labels = np.ones(3, np.int64)
    probabilities = np.array([0.3, 0.6, 0.9])

    best = at_threshold(labels, probabilities, best_threshold(labels, probabilities))

    assert best.threshold == 0.3
    assert (best.precision, best.recall, best.f1) == (1.0, 1.0, 1.0)
    assert at_threshold(labels, probabilities, 0.5).recall == pytest.approx(2 / 3)


def test_pairs_that_are_all_different_find_nothing() -> None:
    found = at_threshold(np.zeros(3, np.int64), np.array([0.3, 0.6, 0.9]), 0.5)

    assert (found.precision, found.recall, found.f1) == (0.0, 0.0, 0.0)


def test_outcomes_are_counted_for_themselves() -> None:
    outcomes: list[Outcome] = ["linked", "proposed", "proposed", "linked", "different"]

    assert outcome_figures(LABELS, outcomes, "linked") == (0.5, 1 / 3, 2)
    assert outcome_figures(LABELS, outcomes, "proposed") == (1.0, 2 / 3, 2)
    assert outcome_figures(LABELS, outcomes, "different") == (0.0, 0.0, 1)


def test_bins_hold_every_pair_once_and_the_last_holds_certainty() -> None:
    labels: Labels = np.array([0, 0, 1, 1, 1], np.int64)

    bins = calibration_bins(labels, np.array([0.0, 0.05, 0.1, 0.95, 1.0]))

    assert bins == [
        {"from": 0.0, "to": 0.1, "count": 2, "mean_probability": 0.025, "share_same": 0.0},
        {"from": 0.1, "to": 0.2, "count": 1, "mean_probability": 0.1, "share_same": 1.0},
        {"from": 0.9, "to": 1.0, "count": 2, "mean_probability": 0.975, "share_same": 1.0},
    ]
