"""An index and the database, compared as a whole; where they differ, the document is built again.

Changes reach the index by the outbox, and one may be lost all the same: a row discarded, an index restored from an old
copy, a fault of our own. This finds them, once a night.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray

from mall.core.models import OutboxRow
from search.documents import DocumentKind
from search.engines.protocol import SearchEngine
from search.indexing.changes import TOPIC, mark_changed
from search.indexing.registry import DocumentSource, all_sources

log = structlog.get_logger(__name__)

CHUNK = 500
# as the database writes them: nothing that int() would read too
_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)

Versions = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """What was found in one index, in documents.

    compared: in the database. missing: only there. older: the index is behind. ahead: the index knows a version that
    the database has not had, as after a restored backup: only a rebuild helps. surplus: only in the index. stray: ids
    there that nothing in the database can have. What waits in the outbox is on its way and not counted.
    """

    compared: int = 0
    missing: int = 0
    older: int = 0
    ahead: int = 0
    surplus: int = 0
    stray: int = 0

    @property
    def differing(self) -> int:
        return self.missing + self.older + self.ahead + self.surplus + self.stray


def repair_drift(engine: SearchEngine, topic: str = TOPIC) -> Drift:
    """Compare all versions and ask, in the stream `topic`, for every document that differs. Raises EngineUnavailable.

    Holds 16 bytes for each stored document. What changes while it runs may be asked for once more, which does no harm.
    """
    sources = all_sources()
    stored, strays = _read_stored(engine, sources)
    if strays:
        engine.delete(strays)
    counts = {"compared": 0, "missing": 0, "older": 0, "ahead": 0, "surplus": 0}
    for source in sources:
        waiting = _waiting(source.kind, topic)
        wanted: list[int] = []
        for pk, name in _differences(stored[source.kind], source, counts):
            if pk in waiting:
                continue
            counts[name] += 1
            wanted.append(pk)
            if len(wanted) == CHUNK:
                mark_changed(source.kind, wanted, only=topic)
                wanted = []
        mark_changed(source.kind, wanted, only=topic)
    drift = Drift(stray=len(strays), **counts)
    if drift.ahead:
        log.error("search.index_ahead", topic=topic, documents=drift.ahead, remedy="manage.py rebuild_search")
    return drift


def _read_stored(
    engine: SearchEngine, sources: Sequence[DocumentSource]
) -> tuple[dict[DocumentKind, Versions], list[str]]:
    """By kind, int64 (n, 2) of id and version, ascending; and the ids that no source can have."""
    pairs: dict[str, list[tuple[int, int]]] = {source.kind: [] for source in sources}
    done: dict[str, list[Versions]] = {source.kind: [np.empty((0, 2), np.int64)] for source in sources}
    strays: list[str] = []
    for identity, version in engine.stored_versions():
        kind, _, number = identity.partition(":")
        if kind not in pairs or not _NUMBER.fullmatch(number):
            strays.append(identity)
            continue
        pairs[kind].append((int(number), version))
        if len(pairs[kind]) == CHUNK:
            done[kind].append(np.array(pairs[kind], np.int64))
            pairs[kind] = []
    found: dict[DocumentKind, Versions] = {}
    for source in sources:
        rest = np.array(pairs[source.kind], np.int64).reshape(-1, 2)
        versions = np.concatenate([*done[source.kind], rest])
        found[source.kind] = versions[np.argsort(versions[:, 0], kind="stable")]
    return found, strays


def _differences(stored: Versions, source: DocumentSource, counts: dict[str, int]) -> Iterator[tuple[int, str]]:
    """(id, what is wrong) in ascending order, the two sorted lists read side by side."""
    place = 0
    for pk, version in _versions(source):
        counts["compared"] += 1
        while place < len(stored) and stored[place, 0] < pk:
            yield int(stored[place, 0]), "surplus"
            place += 1
        if place == len(stored) or stored[place, 0] != pk:
            yield pk, "missing"
            continue
        if stored[place, 1] != version:
            yield pk, "older" if stored[place, 1] < version else "ahead"
        place += 1
    for row in stored[place:]:
        yield int(row[0]), "surplus"


def _versions(source: DocumentSource) -> Iterator[tuple[int, int]]:
    if source.versions is not None:
        yield from source.versions()
        return
    chunk: list[int] = []
    for pk in source.iterate_ids():
        chunk.append(pk)
        if len(chunk) == CHUNK:
            yield from _built_versions(source, chunk)
            chunk = []
    yield from _built_versions(source, chunk)


def _built_versions(source: DocumentSource, ids: Sequence[int]) -> list[tuple[int, int]]:
    built = source.build(ids) if ids else []
    return sorted((int(document.id.partition(":")[2]), document.version) for document in built)


def _waiting(kind: DocumentKind, topic: str) -> set[int]:
    """Ids whose change is on its way already."""
    rows = OutboxRow.objects.filter(topic=topic, key__startswith=f"{kind}:", is_dead=False)
    numbers = (key.partition(":")[2] for key in rows.values_list("key", flat=True))
    return {int(number) for number in numbers if _NUMBER.fullmatch(number)}
