"""From an understood query to a page of hits: three round trips, each of several searches at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from search.embeddings.protocol import Vectors
from search.engines.opensearch.cards import near_body, page_body, read_hit, under_cards
from search.engines.opensearch.client import Client
from search.engines.opensearch.facets import (
    days_of,
    edges_of,
    read_facets,
    step_aggregations,
    value_aggregations,
)
from search.engines.opensearch.filters import all_clauses, offer_clauses
from search.engines.opensearch.folding import Cards, fold_window
from search.engines.opensearch.plan import WINDOW, Asked, Plan, Planner
from search.engines.opensearch.requests import Body, columns_body, counting, filtered, ids_query, sort_by, sort_value
from search.engines.opensearch.statistics import Statistics
from search.engines.opensearch.window import INSIDE, Window, score, wanted_fields
from search.engines.opensearch.window import Hit as Columns
from search.engines.opensearch.words import Query
from search.engines.protocol import Retrieval
from search.queries import SearchQuery, Sort
from search.ranking.weights import RankingWeights
from search.results import Facets, Hit

# products that many listings of one answer are near to; beyond them a listing stands by itself on far pages
MOST_PRODUCTS = 10_000
_ID = {"id": {"order": "asc"}}


class _Round:
    """Searches of one round trip, by name."""

    def __init__(self) -> None:
        self.bodies: dict[str, Body] = {}

    def ask(self, client: Client, index: str, search_type: str) -> dict[str, Body]:
        if not self.bodies:
            return {}
        answers = client.ask_all(index, list(self.bodies.values()), search_type=search_type)
        return dict(zip(self.bodies, answers, strict=True))


@dataclass(slots=True)
class _Facts:
    """total: results; offers: theirs that fit; near: listings among them by the product they are near to."""

    total: int
    offers: int
    near: Mapping[str, int]


class Retriever:
    """Answers queries of one index (an alias is fine). Holds no state of an answer."""

    def __init__(self, client: Client, statistics: Statistics, planner: Planner, weights: RankingWeights) -> None:
        self._client, self._statistics, self._planner, self._weights = client, statistics, planner, weights

    def retrieve(
        self,
        index: str,
        query: SearchQuery,
        vector: Vectors | None,
        joined: Callable[[str], bool],
        *,
        with_facets: bool,
        at_least: int,
    ) -> Retrieval:
        """As the protocol says. vector: of the query; joined: has the catalogue this word?"""
        plan, hits_of_window = None, None
        if query.text.strip():
            asked = Asked(index, query.text, query.language, vector, at_least)
            filters = all_clauses(query.filters)
            is_sorted = query.sort != "relevance"
            plan, hits_of_window = self._planner.plan(
                asked, joined, is_bare=is_sorted or bool(filters), filters=[] if is_sorted else filters
            )
        asking = _Asking(self, index, query, plan, hits_of_window, with_facets)
        hits, cards = asking.by_relevance() if query.sort == "relevance" else asking.by(query.sort)
        return Retrieval(
            hits=hits,
            total=asking.facts.total,
            total_cards=cards,
            total_offers=asking.facts.offers,
            facets=asking.facets,
            is_words_only=plan is not None and vector is None,
        )


class _Asking:
    """One query on its way to an answer."""

    def __init__(
        self,
        retriever: Retriever,
        index: str,
        query: SearchQuery,
        plan: Plan | None,
        hits_of_window: Sequence[Columns] | None,
        with_facets: bool,
    ) -> None:
        self._client, self._weights = retriever._client, retriever._weights
        self._search_type, self._hits_of_window = retriever._statistics.search_type, hits_of_window
        self._index, self._query, self._plan, self._with_facets = index, query, plan, with_facets
        self._filters = all_clauses(query.filters)
        self._match: list[Query] = [plan.match] if plan else []
        self._scope = self._match + self._filters
        self._fields = wanted_fields(query.language, query.text) if plan else ["id", "equivalent_of"]
        self.facts = _Facts(0, 0, {})
        self.facets = Facets()

    def _ask(self, round_: _Round) -> dict[str, Body]:
        return round_.ask(self._client, self._index, self._search_type)

    # ---- what every answer needs -----------------------------------------------------------------------------

    def _add_facts(self, round_: _Round, *, with_near: bool) -> None:
        clauses = offer_clauses(self._query.filters)
        fitting: Body = {"sum": {"field": "offer_count"}}
        if clauses:
            inner = {"fitting": {"filter": {"bool": {"filter": clauses}}}}
            fitting = {"nested": {"path": "offers"}, "aggs": inner}
        told: Body = {"offers": fitting}
        if with_near:
            told["near"] = {"terms": {"field": "equivalent_of", "size": MOST_PRODUCTS}}
        # facets leave out one filter each, so they look at every result of the words
        facets, filters = (value_aggregations(self._query.filters), self._filters) if self._with_facets else ({}, [])
        query = self._match if self._with_facets else self._scope
        round_.bodies["facts"] = counting(query, {"facts": {"filter": filtered(filters), "aggs": told}, **facets})

    def _read_facts(self, answers: Mapping[str, Body]) -> None:
        found = answers["facts"]["aggregations"]["facts"]
        offers = found["offers"]
        count = offers["fitting"]["doc_count"] if "fitting" in offers else offers["value"]
        near = found.get("near", {"buckets": ()})["buckets"]
        self.facts = _Facts(int(found["doc_count"]), int(count), {one["key"]: int(one["doc_count"]) for one in near})

    def _add_steps(self, round_: _Round, answers: Mapping[str, Body]) -> tuple[list[int], list[int]]:
        if not self._with_facets:
            return [], []
        values = answers["facts"]["aggregations"]
        edges, days = edges_of(values), days_of(values)
        steps = step_aggregations(self._query.filters, edges, days)
        if steps:
            round_.bodies["steps"] = counting(self._match, steps)
        return edges, days

    def _read_facets(
        self, first: Mapping[str, Body], second: Mapping[str, Body], edges: Sequence[int], days: Sequence[int]
    ) -> None:
        if self._with_facets:
            steps = second["steps"]["aggregations"] if "steps" in second else {}
            self.facets = read_facets(self._query.filters, first["facts"]["aggregations"], steps, edges, days)

    def _look_up(self, round_: _Round, ids: Sequence[str]) -> None:
        """What the words and the meaning of some documents say, and whether they are results."""
        if not ids:
            return
        should: list[Query] = [{"bool": {"filter": self._scope or [{"match_all": {}}], "_name": INSIDE}}]
        near = None
        if self._plan is not None:
            should.append(self._plan.words.score_query(named=True))
            near = self._plan.vector
        query: Query = {"bool": {"filter": [ids_query(ids)], "should": should}}
        fields = self._fields if self._plan else [*self._fields, "browse"]
        round_.bodies["words"] = columns_body(query, fields, len(ids), near=near)

    # ---- price, saving, newest -------------------------------------------------------------------------------

    def by(self, sort: Sort) -> tuple[tuple[Hit, ...], int]:
        """Every result at its own place."""
        round_ = _Round()
        self._add_facts(round_, with_near=False)
        round_.bodies["page"] = page_body(filtered(self._scope)) | {
            "sort": [sort_by(sort, offer_clauses(self._query.filters)), _ID],
            # without counting all of them, 3.x skips hits of large segments by a way that nested numbers do not have
            "track_total_hits": True,
            "from": self._query.offset,
            "size": self._query.page_size,
        }
        first = self._ask(round_)
        self._read_facts(first)
        second_round = _Round()
        edges, days = self._add_steps(second_round, first)
        hits = first["page"]["hits"]["hits"]
        window = Window()
        ids = [hit["_id"] for hit in hits]
        if self._plan is not None:
            self._look_up(second_round, ids)
        second = self._ask(second_round)
        self._read_facets(first, second, edges, days)
        self._read_words(window, second)
        cards = [
            read_hit(hit, self._query.filters, sort_value(sort, hit), self._plan, window.get(hit["_id"]))
            for hit in hits
        ]
        return tuple(cards), self.facts.total

    def _read_words(self, window: Window, answers: Mapping[str, Body]) -> None:
        """Fill in what a round has found out about candidates."""
        if "words" in answers:
            for hit in answers["words"]["hits"]["hits"]:
                window.get(hit["fields"]["id"][0]).browse = float(hit["fields"].get("browse", (0.0,))[0])
            window.add_words(answers["words"]["hits"]["hits"], self._query.language)

    # ---- relevance -------------------------------------------------------------------------------------------

    def by_relevance(self) -> tuple[tuple[Hit, ...], int]:
        """Cards with the equivalents under them, and how many cards there are on all pages."""
        round_ = _Round()
        self._add_facts(round_, with_near=True)
        window = self._known_window()
        if window is None:
            round_.bodies["window"] = self._window_body()
            first = self._ask(round_)
            window = self._read_window(first["window"]["hits"]["hits"])
            unknown = _Round()
            self._look_up(unknown, self._unknown(window))
            self._read_words(window, self._ask(unknown))
        else:
            self._look_up(round_, self._unknown(window))
            first = self._ask(round_)
            self._read_words(window, first)
        self._read_facts(first)
        for one in window.candidates.values():
            one.inside = bool(one.inside)
        scores = self._score(window)
        identified = self._plan.identified if self._plan else frozenset[str]()
        words = self._plan.words if self._plan else None
        cards = fold_window(window, scores, words, identified, self._weights)
        last = _Round()
        edges, days = self._add_steps(last, first)
        page, present = self._choose(last, window, cards)
        self._add_page(last, window, [identity for identity, _ in page])
        answers = self._ask(last)
        self._read_facets(first, answers, edges, days)
        if present is None:
            present = _read_present(answers)
        return self._read_page(answers, window, cards, scores, page), self._count_cards(window, cards, present)

    def _known_window(self) -> Window | None:
        """None where it has to be asked."""
        if self._plan is None:
            return None
        if not self._filters:
            return self._plan.window()
        return None if self._hits_of_window is None else self._plan.filtered_window(self._hits_of_window)

    def _window_body(self) -> Body:
        """The best by words that meet the filters; of a page without words, what is best to look at."""
        if self._plan is not None:
            return self._plan.filtered_body(self._filters)
        body = columns_body(filtered(self._scope), [*self._fields, "browse"], WINDOW)
        return body | {"sort": [{"browse": {"order": "desc"}}, _ID]}

    def _read_window(self, hits: Sequence[Columns]) -> Window:
        if self._plan is not None:
            return self._plan.filtered_window(hits)
        window = Window()
        for hit in hits:
            one = window.get(hit["fields"]["id"][0])
            one.near = hit["fields"].get("equivalent_of", ("",))[0]
            one.browse, one.inside = float(hit["fields"]["browse"][0]), True
        return window

    def _unknown(self, window: Window) -> list[str]:
        """Candidates of which too little is known, the products that listings of the window are near to among them."""
        for one in list(window.candidates.values()):
            if one.near and one.inside is not False:
                window.get(one.near)
        return [
            one.id
            for one in window.candidates.values()
            if one.inside is None or (self._plan is not None and one.inside and one.lexical is None)
        ]

    def _score(self, window: Window) -> dict[str, float]:
        candidates = list(window.candidates.values())
        if self._plan is None:
            return {one.id: one.browse for one in candidates}
        return score(
            candidates,
            self._plan.words,
            self._plan.asked.text,
            self._plan.best_lexical,
            self._weights,
            self._plan.identified,
            has_meaning=self._plan.vector is not None,
        )

    def _count_cards(self, window: Window, cards: Cards, present: frozenset[str]) -> int:
        """Results less those that stand under a card, in the window and beyond."""
        in_window: dict[str, int] = {}
        for one in window.candidates.values():
            if one.inside and one.near:
                in_window[one.near] = in_window.get(one.near, 0) + 1
        beyond = sum(self.facts.near[product] - in_window.get(product, 0) for product in present)
        return self.facts.total - len(cards.folded) - beyond

    def _choose(
        self, round_: _Round, window: Window, cards: Cards
    ) -> tuple[list[tuple[str, float]], frozenset[str] | None]:
        """Places of the page, by id; and which products are results of those that listings beyond the window are
        near to, None where `round_` asks for them.
        """
        start, size = self._query.offset, self._query.page_size
        page = list(cards.places[start : start + size])
        inside = [one.id for one in window.candidates.values() if one.inside]
        if self.facts.total <= len(inside):
            return page, frozenset()
        asks = _Round() if len(page) < size else round_
        if self.facts.near:
            query = filtered([ids_query(set(self.facts.near)), *self._scope])
            asks.bodies["present"] = columns_body(query, ["id"], len(self.facts.near))
        if asks is round_:
            return page, None
        present = _read_present(self._ask(asks))
        page += self._beyond(inside, present, max(0, start - len(cards.places)), size - len(page))
        return page, present

    def _add_page(self, round_: _Round, window: Window, ids: Sequence[str]) -> None:
        if not ids:
            return
        round_.bodies["page"] = page_body(ids_query(ids)) | {"size": len(ids)}
        products = [identity for identity in ids if identity.startswith("product:")]
        if products:
            words = self._plan.words.score_query(named=True) if self._plan else None
            round_.bodies["near"] = near_body(products, self._filters, self._match, words)
        if self._plan is not None:
            self._look_up(round_, [identity for identity in ids if window.get(identity).lexical is None])

    def _read_page(
        self,
        answers: Mapping[str, Body],
        window: Window,
        cards: Cards,
        scores: Mapping[str, float],
        page: Sequence[tuple[str, float]],
    ) -> tuple[Hit, ...]:
        if not page:
            return ()
        self._read_words(window, answers)
        found = {hit["_id"]: hit for hit in answers["page"]["hits"]["hits"]}
        hits = [
            read_hit(
                found[identity], self._query.filters, place, self._plan, window.get(identity), scores.get(identity)
            )
            for identity, place in page
            if identity in found
        ]
        if "near" not in answers:
            return tuple(hits)
        under = under_cards(self._client, self._index, answers["near"], cards, self._query, self._plan, window, scores)
        return tuple(
            replace(hit, equivalents=under[hit.id][0], equivalent_count=under[hit.id][1]) if hit.id in under else hit
            for hit in hits
        )

    def _beyond(self, inside: Sequence[str], present: frozenset[str], start: int, size: int) -> list[tuple[str, float]]:
        """Cards after the window: in the order of the words alone, or of browsing."""
        left_out: list[Query] = [ids_query(inside)]
        if present:
            left_out.append({"terms": {"equivalent_of": sorted(present)}})
        query: Query = {"bool": {"filter": self._scope or [{"match_all": {}}], "must_not": left_out}}
        body = {
            "size": size,
            "from": start,
            "track_total_hits": False,
            "stored_fields": "_none_",
            "docvalue_fields": ["id"],
        }
        if self._plan is None:
            body |= {"query": query, "sort": [{"browse": {"order": "desc"}}, _ID]}
        else:
            query["bool"]["should"] = [self._plan.words.score_query(named=False)]
            body |= {"query": query, "sort": [{"_score": {"order": "desc"}}, _ID], "track_scores": True}
        (answer,) = self._client.ask_all(self._index, [body], search_type=self._search_type)
        best = self._plan.best_lexical if self._plan else 1.0
        found = []
        for hit in answer["hits"]["hits"]:
            value = float(hit["sort"][0]) / (best or 1.0)
            found.append((hit["fields"]["id"][0], value))
        return found


def _read_present(answers: Mapping[str, Body]) -> frozenset[str]:
    hits = answers["present"]["hits"]["hits"] if "present" in answers else ()
    return frozenset(hit["fields"]["id"][0] for hit in hits)
