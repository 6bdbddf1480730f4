"""A segment: one immutable file with everything about some documents: postings, vectors, facts, vocabulary.

A commit adds one segment; small ones are merged from time to time. What is no longer true of a segment (a replaced
or deleted row) is told by the manifest, never by changing the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from search.documents import LANGUAGES, SearchDocument
from search.engines.embedded.columns import (
    OFFER_COLUMNS,
    ROW_COLUMNS,
    STRING_COLUMNS,
    build_columns,
    read_columns,
    take_rows,
)
from search.engines.embedded.container import Array, pack_strings, read_arrays, unpack_strings
from search.engines.embedded.lexical_index import PostingsBuilder, merge_postings
from search.engines.embedded.vectors import Projection, quantise
from search.terms import text_hash


@dataclass(frozen=True, slots=True)
class Segment:
    """One file read. arrays are memory-mapped; rows is the number of documents, dead ones included."""

    name: str
    arrays: dict[str, Array]
    meta: dict[str, Any]

    @property
    def rows(self) -> int:
        return len(self.arrays["versions"])

    def ids(self) -> list[str]:
        return unpack_strings(self.arrays["id_bytes"], self.arrays["id_ends"])

    def vocabulary(self) -> dict[str, int]:
        words = unpack_strings(self.arrays["word_bytes"], self.arrays["word_ends"])
        return dict(zip(words, self.arrays["word_counts"].tolist(), strict=True))


def open_segment(folder: Path, name: str) -> Segment:
    """Raises CorruptFile, FileNotFoundError."""
    arrays, meta = read_arrays(folder / f"{name}.segment")
    if "equivalent_ends" not in arrays:  # written before listings knew their product: none is near to any
        arrays["equivalent_bytes"] = np.empty(0, np.uint8)
        arrays["equivalent_ends"] = np.broadcast_to(np.int64(0), len(arrays["versions"]) + 1)
    return Segment(name, arrays, meta)


def build_segment(
    documents: Sequence[SearchDocument], vectors: Array | None, projection: Projection | None
) -> tuple[dict[str, Array], dict[str, Any]]:
    """Arrays and meta of a new segment. vectors: float32 (documents, dimensions) or None without a text model."""
    builder = PostingsBuilder()
    for document in documents:
        builder.add(document)
    arrays, meta = build_columns(documents)
    arrays |= builder.arrays()
    arrays |= _vocabulary_arrays(builder.vocabulary())
    arrays["text_hashes"] = np.array([text_hash(document) for document in documents], np.uint64)
    arrays |= vector_arrays(vectors, projection)
    return arrays, meta


def vector_arrays(vectors: Array | None, projection: Projection | None) -> dict[str, Array]:
    if vectors is None or projection is None:
        return {}
    return {"vectors": quantise(vectors), "reduced": projection.reduce(vectors)}


def _vocabulary_arrays(words: dict[str, int]) -> dict[str, Array]:
    ordered = sorted(words)
    word_bytes, ends = pack_strings(ordered)
    counts = np.array([words[word] for word in ordered], np.int64)
    return {"word_bytes": word_bytes, "word_ends": ends, "word_counts": counts}


def merge_segments(segments: Sequence[Segment], alive: Sequence[Array]) -> tuple[dict[str, Array], dict[str, Any]]:
    """One segment of several without their dead rows. alive: bool per row of each segment.

    Nothing is analysed or encoded again. Words of dead documents stay in the vocabulary until the next rebuild.
    """
    columns = read_columns([(segment.arrays, segment.meta) for segment in segments])
    living = np.concatenate(list(alive))
    rows = np.flatnonzero(living)
    new_rows = np.where(living, np.cumsum(living) - 1, -1)
    arrays = take_rows(columns.arrays, "offer_ends", OFFER_COLUMNS, rows)
    arrays |= take_rows(columns.arrays, "category_ends", ("categories",), rows)
    parts, start = [], 0
    for segment in segments:
        parts.append((segment.arrays, new_rows[start : start + segment.rows]))
        start += segment.rows
    arrays |= merge_postings(parts)
    for name in (*ROW_COLUMNS, "text_hashes", "vectors", "reduced"):
        if name in ("brands",):
            arrays[name] = columns.arrays[name][rows]
        elif all(name in segment.arrays for segment in segments):
            arrays[name] = np.concatenate([segment.arrays[name] for segment in segments])[rows]
    for name in STRING_COLUMNS:
        arrays |= _merge_ragged(segments, f"{name}_ends", f"{name}_bytes", rows)
    for language in LANGUAGES:
        arrays |= _merge_ragged(segments, f"title_ends_{language}", f"title_keys_{language}", rows)
    words: Counter[str] = Counter()
    for segment in segments:
        words.update(segment.vocabulary())
    arrays |= _vocabulary_arrays(dict(words))
    meta = {
        kind: [[name, extra] for name, extra in zip(columns.names[kind], columns.extras[kind], strict=True)]
        for kind in columns.names
    }
    return arrays, meta


def _merge_ragged(segments: Sequence[Segment], ends_name: str, values_name: str, rows: Array) -> dict[str, Array]:
    ends, last = [np.zeros(1, np.int64)], 0
    for segment in segments:
        ends.append(segment.arrays[ends_name][1:] + last)
        last += int(segment.arrays[ends_name][-1])
    joined = {
        ends_name: np.concatenate(ends),
        values_name: np.concatenate([segment.arrays[values_name] for segment in segments]),
    }
    return take_rows(joined, ends_name, (values_name,), rows)
