"""The numbers of the ranking formula, for every engine. Measured: mall/decisions/0004-ranking-formula.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class RankingWeights:
    """How words, parts, meaning and the look of the title make one score.

    BM25: saturation (k1), length_share (b), title_repeats (a word of the title counts so often).
    whole_code, code_part: weight of "128gb" and of "128", "gb" in a query that says "128 gb".
    negated: weight of a word after "without" / "sans". synonym: share of the score a synonym earns where documents
    have the typed word too; synonym_unknown: where none has it.
    meaning: weight of the cosine beside the lexical score's share of the best (1.0); meaning_with_digits: that for a
    question that names numbers; meaning_per_word: added for each word beyond the third.
    coverage_floor: share of the best coverage a document needs to be a result. weak_coverage: below this best
    coverage, or with fewer results than few_results, the nearest in meaning become results too,
    down to meaning_margin below the nearest and never below meaning_floor.
    loose_*: a question of so many words that finds fewer than loose_results goes on to the next best, as long as they
    hold loose_floor of the best coverage.
    reranked: how many candidates are looked at closely; the other fields weigh what is seen there. other_word: taken
    off, times the share of the typed words that only their stem was found of.
    leading_margin: so much more of the query's information a second-hand thing holds than the product that it is near
    to, when it stands in the list itself and not under that product (`search.ranking.leading`).
    """

    saturation: float = 0.7
    length_share: float = 0.75
    title_repeats: float = 5.0
    whole_code: float = 1.0
    code_part: float = 1.2
    negated: float = 0.0
    synonym: float = 0.5
    synonym_unknown: float = 0.9
    meaning: float = 0.22
    meaning_with_digits: float = 0.1
    meaning_per_word: float = 0.03
    coverage_floor: float = 0.6
    weak_coverage: float = 0.5
    few_results: int = 6
    loose_words: int = 3
    loose_results: int = 24
    loose_floor: float = 0.3
    meaning_floor: float = 0.25
    meaning_margin: float = 0.12
    meaning_results: int = 48
    candidates: int = 150
    reranked: int = 100
    coverage: float = 0.1
    title_precision: float = 0.03
    leading_coverage: float = 0.07
    accessory: float = -0.035
    phrase: float = 0.03
    exact: float = 0.03
    other_word: float = 0.3
    leading_margin: float = 0.15

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> RankingWeights:
        """Weights with some values replaced. Raises ValueError for a name that does not exist."""
        known = {field.name for field in fields(cls)}
        unknown = set(values) - known
        if unknown:
            raise ValueError(f"no such ranking weight: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
        return replace(cls(), **values)
