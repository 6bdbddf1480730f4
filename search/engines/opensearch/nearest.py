"""Neighbours: documents like another one, products that a listing may name, and how well the graph finds them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from search.analysis import normalise_code
from search.embeddings.protocol import Vectors
from search.engines.opensearch.cards import page_body, read_hit
from search.engines.opensearch.client import Client
from search.engines.opensearch.filters import all_clauses
from search.engines.opensearch.generations import IndexFacts
from search.engines.opensearch.mapping import VECTOR
from search.engines.opensearch.plan import WINDOW
from search.engines.opensearch.requests import Body, columns_body, exact_query, ids_query, knn_query
from search.engines.opensearch.window import Candidate, Window, score, wanted_fields
from search.engines.opensearch.words import MATCH_NONE, Query, Words
from search.engines.protocol import NearProduct
from search.queries import Filters
from search.ranking.weights import RankingWeights
from search.results import Hit
from search.terms import typed_codes

_BY_MEANING_SHARE = 0.3
_CODE_SCORE = 100.0
_LOOKED_AT = 4
_RECALL_AT = 10
_SECONDS = 30.0
_IS_PRODUCT: Query = {"term": {"kind": "product"}}


def similar(client: Client, index: str, document_id: str, filters: Filters, limit: int) -> tuple[Hit, ...]:
    """Documents nearest in meaning to a stored one; empty where it has no vector."""
    answer = client.call("POST", f"/{index}/_mget", {"ids": [document_id]}, params={"_source": VECTOR})
    stored = answer["docs"][0].get("_source", {}).get(VECTOR)
    if stored is None or limit <= 0:
        return ()
    vector = np.asarray(stored, np.float32)
    others: list[Query] = [{"bool": {"must_not": [{"ids": {"values": [document_id]}}]}}]
    count = max(WINDOW, limit * _LOOKED_AT)
    body = page_body(knn_query(vector, count, [*others, *all_clauses(filters)]))
    (found,) = client.ask_all(index, [body | {"size": limit, "sort": [{"_score": "desc"}, {"id": "asc"}]}])
    return tuple(
        read_hit(hit, filters, 2.0 * float(hit["sort"][0]) - 1.0, None, Candidate(hit["_id"]))
        for hit in found["hits"]["hits"]
    )


def nearest_products(
    client: Client,
    index: str,
    text: str,
    words: Words,
    vector: Vectors | None,
    weights: RankingWeights,
    *,
    codes: Sequence[str],
    limit: int,
    search_type: str,
) -> list[NearProduct]:
    """At most `limit`, best first: those with one of the codes, then best by words and meaning together, and among
    them a share of the nearest in meaning alone.
    """
    own, typed = {code for one in codes for code in typed_codes(normalise_code(one))}, typed_codes(text)
    fields = wanted_fields(words.language, text)
    window = Window()

    def ask(bodies: Sequence[Body]) -> list[list[Body]]:
        return [one["hits"]["hits"] for one in client.ask_all(index, bodies, search_type=search_type)]

    best, by_words, *by_codes, by_meaning = ask(_bodies(words, vector, fields, own, typed))
    window.add_words(by_words, words.language)
    coded, identified = (frozenset(window.get(hit["fields"]["id"][0]).id for hit in hits) for hits in by_codes)
    window.add_meaning(by_meaning, words.language)
    candidates = list(window.candidates.values())
    unknown = [one.id for one in candidates if one.lexical is None]
    if unknown:
        query: Query = {"bool": {"filter": [ids_query(unknown)], "should": [words.score_query(named=True)]}}
        (found,) = ask([columns_body(query, fields, len(unknown), near=vector)])
        window.add_words(found, words.language)
    best_lexical = max((float(hit["_score"]) for hit in best), default=0.0)
    scores = score(candidates, words, text, best_lexical, weights, identified, has_meaning=vector is not None)
    for identity in coded:
        scores[identity] += _CODE_SCORE
    ranked = sorted(candidates, key=lambda one: (-scores[one.id], one.id))
    chosen = ranked[:limit]
    if vector is not None:
        closest = sorted(candidates, key=lambda one: (-(one.cosine or 0.0), one.id))
        nearest = closest[: max(1, round(limit * _BY_MEANING_SHARE))]
        new = [one for one in nearest if one not in chosen]
        chosen = sorted([*chosen[: limit - len(new)], *new], key=lambda one: (-scores[one.id], one.id))
    return [
        NearProduct(id=one.id, score=scores[one.id], cosine=math.nan if vector is None else one.cosine or 0.0)
        for one in chosen
    ]


def _bodies(words: Words, vector: Vectors | None, fields: Sequence[str], own: set[str], typed: set[str]) -> list[Body]:
    """The best of the whole catalogue by words, for its score; products by words, by each kind of codes, by meaning."""
    by_words: Query = {"bool": {"must": [words.score_query(named=True)], "filter": [_IS_PRODUCT]}}
    by_codes: list[Query] = [
        {"bool": {"filter": [{"terms": {"codes": sorted(codes)}}, _IS_PRODUCT]}} for codes in (own, typed)
    ]
    by_meaning = MATCH_NONE if vector is None else knn_query(vector, WINDOW, [_IS_PRODUCT])
    return [
        columns_body(words.score_query(named=False), [], 1),
        columns_body(by_words, fields, WINDOW, near=vector),
        *(columns_body(query, ["id"], WINDOW) for query in by_codes),
        columns_body(by_meaning, fields, WINDOW),
    ]


def vector_recall(
    client: Client, live: IndexFacts, sample: int, filters: Filters | None = None
) -> tuple[float | None, int]:
    """Share of the true ten nearest that the graph finds, over so many stored documents, None without vectors; and
    how many of its hits do not meet the filters.
    """
    if not live.dimensions:
        return None, 0
    clauses = [{"exists": {"field": VECTOR}}, *all_clauses(filters or Filters())]
    chosen = {"function_score": {"query": clauses[0], "random_score": {}, "boost_mode": "replace"}}
    body = {"query": chosen, "size": sample, "_source": [VECTOR], "track_total_hits": False}
    hits = client.call("POST", f"/{live.index}/_search", body, seconds=_SECONDS)["hits"]["hits"]
    found = wanted = outside = 0
    for hit in hits:
        vector = np.asarray(hit["_source"][VECTOR], np.float32)
        by_graph, true = (
            _ten(client, live.index, query)
            for query in (knn_query(vector, WINDOW, clauses[1:]), exact_query(vector, clauses))
        )
        # equal scores may stand in for one another: copies of a product are as near as it is itself
        worst = float(true[-1]["_score"]) - 1e-6 if true else 0.0
        found += min(len(true), sum(float(one["_score"]) >= worst for one in by_graph))
        wanted += len(true)
        ids = [one["fields"]["id"][0] for one in by_graph]
        inside = _ten(client, live.index, {"bool": {"filter": [{"terms": {"id": ids}}, *clauses]}})
        outside += len(ids) - len(inside)
    return (found / wanted if wanted else None), outside


def _ten(client: Client, index: str, query: Query) -> list[Body]:
    body = columns_body(query, ["id"], _RECALL_AT)
    hits: list[Body] = client.call("POST", f"/{index}/_search", body, seconds=_SECONDS)["hits"]["hits"]
    return hits
