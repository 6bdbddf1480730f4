"""How a domain says that something it is the source of has changed."""

from __future__ import annotations

from collections.abc import Iterable

from mall.core import outbox
from search.documents import DocumentKind

TOPIC = "search.changed"


def mark_changed(kind: DocumentKind, ids: Iterable[int]) -> None:
    """Ask, inside the caller's transaction, that the documents of these ids be built again."""
    outbox.publish_many(TOPIC, ((f"{kind}:{pk}", {"kind": kind, "id": pk}) for pk in ids))
