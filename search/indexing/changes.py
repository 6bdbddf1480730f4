"""How a domain says that something it is the source of has changed."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from mall.core import outbox
from search.documents import DocumentKind

# The engine of the settings, and the one that stands in while its server is away: each follows at its own pace.
TOPIC = "search.changed"
FALLBACK_TOPIC = "search.changed.fallback"
OPENSEARCH = "opensearch"


def topics() -> tuple[str, ...]:
    """The streams of changes that this mall has, by its settings."""
    return (TOPIC, FALLBACK_TOPIC) if settings.SEARCH_ENGINE == OPENSEARCH else (TOPIC,)


def mark_changed(kind: DocumentKind, ids: Iterable[int], *, only: str = "") -> None:
    """Ask, inside the caller's transaction, that the documents of these ids be built again.

    only: one of the streams, "" for all.
    """
    changed = list(ids)
    for topic in (only,) if only else topics():
        outbox.publish_many(topic, ((f"{kind}:{pk}", {"kind": kind, "id": pk}) for pk in changed))
