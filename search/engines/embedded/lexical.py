"""BM25 over the postings of one or several segments, for all rows at once.

Statistics (number of documents, document frequency, mean length) are those of all segments together, deleted rows
included, so that a document written a second ago is scored like one of the first build.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.engines.embedded.container import Array
from search.ranking.question import Question, Synonyms
from search.ranking.weights import RankingWeights
from search.terms import term_key

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Postings:
    """Where one term occurs. rows: ascending, int64 over all segments; counts: occurrences in title and body."""

    rows: Array
    title_counts: Array
    body_counts: Array


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """Per row: BM25 sum; share of the query's information found anywhere, and in the title (both 0 to 1).

    reach: as coverage, but another word for the same thing counts as much as the typed one: a "laptop" is no less a
    result for "ordinateur portable", though it ranks lower.
    informations: of each term of the question; rows: where each occurs, ascending.
    """

    score: Floats
    coverage: Floats
    title_coverage: Floats
    reach: Floats
    informations: dict[str, float]
    rows: dict[str, Array]

    @property
    def best(self) -> float:
        return float(self.score.max(initial=0.0))


class LexicalReader:
    """Postings of all segments seen as one. offsets: first row of each segment."""

    def __init__(self, segments: Sequence[dict[str, Array]], offsets: Sequence[int], rows: int) -> None:
        self._segments, self._offsets, self.rows = segments, offsets, rows
        self._norms: dict[tuple[str, RankingWeights], Floats] = {}

    def find(self, space: str, term: str) -> Postings:
        """Postings of a term in "fr", "en" or "id"; empty when no document has it."""
        key = np.uint64(term_key(space, term))
        found = []
        for arrays, offset in zip(self._segments, self._offsets, strict=True):
            keys = arrays["keys"]
            place = int(np.searchsorted(keys, key))
            if place < len(keys) and keys[place] == key:
                part = slice(int(arrays["starts"][place]), int(arrays["starts"][place + 1]))
                rows = arrays["rows"][part]
                rows = rows if offset == 0 else rows + np.uint32(offset)
                found.append((rows, arrays["title_counts"][part], arrays["body_counts"][part]))
        if len(found) == 1:
            return Postings(*found[0])
        if not found:
            return Postings(np.empty(0, np.uint32), np.empty(0, np.uint8), np.empty(0, np.uint8))
        return Postings(*(np.concatenate(column) for column in zip(*found, strict=True)))

    def score(self, question: Question, weights: RankingWeights) -> LexicalScores:
        """Scores of all rows (float32, as many as rows)."""
        found = [self.find(question.language, term.term) for term in question.terms]
        informations = [
            term.weight * self._information(len(postings.rows))
            for term, postings in zip(question.terms, found, strict=True)
        ]
        norm = self._norm(question.language, weights)
        columns = [
            self._gains(postings, information, norm, weights)
            for postings, information in zip(found, informations, strict=True)
        ]
        sums = self._sum([postings.rows for postings in found], columns)
        reach = sums[1].copy()
        for synonyms in question.synonyms:
            gained = self._add_synonyms(sums, synonyms, question.language, found, columns, informations, norm, weights)
            reach += gained
        total = np.float32(sum(informations) or 1.0)
        names = [term.term for term in question.terms]
        rows = {name: postings.rows for name, postings in zip(names, found, strict=True)}
        by_name = dict(zip(names, informations, strict=True))
        return LexicalScores(sums[0], sums[1] / total, sums[2] / total, reach / total, by_name, rows)

    def _gains(
        self, postings: Postings, information: float, norm: Floats, weights: RankingWeights
    ) -> tuple[Floats, Floats, Floats]:
        """Of one term, per posting: BM25 gain, information, information where the title has it."""
        counts = postings.title_counts * np.float32(weights.title_repeats) + postings.body_counts
        gain = counts * np.float32(information * (weights.saturation + 1)) / (counts + norm[postings.rows])
        held = np.full(len(postings.rows), information, np.float32)
        return gain, held, np.where(postings.title_counts > 0, held, np.float32(0))

    def _sum(self, rows: Sequence[Array], columns: Sequence[tuple[Floats, Floats, Floats]]) -> list[Floats]:
        """Three arrays over all rows: the sums of the columns."""
        if not rows:
            return [np.zeros(self.rows, np.float32) for _ in range(3)]
        where = np.concatenate(rows)
        return [
            np.bincount(where, np.concatenate(column), self.rows).astype(np.float32)
            for column in zip(*columns, strict=True)
        ]

    def _add_synonyms(
        self,
        sums: list[Floats],
        synonyms: Synonyms,
        language: str,
        found: Sequence[Postings],
        columns: Sequence[tuple[Floats, Floats, Floats]],
        informations: list[float],
        norm: Floats,
        weights: RankingWeights,
    ) -> Floats:
        """Lift documents that have another word for the same thing: the better of the two counts, not both.

        Where no document has the typed words, their information becomes that of the commonest alternative.
        Returns, per row, the information that the other words hold beyond the typed ones.
        """
        covered = synonyms.covered
        own = self._sum([found[place].rows for place in covered], [columns[place] for place in covered])
        is_unknown = all(not len(found[place].rows) for place in covered)
        if is_unknown:
            frequencies = [
                min(len(self.find(language, term).rows) for term in terms) for terms in synonyms.alternatives
            ]
            information = self._information(max(frequencies)) if max(frequencies) else informations[covered[0]]
            for place in covered:
                informations[place] = information / len(covered)
        held = sum(informations[place] for place in covered)
        best = [np.zeros(self.rows, np.float32) for _ in range(3)]
        for terms in synonyms.alternatives:
            postings = [self.find(language, term) for term in terms]
            if all(len(one.rows) for one in postings):
                parts = [self._gains(one, held / len(terms), norm, weights) for one in postings]
                these = self._sum([one.rows for one in postings], parts)
                whole = these[1] >= np.float32(held * 0.999)
                for place, values in enumerate(these):
                    np.maximum(best[place], np.where(whole, values, np.float32(0)), out=best[place])
        share = np.float32(weights.synonym_unknown if is_unknown else weights.synonym)
        for total, values, mine in zip(sums, best, own, strict=True):
            total += np.maximum(share * values - mine, np.float32(0))
        gained: Floats = np.maximum(best[1] - own[1], np.float32(0))
        return gained

    def _information(self, frequency: int) -> float:
        """Inverse document frequency of a term that so many documents have."""
        return float(np.log1p((self.rows - frequency + 0.5) / (frequency + 0.5)))

    def _norm(self, language: str, weights: RankingWeights) -> Floats:
        key = (language, weights)
        if key not in self._norms:
            title, body = (self._column(f"{part}_{language}") for part in ("title", "body"))
            lengths = weights.title_repeats * title + body
            share = lengths / max(float(lengths.mean()) if len(lengths) else 1.0, 1.0)
            norm = weights.saturation * (1 - weights.length_share + weights.length_share * share)
            self._norms[key] = norm.astype(np.float32)
        return self._norms[key]

    def _column(self, name: str) -> Floats:
        return (
            np.concatenate([arrays[name] for arrays in self._segments]) if self._segments else np.empty(0, np.float32)
        )
