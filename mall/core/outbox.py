"""Work that must follow a change: written with it, done after it, at least once.

`publish` adds a row inside the caller's transaction. One relay at a time (a lease in the database) takes the
oldest rows, hands them to the handler of their topic in batches and deletes them afterwards. A relay that is
killed leaves its rows: the next one does them again, so handlers must not mind a second call.
A row that keeps failing waits longer each time and is set aside as dead after MAX_ATTEMPTS, with its error.
"""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import Min, Q
from django.utils import timezone

from mall.core.models import OutboxLease, OutboxRow, due_rows

log = structlog.get_logger(__name__)

BATCH_ROWS = 500
MAX_ATTEMPTS = 8
LEASE_SECONDS = 60
LONGEST_HOLD = timedelta(hours=3)
RELAY = "relay"

Handler = Callable[[Sequence[dict[str, Any]]], None]
_handlers: dict[str, Handler] = {}


class Busy(Exception):
    """A handler's word that it cannot work now (a lock is held). Its rows wait; no attempt is counted."""


class LeaseTaken(Exception):
    """Another process drains the outbox. Nothing is wrong: it does the rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboxStatus:
    """waiting: live rows; lag_seconds: age of the oldest of them; dead: rows set aside.

    relay_seen_at: when a relay last gave a sign of life, None when none ever did.
    """

    waiting: int
    lag_seconds: float
    dead: int
    relay_seen_at: datetime | None


def handles(topic: str) -> Callable[[Handler], Handler]:
    """Register the function that does the rows of `topic`. It gets the payloads of one batch, newest per key."""

    def register(handler: Handler) -> Handler:
        _handlers[topic] = handler
        return handler

    return register


def publish(topic: str, key: str, payload: dict[str, Any]) -> None:
    """Ask for work of `topic` once the current transaction is committed."""
    OutboxRow.objects.create(topic=topic, key=key, payload=payload)


def publish_many(topic: str, rows: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """`publish` for many (key, payload) pairs."""
    OutboxRow.objects.bulk_create(
        (OutboxRow(topic=topic, key=key, payload=payload) for key, payload in rows), batch_size=1000
    )


@contextmanager
def relay_lease(*, now: datetime | None = None) -> Iterator[Callable[[], None]]:
    """Hold the right to drain. Yields a function that prolongs it; raises LeaseTaken while another holds it.

    A thread prolongs it too, so that one long step (a rebuild) does not lose it; after LONGEST_HOLD it stops, so that
    a holder that hangs does not keep the others out for ever. A holder that dies keeps it LEASE_SECONDS at most.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    OutboxLease.objects.get_or_create(name=RELAY)
    if not _take(holder, now or timezone.now()):
        raise LeaseTaken
    is_over, is_lost = threading.Event(), threading.Event()
    keeper = threading.Thread(target=_keep, args=(holder, is_over, is_lost), name="outbox-lease", daemon=True)
    keeper.start()

    def prolong() -> None:
        if is_lost.is_set() or not _take(holder, timezone.now()):
            raise LeaseTaken

    try:
        yield prolong
    finally:
        is_over.set()
        keeper.join()
        OutboxLease.objects.filter(name=RELAY, holder=holder).update(holder="", held_until=timezone.now())


def _take(holder: str, moment: datetime) -> bool:
    """One conditional update: of two that want the lease, the database lets one have it."""
    free = Q(held_until__lte=moment) | Q(holder=holder)
    until = moment + timedelta(seconds=LEASE_SECONDS)
    return OutboxLease.objects.filter(free, name=RELAY).update(holder=holder, held_until=until) == 1


def _keep(holder: str, is_over: threading.Event, is_lost: threading.Event) -> None:
    ends_at = timezone.now() + LONGEST_HOLD
    try:
        while not is_over.wait(LEASE_SECONDS / 4) and timezone.now() < ends_at:
            try:
                if not _take(holder, timezone.now()):
                    is_lost.set()
                    return
            except DatabaseError as error:
                log.warning("outbox.lease_not_prolonged", error=str(error))
    finally:
        connection.close()


def drain(*, max_rows: int = 20_000, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Do the waiting rows, oldest first, and return how many were done. Raises LeaseTaken.

    should_stop: asked between batches; what is left then waits for the next relay.
    """
    done = 0
    with relay_lease() as prolong:
        while done < max_rows and not should_stop():
            rows = list(due_rows(timezone.now())[:BATCH_ROWS])
            if not rows:
                break
            done += sum(_do(topic, group) for topic, group in _by_topic(rows).items())
            prolong()
    return done


def _by_topic(rows: Iterable[OutboxRow]) -> dict[str, list[OutboxRow]]:
    groups: dict[str, list[OutboxRow]] = {}
    for row in rows:
        groups.setdefault(row.topic, []).append(row)
    return groups


def _do(topic: str, rows: list[OutboxRow]) -> int:
    """Handle one topic's rows; when the batch fails, one by one, so that one bad row holds up no other."""
    handler = _handlers.get(topic)
    if handler is None:
        _put_off(rows, f"no handler is registered for the topic {topic}")
        return 0
    newest = {row.key: row for row in rows}
    try:
        handler([row.payload for row in newest.values()])
    except Busy:
        _wait(rows)
        return 0
    except Exception as error:
        log.warning("outbox.failed", topic=topic, rows=len(rows), error=str(error))
        if len(newest) == 1:
            _put_off(rows, f"{type(error).__name__}: {error}")
            return 0
        return sum(_do(topic, [row for row in rows if row.key == key]) for key in newest)
    OutboxRow.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _wait(rows: Sequence[OutboxRow]) -> None:
    later = timezone.now() + timedelta(seconds=2)
    OutboxRow.objects.filter(pk__in=[row.pk for row in rows]).update(available_at=later)


def _put_off(rows: Sequence[OutboxRow], error: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        for row in rows:
            row.attempts += 1
            row.error = error[:2000]
            row.available_at = now + timedelta(seconds=min(600, 2**row.attempts))
            row.is_dead = row.attempts >= MAX_ATTEMPTS
            row.save(update_fields=["attempts", "error", "available_at", "is_dead"])


def waiting_rows(topic: str) -> list[int]:
    """Ids of all rows of a topic that can be seen now, those set aside included."""
    return list(OutboxRow.objects.filter(topic=topic).values_list("pk", flat=True))


def forget_rows(ids: Sequence[int]) -> None:
    """Take out rows whose work was done in another way. The caller holds the lease."""
    for start in range(0, len(ids), BATCH_ROWS):
        OutboxRow.objects.filter(pk__in=ids[start : start + BATCH_ROWS]).delete()


def replay_dead() -> int:
    """Give the dead rows a fresh start. Returns how many."""
    return OutboxRow.objects.filter(is_dead=True).update(is_dead=False, attempts=0, available_at=timezone.now())


def status(*, now: datetime | None = None) -> OutboxStatus:
    """How much waits, for how long, and when a relay was last alive."""
    live = OutboxRow.objects.filter(is_dead=False)
    oldest = live.aggregate(oldest=Min("created_at"))["oldest"]
    lag = ((now or timezone.now()) - oldest).total_seconds() if oldest else 0.0
    return OutboxStatus(
        waiting=live.count(),
        lag_seconds=max(0.0, lag),
        dead=OutboxRow.objects.filter(is_dead=True).count(),
        relay_seen_at=_relay_seen_at(),
    )


def _relay_seen_at() -> datetime | None:
    lease = OutboxLease.objects.filter(name=RELAY).first()
    if lease is None:
        return None
    return lease.held_until - timedelta(seconds=LEASE_SECONDS) if lease.holder else lease.held_until
