"""One state of the index, as a reader sees it: it never changes, so a search that began on it ends on it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.analysis import fold
from search.engines.embedded.columns import Columns, read_columns
from search.engines.embedded.container import CorruptFile, read_arrays
from search.engines.embedded.lexical import LexicalReader
from search.engines.embedded.segment import Segment, open_segment
from search.engines.embedded.vectors import Projection, VectorReader

MANIFEST = "manifest.json"
PROJECTION = "projection.arrays"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation consists of. dead: rows of a segment that were replaced or deleted.

    encoder: name of the text model that made the vectors, "" without; vectors of another model are never compared.
    """

    number: int
    encoder: str
    segments: tuple[tuple[str, tuple[int, ...]], ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "encoder": self.encoder,
            "segments": [{"name": name, "dead": list(dead)} for name, dead in self.segments],
        }


def read_manifest(generation: Path) -> Manifest:
    """Raises FileNotFoundError, CorruptFile."""
    try:
        found = json.loads((generation / MANIFEST).read_bytes())
        segments = tuple((entry["name"], tuple(entry["dead"])) for entry in found["segments"])
        return Manifest(found["number"], found["encoder"], segments)
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptFile(f"{generation.name}/{MANIFEST} cannot be read") from error


class Snapshot:
    """Segments opened, facts numbered through. alive: bool per row."""

    def __init__(
        self, generation: str, manifest: Manifest, segments: list[Segment], projection: Projection | None
    ) -> None:
        self.generation, self.manifest, self.segments, self.projection = generation, manifest, segments, projection
        self.offsets = np.cumsum([0, *(segment.rows for segment in segments)])[:-1].tolist()
        self.columns: Columns = read_columns([(segment.arrays, segment.meta) for segment in segments])
        self.alive: NDArray[np.bool_] = np.ones(self.columns.rows, bool)
        for offset, (_, dead) in zip(self.offsets, manifest.segments, strict=True):
            self.alive[np.array(dead, np.int64) + offset] = False
        arrays = [segment.arrays for segment in segments]
        self.lexical = LexicalReader(arrays, self.offsets, self.columns.rows)
        has_vectors = projection is not None and all("reduced" in a for a in arrays)
        self.vectors = VectorReader(arrays, self.offsets, projection) if has_vectors and projection else None
        self.caches: dict[Any, Any] = {}

    @cached_property
    def documents(self) -> int:
        return int(self.alive.sum())

    @cached_property
    def offers(self) -> int:
        return int(self.alive[self.columns.document_of_offer].sum())

    @cached_property
    def row_of_id(self) -> Mapping[str, int]:
        """Rows of living documents."""
        return {identity: row for row, identity in enumerate(self.columns.all_ids()) if self.alive[row]}

    @cached_property
    def vocabulary(self) -> Mapping[str, int]:
        """Folded words and how many documents have them."""
        words: Counter[str] = Counter()
        for word, count in self.written_words.items():
            words[fold(word)] += count
        return words

    @cached_property
    def written_words(self) -> Mapping[str, int]:
        """Words as written, lower case, and how many documents have them."""
        words: Counter[str] = Counter()
        for segment in self.segments:
            words.update(segment.vocabulary())
        return words

    def find_row(self, identity: str) -> int | None:
        """Row of a living document, without building the whole table of ids."""
        if "row_of_id" in self.__dict__:
            return self.row_of_id.get(identity)
        keys = _sortable(identity)
        same = np.flatnonzero((self.columns.arrays["id_keys"] == keys).all(axis=1) & self.alive)
        return next((int(row) for row in same if self.columns.id_of(int(row)) == identity), None)


def _sortable(identity: str) -> NDArray[np.uint64]:
    return np.frombuffer(identity.encode("utf-8", "replace")[:24].ljust(24, b"\0"), ">u8").astype(np.uint64)


def open_snapshot(generation: Path) -> Snapshot:
    """Raises FileNotFoundError (also when a merge removed a segment meanwhile: read again), CorruptFile."""
    manifest = read_manifest(generation)
    segments = [open_segment(generation, name) for name, _ in manifest.segments]
    projection = None
    if manifest.encoder:
        projection = Projection(read_arrays(generation / PROJECTION)[0]["axes"])
    return Snapshot(generation.name, manifest, segments, projection)
