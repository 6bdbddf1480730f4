"""The words of a question with the catalogue's figures: what scores, what counts as a result. Pure: dicts out.

The sums are those of `search.engines.embedded.lexical`; the server multiplies and adds them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.documents import Language
from search.engines.opensearch.mapping import terms_field
from search.ranking.question import QueryTerm, Question
from search.ranking.weights import RankingWeights

Query = dict[str, Any]
MATCH_NONE: Query = {"match_none": {}}
# so many words and other words are tried in all combinations; a longer question is summed by the server
_MAX_LITERALS = 10
_MAX_COMBINATIONS = 64
_ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class TermCounts:
    """documents: with the field; counts: of them that have each term, 0 for a term that is not there."""

    documents: int
    counts: Mapping[str, int]

    def idf(self, term: str) -> float:
        """Inverse document frequency, as Lucene and the embedded engine have it."""
        count = self.counts.get(term, 0)
        return math.log1p((self.documents - count + 0.5) / (count + 0.5))


@dataclass(frozen=True, slots=True)
class Group:
    """Other words for a part of the question. covered: places of its own terms; alternatives: those that documents
    have; held: their information; share: of their score that another word earns."""

    covered: tuple[int, ...]
    alternatives: tuple[tuple[str, ...], ...]
    held: float
    share: float


@dataclass(frozen=True, slots=True)
class Held:
    """What a document holds of the question, as shares of its information. reach, coverage: 0 to 1."""

    reach: float
    coverage: float


class Words:
    """A question in a catalogue."""

    def __init__(self, question: Question, counts: TermCounts, weights: RankingWeights) -> None:
        self.question, self.counts = question, counts
        informations = [term.weight * counts.idf(term.term) for term in question.terms]
        groups, taken = [], set[int]()
        for synonyms in question.synonyms:
            if taken & set(synonyms.covered):
                continue
            known = tuple(alt for alt in synonyms.alternatives if all(counts.counts.get(term) for term in alt))
            is_unknown = all(not counts.counts.get(question.terms[place].term) for place in synonyms.covered)
            if is_unknown and synonyms.alternatives:
                commonest = max(min(counts.counts.get(t, 0) for t in alt) for alt in synonyms.alternatives)
                if commonest:
                    information = math.log1p((counts.documents - commonest + 0.5) / (commonest + 0.5))
                else:
                    information = informations[synonyms.covered[0]]
                for place in synonyms.covered:
                    informations[place] = information / len(synonyms.covered)
            if known:
                taken |= set(synonyms.covered)
                held = sum(informations[place] for place in synonyms.covered)
                share = weights.synonym_unknown if is_unknown else weights.synonym
                groups.append(Group(synonyms.covered, known, held, share))
        self.informations, self.groups = tuple(informations), tuple(groups)
        self.total = sum(informations) or 1.0
        self._held: dict[frozenset[str], Held] = {}

    @property
    def language(self) -> Language:
        return self.question.language

    @property
    def by_term(self) -> dict[str, float]:
        """Information of each term."""
        return {term.term: value for term, value in zip(self.question.terms, self.informations, strict=True)}

    @cached_property
    def is_empty(self) -> bool:
        """No document has any of the words."""
        return not self.groups and not any(self.counts.counts.get(term.term) for term in self.question.terms)

    def terms_of(self, names: frozenset[str]) -> list[QueryTerm]:
        """Terms of the question that a document has. names: its matched queries."""
        return [term for place, term in enumerate(self.question.terms) if f"t{place}" in names]

    def held(self, names: frozenset[str]) -> Held:
        """names: the matched queries of a document (see `score_query`)."""
        found = self._held.get(names)
        if found is None:
            found = self._held[names] = self._sum({name for name in names if name[:1] in "ta"})
        return found

    def _sum(self, names: set[str]) -> Held:
        own = [info if f"t{place}" in names else 0.0 for place, info in enumerate(self.informations)]
        reach = coverage = sum(own)
        for number, group in enumerate(self.groups):
            if any(f"a{number}.{place}" in names for place in range(len(group.alternatives))):
                mine = sum(own[place] for place in group.covered)
                reach += max(group.held - mine, 0.0)
                coverage += max(group.share * group.held - mine, 0.0)
        return Held(reach / self.total, coverage / self.total)

    def score_query(self, *, named: bool) -> Query:
        """BM25 of the words; of the typed and the other words for a thing the better counts.

        named: each hit tells which terms ("t2") and which other words ("a0.1") it has.
        """
        clauses = [self._term(place, named) for place in self._free]
        for number, group in enumerate(self.groups):
            own = [self._term(place, named) for place in group.covered]
            others = [self._alternative(number, place, named) for place in range(len(group.alternatives))]
            clauses.append({"dis_max": {"queries": [{"bool": {"should": own}}, *others]}})
        return {"bool": {"should": clauses, "minimum_should_match": 1}} if clauses else MATCH_NONE

    @property
    def _free(self) -> list[int]:
        """Places of terms without other words."""
        covered = {place for group in self.groups for place in group.covered}
        return [place for place in range(len(self.question.terms)) if place not in covered]

    def _term(self, place: int, named: bool) -> Query:
        term = self.question.terms[place]
        clause: Query = {"value": term.term, "boost": term.weight}
        if named:
            clause["_name"] = f"t{place}"
        return {"term": {terms_field(self.language): clause}}

    def _alternative(self, number: int, place: int, named: bool) -> Query:
        group = self.groups[number]
        terms = group.alternatives[place]
        each = group.share * group.held / len(terms)
        field = terms_field(self.language)
        parts = [{"term": {field: {"value": t, "boost": each / max(self.counts.idf(t), 1e-6)}}} for t in terms]
        clause: Query = {"must": parts}
        if named:
            clause["_name"] = f"a{number}.{place}"
        return {"bool": clause}

    def reach_query(self) -> Query:
        """Scores are the information held, `total` for all of it."""
        clauses = [self._constant(place) for place in self._free]
        for group in self.groups:
            own = {"bool": {"should": [self._constant(place) for place in group.covered]}}
            others = [
                {"constant_score": {"filter": self._has(alternative), "boost": group.held}}
                for alternative in group.alternatives
            ]
            clauses.append({"dis_max": {"queries": [own, *others]}})
        return {"bool": {"should": clauses, "minimum_should_match": 1}} if clauses else MATCH_NONE

    def _constant(self, place: int) -> Query:
        has = {"term": {terms_field(self.language): self.question.terms[place].term}}
        return {"constant_score": {"filter": has, "boost": max(self.informations[place], 1e-6)}}

    def _has(self, terms: Sequence[str]) -> Query:
        field = terms_field(self.language)
        clauses = [{"term": {field: term}} for term in terms]
        return clauses[0] if len(clauses) == 1 else {"bool": {"filter": clauses}}

    def match_query(self, least_reach: float) -> Query:
        """Documents that hold at least this share of the information, for filter context. least_reach: 0 to 1.

        Written as the combinations of words that suffice, which the server finds by skipping through its lists; a
        question of too many words is summed document by document.
        """
        literals: list[tuple[str, Sequence[str]]] = [
            (f"t{place}", (term.term,))
            for place, term in enumerate(self.question.terms)
            if self.counts.counts.get(term.term)
        ]
        for number, group in enumerate(self.groups):
            literals += [(f"a{number}.{place}", terms) for place, terms in enumerate(group.alternatives)]
        if not literals:
            return MATCH_NONE
        least = max(least_reach, 1e-6) * (1 - _ROUNDING)
        if len(literals) <= _MAX_LITERALS:
            sets = self._sufficient(literals, least)
            if len(sets) <= _MAX_COMBINATIONS:
                return self._any_of([[terms for _, terms in chosen] for chosen in sets])
        return {"function_score": {"query": self.reach_query(), "min_score": least * self.total}}

    def _sufficient(
        self, literals: Sequence[tuple[str, Sequence[str]]], least: float
    ) -> list[list[tuple[str, Sequence[str]]]]:
        """The smallest combinations that hold enough: none of them holds another."""
        everything = np.arange(1 << len(literals))
        has = (everything[:, None] >> np.arange(len(literals)) & 1).astype(bool)
        enough = self._reach_of_each(has, [name for name, _ in literals]) >= least
        smallest = enough.copy()
        for place in range(len(literals)):
            smallest[has[:, place]] &= ~enough[everything[has[:, place]] ^ (1 << place)]
        return [
            [literal for literal, is_in in zip(literals, has[number], strict=True) if is_in]
            for number in np.flatnonzero(smallest)
        ]

    def _reach_of_each(self, has: NDArray[np.bool_], names: Sequence[str]) -> NDArray[np.float64]:
        """float64 (n,): `held().reach` of n combinations. has: bool (n, names)."""
        place_of = {name: place for place, name in enumerate(names)}

        def summed(terms: Iterable[int]) -> NDArray[np.float64]:
            places = [(place_of[f"t{term}"], self.informations[term]) for term in terms if f"t{term}" in place_of]
            chosen = has[:, [place for place, _ in places]].astype(np.float64)
            return np.asarray(chosen @ np.array([info for _, info in places], np.float64))

        reach = summed(range(len(self.informations)))
        for number, group in enumerate(self.groups):
            others = [place_of[f"a{number}.{place}"] for place in range(len(group.alternatives))]
            gained = np.maximum(group.held - summed(group.covered), 0.0)
            reach = reach + np.where(has[:, others].any(axis=1), gained, 0.0)
        return np.asarray(reach / self.total)

    def _any_of(self, sets: Sequence[Sequence[Sequence[str]]]) -> Query:
        field = terms_field(self.language)
        single, clauses = [], []
        for chosen in sets:
            terms = [term for literal in chosen for term in literal]
            if len(terms) == 1:
                single.append(terms[0])
            else:
                clauses.append(self._has(terms))
        if single:
            clauses.append({"terms": {field: single}})
        if not clauses:
            return MATCH_NONE
        return clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses, "minimum_should_match": 1}}
