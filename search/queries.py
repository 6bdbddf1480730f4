"""What is asked: words, filters, order, page. Pure shapes: no Django, no engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from search.documents import ConditionFamily, Language, SellerKind

Sort = Literal["relevance", "price", "saving", "newest"]
SORTS: tuple[Sort, ...] = get_args(Sort)

MAX_PAGE_SIZE = 96
MAX_QUERY_CHARACTERS = 512
MAX_PAGE = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """Conditions a result must meet. All offer conditions hold on **one** and the same offer.

    Empty sets and None ask for nothing. Bounds are inclusive. categories: slugs, a parent includes its children.
    grades: grade codes ("used.good"). saving_percent_min: against today's cheapest new offer.
    equivalent_of: ids of products ("product:12"); only lone listings near to one of them.
    """

    conditions: frozenset[ConditionFamily] = frozenset()
    grades: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    colours: frozenset[str] = frozenset()
    sizes: frozenset[str] = frozenset()
    seller_kinds: frozenset[SellerKind] = frozenset()
    seller_ids: frozenset[int] = frozenset()
    price_min_minor: int | None = None
    price_max_minor: int | None = None
    saving_percent_min: int | None = None
    delivery_days_max: int | None = None
    has_free_delivery: bool = False
    equivalent_of: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        return self == Filters()

    def without(self, *facets: str) -> Filters:
        """A copy with the named fields back at their defaults (a facet is counted without its own filter)."""
        default = Filters()
        return replace(self, **{name: getattr(default, name) for name in facets})


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchQuery:
    """One question to the mall.

    text: as typed, may be empty (browsing). page: from 1. page_size: 1 to MAX_PAGE_SIZE.
    corrects_spelling, reads_filters: False when the shopper asked for the words exactly as typed.
    """

    text: str
    language: Language
    filters: Filters = field(default_factory=Filters)
    sort: Sort = "relevance"
    page: int = 1
    page_size: int = 24
    corrects_spelling: bool = True
    reads_filters: bool = True

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.page_size


class InvalidQuery(ValueError):
    """A parameter has a value that search does not know. `parameter` names it, the message says the remedy."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


def iter_filter_names() -> Iterator[str]:
    """Names of the fields of `Filters`, in the fixed order used in addresses (checklist F9)."""
    yield from Filters.__dataclass_fields__
