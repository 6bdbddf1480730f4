"""Which lists search engines of the web may keep, and under which address."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mall.pages.addresses import LANGUAGE_CODES, absolute, in_language
from mall.pages.components.result_address import ResultAddress
from search.queries import Filters, SearchQuery

# Beside a category, one brand or one condition is a page worth finding; anything more is one of too many.
PAIRED_WITH_A_CATEGORY = ("brands", "conditions")


@dataclass(frozen=True, kw_only=True, slots=True)
class Alternate:
    code: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Indexing:
    """canonical: the address under which the page is to be known. alternates: the same in each language."""

    canonical: str
    is_indexable: bool
    alternates: tuple[Alternate, ...]


def indexing_of(query: SearchQuery, address: ResultAddress, *, is_empty: bool = False) -> Indexing:
    """Filtered lists belong to their category (checklist F9), save the few pairs above."""
    own = is_worth_finding(query)
    plain = query if own else replace(query, filters=_category_alone(query.filters))
    path = address.of(replace(plain, sort="relevance", page_size=24, page=query.page if own else 1))
    return Indexing(
        canonical=absolute(path),
        is_indexable=own and query.sort == "relevance" and not is_empty,
        alternates=tuple(Alternate(code=code, url=absolute(in_language(path, code))) for code in LANGUAGE_CODES),
    )


def is_worth_finding(query: SearchQuery) -> bool:
    """No filter at all, one category, or a category with one brand or one condition and no words."""
    filters = query.filters
    if filters.is_empty:
        return True
    if query.text or len(filters.categories) != 1:
        return False
    rest = filters.without("categories")
    return rest.is_empty or any(
        len(getattr(rest, name)) == 1 and rest.without(name).is_empty for name in PAIRED_WITH_A_CATEGORY
    )


def _category_alone(filters: Filters) -> Filters:
    return Filters(categories=filters.categories if len(filters.categories) == 1 else frozenset())
