"""Build the whole index again from the sources, searches going on meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mall.core import outbox
from search.documents import SearchDocument
from search.indexing.changes import TOPIC
from search.indexing.registry import all_sources
from search.service import get_engine

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


def rebuild_index(progress: Progress | None = None) -> str:
    """A new generation from the database; returns its name. Changes made meanwhile stay in the outbox and follow.

    The caller holds the outbox lease (see `rebuild_index_alone`). Changes that were waiting at the start are in the
    new generation, so their rows are taken out afterwards.
    """
    covered = outbox.waiting_rows(TOPIC)
    name = get_engine().rebuild(iterate_documents(progress))
    outbox.forget_rows(covered)
    return name


def rebuild_index_alone(progress: Progress | None = None) -> str:
    """`rebuild_index` while nobody else drains the outbox. Raises outbox.LeaseTaken."""
    with outbox.relay_lease() as prolong:

        def step(read: int, total: int) -> None:
            prolong()
            if progress:
                progress(read, total)

        return rebuild_index(step)
