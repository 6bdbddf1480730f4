"""A better grade is never advised less: prices of one thing over all grades of a scale, made to fall with the grade."""

from __future__ import annotations

import numpy as np

from listings.pricing.encoding import Floats


def falling(values: Floats, weights: Floats) -> Floats:
    """The nearest sequence that never rises. values, weights: (n,), best grade first, weights above zero.

    Pool adjacent violators, Ayer et al. 1955. Never changes the order of two sequences: low stays below high.
    """
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        mean, total, length = float(value), float(weight), 1
        while blocks and blocks[-1][0] < mean:
            before, its, count = blocks.pop()
            mean = (before * its + mean * total) / (its + total)
            total, length = total + its, length + count
        blocks.append((mean, total, length))
    return np.repeat([mean for mean, _, _ in blocks], [length for _, _, length in blocks])
