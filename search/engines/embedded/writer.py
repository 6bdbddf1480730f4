"""Writing: documents in, documents out, everything anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from search.analysis import embedding_text
from search.documents import SearchDocument
from search.embeddings.protocol import TextEncoder
from search.engines.embedded.container import Array, CorruptFile
from search.engines.embedded.segment import Segment, build_segment, merge_segments
from search.engines.embedded.snapshot import Manifest, Snapshot, open_snapshot
from search.engines.embedded.store import Store
from search.engines.embedded.vectors import fit_projection, quantise
from search.errors import EncoderUnavailable, EngineUnavailable, IndexRebuilding
from search.terms import text_hash

Progress = Callable[[int], None]
BUSY = "Another process is writing to the search index. The change stays in the outbox; it is taken at the next round."
REBUILDING = "Another process is rebuilding the search index already."
BATCH_ROWS = 2_000
ENCODED_AT_ONCE = 512


class Writer:
    """Commits of one engine. encoder: None writes words only."""

    def __init__(self, store: Store, encoder: TextEncoder | None) -> None:
        self._store, self.encoder = store, encoder

    def upsert(self, documents: Iterable[SearchDocument]) -> int:
        """Store or replace in one commit; returns how many were stored. Raises EngineUnavailable when busy or full."""
        newest: dict[str, SearchDocument] = {}
        for document in documents:
            known = newest.get(document.id)
            if known is None or document.version >= known.version:
                newest[document.id] = document
        if not newest:
            return 0
        with self._store.locked("writer.lock", BUSY), _disk_errors():
            generation, snapshot = self._open_for_writing()
            versions = snapshot.columns.arrays["versions"]
            rows = {i: row for i in newest if (row := snapshot.row_of_id.get(i)) is not None}
            kept = [d for d in newest.values() if d.id not in rows or d.version >= versions[rows[d.id]]]
            if not kept:
                return 0
            vectors = self._vectors_for_update(kept, snapshot, rows)
            segment = self._store.write_segment(generation, *build_segment(kept, vectors, snapshot.projection))
            replaced = [rows[d.id] for d in kept if d.id in rows]
            self._commit(generation, snapshot, replaced, segment)
            return len(kept)

    def delete(self, ids: Iterable[str]) -> int:
        """Remove in one commit; returns how many were there."""
        wanted = set(ids)
        with self._store.locked("writer.lock", BUSY), _disk_errors():
            generation, snapshot = self._open_for_writing()
            rows = [row for i in wanted if (row := snapshot.row_of_id.get(i)) is not None]
            if rows:
                self._commit(generation, snapshot, rows, None)
            return len(rows)

    def _open_for_writing(self) -> tuple[Path, Snapshot]:
        try:
            return self._store.current(), self._store.snapshot()
        except FileNotFoundError:
            pass
        generation = self._store.new_generation()
        self._write_generation(generation, [], None)
        self._store.switch_to(generation)
        return generation, self._store.snapshot()

    def _commit(self, generation: Path, snapshot: Snapshot, dead_rows: Sequence[int], segment: Segment | None) -> None:
        manifest = snapshot.manifest
        entries = []
        for offset, held, (name, dead) in zip(snapshot.offsets, snapshot.segments, manifest.segments, strict=True):
            newly = {row - offset for row in dead_rows if offset <= row < offset + held.rows}
            entries.append((name, tuple(sorted(newly.union(dead)))))
        if segment is not None:
            entries.append((segment.name, ()))
        self._store.write_manifest(generation, Manifest(manifest.number + 1, manifest.encoder, tuple(entries)))
        after = open_snapshot(generation)
        merged = self._store.merged(generation, after)
        if merged is not after.manifest:
            self._store.write_manifest(generation, merged)

    def _vectors_for_update(
        self, documents: Sequence[SearchDocument], snapshot: Snapshot, rows: dict[str, int]
    ) -> Array | None:
        """Vectors for a generation that has them; old ones where the text is the same.

        Where no model is at hand, new texts get zero vectors: found by words, not by meaning, until the next rebuild.
        """
        if snapshot.vectors is None or snapshot.projection is None:
            return None
        vectors = np.zeros((len(documents), snapshot.projection.axes.shape[0]), np.float32)
        hashes = np.concatenate([segment.arrays["text_hashes"] for segment in snapshot.segments])
        missing = []
        for place, document in enumerate(documents):
            row = rows.get(document.id)
            if row is not None and int(hashes[row]) == text_hash(document):
                vectors[place] = snapshot.vectors.at(np.array([row]))[0]
            else:
                missing.append(place)
        if missing and self.encoder is not None and self.encoder.name == snapshot.manifest.encoder:
            try:
                vectors[missing] = self.encoder.encode_documents([embedding_text(documents[p]) for p in missing])
            except EncoderUnavailable:
                return vectors
        return vectors

    def rebuild(self, documents: Iterable[SearchDocument], progress: Progress | None = None) -> str:
        """Build a new generation beside the live one, then switch. progress: told the number of documents done."""
        with self._store.locked("rebuild.lock", REBUILDING), _disk_errors():
            old = self._old_vectors()
            generation = self._store.new_generation()
            segments, done = [], 0
            source = _first_of_each(documents)
            while batch := list(islice(source, BATCH_ROWS)):
                vectors = self._encode(batch, old, _shifted(progress, done))
                arrays, meta = build_segment(batch, None, None)
                if vectors is not None:
                    arrays["vectors"] = quantise(vectors)
                segments.append(self._store.write_segment(generation, arrays, meta))
                done += len(batch)
                if progress:
                    progress(done)
            self._write_generation(generation, segments, self.encoder if self.encoder else None)
            with self._store.locked("writer.lock", BUSY):
                self._store.switch_to(generation)
            return generation.name

    def _write_generation(self, generation: Path, segments: list[Segment], encoder: TextEncoder | None) -> None:
        encoder = encoder or self.encoder
        if not segments:
            arrays, meta = build_segment([], None, None)
            if encoder is not None:
                arrays["vectors"] = np.empty((0, encoder.dimensions), np.float16)
        elif len(segments) == 1:
            arrays, meta = dict(segments[0].arrays), segments[0].meta
        else:
            arrays, meta = merge_segments(segments, [np.ones(segment.rows, bool) for segment in segments])
        has_vectors = encoder is not None and "vectors" in arrays
        if has_vectors and encoder is not None:
            projection = fit_projection(arrays["vectors"])
            arrays["reduced"] = projection.reduce(arrays["vectors"])
            self._store.write_projection(generation, projection)
        segment = self._store.write_segment(generation, arrays, meta)
        name = encoder.name if has_vectors and encoder is not None else ""
        self._store.write_manifest(generation, Manifest(1, name, ((segment.name, ()),)))

    def _old_vectors(self) -> dict[int, Array]:
        """Vectors of the live generation by hash of their text, if the same model made them."""
        try:
            snapshot = self._store.snapshot()
        except IndexRebuilding:
            return {}
        if self.encoder is None or snapshot.vectors is None or snapshot.manifest.encoder != self.encoder.name:
            return {}
        found: dict[int, Array] = {}
        for segment in snapshot.segments:
            vectors = segment.arrays["vectors"]
            found |= {
                h: vectors[row] for row, h in enumerate(segment.arrays["text_hashes"].tolist()) if vectors[row].any()
            }
        return found

    def _encode(self, batch: Sequence[SearchDocument], old: dict[int, Array], progress: Progress) -> Array | None:
        if self.encoder is None:
            return None
        vectors = np.zeros((len(batch), self.encoder.dimensions), np.float32)
        missing = []
        for place, document in enumerate(batch):
            known = old.get(text_hash(document)) if old else None
            if known is None:
                missing.append(place)
            else:
                vectors[place] = known
        for number, part in enumerate(_parts(missing, ENCODED_AT_ONCE), 1):
            try:
                vectors[part] = self.encoder.encode_documents([embedding_text(batch[place]) for place in part])
            except EncoderUnavailable:
                self.encoder = None
                return None
            progress(len(batch) - max(0, len(missing) - number * ENCODED_AT_ONCE))
        return vectors


def _first_of_each(documents: Iterable[SearchDocument]) -> Iterator[SearchDocument]:
    seen: set[str] = set()
    for document in documents:
        if document.id not in seen:
            seen.add(document.id)
            yield document


def _shifted(progress: Progress | None, before: int) -> Progress:
    def tell(count: int) -> None:
        if progress is not None:
            progress(before + count)

    return tell


def _parts(places: Sequence[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(places), size):
        yield list(places[start : start + size])


class _disk_errors:  # noqa: N801 - used as a block
    """A full disk or a folder that cannot be written becomes EngineUnavailable; nothing was committed."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, *_: object) -> None:
        if isinstance(error, CorruptFile):
            raise IndexRebuilding(f"The search index is damaged: {error}") from error
        if isinstance(error, OSError):
            raise EngineUnavailable(f"The search index could not be written ({error}); nothing was changed.") from error
