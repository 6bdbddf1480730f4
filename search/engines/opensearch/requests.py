"""Requests of the engine as the server reads them. Pure dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from search.embeddings.protocol import Vectors
from search.engines.opensearch.mapping import VECTOR
from search.queries import Sort

Query = dict[str, Any]
Body = dict[str, Any]
# name of the exact cosine among a hit's columns
COSINE = "cosine"
# sorted by a field that a document lacks
_NO_VALUE = 2**62
_COSINE_SCRIPT = (
    f"if (doc['{VECTOR}'].size() == 0) return 0.0; return (double) cosineSimilarity(params.q, doc['{VECTOR}'])"
)


def columns_body(query: Query, fields: Sequence[str], size: int, *, near: Vectors | None = None) -> Body:
    """Hits with some columns and without their source. near: a vector whose cosine with each hit is told too."""
    body: Body = {
        "query": query,
        "size": size,
        # even an id is read from the stored document, which is unpacked for it; columns are not
        "stored_fields": "_none_",
        "docvalue_fields": list(fields),
        "track_total_hits": False,
    }
    if near is not None:
        body["script_fields"] = {COSINE: {"script": {"source": _COSINE_SCRIPT, "params": {"q": near}}}}
    return body


def knn_query(vector: Vectors, count: int, filters: Sequence[Query] | None) -> Query:
    """The nearest to a unit vector, of those that meet the filters."""
    wish: Query = {"vector": vector, "k": count}
    if filters:
        wish["filter"] = {"bool": {"filter": list(filters)}}
    return {"knn": {VECTOR: wish}}


def ids_query(ids: Sequence[str] | frozenset[str] | set[str]) -> Query:
    return {"ids": {"values": sorted(ids)}}


def exact_query(vector: Vectors, clauses: Sequence[Query]) -> Query:
    """Exact cosines of the documents that meet the clauses, scored as a vector query scores."""
    script = {"source": f"(1.0 + cosineSimilarity(params.q, doc['{VECTOR}'])) / 2.0", "params": {"q": vector}}
    return {"script_score": {"query": {"bool": {"filter": list(clauses)}}, "script": script}}


def filtered(clauses: Sequence[Query]) -> Query:
    return {"bool": {"filter": list(clauses)}} if clauses else {"match_all": {}}


def counting(clauses: Sequence[Query], aggregations: Body) -> Body:
    """No hits: the server can keep such an answer."""
    return {"query": filtered(clauses), "size": 0, "track_total_hits": False, "aggs": aggregations}


def sort_by(sort: Sort, clauses: Sequence[Query]) -> Body:
    """By the best of the offers that meet the clauses."""
    field, order, mode = {
        "price": ("offers.total", "asc", "min"),
        "saving": ("offers.saving", "desc", "max"),
        "newest": ("offers.published", "desc", "max"),
    }[sort]
    nested: dict[str, Any] = {"path": "offers"}
    if clauses:
        nested["filter"] = {"bool": {"filter": list(clauses)}}
    return {field: {"order": order, "mode": mode, "nested": nested, "missing": "_last"}}


def sort_value(sort: Sort, hit: Mapping[str, Any]) -> float:
    """As the embedded engine scores orders: the higher, the earlier."""
    value = float(hit["sort"][0])
    if abs(value) >= _NO_VALUE:
        return float("-inf") if sort == "price" else -1.0
    return -value if sort == "price" else value
