"""Dead letters: rows that were set aside with their error, for a person to look at."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from django.db.models import QuerySet

from mall.core.models import OutboxRow
from mall.core.outbox_leases import database_now

log = structlog.get_logger(__name__)


def dead_rows(*, topic: str = "", ids: Iterable[int] | None = None) -> QuerySet[OutboxRow]:
    """Rows set aside, oldest first: of a topic, of these ids, or all."""
    rows = OutboxRow.objects.filter(is_dead=True).order_by("pk")
    if topic:
        rows = rows.filter(topic=topic)
    return rows if ids is None else rows.filter(pk__in=list(ids))


def replay_dead(*, topic: str = "", ids: Iterable[int] | None = None) -> int:
    """Give them a fresh start: all attempts again, and their age counts from now on. Returns how many."""
    now = database_now()
    count = dead_rows(topic=topic, ids=ids).update(
        is_dead=False, attempts=0, waits=0, set_aside_at=None, created_at=now, available_at=now
    )
    if count:
        log.info("outbox.replayed", topic=topic, rows=count)
    return count


def discard_dead(*, topic: str = "", ids: Iterable[int] | None = None) -> int:
    """Throw them away: what they asked for is not done until the next change of the same thing. Returns how many."""
    count, _by_model = dead_rows(topic=topic, ids=ids).delete()
    if count:
        log.info("outbox.discarded", topic=topic, rows=count)
    return count
