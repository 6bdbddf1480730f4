"""Facet counts: documents left per value, each facet counted without its own filter, on offers that meet the rest."""

from __future__ import annotations

import numpy as np

from search.documents import CONDITION_FAMILIES, SELLER_KINDS
from search.engines.embedded.columns import Columns, ragged_places
from search.engines.embedded.container import Array
from search.engines.embedded.filters import FilterMasks, Mask, document_mask
from search.facet_values import SAVINGS, most_frequent, price_edges
from search.queries import Filters
from search.results import Facets, FacetValue, PriceBar

_TABLE_CELLS = 4_000_000


class FacetCounter:
    """Offers and counts over one match set. matched: its rows, ascending, filters on documents not yet applied.

    offers: positions of its offers in the columns, cheapest first within a document; places: whose they are.
    """

    def __init__(self, columns: Columns, filters: Filters, matched: Array) -> None:
        self._columns, self._filters = columns, filters
        ends = columns.arrays["offer_ends"]
        starts, lengths = ends[matched], ends[matched + 1] - ends[matched]
        self.offers = ragged_places(starts, lengths)
        self.places = np.repeat(np.arange(len(matched), dtype=np.int64), lengths)
        self._ends = np.concatenate([[0], np.cumsum(lengths)])
        self._matched = matched
        self.masks = FilterMasks(columns, filters, self.offers)
        self._inside: dict[str | None, Mask | None] = {}

    def count(self) -> Facets:
        values: dict[str, tuple[FacetValue, ...]] = {
            "condition": self._fixed("conditions", "families", CONDITION_FAMILIES, self._filters.conditions),
            "grade": self._named("grades", "grades", "grades", self._filters.grades),
            "category": self._categories(),
            "brand": self._brands(),
            "colour": self._named("colours", "colours", "colours", self._filters.colours),
            "size": self._named("sizes", "sizes", "sizes", self._filters.sizes),
            "seller_kind": self._fixed("seller_kinds", "seller_kinds", SELLER_KINDS, self._filters.seller_kinds),
            "saving": self._savings(),
            "delivery": self._deliveries(),
        }
        return Facets(values=values, price_bars=self._price_bars())

    def fitting_offers(self) -> Mask:
        """Of `offers`: those that meet every filter, of documents that do too."""
        return self._fitting(None)

    def fitting_documents(self) -> Mask:
        """Of the match set: documents that meet the filters on documents (a copy)."""
        inside = self._inside_but(None)
        return np.ones(len(self._matched), bool) if inside is None else inside.copy()

    def offers_between(self, place: int) -> slice:
        """Where in `offers` those of one document of the match set lie."""
        return slice(int(self._ends[place]), int(self._ends[place + 1]))

    def _fitting(self, without: str | None) -> Mask:
        """Offers under consideration that meet all filters but one, document filters included."""
        kept = self.masks.offers_meeting(without=without)
        inside = self._inside_but(without if without in ("brands", "categories") else None)
        return kept if inside is None else kept & inside[self.places]

    def _inside_but(self, name: str | None) -> Mask | None:
        """Of the match set: documents that meet the filters on documents, the named one left out."""
        if name not in self._inside:
            self._inside[name] = document_mask(self._columns, self._filters, self._matched, without=name)
        return self._inside[name]

    def _documents(self, offers: Mask) -> Array:
        """Places (in `matched`) of documents that have one of the offers."""
        seen = np.zeros(len(self._matched), bool)
        seen[self.places[offers]] = True
        return np.flatnonzero(seen)

    def _count_distinct(self, places: Array, values: Array, size: int) -> Array:
        """How many distinct places each value has; values below size."""
        if not len(places):
            return np.zeros(size, np.int64)
        if len(self._matched) * size <= _TABLE_CELLS:
            table = np.zeros((len(self._matched), size), bool)
            table[places, values] = True
            return np.asarray(table.sum(axis=0))
        return np.bincount(np.unique(places * size + values) % size, minlength=size)

    def _fixed(self, own: str, column: str, names: tuple[str, ...], selected: frozenset[str]) -> tuple[FacetValue, ...]:
        kept = self._fitting(own)
        numbers = self._columns.arrays[column][self.offers[kept]]
        counts = self._count_distinct(self.places[kept], numbers, len(names))
        return tuple(
            FacetValue(value=name, count=int(count), is_selected=name in selected)
            for name, count in zip(names, counts, strict=True)
            if count or name in selected
        )

    def _named(self, own: str, column: str, kind: str, selected: frozenset[str]) -> tuple[FacetValue, ...]:
        kept = self._fitting(own)
        names = self._columns.names[kind]
        counts = self._count_distinct(self.places[kept], self._columns.arrays[column][self.offers[kept]], len(names))
        return _most_frequent(names, counts, selected)

    def _brands(self) -> tuple[FacetValue, ...]:
        rows = self._matched[self._documents(self._fitting("brands"))]
        names = self._columns.names["brands"]
        counts = np.bincount(self._columns.arrays["brands"][rows], minlength=len(names))
        return _most_frequent(names, counts, self._filters.brands)

    def _categories(self) -> tuple[FacetValue, ...]:
        rows = self._matched[self._documents(self._fitting("categories"))]
        ends = self._columns.arrays["category_ends"]
        numbers = self._columns.arrays["categories"][ragged_places(ends[:-1][rows], np.diff(ends)[rows])]
        names = self._columns.names["categories"]
        return _most_frequent(names, np.bincount(numbers, minlength=len(names)), self._filters.categories)

    def _savings(self) -> tuple[FacetValue, ...]:
        kept = self._fitting("saving_percent_min")
        savings = self._columns.arrays["savings"][self.offers]
        values = []
        for percent in SAVINGS:
            count = len(self._documents(kept & (savings >= percent)))
            is_selected = self._filters.saving_percent_min == percent
            if count or is_selected:
                values.append(FacetValue(value=str(percent), count=count, is_selected=is_selected))
        return tuple(values)

    def _deliveries(self) -> tuple[FacetValue, ...]:
        values = []
        free = self._fitting("has_free_delivery") & self._columns.arrays["free_delivery"][self.offers]
        count = len(self._documents(free))
        if count or self._filters.has_free_delivery:
            values.append(FacetValue(value="free", count=count, is_selected=self._filters.has_free_delivery))
        kept = self._fitting("delivery_days_max")
        days = self._columns.arrays["delivery_days"][self.offers]
        for most in np.unique(days[kept & (days >= 0)]).tolist():
            count = len(self._documents(kept & (days >= 0) & (days <= most)))
            is_selected = self._filters.delivery_days_max == most
            values.append(FacetValue(value=str(most), count=count, is_selected=is_selected))
        return tuple(values)

    def _price_bars(self) -> tuple[PriceBar, ...]:
        """Documents by their cheapest fitting offer, price bounds not applied; round steps."""
        kept = self._fitting("price_min_minor") if self._filters.price_max_minor is None else self._without_price()
        totals = self._columns.arrays["totals"][self.offers[kept]]
        places = self.places[kept]
        if not len(totals):
            return ()
        # offers of a document lie cheapest first
        first = np.ones(len(places), bool)
        first[1:] = places[1:] != places[:-1]
        cheapest = totals[first]
        edges = price_edges(int(cheapest.min()), int(np.quantile(cheapest, 0.95)), int(cheapest.max()))
        counts, _ = np.histogram(cheapest, edges)
        return tuple(
            PriceBar(from_minor=a, below_minor=b, count=int(count))
            for a, b, count in zip(edges, edges[1:], counts, strict=False)
        )

    def _without_price(self) -> Mask:
        bare = FacetCounter(self._columns, self._filters.without("price_min_minor", "price_max_minor"), self._matched)
        return bare._fitting(None)


def _most_frequent(names: list[str], counts: Array, selected: frozenset[str]) -> tuple[FacetValue, ...]:
    return most_frequent([(names[n], int(counts[n])) for n in np.flatnonzero(counts)], selected)
