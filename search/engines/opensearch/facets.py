"""Facets as a request of their own: counts in filter context, so that the server can keep them.

Each facet is counted without its own filter, on documents with one offer that meets all the others. Where no other
offer filter stands, what the offers say together gives the same counts for less. Two readings: the values and the
span of prices first, then what needs them (price bars, days of delivery).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from search.documents import CONDITION_FAMILIES, SELLER_KINDS
from search.engines.opensearch.filters import (
    PRICE_FILTERS,
    Clause,
    document_clauses,
    has_fitting_offer,
    offer_clauses,
)
from search.facet_values import SAVINGS, most_frequent, price_edges
from search.queries import Filters
from search.results import Facets, FacetValue, PriceBar

Aggregations = dict[str, Any]
Answer = Mapping[str, Any]
_MANY_VALUES = 1_000
_NEARLY_ALL = 95
_HAS_OFFER: Clause = {"range": {"offer_count": {"gt": 0}}}
# facet -> (own field of Filters, field of an offer, what the offers say together)
_LISTED = {
    "condition": ("conditions", "family", "families"),
    "grade": ("grades", "grade", "grades"),
    "colour": ("colours", "colour", "colours"),
    "size": ("sizes", "size", "sizes"),
    "seller_kind": ("seller_kinds", "seller_kind", "seller_kinds"),
}
_OF_DOCUMENTS = {"brand": ("brands", "brand"), "category": ("categories", "categories")}


def value_aggregations(filters: Filters) -> Aggregations:
    """The first reading."""
    found: Aggregations = {}
    for name, (own, field, rolled) in _LISTED.items():
        found[name] = _on_offers(filters, (own,), _terms(f"offers.{field}"), _terms(rolled))
    for name, (own, field) in _OF_DOCUMENTS.items():
        clauses = document_clauses(filters, without=(own,)) + (has_fitting_offer(filters) or [_HAS_OFFER])
        found[name] = _filtered(clauses, {"values": _terms(field)})
    ranges = {"field": "offers.saving", "ranges": [{"key": str(percent), "from": percent} for percent in SAVINGS]}
    found["saving"] = _on_offers(filters, ("saving_percent_min",), {"range": ranges}, _terms("savings"))
    free = document_clauses(filters) + has_fitting_offer(Filters(**(_as_dict(filters) | {"has_free_delivery": True})))
    found["free"] = _filtered(free, {})
    found["days"] = _on_offers(filters, ("delivery_days_max",), _terms("offers.days"), _terms("deliveries"))
    found["prices"] = _prices(filters)
    return found


def _as_dict(filters: Filters) -> dict[str, Any]:
    return {name: getattr(filters, name) for name in Filters.__dataclass_fields__}


def _terms(field: str) -> Aggregations:
    return {"terms": {"field": field, "size": _MANY_VALUES}}


def _filtered(clauses: Sequence[Clause], inner: Aggregations) -> Aggregations:
    query: Clause = {"bool": {"filter": list(clauses)}} if clauses else {"match_all": {}}
    return {"filter": query, "aggs": inner} if inner else {"filter": query}


def _on_offers(
    filters: Filters, own: tuple[str, ...], of_offers: Aggregations, of_documents: Aggregations
) -> Aggregations:
    """Documents per value: by their offers where another offer filter has to hold on the same one."""
    clauses = offer_clauses(filters, without=own)
    documents = document_clauses(filters, without=own)
    if not clauses:
        return _filtered(documents, {"values": of_documents})
    counted = of_offers | {"aggs": {"documents": {"reverse_nested": {}}}}
    inside = {"nested": {"path": "offers"}, "aggs": {"fitting": _filtered(clauses, {"values": counted})}}
    return _filtered(documents, {"offers": inside})


def _prices(filters: Filters) -> Aggregations:
    clauses = offer_clauses(filters, without=PRICE_FILTERS)
    field = "offers.total" if clauses else "price_min"
    span: Aggregations = {
        "lowest": {"min": {"field": field}},
        "highest": {"max": {"field": field}},
        "high": {"percentiles": {"field": field, "percents": [_NEARLY_ALL]}},
    }
    if not clauses:
        return _filtered(document_clauses(filters), span)
    inside = {"nested": {"path": "offers"}, "aggs": {"fitting": _filtered(clauses, span)}}
    return _filtered(document_clauses(filters), {"offers": inside})


def edges_of(answer: Answer) -> list[int]:
    """Where the price bars begin and end; empty without an offer."""
    found = answer["prices"]
    found = found["offers"]["fitting"] if "offers" in found else found
    if found["lowest"]["value"] is None:
        return []
    high = next(iter(found["high"]["values"].values()))
    return price_edges(int(found["lowest"]["value"]), int(high), int(found["highest"]["value"]))


def days_of(answer: Answer) -> list[int]:
    """Days of delivery that offers promise, ascending."""
    keys = [str(bucket["key"]) for bucket in _buckets(answer["days"])]
    return sorted(int(key) for key in keys if key.isdigit())


def step_aggregations(filters: Filters, edges: Sequence[int], days: Sequence[int]) -> Aggregations:
    """The second reading: documents with a fitting offer below each price, and within so many days."""
    found: Aggregations = {}
    if edges:
        found["below"] = _up_to(filters, PRICE_FILTERS, "total", "price_min", [(edge, edge) for edge in edges[1:]])
    if days:
        steps = [(most, most + 1) for most in days]
        found["within"] = _up_to(filters, ("delivery_days_max",), "days", "days_min", steps)
    return found


def _up_to(
    filters: Filters, own: tuple[str, ...], field: str, rolled: str, steps: Sequence[tuple[int, int]]
) -> Aggregations:
    ranges = [{"key": str(name), "to": end} for name, end in steps]
    of_offers = {"range": {"field": f"offers.{field}", "ranges": ranges}}
    return _on_offers(filters, own, of_offers, {"range": {"field": rolled, "ranges": ranges}})


def read_facets(filters: Filters, values: Answer, steps: Answer, edges: Sequence[int], days: Sequence[int]) -> Facets:
    """The two readings as facets."""
    below = _counts(steps["below"]) if edges else {}
    bars, before = [], 0
    for start, end in pairwise(edges):
        here = below.get(str(end), 0)
        bars.append(PriceBar(from_minor=start, below_minor=end, count=here - before))
        before = here
    brands, categories = (_counts(values[name]).items() for name in ("brand", "category"))
    return Facets(
        values={
            "condition": _fixed(CONDITION_FAMILIES, _counts(values["condition"]), filters.conditions),
            "grade": most_frequent(_counts(values["grade"]).items(), filters.grades),
            "category": most_frequent(categories, filters.categories),
            "brand": most_frequent(brands, filters.brands),
            "colour": most_frequent(_counts(values["colour"]).items(), filters.colours),
            "size": most_frequent(_counts(values["size"]).items(), filters.sizes),
            "seller_kind": _fixed(SELLER_KINDS, _counts(values["seller_kind"]), filters.seller_kinds),
            "saving": _savings(_counts(values["saving"]), filters),
            "delivery": _deliveries(int(values["free"]["doc_count"]), steps, days, filters),
        },
        price_bars=tuple(bars),
    )


def _buckets(answer: Answer) -> list[Answer]:
    found = answer["offers"]["fitting"]["values"] if "offers" in answer else answer["values"]
    buckets: list[Answer] = found["buckets"]
    return buckets


def _counts(answer: Answer) -> dict[str, int]:
    """Documents per value."""
    return {
        str(bucket["key"]): int(bucket["documents"]["doc_count"] if "documents" in bucket else bucket["doc_count"])
        for bucket in _buckets(answer)
    }


def _fixed(names: Sequence[str], counts: Mapping[str, int], selected: frozenset[str]) -> tuple[FacetValue, ...]:
    return tuple(
        FacetValue(value=name, count=counts.get(name, 0), is_selected=name in selected)
        for name in names
        if counts.get(name) or name in selected
    )


def _savings(counts: Mapping[str, int], filters: Filters) -> tuple[FacetValue, ...]:
    chosen = frozenset({str(filters.saving_percent_min)}) if filters.saving_percent_min in SAVINGS else frozenset()
    return _fixed([str(percent) for percent in SAVINGS], counts, frozenset(chosen))


def _deliveries(free: int, steps: Answer, days: Sequence[int], filters: Filters) -> tuple[FacetValue, ...]:
    values = []
    if free or filters.has_free_delivery:
        values.append(FacetValue(value="free", count=free, is_selected=filters.has_free_delivery))
    within = _counts(steps["within"]) if days else {}
    for most in days:
        is_selected = filters.delivery_days_max == most
        values.append(FacetValue(value=str(most), count=within.get(str(most), 0), is_selected=is_selected))
    return tuple(values)
