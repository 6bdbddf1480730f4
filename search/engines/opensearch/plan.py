"""What a question means in a catalogue, before any filter: how good its best answer is, and what counts as a result."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from search.documents import Language
from search.embeddings.protocol import Vectors
from search.engines.opensearch.client import Client
from search.engines.opensearch.requests import Body, columns_body, ids_query, knn_query
from search.engines.opensearch.statistics import Statistics
from search.engines.opensearch.window import Candidate, Hit, Window, score, wanted_fields
from search.engines.opensearch.words import MATCH_NONE, Query, Words
from search.ranking.question import ask
from search.ranking.weights import RankingWeights
from search.terms import typed_codes

WINDOW = 200
# of the nearest in meaning; the graph is asked for more, so that it finds the true ones
BY_MEANING = 100
# A plan serves the pages and filters that follow one another, and the same question of several shoppers at once.
KEPT_SECONDS = 2.0
KEPT_PLANS = 48
_MANY_CODES = 200
_ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, and where. vector: of the text, None for words only; at_least: so many results if there are."""

    index: str
    text: str
    language: Language
    vector: Vectors | None
    at_least: int

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.index, self.text, self.language, self.vector is not None, self.at_least)

    @property
    def fields(self) -> list[str]:
        return wanted_fields(self.language, self.text)


@dataclass(frozen=True, slots=True)
class Plan:
    """best_lexical, best_reach: the highest of the whole catalogue; identified: ids whose own code was typed.

    extras: ids that are results though their words would not make them; match: every result, for filter context.
    found: the best by words, and by meaning where words are weak; is_whole: they are all that have any of the words;
    is_bare: what was found was not read, for a question with filters shows other documents.
    """

    asked: Asked
    words: Words
    best_lexical: float
    best_reach: float
    identified: frozenset[str]
    least_reach: float
    found: tuple[Candidate, ...]
    is_whole: bool
    is_bare: bool
    extras: frozenset[str] = field(default_factory=frozenset)
    match: Query = field(default_factory=lambda: MATCH_NONE)

    @property
    def vector(self) -> Vectors | None:
        return self.asked.vector

    def window(self) -> Window:
        """A copy to work on, each candidate told whether it is a result."""
        candidates = {one.id: one.copy() for one in self.found}
        for one in candidates.values():
            if one.lexical is None and self.is_whole:
                one.lexical = 0.0
            if one.lexical is not None:
                one.inside = self.is_result(one)
        return self._with_extras(Window(candidates))

    def filtered_window(self, hits: Sequence[Hit]) -> Window:
        """hits: of `filtered_body`; those of them that are no results of the question are told so."""
        window = Window()
        window.add_words(hits, self.asked.language)
        for one in window.candidates.values():
            one.inside = self.is_result(one)
        return self._with_extras(window)

    def _with_extras(self, window: Window) -> Window:
        for identity in self.extras:
            window.get(identity)
        return window

    def filtered_body(self, filters: Sequence[Query]) -> Body:
        """The best by words among the documents that meet the filters."""
        return _filtered_body(self.words, self.asked, filters)

    def is_result(self, candidate: Candidate) -> bool:
        return candidate.id in self.extras or self.says_enough(candidate.names)

    def says_enough(self, names: frozenset[str]) -> bool:
        return self.words.held(names).reach >= max(self.least_reach, 1e-6) * (1 - _ROUNDING)


class Planner:
    """Makes plans, and keeps the last ones for a moment. Safe between threads."""

    def __init__(self, client: Client, statistics: Statistics, weights: RankingWeights) -> None:
        self._client, self._statistics, self._weights = client, statistics, weights
        self._kept: OrderedDict[tuple[Any, ...], tuple[float, Plan]] = OrderedDict()
        self._lock = Lock()

    def forget(self) -> None:
        """The index has changed by our own hand."""
        with self._lock:
            self._kept.clear()

    def plan(
        self, asked: Asked, joined: Callable[[str], bool], *, is_bare: bool, filters: Sequence[Query]
    ) -> tuple[Plan, Sequence[Hit] | None]:
        """joined: has the catalogue this word? is_bare: what is found is not shown, so it need not be read.

        With filters, the hits of `Plan.filtered_body` too where they were asked in the same request.
        """
        now = time.monotonic()
        with self._lock:
            made_at, kept = self._kept.get(asked.key, (0.0, None))
        if kept is not None and now - made_at < KEPT_SECONDS and (is_bare or not kept.is_bare):
            return kept, None
        plan, hits = self._make(asked, joined, is_bare=is_bare, filters=filters)
        with self._lock:
            self._kept[asked.key] = (now, plan)
            self._kept.move_to_end(asked.key)
            while len(self._kept) > KEPT_PLANS:
                self._kept.popitem(last=False)
        return plan, hits

    def read_words(self, index: str, text: str, language: Language, joined: Callable[[str], bool]) -> Words:
        """The question with the catalogue's figures."""
        question = ask(text, language, self._weights, joined)
        asked = [term.term for term in question.terms]
        asked += [term for one in question.synonyms for alternative in one.alternatives for term in alternative]
        return Words(question, self._statistics.counts(index, language, asked), self._weights)

    def _make(
        self, asked: Asked, joined: Callable[[str], bool], *, is_bare: bool, filters: Sequence[Query]
    ) -> tuple[Plan, Sequence[Hit] | None]:
        words = self.read_words(asked.index, asked.text, asked.language, joined)
        bodies = {"words": _words_body(words, asked, is_bare=is_bare)}
        codes = sorted(typed_codes(asked.text))
        if codes:
            bodies["codes"] = columns_body({"bool": {"filter": [{"terms": {"codes": codes}}]}}, ["id"], _MANY_CODES)
        if filters:
            bodies["window"] = _filtered_body(words, asked, filters)
        answers = self._ask(asked, bodies)
        coded = answers["codes"]["hits"]["hits"] if codes else ()
        plan = self._read(asked, words, answers["words"], _ids(coded), is_bare=is_bare)
        hits = answers["window"]["hits"]["hits"] if filters else None
        by_words = sum(map(plan.says_enough, map(names_of, answers["words"]["hits"]["hits"])))
        is_weak = self._is_weak(plan, by_words)
        if is_bare and not is_weak and by_words >= self._wanted(plan):
            return self._matching(plan, plan.identified), hits
        bodies = {}
        if is_bare:
            # what it takes to choose more results than those by their words has to be read after all
            bodies["words"] = _words_body(words, asked, is_bare=False)
        if asked.vector is not None and (is_weak or asked.at_least > by_words):
            bodies["meaning"] = columns_body(knn_query(asked.vector, WINDOW, None), asked.fields, BY_MEANING)
        more = self._ask(asked, bodies) if bodies else {}
        if is_bare:
            plan = self._read(asked, words, more["words"], plan.identified, is_bare=False)
        nearest = more["meaning"]["hits"]["hits"] if "meaning" in more else ()
        return self._complete(plan, nearest, is_weak=is_weak), hits

    def _ask(self, asked: Asked, bodies: Mapping[str, Body]) -> dict[str, Body]:
        answers = self._client.ask_all(asked.index, list(bodies.values()), search_type=self._statistics.search_type)
        return dict(zip(bodies, answers, strict=True))

    def _read(self, asked: Asked, words: Words, answer: Body, identified: frozenset[str], *, is_bare: bool) -> Plan:
        hits = answer["hits"]["hits"]
        window = Window()
        if not is_bare:
            window.add_words(hits, asked.language)
        # whoever holds most of the words is among the best by words
        best_reach = max((words.held(names_of(hit)).reach for hit in hits), default=0.0)
        return Plan(
            asked=asked,
            words=words,
            best_lexical=float(hits[0]["_score"]) if hits else 0.0,
            best_reach=best_reach,
            identified=identified,
            least_reach=self._weights.coverage_floor * best_reach,
            found=tuple(window.candidates.values()),
            is_whole=len(hits) < WINDOW,
            is_bare=is_bare,
        )

    def _is_weak(self, plan: Plan, by_words: int) -> bool:
        is_weak = plan.best_reach < self._weights.weak_coverage or by_words < self._weights.few_results
        return is_weak and not plan.identified

    def _is_loose(self, plan: Plan) -> bool:
        return plan.words.question.word_count >= self._weights.loose_words and not plan.identified

    def _wanted(self, plan: Plan) -> int:
        return max(self._weights.loose_results if self._is_loose(plan) else 0, plan.asked.at_least)

    def _complete(self, plan: Plan, nearest: Sequence[Hit], *, is_weak: bool) -> Plan:
        """Results beyond those by their words: the nearest in meaning where words are weak; of a longer question
        that finds little, and where more is asked for, the next best. What was looked at joins what was found.

        nearest: hits by meaning, where they were asked for.
        """
        weights, words, asked = self._weights, plan.words, plan.asked
        window = Window({one.id: one for one in plan.found})
        by_words = {one.id for one in plan.found if plan.is_result(one)}
        window.add_meaning(nearest, words.language)
        candidates = list(window.candidates.values())
        plan = replace(plan, found=tuple(candidates))
        extras = self._nearest(candidates) if is_weak else set[str]()
        if self._wanted(plan) <= len(by_words | extras):
            return self._matching(plan, plan.identified | extras)
        best = plan.best_lexical
        has_meaning = asked.vector is not None
        scores = score(candidates, words, asked.text, best, weights, plan.identified, has_meaning=has_meaning)
        rest = [one for one in candidates if one.id not in by_words | extras | plan.identified]
        rest.sort(key=lambda one: (-scores[one.id], one.id))
        if self._is_loose(plan):
            floor, missing = weights.loose_floor * plan.best_reach, weights.loose_results - len(by_words | extras)
            held = [one for one in rest if one.lexical and words.held(one.names).reach >= floor]
            extras |= {one.id for one in held[: max(0, missing)]}
        missing = asked.at_least - len(by_words | extras)
        useful = [one for one in rest if one.id not in extras and (one.lexical or (one.cosine or 0.0) > 0)]
        return self._matching(plan, plan.identified | extras | {one.id for one in useful[: max(0, missing)]})

    def _nearest(self, found: Sequence[Candidate]) -> set[str]:
        weights = self._weights
        near = [(one.cosine, one.id) for one in found if one.cosine is not None]
        floor = max(weights.meaning_floor, max((cosine for cosine, _ in near), default=-1.0) - weights.meaning_margin)
        near.sort(key=lambda pair: (-pair[0], pair[1]))
        return {identity for cosine, identity in near[: weights.meaning_results] if cosine >= floor}

    def _matching(self, plan: Plan, extras: frozenset[str]) -> Plan:
        match = plan.words.match_query(plan.least_reach) if plan.best_reach else MATCH_NONE
        if extras:
            match = {"bool": {"should": [match, ids_query(extras)], "minimum_should_match": 1}}
        return replace(plan, extras=extras, match=match)


def names_of(hit: Hit) -> frozenset[str]:
    """The parts of the question that a hit has."""
    return frozenset(hit.get("matched_queries", ()))


def _ids(hits: Sequence[Hit]) -> frozenset[str]:
    return frozenset(hit["fields"]["id"][0] for hit in hits)


def _words_body(words: Words, asked: Asked, *, is_bare: bool) -> Body:
    """The best by words of the whole catalogue. is_bare: with nothing but their scores and names."""
    if is_bare:
        return columns_body(words.score_query(named=True), [], WINDOW)
    return columns_body(words.score_query(named=True), asked.fields, WINDOW, near=asked.vector)


def _filtered_body(words: Words, asked: Asked, filters: Sequence[Query]) -> Body:
    query: Query = {"bool": {"must": [words.score_query(named=True)], "filter": list(filters)}}
    return columns_body(query, asked.fields, WINDOW, near=asked.vector)
