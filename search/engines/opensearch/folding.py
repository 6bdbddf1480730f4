"""Who stands under whose card, and who leads: search/README.md, "Second-hand beside new". Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search.engines.opensearch.window import Candidate, Window
from search.engines.opensearch.words import Words
from search.ranking.leading import Said, bare_numbers, leads
from search.ranking.weights import RankingWeights
from search.terms import term_key


@dataclass(frozen=True, slots=True)
class Cards:
    """Of a window. places: score of its place by id, best first, ties by id; leaders: listings with a card of their
    own beside their product's; folded: results that stand under a card, each with its product.
    """

    places: Sequence[tuple[str, float]]
    leaders: frozenset[str]
    folded: Mapping[str, str]


def fold_window(
    window: Window,
    scores: Mapping[str, float],
    words: Words | None,
    identified: frozenset[str],
    weights: RankingWeights,
) -> Cards:
    """scores: of every result in the window; words: None when browsing."""
    results = [one for one in window.candidates.values() if one.inside]
    inside = {one.id for one in results}
    pairs = [one for one in results if one.is_listing and one.near in inside]
    leaders = _leaders(pairs, window, words, identified, weights) if words is not None else frozenset[str]()
    folded = {one.id: one.near for one in pairs if one.id not in leaders}
    places = {one.id: scores[one.id] for one in results if one.id not in folded}
    for listing, product in folded.items():
        places[product] = max(places[product], scores[listing])
    for one in pairs:
        if one.id in leaders:
            # not behind its product, wherever the product's card has come to stand
            places[one.id] = max(places[one.id], scores[one.near])
    return Cards(sorted(places.items(), key=lambda card: (-card[1], card[0])), leaders, folded)


def _leaders(
    pairs: Sequence[Candidate],
    window: Window,
    words: Words,
    identified: frozenset[str],
    weights: RankingWeights,
) -> frozenset[str]:
    """Which of these listings the words say rather than their products."""
    if not pairs:
        return frozenset()
    numbers = bare_numbers(words.question)
    listings, products = (
        _said(side, words, numbers, identified) for side in (pairs, [window.candidates[one.near] for one in pairs])
    )
    return frozenset(one.id for one, does in zip(pairs, leads(listings, products, weights), strict=True) if does)


def _said(side: Sequence[Candidate], words: Words, numbers: Sequence[str], identified: frozenset[str]) -> Said:
    keys = [term_key(words.language, number) for number in numbers]
    titles = [set(one.title_keys.tolist()) for one in side] if keys else [set[int]()] * len(side)
    return Said(
        np.array([words.held(one.names).reach for one in side], np.float32),
        np.array([sum(key in title for key in keys) for title in titles], np.int64),
        np.array([one.id in identified for one in side], bool),
    )
