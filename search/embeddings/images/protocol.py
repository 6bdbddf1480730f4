"""An image model, seen from search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from search.embeddings.protocol import Vectors

Photo = NDArray[np.uint8]


class ImageEncoder(Protocol):
    """Turns photos into unit vectors. Two calls with one photo give one vector.

    name: model and revision, at most 80 characters; vectors of different names never meet.
    dimensions: length of a vector.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def encode(self, photos: Sequence[Photo]) -> Vectors:
        """float32 (len(photos), dimensions), each row L2-normalised.

        photos: uint8 (height, width, 3), sRGB, any size from 1 x 1; they stay as they were. Raises ValueError for
        another shape or dtype, EncoderUnavailable when the model fails.
        """
        ...
