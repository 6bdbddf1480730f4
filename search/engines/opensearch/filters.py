"""From `Filters` to clauses of the server, and the same conditions on the offers of a card. Pure.

All offer conditions hold on one and the same offer: two of them are asked of the nested offers together; one alone is
asked of what the offers say together, which is cheaper.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from search.facet_values import SAVINGS
from search.queries import Filters

Clause = dict[str, Any]
Offer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _OfferFilter:
    """One filter on offers. clause: on nested offers; rolled: on the document, None where only offers can say it."""

    clause: Callable[[Any], Clause]
    rolled: Callable[[Any], Clause | None]
    fits: Callable[[Offer, Any], bool]


def _listed(field: str, roll_up: str) -> _OfferFilter:
    return _OfferFilter(
        clause=lambda wanted: {"terms": {f"offers.{field}": sorted(wanted)}},
        rolled=lambda wanted: {"terms": {roll_up: sorted(wanted)}},
        fits=lambda offer, wanted: offer[field] in wanted,
    )


_OFFER_FILTERS: dict[str, _OfferFilter] = {
    "conditions": _listed("family", "families"),
    "grades": _listed("grade", "grades"),
    "colours": _listed("colour", "colours"),
    "sizes": _listed("size", "sizes"),
    "seller_kinds": _listed("seller_kind", "seller_kinds"),
    "seller_ids": _listed("seller_id", "seller_ids"),
    "price_min_minor": _OfferFilter(
        clause=lambda least: {"range": {"offers.total": {"gte": least}}},
        rolled=lambda least: None,
        fits=lambda offer, least: offer["total"] >= least,
    ),
    "price_max_minor": _OfferFilter(
        clause=lambda most: {"range": {"offers.total": {"lte": most}}},
        rolled=lambda most: {"range": {"price_min": {"lte": most}}},
        fits=lambda offer, most: offer["total"] <= most,
    ),
    "saving_percent_min": _OfferFilter(
        clause=lambda least: {"range": {"offers.saving": {"gte": least}}},
        rolled=lambda least: {"term": {"savings": str(least)}} if least in SAVINGS else None,
        fits=lambda offer, least: offer["saving"] >= least,
    ),
    "delivery_days_max": _OfferFilter(
        clause=lambda most: {"range": {"offers.days": {"lte": most}}},
        rolled=lambda most: {"range": {"days_min": {"lte": most}}},
        fits=lambda offer, most: offer.get("days") is not None and offer["days"] <= most,
    ),
    "has_free_delivery": _OfferFilter(
        clause=lambda wanted: {"term": {"offers.free": True}},
        rolled=lambda wanted: {"term": {"deliveries": "free"}},
        fits=lambda offer, wanted: bool(offer["free"]),
    ),
}
PRICE_FILTERS = ("price_min_minor", "price_max_minor")


def _wishes(filters: Filters, without: tuple[str, ...]) -> dict[str, Any]:
    found = {name: getattr(filters, name) for name in _OFFER_FILTERS if name not in without}
    return {
        name: value
        for name, value in found.items()
        if value is not None and value is not False and value != frozenset()
    }


def offer_clauses(filters: Filters, *, without: tuple[str, ...] = ()) -> list[Clause]:
    """What one nested offer must meet."""
    return [_OFFER_FILTERS[name].clause(value) for name, value in _wishes(filters, without).items()]


def has_fitting_offer(filters: Filters, *, without: tuple[str, ...] = ()) -> list[Clause]:
    """Clauses on documents: one of its offers meets all offer filters; empty when there is none."""
    wishes = _wishes(filters, without)
    if len(wishes) == 1:
        ((name, value),) = wishes.items()
        rolled = _OFFER_FILTERS[name].rolled(value)
        if rolled is not None:
            return [rolled]
    if not wishes:
        return []
    return [{"nested": {"path": "offers", "query": {"bool": {"filter": offer_clauses(filters, without=without)}}}}]


def document_clauses(filters: Filters, *, without: tuple[str, ...] = ()) -> list[Clause]:
    """Filters on the document itself."""
    fields = {"categories": "categories", "brands": "brand", "equivalent_of": "equivalent_of"}
    return [
        {"terms": {field: sorted(wanted)}}
        for name, field in fields.items()
        if name not in without and (wanted := getattr(filters, name))
    ]


def all_clauses(filters: Filters) -> list[Clause]:
    """Everything that a result must meet."""
    return document_clauses(filters) + has_fitting_offer(filters)


def offer_test(filters: Filters) -> Callable[[Offer], bool]:
    """A test whether a stored offer meets all offer filters."""
    wishes = [(_OFFER_FILTERS[name].fits, value) for name, value in _wishes(filters, ()).items()]
    return lambda offer: all(fits(offer, value) for fits, value in wishes)
