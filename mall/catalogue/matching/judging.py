"""From a listing and its candidates to one of three outcomes each: linked, proposed to a person, different."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, nan
from typing import Literal, get_args

import numpy as np

from mall.catalogue.evidence import Evidence
from mall.catalogue.matching.explaining import doubts, explain
from mall.catalogue.matching.features import as_row, pair_features
from mall.catalogue.matching.model import MatchModel, Thresholds, candidate_columns
from mall.catalogue.matching.reading import Reading, Weights

Outcome = Literal["linked", "proposed", "different"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
MOST_PROPOSALS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A product that a listing may be. score: the engine's, best first; cosine: of the text vectors, or NaN."""

    product_id: str
    reading: Reading
    score: float = 0.0
    cosine: float = nan


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """probability: calibrated, 0 to 1. order: the ranker's score, comparable within one listing's candidates.

    features: by name, for explanations and evaluations.
    """

    product_id: str
    probability: float
    order: float
    outcome: Outcome
    evidence: tuple[Evidence, ...]
    features: dict[str, float]


def judge(
    listing: Reading, candidates: Sequence[Candidate], weights: Weights, model: MatchModel
) -> tuple[Judgement, ...]:
    """Every candidate judged, likeliest first. At most one is linked, at most MOST_PROPOSALS are proposed.

    Linked: the likeliest, above the threshold of its kind of evidence, no doubt against it, no other candidate near.
    """
    if not candidates or not listing.title:
        return ()
    found = [pair_features(listing, one.reading, weights, one.cosine) for one in candidates]
    rows = np.stack([as_row(features) for features in found])
    probabilities = model.probabilities(rows)
    wide = np.concatenate([rows, candidate_columns([one.score for one in candidates])], axis=1)
    ranks = model.order(wide)
    order = np.argsort(-ranks, kind="stable").tolist()
    outcomes = _outcomes(listing, candidates, found, probabilities.tolist(), order, model.thresholds)
    return tuple(
        Judgement(
            product_id=candidates[place].product_id,
            probability=float(probabilities[place]),
            order=float(ranks[place]),
            outcome=outcomes[place],
            evidence=explain(listing, candidates[place].reading, found[place]),
            features=found[place],
        )
        for place in order
    )


def _outcomes(
    listing: Reading,
    candidates: Sequence[Candidate],
    found: Sequence[dict[str, float]],
    probabilities: Sequence[float],
    order: Sequence[int],
    thresholds: Thresholds,
) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = dict.fromkeys(order, "different")
    first = order[0]
    rival = max((probabilities[place] for place in order[1:]), default=0.0)
    pair = outcome_of(listing, candidates[first].reading, found[first], probabilities[first], rival, thresholds)
    outcomes[first] = pair
    if pair != "linked":
        for place in order[1:MOST_PROPOSALS]:
            if probabilities[place] >= thresholds.proposed:
                outcomes[place] = "proposed"
    return outcomes


def outcome_of(
    listing: Reading,
    product: Reading,
    features: dict[str, float],
    probability: float,
    rival: float,
    thresholds: Thresholds,
) -> Outcome:
    """Of one pair. rival: the highest probability among the listing's other candidates, 0 without any."""
    if probability < thresholds.proposed:
        return "different"
    needed = thresholds.linked if has_code(features) else thresholds.linked_by_words
    if probability >= needed and may_link(listing, product, features, probability, rival, thresholds):
        return "linked"
    return "proposed"


def has_code(features: dict[str, float]) -> bool:
    """Do the two share a model code or part number?"""
    return max(features["code_longest_contained"], features["code_longest_shared"]) > 0


def may_link(
    listing: Reading,
    product: Reading,
    features: dict[str, float],
    probability: float,
    rival: float,
    thresholds: Thresholds,
) -> bool:
    """Nothing forbids an automatic link, however probable: no contradiction, no other candidate that comes near."""
    is_alone = log_odds(rival) <= log_odds(probability) - thresholds.lead
    return is_alone and not doubts(listing, product, features)


def log_odds(probability: float) -> float:
    """Of a probability kept within a millionth of 0 and 1."""
    inside = min(max(probability, 1e-6), 1 - 1e-6)
    return log(inside / (1 - inside))
