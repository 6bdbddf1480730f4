"""Which offers and documents meet the filters: every condition on one and the same offer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.documents import CONDITION_FAMILIES, SELLER_KINDS
from search.engines.embedded.columns import Columns, ragged_places
from search.engines.embedded.container import Array
from search.queries import Filters

Mask = NDArray[np.bool_]
OFFER_FILTERS = (
    "conditions", "grades", "colours", "sizes", "seller_kinds", "seller_ids", "price_min_minor", "price_max_minor",
    "saving_percent_min", "delivery_days_max", "has_free_delivery",
)  # fmt: skip
DOCUMENT_FILTERS = ("categories", "brands", "equivalent_of")


class FilterMasks:
    """Masks of one query, each made once. offers: the offers under consideration (positions in the columns)."""

    def __init__(self, columns: Columns, filters: Filters, offers: Array) -> None:
        self._columns, self._filters, self._offers = columns, filters, offers
        self._masks = {name: mask for name in OFFER_FILTERS if (mask := self._offer_mask(name)) is not None}

    @property
    def has_offer_filters(self) -> bool:
        return bool(self._masks)

    def offers_meeting(self, *, without: str | None = None) -> Mask:
        """Of the offers under consideration: those that meet every filter but `without`."""
        kept = np.ones(len(self._offers), bool)
        for name, mask in self._masks.items():
            if name != without:
                kept &= mask
        return kept

    def _column(self, name: str) -> Array:
        return self._columns.arrays[name][self._offers]

    def _offer_mask(self, name: str) -> Mask | None:
        wanted = getattr(self._filters, name)
        if wanted is None or wanted is False or wanted == frozenset():
            return None
        test = _TESTS[name]
        column = self._column(test.column)
        if test.numbers is None:
            return test.compare(column, wanted)
        return np.isin(column, test.numbers(self._columns, wanted))


@dataclass(frozen=True, slots=True)
class _Test:
    """How one filter looks at one column: by numbers to be among, or by a comparison."""

    column: str
    numbers: Callable[[Columns, Iterable[Any]], list[int]] | None = None
    compare: Callable[[Array, Any], Mask] = np.equal


def _listed(kind: str) -> Callable[[Columns, Iterable[Any]], list[int]]:
    return lambda columns, wanted: [n for name in wanted if (n := columns.number_of(kind, name)) >= 0]


_TESTS: dict[str, _Test] = {
    "conditions": _Test("families", lambda _, wanted: [CONDITION_FAMILIES.index(family) for family in wanted]),
    "grades": _Test("grades", _listed("grades")),
    "colours": _Test("colours", _listed("colours")),
    "sizes": _Test("sizes", _listed("sizes")),
    "seller_kinds": _Test("seller_kinds", lambda _, wanted: [SELLER_KINDS.index(kind) for kind in wanted]),
    "seller_ids": _Test("seller_ids", lambda _, wanted: list(wanted)),
    "price_min_minor": _Test("totals", compare=np.greater_equal),
    "price_max_minor": _Test("totals", compare=np.less_equal),
    "saving_percent_min": _Test("savings", compare=np.greater_equal),
    "delivery_days_max": _Test("delivery_days", compare=lambda days, most: (days >= 0) & (days <= most)),
    "has_free_delivery": _Test("free_delivery"),
}


def document_mask(columns: Columns, filters: Filters, rows: Array, *, without: str | None = None) -> Mask | None:
    """Per row: in the wanted categories, of the wanted brands, near to the wanted products? None without a wish."""
    masks = []
    if filters.brands and without != "brands":
        numbers = [columns.number_of("brands", brand) for brand in filters.brands]
        masks.append(np.isin(columns.arrays["brands"][rows], numbers))
    if filters.categories and without != "categories":
        masks.append(_in_categories(columns, filters.categories, rows))
    if filters.equivalent_of:
        masks.append(np.isin(rows, columns.rows_near(filters.equivalent_of)))
    return np.logical_and.reduce(masks) if masks else None


def _in_categories(columns: Columns, wanted: Iterable[str], rows: Array) -> Mask:
    numbers = [columns.number_of("categories", slug) for slug in wanted]
    ends = columns.arrays["category_ends"]
    starts, lengths = ends[rows], ends[rows + 1] - ends[rows]
    held = columns.arrays["categories"][ragged_places(starts, lengths)]
    inside = np.zeros(len(rows), bool)
    inside[np.repeat(np.arange(len(rows)), lengths)[np.isin(held, numbers)]] = True
    return inside
