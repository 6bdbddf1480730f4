"""A list of results as pages show it: one search, a few more where it came out empty or runs over several pages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from search.queries import Filters, SearchQuery
from search.results import Facets, Hit, SearchPage
from search.service import search

MOST_PAGES_AT_ONCE = 4
NEAR_CARDS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Loosened:
    """One applied filter, and how many results would be left without it. parameter, value: as in an address."""

    field: str
    value: str
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WiderSearch:
    """What to offer where nothing was found. near: hits of the same words without filters."""

    loosened: tuple[Loosened, ...] = ()
    near: tuple[Hit, ...] = ()
    facets: Facets = field(default_factory=Facets)


def search_pages(query: SearchQuery, *, last: int) -> tuple[SearchPage, tuple[Hit, ...]]:
    """The page `query` asks for, and the hits from there to page `last` (MOST_PAGES_AT_ONCE at most)."""
    page = search(query)
    hits = page.hits
    for number in range(query.page + 1, min(last, query.page + MOST_PAGES_AT_ONCE - 1, page.pages) + 1):
        hits += search(replace(query, page=number)).hits
    return page, hits


def wider_search(query: SearchQuery, *, applied: Filters, own: Filters) -> WiderSearch:
    """Which single filter empties `query`, and what the words alone find.

    applied: the filters that may be taken away. own: those that the page itself stands for and that stay.
    """
    loosened = []
    for name, value in applied_values(applied):
        filters = without_value(query.filters, name, value)
        total = search(replace(query, filters=filters, page=1, page_size=1)).total
        if total:
            loosened.append(Loosened(field=name, value=value, total=total))
    bare = search(replace(query, filters=own, page=1, page_size=NEAR_CARDS))
    return WiderSearch(loosened=tuple(sorted(loosened, key=lambda one: -one.total)), near=bare.hits, facets=bare.facets)


def applied_values(filters: Filters) -> list[tuple[str, str]]:
    """Each chosen value with the field it belongs to, in the fixed order of addresses."""
    pairs: list[tuple[str, str]] = []
    for name in Filters.__dataclass_fields__:
        held = getattr(filters, name)
        if isinstance(held, frozenset):
            pairs += [(name, str(value)) for value in sorted(held, key=str)]
        elif held not in (None, False):
            pairs.append((name, str(held)))
    return pairs


def without_value(filters: Filters, name: str, value: str) -> Filters:
    """`filters` without one value of the field `name`."""
    held = getattr(filters, name)
    if isinstance(held, frozenset):
        left: dict[str, Any] = {name: frozenset(one for one in held if str(one) != value)}
        return replace(filters, **left)
    return filters.without(name)
