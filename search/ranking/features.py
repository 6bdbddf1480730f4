"""A close look at the titles of the best candidates. Pure arrays: any engine that knows its titles can ask.

A title is a run of 64-bit term keys in order, stop words and BREAKs included (`search.analysis.title_sequence`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from search.analysis import BREAK
from search.documents import Language
from search.ranking.question import Question
from search.ranking.vocabulary import accessory_terms, purpose_terms
from search.ranking.weights import RankingWeights

Floats = NDArray[np.float32]
Key = Callable[[str, str], int]
FEATURES = ("title_precision", "leading_coverage", "accessory", "phrase", "exact")


@dataclass(frozen=True, slots=True)
class Titles:
    """Titles of n candidates one after the other. keys: uint64; starts: int64 (n + 1)."""

    keys: NDArray[np.uint64]
    starts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _KnownKeys:
    accessory: NDArray[np.uint64]
    purpose: NDArray[np.uint64]
    stop: np.uint64


@lru_cache(maxsize=8)
def _known_keys(language: Language, key: Key) -> _KnownKeys:
    def keys(terms: frozenset[str]) -> NDArray[np.uint64]:
        return np.sort(np.array([key(language, term) for term in terms], np.uint64))

    return _KnownKeys(
        keys(accessory_terms(language)),
        keys(purpose_terms(language)),
        np.uint64(key(language, BREAK)),
    )


def look_at_titles(titles: Titles, question: Question, informations: dict[str, float], key: Key) -> dict[str, Floats]:
    """Features by name (FEATURES), each float32 (n,) within 0 to 1 (accessory: 0 to 2).

    title_precision: share of the title's words that were asked for. leading_coverage: share of the query's
    information found before the first "for", "with", "pour" or break. accessory: words that name an accessory and were
    not asked for, before that place. phrase: share of neighbouring words of the query that are neighbours in the
    title. exact: the title says nothing else.
    """
    known = _known_keys(question.language, key)
    asked = np.array([key(question.language, term.term) for term in question.terms], np.uint64)
    weights = np.array([informations.get(term.term, 0.0) for term in question.terms], np.float32)
    count = len(titles.starts) - 1
    owner = np.repeat(np.arange(count), np.diff(titles.starts))
    places = np.arange(len(titles.keys)) - titles.starts[:-1][owner]
    order = np.argsort(asked)
    found_at = np.searchsorted(asked[order], titles.keys).clip(max=max(len(asked) - 1, 0))
    term_of = (
        np.where(asked[order][found_at] == titles.keys, order[found_at], -1) if len(asked) else np.full(len(owner), -1)
    )
    is_asked = term_of >= 0
    is_break = titles.keys == known.stop
    is_purpose = _among(titles.keys, known.purpose) & ~is_asked | is_break
    lengths = np.bincount(owner[~is_break], minlength=count).clip(1)

    first_purpose = _first_place(is_purpose & (places > 0), owner, places, count)
    is_leading = places < first_purpose[owner]
    total = float(weights.sum()) or 1.0
    features = {
        "title_precision": np.bincount(owner[is_asked], minlength=count) / lengths,
        "leading_coverage": _coverage(is_asked & is_leading, term_of, weights, owner, count) / total,
        "accessory": np.bincount(
            owner[_among(titles.keys, known.accessory) & ~is_asked & is_leading], minlength=count
        ).clip(max=2),
        "phrase": _phrase(question, term_of, owner, count),
        "exact": (np.bincount(owner[is_asked], minlength=count) >= lengths).astype(np.float32),
    }
    return {name: np.asarray(values, np.float32) for name, values in features.items()}


def _among(keys: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> NDArray[np.bool_]:
    place = np.searchsorted(wanted, keys).clip(max=len(wanted) - 1)
    return np.asarray(wanted[place] == keys)


def _first_place(
    mask: NDArray[np.bool_], owner: NDArray[np.int64], places: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    first = np.full(count, 10_000, np.int64)
    np.minimum.at(first, owner[mask], places[mask])
    return first


def _coverage(
    mask: NDArray[np.bool_], term_of: NDArray[np.int64], weights: Floats, owner: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    table = np.zeros((count, max(len(weights), 1)), bool)
    table[owner[mask], term_of[mask]] = True
    return table[:, : len(weights)] @ weights.astype(np.float64)


def _phrase(question: Question, term_of: NDArray[np.int64], owner: NDArray[np.int64], count: int) -> Floats:
    whole = [number for number, term in enumerate(question.terms) if not term.is_part]
    pairs = list(pairwise(whole))
    if not pairs or len(term_of) < 2:
        return np.zeros(count, np.float32)
    follows = (owner[1:] == owner[:-1]) & (term_of[1:] >= 0) & (term_of[:-1] >= 0)
    table = np.zeros((count, len(pairs)), bool)
    for number, (one, two) in enumerate(pairs):
        here = follows & (term_of[:-1] == one) & (term_of[1:] == two)
        table[owner[1:][here], number] = True
    return np.asarray(table.mean(axis=1), np.float32)


def title_score(features: dict[str, Floats], weights: RankingWeights) -> Floats:
    """The weighted sum of the features, float32 (n,)."""
    total = np.zeros(len(features["exact"]), np.float32)
    for name in FEATURES:
        total += np.float32(getattr(weights, name)) * features[name]
    return total
