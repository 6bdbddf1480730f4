"""Cosines of a query with all documents: first in few dimensions for all, then exact for the best.

The few dimensions are the principal axes of the catalogue's own vectors, found at a rebuild. They carry most of a
cosine at a third of the memory traffic, and memory traffic is what an exact search over all vectors costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.engines.embedded.container import Array, release_pages

REDUCED_DIMENSIONS = 96
_SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class Projection:
    """axes: float32 (dimensions, reduced), orthonormal columns."""

    axes: NDArray[np.float32]

    def reduce(self, vectors: Array) -> NDArray[np.float32]:
        """float32 (n, reduced) of float (n, dimensions)."""
        return np.ascontiguousarray(vectors.astype(np.float32, copy=False) @ self.axes)


def fit_projection(vectors: Array) -> Projection:
    """Principal axes (about the origin) of 20,000 of the vectors, evenly taken; of fewer vectors all dimensions."""
    dimensions = vectors.shape[1]
    if len(vectors) < _SAMPLE:
        return Projection(np.eye(dimensions, dtype=np.float32))
    kept = min(REDUCED_DIMENSIONS, dimensions)
    sample = vectors[:: len(vectors) // _SAMPLE].astype(np.float32)
    _, axes = np.linalg.eigh(sample.T @ sample)
    return Projection(np.ascontiguousarray(axes[:, ::-1][:, :kept], np.float32))


def quantise(vectors: Array) -> NDArray[np.float16]:
    """As stored: a cosine of half-precision vectors is right to about .0005."""
    return vectors.astype(np.float16)


class VectorReader:
    """Vectors of all segments seen as one. Only made when every segment has them."""

    def __init__(self, segments: Sequence[dict[str, Array]], offsets: Sequence[int], projection: Projection) -> None:
        self._segments, self._offsets, self._projection = segments, list(offsets), projection

    def approximate(self, query: Array) -> NDArray[np.float32]:
        """float32 (rows,): cosines in few dimensions. query: float32 (dimensions,), unit length."""
        reduced = query.astype(np.float32, copy=False) @ self._projection.axes
        parts = [arrays["reduced"] @ reduced for arrays in self._segments]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def exact(self, query: Array, rows: Array) -> NDArray[np.float32]:
        """float32 (len(rows),): cosines of some rows."""
        return self.at(rows) @ query.astype(np.float32, copy=False)

    def at(self, rows: Array) -> NDArray[np.float32]:
        """float32 (len(rows), dimensions)."""
        found = np.empty((len(rows), self._projection.axes.shape[0]), np.float32)
        segment_of = np.searchsorted(self._offsets, rows, side="right") - 1
        for number in np.unique(segment_of):
            here = segment_of == number
            vectors = self._segments[number]["vectors"]
            found[here] = vectors[rows[here] - self._offsets[number]]
            release_pages(vectors)
        return found
