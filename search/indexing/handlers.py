"""From changed rows to the index. May run twice for one change: documents are replaced by id and version.

What may run at once: batches of different documents on OpenSearch, which keeps the newest version by itself. The
embedded engine takes one writer, so its stream is serial. Both streams at once are fine: each has an engine of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from mall.core import outbox
from search.documents import DocumentKind
from search.engines.protocol import SearchEngine
from search.errors import DocumentsRefused, EngineUnavailable
from search.indexing.changes import FALLBACK_TOPIC, OPENSEARCH, TOPIC
from search.indexing.registry import source_of
from search.service import get_engine, get_fallback_engine


@outbox.handles(TOPIC, is_serial=lambda: settings.SEARCH_ENGINE != OPENSEARCH)
def index_changes(payloads: Sequence[dict[str, Any]]) -> None:
    """The engine of the settings follows."""
    apply_changes(get_engine(), payloads)


@outbox.handles(FALLBACK_TOPIC, is_serial=True)
def index_changes_of_fallback(payloads: Sequence[dict[str, Any]]) -> None:
    """The engine that stands in follows too, so that it has something to say. Nothing to do where there is none."""
    engine = get_fallback_engine()
    if engine is not None:
        apply_changes(engine, payloads)


def apply_changes(engine: SearchEngine, payloads: Sequence[dict[str, Any]]) -> None:
    """Build the documents of the changed rows again; remove those that have none any more.

    The rows are read as they are now, whatever the payloads were written for. Raises outbox.Busy while the engine is
    away or has no index, which `search.tasks.heal` builds; outbox.Refused for documents that it will never take.
    """
    ids: dict[DocumentKind, list[int]] = defaultdict(list)
    for payload in payloads:
        ids[payload["kind"]].append(int(payload["id"]))
    refused: dict[str, str] = {}
    try:
        for kind, changed in ids.items():
            documents = source_of(kind).build(changed)
            kept = {document.id for document in documents}
            gone = [f"{kind}:{pk}" for pk in changed if f"{kind}:{pk}" not in kept]
            if gone:
                engine.delete(gone)
            try:
                engine.upsert(documents)
            except DocumentsRefused as error:
                refused |= error.reasons
    except EngineUnavailable as error:
        raise outbox.Busy(str(error) or type(error).__name__) from error
    if refused:
        raise outbox.Refused(refused)
