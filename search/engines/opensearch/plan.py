"""What a question means in a catalogue, before any filter: how good its best answer is, and what counts as a result."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from search.documents import Language
from search.embeddings.protocol import Vectors
from search.engines.opensearch.client import Client
from search.engines.opensearch.mapping import VECTOR
from search.engines.opensearch.statistics import Statistics
from search.engines.opensearch.window import Candidate, Window, score, wanted_fields
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

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """best_lexical, best_reach: the highest of the whole catalogue; identified: ids whose own code was typed.

    extras: ids that are results though their words would not make them; match: every result, for filter context.
    found: the best by words, and by meaning where words are weak; is_whole: they are all that have any of the words.
    """

    text: str
    words: Words
    vector: Vectors | None
    best_lexical: float
    best_reach: float
    identified: frozenset[str]
    extras: frozenset[str]
    least_reach: float
    match: Query
    found: tuple[Candidate, ...]
    is_whole: bool

    def window(self) -> Window:
        """A copy to work on, each candidate told whether it is a result."""
        candidates = {one.id: one.copy() for one in self.found}
        for one in candidates.values():
            if one.lexical is None and self.is_whole:
                one.lexical = 0.0
            if one.lexical is not None:
                one.inside = self.is_result(one)
        return Window(candidates)

    def is_result(self, candidate: Candidate) -> bool:
        reach = self.words.held(candidate.names).reach
        return candidate.id in self.extras or reach >= max(self.least_reach, 1e-6) * (1 - _ROUNDING)


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
        self,
        index: str,
        text: str,
        language: Language,
        vector: Vectors | None,
        at_least: int,
        joined: Callable[[str], bool],
    ) -> Plan:
        key = (index, text, language, vector is not None, at_least)
        now = time.monotonic()
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and now - kept[0] < KEPT_SECONDS:
                return kept[1]
        made = self._make(index, text, language, vector, at_least, joined)
        with self._lock:
            self._kept[key] = (now, made)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT_PLANS:
                self._kept.popitem(last=False)
        return made

    def read_words(self, index: str, text: str, language: Language, joined: Callable[[str], bool]) -> Words:
        """The question with the catalogue's figures."""
        question = ask(text, language, self._weights, joined)
        asked = [term.term for term in question.terms]
        asked += [term for one in question.synonyms for alternative in one.alternatives for term in alternative]
        return Words(question, self._statistics.counts(index, language, asked), self._weights)

    def _make(
        self,
        index: str,
        text: str,
        language: Language,
        vector: Vectors | None,
        at_least: int,
        joined: Callable[[str], bool],
    ) -> Plan:
        weights = self._weights
        words = self.read_words(index, text, language, joined)
        fields = wanted_fields(language, text)
        codes = sorted(typed_codes(text))
        bodies = [columns_body(words.score_query(named=True), fields, WINDOW)]
        if codes:
            coded: Query = {"bool": {"filter": [{"terms": {"codes": codes}}]}}
            bodies.append(columns_body(coded, fields, _MANY_CODES))
        answers = self._client.ask_all(index, bodies, search_type=self._statistics.search_type)
        by_words = answers[0]["hits"]["hits"]
        window = Window()
        window.add_words(by_words, language)
        # whoever holds most of the words is among the best by words
        best_reach = max((words.held(one.names).reach for one in window.candidates.values()), default=0.0)
        identified = frozenset(str(hit["fields"]["id"][0]) for hit in (answers[1]["hits"]["hits"] if codes else ()))
        least = weights.coverage_floor * best_reach
        plan = Plan(
            text=text,
            words=words,
            vector=vector,
            best_lexical=float(by_words[0]["_score"]) if by_words else 0.0,
            best_reach=best_reach,
            identified=identified,
            extras=frozenset(),
            least_reach=least,
            match=MATCH_NONE,
            found=tuple(window.candidates.values()),
            is_whole=len(by_words) < WINDOW,
        )
        extras = identified | self._extras(index, plan, window, fields, at_least)
        match = words.match_query(least) if best_reach else MATCH_NONE
        if extras:
            match = {"bool": {"should": [match, ids_query(extras)], "minimum_should_match": 1}}
        return replace(plan, extras=extras, match=match, found=tuple(window.candidates.values()))

    def _extras(self, index: str, plan: Plan, window: Window, fields: Sequence[str], at_least: int) -> frozenset[str]:
        """Results beyond those by their words: the nearest in meaning where words are weak; of a longer question
        that finds little, and where more is asked for, the next best. What was looked at joins the window.
        """
        weights, words = self._weights, plan.words
        by_words = {one.id for one in plan.found if plan.is_result(one)}
        is_weak = plan.best_reach < weights.weak_coverage or len(by_words) < weights.few_results
        is_loose = words.question.word_count >= weights.loose_words and not plan.identified
        wants_meaning = (is_weak and not plan.identified) or at_least > len(by_words)
        if plan.vector is not None and wants_meaning:
            body = columns_body(knn_query(plan.vector, WINDOW, None), fields, BY_MEANING)
            (answer,) = self._client.ask_all(index, [body])
            window.add_meaning(answer["hits"]["hits"], words.language)
        candidates = list(window.candidates.values())
        extras = self._nearest(candidates) if is_weak and not plan.identified else set[str]()
        wanted = max(weights.loose_results if is_loose else 0, at_least)
        if wanted <= len(by_words | extras):
            return frozenset(extras)
        self.look_up_cosines(index, plan, candidates)
        has_meaning = plan.vector is not None
        best = plan.best_lexical
        scores = score(candidates, words, plan.text, best, weights, plan.identified, has_meaning=has_meaning)
        rest = [one for one in candidates if one.id not in by_words | extras | plan.identified]
        rest.sort(key=lambda one: (-scores[one.id], one.id))
        if is_loose:
            floor, missing = weights.loose_floor * plan.best_reach, weights.loose_results - len(by_words | extras)
            held = [one for one in rest if one.lexical and words.held(one.names).reach >= floor]
            extras |= {one.id for one in held[: max(0, missing)]}
        missing = at_least - len(by_words | extras)
        useful = [one for one in rest if one.id not in extras and (one.lexical or (one.cosine or 0.0) > 0)]
        return frozenset(extras | {one.id for one in useful[: max(0, missing)]})

    def _nearest(self, found: Sequence[Candidate]) -> set[str]:
        weights = self._weights
        near = [(one.cosine, one.id) for one in found if one.cosine is not None]
        floor = max(weights.meaning_floor, max((cosine for cosine, _ in near), default=-1.0) - weights.meaning_margin)
        near.sort(key=lambda pair: (-pair[0], pair[1]))
        return {identity for cosine, identity in near[: weights.meaning_results] if cosine >= floor}

    def look_up_cosines(self, index: str, plan: Plan, candidates: Sequence[Candidate]) -> None:
        """Fill in the cosines that are not known yet."""
        missing = [one for one in candidates if one.cosine is None]
        if plan.vector is None or not missing:
            return
        (answer,) = self._client.ask_all(index, [cosine_body(plan.vector, [one.id for one in missing])])
        cosines = read_cosines(answer)
        for one in missing:
            one.cosine = cosines.get(one.id, 0.0)


def columns_body(query: Query, fields: Sequence[str], size: int) -> Body:
    """Hits with some columns and without their source."""
    return {
        "query": query,
        "size": size,
        # even an id is read from the stored document, which is unpacked for it; columns are not
        "stored_fields": "_none_",
        "docvalue_fields": list(fields),
        "track_total_hits": False,
    }


def knn_query(vector: Vectors, count: int, filters: Sequence[Query] | None) -> Query:
    """The nearest to a unit vector, of those that meet the filters."""
    wish: Query = {"vector": vector.tolist(), "k": count}
    if filters:
        wish["filter"] = {"bool": {"filter": list(filters)}}
    return {"knn": {VECTOR: wish}}


def ids_query(ids: Sequence[str] | frozenset[str] | set[str]) -> Query:
    return {"ids": {"values": sorted(ids)}}


def exact_query(vector: Vectors, clauses: Sequence[Query]) -> Query:
    """Exact cosines of the documents that meet the clauses, scored as a vector query scores."""
    script = {
        "source": f"(1.0 + cosineSimilarity(params.vector, doc['{VECTOR}'])) / 2.0",
        "params": {"vector": vector.tolist()},
    }
    return {"script_score": {"query": {"bool": {"filter": list(clauses)}}, "script": script}}


def cosine_body(vector: Vectors, ids: Sequence[str]) -> Body:
    """Exact cosines of some documents; those without a vector are left out."""
    return columns_body(exact_query(vector, [ids_query(ids), {"exists": {"field": VECTOR}}]), ["id"], len(ids))


def read_cosines(answer: Body) -> dict[str, float]:
    """Cosine by id."""
    return {hit["fields"]["id"][0]: 2.0 * float(hit["_score"]) - 1.0 for hit in answer["hits"]["hits"]}
