"""Build a whole index again from the sources, searches going on meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from mall.core import outbox
from search.documents import SearchDocument
from search.engines.protocol import SearchEngine
from search.errors import EngineUnavailable
from search.indexing.changes import TOPIC
from search.indexing.registry import all_sources
from search.indexing.streams import engine_of

CHUNK = 500

Progress = Callable[[int, int], None]


def iterate_documents(progress: Progress | None = None) -> Iterator[SearchDocument]:
    """Every document of every source. progress: called with (rows read, rows in all)."""
    total = sum(source.count() for source in all_sources())
    read = 0
    for source in all_sources():
        chunk: list[int] = []
        for pk in source.iterate_ids():
            chunk.append(pk)
            if len(chunk) == CHUNK:
                yield from source.build(chunk)
                read += len(chunk)
                chunk = []
                if progress:
                    progress(read, total)
        if chunk:
            yield from source.build(chunk)
            read += len(chunk)
            if progress:
                progress(read, total)


def rebuild_index(progress: Progress | None = None, *, topic: str = TOPIC) -> str:
    """A new generation from the database; returns its name. Changes made meanwhile stay in the outbox and follow.

    topic: the stream whose engine is built. The caller is alone with it (see `rebuild_index_alone`), or the engine
    takes changes while it is built. Changes that an engine could not take meanwhile are in the new generation, so
    those that were waiting at the start are taken out afterwards. Raises EngineUnavailable.
    """
    engine = _engine_for(topic)
    if engine.takes_writes_while_rebuilding:
        return engine.rebuild(iterate_documents(progress))
    covered = outbox.waiting_rows(topic)
    name = engine.rebuild(iterate_documents(progress))
    outbox.forget_rows(covered)
    return name


def _engine_for(topic: str) -> SearchEngine:
    engine = engine_of(topic)
    if engine is None:
        raise EngineUnavailable(f"no engine follows {topic}")
    return engine


def rebuild_index_alone(progress: Progress | None = None, *, topic: str = TOPIC, wait_seconds: float = 0.0) -> str:
    """`rebuild_index` while nobody else builds the same; other work goes on.

    An engine that cannot take changes meanwhile has its stream stopped: they wait in the outbox.
    wait_seconds: patience with what others have in hand. Raises outbox.LeaseTaken, EngineUnavailable.
    """
    with _hold(topic, wait_seconds) as prolong:

        def step(read: int, total: int) -> None:
            prolong()
            if progress:
                progress(read, total)

        return rebuild_index(step, topic=topic)


def _hold(topic: str, wait_seconds: float) -> AbstractContextManager[Callable[[], None]]:
    if _engine_for(topic).takes_writes_while_rebuilding:
        return outbox.lease(f"rebuild {topic}", wait_seconds=wait_seconds)
    return outbox.alone(topic, wait_seconds=wait_seconds)
