"""The index on disk: generations, the switch between them, one writer at a time.

    folder/CURRENT                 name of the live generation
    folder/writer.lock, rebuild.lock
    folder/gen-000002/manifest.json, projection.arrays, 000001.segment, ...

A commit writes a whole new segment, then replaces the manifest: that rename is the commit. A process killed before
it leaves a file nobody names, which the next writer removes; killed after it, everything is there.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from search.engines.embedded.container import Array, CorruptFile, replacing, write_arrays
from search.engines.embedded.segment import Segment, merge_segments, open_segment
from search.engines.embedded.snapshot import MANIFEST, PROJECTION, Manifest, Snapshot, open_snapshot
from search.engines.embedded.vectors import Projection
from search.errors import EngineUnavailable, IndexRebuilding

CURRENT = "CURRENT"
MAX_SEGMENTS = 6
_TRIES = 5


class Store:
    """Opens, commits, switches. Safe between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._seen: tuple[Any, ...] | None = None
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """The newest state; two `stat` calls when nothing changed. Raises IndexRebuilding."""
        state = self._state()
        snapshot = self._snapshot
        if snapshot is not None and state == self._seen:
            return snapshot
        with self._lock:
            for attempt in range(_TRIES):
                state = self._state()
                if self._snapshot is not None and state == self._seen:
                    return self._snapshot
                try:
                    opened = open_snapshot(self.current())
                except FileNotFoundError as error:
                    if attempt == _TRIES - 1:
                        raise IndexRebuilding(
                            f"The search index is not there or incomplete ({error.filename})."
                        ) from error
                    continue
                except (CorruptFile, KeyError, ValueError, OSError) as error:
                    raise IndexRebuilding(f"The search index is damaged: {error}") from error
                self._snapshot, self._seen = opened, state
                return opened
        raise IndexRebuilding("The search index changes faster than it can be opened.")

    def _state(self) -> tuple[Any, ...]:
        try:
            current = os.stat(self.folder / CURRENT)
            seen = (current.st_ino, current.st_mtime_ns)
            if self._seen is not None and seen == self._seen[0] and self._snapshot is not None:
                generation = self.folder / self._snapshot.generation
            else:
                generation = self.current()
            manifest = os.stat(generation / MANIFEST)
        except (OSError, CorruptFile):
            return ()
        return seen, (manifest.st_ino, manifest.st_mtime_ns, manifest.st_size)

    def current(self) -> Path:
        """Folder of the live generation. Raises FileNotFoundError, CorruptFile."""
        name = (self.folder / CURRENT).read_text(encoding="ascii", errors="replace").strip()
        if not name.startswith("gen-") or "/" in name:
            raise CorruptFile(f"{CURRENT} does not name a generation")
        return self.folder / name

    @contextmanager
    def locked(self, name: str, message: str) -> Iterator[None]:
        """Hold a file lock, at once or not at all. Raises EngineUnavailable with `message` when another holds it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / name).open("a")
        except OSError as error:
            raise EngineUnavailable(f"The search folder cannot be written: {error}") from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise EngineUnavailable(message) from error
            yield

    def new_generation(self) -> Path:
        """An empty folder with the next free number, not yet live."""
        numbers = [int(path.name[4:]) for path in self.folder.glob("gen-*") if path.name[4:].isdigit()]
        generation = self.folder / f"gen-{max(numbers, default=0) + 1:06d}"
        generation.mkdir(parents=True)
        return generation

    def write_projection(self, generation: Path, projection: Projection) -> None:
        write_arrays(generation / PROJECTION, {"axes": projection.axes}, {})

    def write_segment(self, generation: Path, arrays: dict[str, Array], meta: dict[str, Any]) -> Segment:
        """A new file, named by no manifest yet."""
        numbers = [int(path.stem) for path in generation.glob("*.segment") if path.stem.isdigit()]
        name = f"{max(numbers, default=0) + 1:06d}"
        write_arrays(generation / f"{name}.segment", arrays, meta)
        return open_segment(generation, name)

    def write_manifest(self, generation: Path, manifest: Manifest) -> None:
        """The commit: from here on readers see this state."""
        with replacing(generation / MANIFEST) as file:
            file.write(json.dumps(manifest.as_json()).encode())
        named = {f"{name}.segment" for name, _ in manifest.segments}
        for path in generation.glob("*.segment*"):
            if path.name not in named:
                path.unlink(missing_ok=True)

    def switch_to(self, generation: Path) -> None:
        """Make a finished generation the live one; all older ones but the last live one are removed."""
        try:
            before = self.current().name
        except (OSError, CorruptFile):
            before = ""
        with replacing(self.folder / CURRENT) as file:
            file.write(generation.name.encode())
        for path in self.folder.glob("gen-*"):
            if path.name not in (generation.name, before):
                shutil.rmtree(path, ignore_errors=True)

    def merged(self, generation: Path, snapshot: Snapshot) -> Manifest:
        """The snapshot's manifest after a merge, if one is due: not committed yet, written to disk.

        Small segments are merged together; all are, when they hold half of the rows or a third of the rows is dead.
        """
        manifest, segments = snapshot.manifest, snapshot.segments
        if len(segments) <= MAX_SEGMENTS:
            return manifest
        alive = [
            snapshot.alive[offset : offset + segment.rows]
            for offset, segment in zip(snapshot.offsets, segments, strict=True)
        ]
        largest = max(range(len(segments)), key=lambda number: segments[number].rows)
        small = [number for number in range(len(segments)) if number != largest]
        rows = sum(segments[number].rows for number in small)
        dead = snapshot.columns.rows - int(snapshot.alive.sum())
        if rows * 2 > segments[largest].rows or dead * 3 > snapshot.columns.rows:
            small = list(range(len(segments)))
        arrays, meta = merge_segments([segments[n] for n in small], [alive[n] for n in small])
        written = self.write_segment(generation, arrays, meta)
        kept = tuple(manifest.segments[n] for n in range(len(segments)) if n not in small)
        return Manifest(manifest.number + 1, manifest.encoder, (*kept, (written.name, ())))
