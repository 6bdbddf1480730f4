"""Parts of the sales that know nothing of each other: what one part says of another is an honest guess."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from listings.pricing.encoding import Floats
from listings.pricing.sales import Sale

PARTS = 10
_FEW_GROUPS = 200
Rows = NDArray[np.intp]


def parts_of(groups: Sequence[str], parts: int = PARTS) -> NDArray[np.intp]:
    """The part of each row, 0 to `parts` - 1; rows of one group share a part. Depends on the names alone.

    Of many groups, each one's part depends on its own name: one more sale leaves the others where they were.
    """
    hashes = {name: _hash(name) for name in groups}
    if len(hashes) < _FEW_GROUPS:
        number = {name: place % parts for place, name in enumerate(sorted(hashes, key=hashes.__getitem__))}
    else:
        number = {name: value % parts for name, value in hashes.items()}
    return np.array([number[group] for group in groups], np.intp)


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def parts_by_seller(sales: Sequence[Sale]) -> NDArray[np.intp]:
    """Sales of one seller stay together, as long as no seller holds more than a tenth of them; else sale by sale."""
    groups = [sale.seller_key for sale in sales]
    largest = max(groups.count(name) for name in set(groups)) if len(set(groups)) < len(groups) else 1
    return parts_of([sale.id for sale in sales] if largest * PARTS > len(groups) else groups)


def rounds(part: NDArray[np.intp]) -> Iterator[tuple[Rows, Rows]]:
    """Rows to learn from and rows to guess, part by part; a part that would leave nothing to learn is passed over."""
    for number in np.unique(part):
        inside = part == number
        if not inside.all():
            yield np.flatnonzero(~inside), np.flatnonzero(inside)


def guessed(part: NDArray[np.intp], start: Floats, guess: Callable[[Rows, Rows], Floats]) -> Floats:
    """float64 (n,): for each row what `guess(learn, rows)` says from the other parts; `start` where there are none."""
    found = start.copy()
    for learn, rows in rounds(part):
        found[rows] = guess(learn, rows)
    return found
