"""Measures of a ranking against judgements, and whether two rankings differ by more than luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Gains = Mapping[int, float]
_DRAWS = 2_000


def parse_gains(text: str) -> dict[int, float]:
    """Gains by grade of "0=0,1=.01,2=.1,3=1". Raises ValueError with the remedy."""
    try:
        return {int(grade): float(gain) for part in text.split(",") for grade, _, gain in [part.partition("=")]}
    except ValueError as error:
        raise ValueError(f"gains are written like 0=0,1=.01,2=.1,3=1, not {text!r}") from error


def ndcg(ranked: Sequence[str], grades: Mapping[str, int], gains: Gains, depth: int = 10) -> float:
    """Normalised discounted cumulative gain, 0 to 1; unjudged counts as no gain. 0 when nothing has a gain."""
    discounts = 1.0 / np.log2(np.arange(depth) + 2)
    found = [gains.get(grades.get(identity, 0), 0.0) for identity in ranked[:depth]]
    best = sorted((gains.get(grade, 0.0) for grade in grades.values()), reverse=True)[:depth]
    ideal = float(np.dot(best, discounts[: len(best)]))
    return float(np.dot(found, discounts[: len(found)])) / ideal if ideal > 0 else 0.0


def reciprocal_rank(ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """1 / place of the first relevant document, 0 when there is none."""
    return next((1.0 / place for place, identity in enumerate(ranked, 1) if identity in relevant), 0.0)


def recall(ranked: Sequence[str], relevant: frozenset[str], depth: int = 100) -> float:
    """Share of the relevant documents among the first `depth`."""
    return len(relevant.intersection(ranked[:depth])) / len(relevant) if relevant else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """Means over the queries with at least one gain. per_query: nDCG by query id."""

    queries: int
    ndcg: float
    ndcg_low: float
    ndcg_high: float
    mrr: float
    recall: float
    judged_share: float
    per_query: Mapping[str, float]


def evaluate(
    run: Mapping[str, Sequence[str]],
    judgements: Mapping[str, Mapping[str, int]],
    gains: Gains,
    *,
    relevant_from: int | None = None,
    seed: int = 7,
) -> Evaluation:
    """Measure a run: query id -> ranked document ids; a judged query without an answer counts as 0.

    relevant_from: lowest grade that counts for MRR and recall; by default the lowest with a tenth of the highest gain.
    The interval is a 95 % bootstrap over queries.
    """
    threshold = relevant_from if relevant_from is not None else _default_threshold(gains)
    scores: dict[str, float] = {}
    ranks, recalls, judged = [], [], []
    for query_id, grades in judgements.items():
        if not any(gains.get(grade, 0.0) > 0 for grade in grades.values()):
            continue
        ranked = list(run.get(query_id, ()))
        relevant = frozenset(identity for identity, grade in grades.items() if grade >= threshold)
        scores[query_id] = ndcg(ranked, grades, gains)
        if relevant:
            ranks.append(reciprocal_rank(ranked, relevant))
            recalls.append(recall(ranked, relevant))
        judged.append(sum(identity in grades for identity in ranked[:10]) / max(len(ranked[:10]), 1))
    values = np.array(list(scores.values()))
    low, high = bootstrap(values, seed) if len(values) else (0.0, 0.0)
    return Evaluation(
        queries=len(values),
        ndcg=_mean(values),
        ndcg_low=low,
        ndcg_high=high,
        mrr=_mean(ranks),
        recall=_mean(recalls),
        judged_share=_mean(judged),
        per_query=scores,
    )


def _default_threshold(gains: Gains) -> int:
    highest = max(gains.values(), default=0.0)
    return min((grade for grade, gain in gains.items() if gain >= highest / 10 and gain > 0), default=1)


def _mean(values: Sequence[float] | np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else 0.0


def bootstrap(values: np.ndarray, seed: int = 7) -> tuple[float, float]:
    """95 % interval of the mean by drawing queries again, with replacement."""
    draws = np.random.default_rng(seed).integers(0, len(values), (_DRAWS, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def paired_test(first: Mapping[str, float], second: Mapping[str, float], seed: int = 7) -> tuple[float, float]:
    """(mean difference first - second, two-sided p) by swapping the two of each query at random (10,000 times)."""
    shared = sorted(first.keys() & second.keys())
    differences = np.array([first[query] - second[query] for query in shared])
    if not len(differences) or not differences.any():
        return 0.0, 1.0
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), (10_000, len(differences)))
    swapped = np.abs((signs * differences).mean(axis=1))
    observed = abs(float(differences.mean()))
    return float(differences.mean()), float((1 + (swapped >= observed - 1e-12).sum()) / 10_001)


def mean_overlap(one: Mapping[str, Sequence[str]], two: Mapping[str, Sequence[str]], first: int) -> float:
    """Mean share, 0 to 1, that the first few of two rankings have in common; of the longer one where both are short.

    A query that neither answers counts as 1.
    """
    shares = []
    for query_id, ranked in one.items():
        left, right = set(ranked[:first]), set(two.get(query_id, ())[:first])
        longest = max(len(left), len(right))
        shares.append(len(left & right) / longest if longest else 1.0)
    return sum(shares) / len(shares) if shares else 1.0
