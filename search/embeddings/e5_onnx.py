"""multilingual-e5-small through onnxruntime: tokens and word table in Python, the layers in the graph of `e5_graph`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from search.embeddings.e5_tokens import E5Tokenizer
from search.embeddings.e5_weights import E5Weights
from search.embeddings.onnx_session import open_session
from search.embeddings.protocol import Vectors

PREFIXES = {True: "query: ", False: "passage: "}
MAX_TOKENS = 160


class E5OnnxEngine:
    """Raw vectors, those of the C engine but for rounding (cosine .9999). Reentrant, one thread per call."""

    def __init__(self, weights: E5Weights, graph: Path) -> None:
        self._session = open_session(graph)
        self._words = weights.quantised["emb.word"]
        positions = weights.floats["emb.pos"].reshape(-1, weights.hidden)[:MAX_TOKENS]
        # every text is of the first of the two segment types
        self._positions = positions + weights.floats["emb.type"][: weights.hidden]
        self._tokenizer = E5Tokenizer(weights)

    def encode(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        """float32 (len(texts), 384), L2-normalised, not centred."""
        if not texts:
            return np.empty((0, self._positions.shape[1]), dtype=np.float32)
        tokens = [self._tokenizer.encode(PREFIXES[is_query] + text, max_tokens=MAX_TOKENS) for text in texts]
        longest = max(map(len, tokens))
        numbers = np.ones((len(tokens), longest), dtype=np.int64)
        mask = np.zeros((len(tokens), longest), dtype=np.int64)
        for row, found in enumerate(tokens):
            numbers[row, : len(found)] = found
            mask[row, : len(found)] = 1
        words = self._words.rows(numbers.reshape(-1)).reshape(len(tokens), longest, -1)
        vectors: Vectors = self._session.run(None, {"embeddings": words + self._positions[:longest], "mask": mask})[0]
        return vectors
