"""A text model for tests: small, deterministic, no weights. Texts that share words come out near each other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from search.analysis import fold
from search.embeddings.protocol import Vectors
from search.errors import EncoderUnavailable

# words that mean the same get the same vector, so that tests can tell meaning from words
SAME_THING = {"couch": "sofa", "canape": "sofa", "headphones": "casque", "headset": "casque"}


class TinyEncoder:
    """Sum of one hashed direction per word, 32 dimensions. encoded: how many texts it was asked for."""

    def __init__(self, name: str = "tiny/1") -> None:
        self._name, self.encoded, self.is_broken = name, 0, False

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return 32

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        if self.is_broken:
            raise EncoderUnavailable("the tiny model is broken; mend it")
        self.encoded += len(texts)
        return np.array([_vector(text) for text in texts], np.float32).reshape(len(texts), self.dimensions)

    def encode_query(self, text: str) -> Vectors:
        if self.is_broken:
            raise EncoderUnavailable("the tiny model is broken; mend it")
        return _vector(text)


def _vector(text: str) -> Vectors:
    total = np.zeros(32, np.float32)
    for word in "".join(c if c.isalnum() else " " for c in fold(text)).split():
        seed = int(hashlib.sha1(SAME_THING.get(word, word).encode()).hexdigest()[:8], 16)
        total += np.random.default_rng(seed).standard_normal(32).astype(np.float32)
    length = float(np.linalg.norm(total))
    return total / length if length else total
