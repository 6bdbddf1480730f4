"""The best few hundred documents of a question, scored exactly: the same formula and close look as the embedded engine.

What lies beyond them keeps the server's order by words. The window of a question is the same for each of its pages.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.analysis import fold
from search.documents import Language
from search.engines.opensearch.mapping import look_field, title_columns, title_of
from search.engines.opensearch.requests import COSINE
from search.engines.opensearch.words import Words
from search.ranking.features import Titles, look_at_titles, title_score
from search.ranking.fusion import IDENTIFIER_SCORE, fuse, meaning_weight
from search.ranking.weights import RankingWeights
from search.terms import much_stemmed, term_key

Hit = Mapping[str, Any]
NO_NAMES: frozenset[str] = frozenset()
INSIDE = "in"
_KEY = np.dtype("<u8")
_TITLES = frozenset(title_columns())


@dataclass(slots=True)
class Candidate:
    """A document that may be shown. lexical, cosine: None while unknown; names: its matched queries.

    look: bytes of the keys of its title's terms.
    inside: a result of the question that meets the filters, None while unknown.
    """

    id: str
    near: str = ""
    look: bytes = b""
    title: str = ""
    lexical: float | None = None
    cosine: float | None = None
    names: frozenset[str] = NO_NAMES
    inside: bool | None = None
    browse: float = 0.0

    def copy(self) -> Candidate:
        return Candidate(
            self.id, self.near, self.look, self.title, self.lexical, self.cosine, self.names, self.inside, self.browse
        )

    @property
    def title_keys(self) -> NDArray[np.uint64]:
        return np.frombuffer(self.look, _KEY)

    @property
    def is_listing(self) -> bool:
        return self.id.startswith("listing:")


def wanted_fields(language: Language, text: str) -> list[str]:
    """What is read of each candidate, from columns: its whole source stays on disk."""
    fields = ["id", "equivalent_of", look_field(language)]
    return [*fields, *title_columns()] if much_stemmed(text, language) else fields


@dataclass(slots=True)
class Window:
    """Candidates by id, in the order they came."""

    candidates: dict[str, Candidate] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.candidates)

    def get(self, identity: str) -> Candidate:
        found = self.candidates.get(identity)
        if found is None:
            found = self.candidates[identity] = Candidate(identity)
        return found

    def add_words(self, hits: Iterable[Hit], language: Language) -> None:
        """Hits of `Words.score_query`: their score is the lexical one."""
        for hit in hits:
            candidate = self._read(hit, language)
            names = frozenset(hit.get("matched_queries", ()))
            candidate.lexical, candidate.names = float(hit["_score"]), names - {INSIDE}
            if INSIDE in names:
                candidate.inside = True

    def add_meaning(self, hits: Iterable[Hit], language: Language) -> None:
        """Hits of a vector query: their score is (1 + cosine) / 2."""
        for hit in hits:
            self._read(hit, language).cosine = 2.0 * float(hit["_score"]) - 1.0

    def _read(self, hit: Hit, language: Language) -> Candidate:
        columns = hit["fields"]
        candidate = self.get(columns["id"][0])
        if not candidate.look:
            candidate.near = columns.get("equivalent_of", ("",))[0]
            candidate.look = binascii.a2b_base64(columns.get(look_field(language), ("",))[0] + "==")
            if _TITLES & columns.keys():
                candidate.title = title_of(columns, language)
        if COSINE in columns:
            candidate.cosine = float(columns[COSINE][0])
        return candidate


def score(
    candidates: Sequence[Candidate],
    words: Words,
    text: str,
    best_lexical: float,
    weights: RankingWeights,
    identified: frozenset[str],
    *,
    has_meaning: bool,
) -> dict[str, float]:
    """Score of each candidate by id, as ranked. best_lexical: the highest of the whole catalogue, 0 where none."""
    if not candidates:
        return {}
    lexical = np.array([one.lexical or 0.0 for one in candidates], np.float32)
    cosines = np.array([one.cosine or 0.0 for one in candidates], np.float32) if has_meaning else None
    scores = fuse(lexical, best_lexical, cosines, meaning_weight(words.question, weights))
    looked_at = np.argsort(-scores, kind="stable")[: weights.reranked]
    chosen = [candidates[place] for place in looked_at.tolist()]
    scores[looked_at] += _look(chosen, words, weights)
    scores[looked_at] -= np.float32(weights.other_word) * _share_of_other_words(chosen, words, text)
    found = dict(zip((one.id for one in candidates), scores.tolist(), strict=True))
    for identity in identified & found.keys():
        found[identity] += IDENTIFIER_SCORE
    return found


def _look(candidates: Sequence[Candidate], words: Words, weights: RankingWeights) -> NDArray[np.float32]:
    keys = np.frombuffer(b"".join([one.look for one in candidates]), _KEY)
    starts = np.cumsum([0, *(len(one.look) // _KEY.itemsize for one in candidates)], dtype=np.int64)
    seen = title_score(look_at_titles(Titles(keys, starts), words.question, words.by_term, term_key), weights)
    coverage = np.array([words.held(one.names).coverage for one in candidates], np.float32)
    return seen + np.float32(weights.coverage) * coverage


def _share_of_other_words(candidates: Sequence[Candidate], words: Words, text: str) -> NDArray[np.float32]:
    shares = np.zeros(len(candidates), np.float32)
    place_of = {term.term: f"t{place}" for place, term in enumerate(words.question.terms)}
    for root, beginning, share in much_stemmed(text, words.language):
        name = place_of.get(root)
        for place, one in enumerate(candidates):
            if name in one.names and beginning not in fold(one.title):
                shares[place] += share
    return shares
