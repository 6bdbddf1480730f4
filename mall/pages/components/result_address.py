"""Where a list of results lives, and the addresses of its neighbours: other filters, other pages, other order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from search.params import parse_query, to_params
from search.queries import Filters, SearchQuery
from search.results import SearchPage, UnderstoodFilter

PARAMETER_OF_FIELD = {
    "conditions": "condition",
    "categories": "category",
    "brands": "brand",
    "price_min_minor": "price_min",
    "price_max_minor": "price_max",
    "saving_percent_min": "saving",
    "seller_kinds": "seller_kind",
    "seller_ids": "seller",
    "colours": "colour",
    "sizes": "size",
    "grades": "grade",
    "has_free_delivery": "delivery",
    "delivery_days_max": "delivery",
    "equivalent_of": "equivalent_of",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultAddress:
    """The path of a list. fixed_category: slug that the path itself says, left out of the parameters."""

    path: str
    fixed_category: str = ""

    def pairs(self, query: SearchQuery) -> list[tuple[str, str]]:
        fixed = ("category", self.fixed_category)
        has_only_fixed = query.filters.categories == {self.fixed_category}
        return [pair for pair in to_params(query) if not (has_only_fixed and pair == fixed)]

    def of(self, query: SearchQuery, *, extra: Iterable[tuple[str, str]] = ()) -> str:
        pairs = [*self.pairs(query), *extra]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def own_filters(self) -> Filters:
        """The filters that the path stands for."""
        return Filters(categories=frozenset({self.fixed_category})) if self.fixed_category else Filters()

    def applied(self, query: SearchQuery) -> Filters:
        """The filters beyond those of the path."""
        if query.filters.categories == self.own_filters().categories:
            return query.filters.without("categories")
        return query.filters

    def cleared(self, query: SearchQuery) -> SearchQuery:
        """The same words without any filter but the path's own, from the first page."""
        return replace(query, filters=self.own_filters(), page=1)


def spelled_out(page: SearchPage) -> SearchQuery:
    """The question with the filters found in its words turned into plain filters, first page.

    So each of them can be taken away or changed like any other; from here on no filter is read from the words again.
    """
    query = replace(page.query, page=1)
    if not page.understood:
        return query
    for found in page.understood:
        if not found.was_dropped:
            query = _with_filter(query, found)
    text = page.searched_text
    return replace(query, text=text, corrects_spelling=not text, reads_filters=not text)


def _with_filter(query: SearchQuery, understood: UnderstoodFilter) -> SearchQuery:
    parameter = PARAMETER_OF_FIELD[understood.field]
    read = parse_query({parameter: [understood.value]}, language=query.language).filters
    value = getattr(read, understood.field)
    both = getattr(query.filters, understood.field) | value if isinstance(value, frozenset) else value
    return replace(query, filters=replace(query.filters, **{understood.field: both}))
