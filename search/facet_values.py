"""What a facet shows, for every engine: which values, in which order, and where price bars begin."""

from __future__ import annotations

from collections.abc import Iterable

from search.results import FacetValue

SAVINGS = (20, 30, 50)
MAX_VALUES = 60
PRICE_BARS = 10


def most_frequent(counted: Iterable[tuple[str, int]], selected: frozenset[str]) -> tuple[FacetValue, ...]:
    """The MAX_VALUES commonest, ties by name, then what is selected, counted or not. Names that are "" are left out."""
    pairs = sorted(((name, count) for name, count in counted if name), key=lambda pair: (-pair[1], pair[0]))
    shown = pairs[:MAX_VALUES] + [pair for pair in pairs[MAX_VALUES:] if pair[0] in selected]
    shown += [(name, 0) for name in sorted(selected - {name for name, _ in shown})]
    return tuple(FacetValue(value=name, count=count, is_selected=name in selected) for name, count in shown)


def price_edges(lowest: int, high: int, highest: int) -> list[int]:
    """Round edges of the price bars, in minor units. high: nearly all are cheaper; the last bar takes the rest."""
    span = max(high - lowest, 1)
    step = next(base * 10**power for power in range(16) for base in (1, 2, 5) if base * 10**power * PRICE_BARS >= span)
    start = lowest // step * step
    edges = [
        start + step * number for number in range(PRICE_BARS + 1) if number == 0 or start + step * (number - 1) <= high
    ]
    if edges[-1] <= highest:
        edges.append(highest + 1)
    return edges
