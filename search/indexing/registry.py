"""Which domain makes which documents. Domains register; search never imports them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from search.documents import DocumentKind, SearchDocument


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentSource:
    """How one kind of document is made.

    build: documents of the given database ids; an id that gives none is to be removed from the index.
    iterate_ids: every id that may have a document, ascending. count: about how many there are.
    versions: id and version of everything that has a document, ascending; None: they are read from built documents.
    """

    kind: DocumentKind
    build: Callable[[Sequence[int]], Sequence[SearchDocument]]
    iterate_ids: Callable[[], Iterator[int]]
    count: Callable[[], int]
    versions: Callable[[], Iterator[tuple[int, int]]] | None = None


IDS_AT_ONCE = 2_000


def ids_of(rows: QuerySet[Any]) -> Iterator[int]:
    """Primary keys of `rows`, ascending, some at a time.

    No statement stays open between them: on SQLite a connection that still reads cannot write (prolong the outbox
    lease) once another has written, and fails with "database is locked".
    """
    return (pk for (pk,) in _some_at_a_time(rows, "pk"))


def versions_of(rows: QuerySet[Any]) -> Iterator[tuple[int, int]]:
    """(primary key, search_version) of `rows`, ascending, some at a time."""
    return ((pk, version) for pk, version in _some_at_a_time(rows, "pk", "search_version"))


def _some_at_a_time(rows: QuerySet[Any], *fields: str) -> Iterator[tuple[int, ...]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk").values_list(*fields)[:IDS_AT_ONCE]):
        yield from batch
        last = batch[-1][0]


_sources: dict[DocumentKind, DocumentSource] = {}


def register(source: DocumentSource) -> None:
    """Make `source` the one maker of its kind; registering again replaces it."""
    _sources[source.kind] = source


def source_of(kind: DocumentKind) -> DocumentSource:
    """The maker of `kind`. Raises LookupError when no domain registered it."""
    try:
        return _sources[kind]
    except KeyError as error:
        raise LookupError(f"no domain makes documents of the kind {kind!r}") from error


def all_sources() -> tuple[DocumentSource, ...]:
    """Every maker, in the order of their kinds' names."""
    return tuple(_sources[kind] for kind in sorted(_sources))
