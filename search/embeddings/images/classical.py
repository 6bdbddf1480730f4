"""How a photo looks, without a model: directions of edges and colours, both weighted towards the middle.

Edges: N. Dalal, B. Triggs: Histograms of Oriented Gradients, 2005, doi:10.1109/CVPR.2005.177. 8 x 8 cells of 8 x 8
pixels, nine directions without sign. Two changes: what is for sale stands in the middle, so a bell curve weighs the
edges there more; and what every photo has in common for that reason, the bell curve itself, is taken out again.
Colours: a histogram of hue, saturation and value (12 x 3 x 4), square roots taken, so that the product of two is
Bhattacharyya's coefficient.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from search.embeddings.images.photos import in_square
from search.embeddings.images.protocol import Photo
from search.embeddings.protocol import Vectors

NAME = "classical-hog-hsv/1"
EDGE_PX = 64
CELLS = 8
DIRECTIONS = 9
HUES, SATURATIONS, VALUES = 12, 3, 4
EDGE_NUMBERS = CELLS * CELLS * DIRECTIONS
COLOUR_NUMBERS = HUES * SATURATIONS * VALUES
DIMENSIONS = EDGE_NUMBERS + COLOUR_NUMBERS

# measured on the demo's photos (decision 0012); spreads are in parts of the photo's edge
EDGE_SPREAD, COLOUR_SPREAD, COLOUR_WEIGHT = 0.20, 0.25, 0.3

Numbers = NDArray[np.float64]


class ClassicalEncoder:
    """`ImageEncoder` in numpy and Pillow alone: 2 ms a photo, everywhere."""

    @property
    def name(self) -> str:
        return NAME

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    def encode(self, photos: Sequence[Photo]) -> Vectors:
        return np.array([_describe(photo) for photo in photos], dtype=np.float32).reshape(len(photos), DIMENSIONS)


def _describe(photo: Photo) -> Numbers:
    image = Image.fromarray(in_square(photo, EDGE_PX))
    colours = _unit(np.sqrt(_colours(image, _bell(COLOUR_SPREAD))))
    return _unit(np.concatenate([_edges(image), COLOUR_WEIGHT * colours]))


def _bell(spread: float) -> Numbers:
    """float64 (EDGE_PX, EDGE_PX), 1 in the middle."""
    places = (np.arange(EDGE_PX) + 0.5) / EDGE_PX - 0.5
    line = np.exp(-(places**2) / (2 * spread**2))
    return np.outer(line, line)


def _edges(image: Image.Image) -> Numbers:
    """float64 (EDGE_NUMBERS,), of length 1, or 0 for a photo of one colour."""
    grey = np.asarray(image.convert("L"), dtype=np.float64) / 255
    down, across = np.gradient(grey)
    bell = _bell(EDGE_SPREAD)
    strength = np.sqrt(np.hypot(across, down)) * bell
    turn = (np.arctan2(down, across) % np.pi) / np.pi * DIRECTIONS
    lower = np.floor(turn).astype(np.int64)
    share = turn - lower
    rows, columns = np.indices(grey.shape) // (EDGE_PX // CELLS)
    first = (rows * CELLS + columns) * DIRECTIONS
    found = np.bincount(
        np.concatenate([(first + lower % DIRECTIONS).ravel(), (first + (lower + 1) % DIRECTIONS).ravel()]),
        weights=np.concatenate([(strength * (1 - share)).ravel(), (strength * share).ravel()]),
        minlength=EDGE_NUMBERS,
    )
    edges = _unit(np.sqrt(found))
    common = _unit(np.sqrt(np.repeat(_in_cells(bell), DIRECTIONS)))
    return _unit(edges - (edges @ common) * common)


def _in_cells(weights: Numbers) -> Numbers:
    """float64 (CELLS * CELLS,): mean weight of each cell."""
    step = EDGE_PX // CELLS
    means: Numbers = weights.reshape(CELLS, step, CELLS, step).mean(axis=(1, 3)).ravel()
    return means


def _colours(image: Image.Image, weights: Numbers) -> Numbers:
    """float64 (COLOUR_NUMBERS,): weight of the pixels in each box of hue, saturation and value."""
    hsv = np.asarray(image.convert("HSV"), dtype=np.int64)
    hue, saturation, value = (hsv[..., place] * parts // 256 for place, parts in enumerate((HUES, SATURATIONS, VALUES)))
    boxes = (hue * SATURATIONS + saturation) * VALUES + value
    return np.bincount(boxes.ravel(), weights=weights.ravel(), minlength=COLOUR_NUMBERS).astype(np.float64)


def _unit(numbers: Numbers) -> Numbers:
    length = float(np.linalg.norm(numbers))
    return numbers / length if length > 1e-9 else np.zeros_like(numbers)
