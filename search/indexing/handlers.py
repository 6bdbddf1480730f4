"""From changed rows to the index. May run twice for one change: documents are replaced by id and version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from mall.core import outbox
from search.documents import DocumentKind
from search.errors import EngineUnavailable, IndexRebuilding
from search.indexing.changes import TOPIC
from search.indexing.rebuild import rebuild_index
from search.indexing.registry import source_of
from search.service import get_engine


@outbox.handles(TOPIC)
def index_changes(payloads: Sequence[dict[str, Any]]) -> None:
    """Build the documents of the changed rows again; remove those that have none any more."""
    ids: dict[DocumentKind, list[int]] = defaultdict(list)
    for payload in payloads:
        ids[payload["kind"]].append(int(payload["id"]))
    engine = get_engine()
    try:
        for kind, changed in ids.items():
            documents = source_of(kind).build(changed)
            kept = {document.id for document in documents}
            engine.delete(f"{kind}:{pk}" for pk in changed if f"{kind}:{pk}" not in kept)
            engine.upsert(documents)
    except IndexRebuilding:
        _build_again()
    except EngineUnavailable as error:
        raise outbox.Busy from error


def _build_again() -> None:
    """The index is gone or corrupt: everything is built again, the changes at hand with it."""
    try:
        rebuild_index()
    except EngineUnavailable as error:
        raise outbox.Busy from error
