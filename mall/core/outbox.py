"""Work that must follow a change: written with it, done after it, at least once.

`publish` adds a row inside the caller's transaction. Workers claim due rows of one topic in batches, the newest per
key, hand them to the topic's handler and delete them afterwards. On PostgreSQL several workers drain at once, on SQLite
one at a time. Rows of one topic and key are never in two hands; different keys may be handled at the same moment, so a
handler that must not registers its topic as serial. A worker that is killed leaves its rows: they come back one by one
when its claim is over, so handlers must not mind a second call.

What becomes of the rows when a handler raises:
    Busy, or an error that passes  they wait, 1 to 60 s and for as long as it takes; batches get smaller meanwhile
    Unfinished                     it did what fits into one turn; the rest comes again soon
    Refused                        these keys are dead letters with their reasons; the others are done
    anything else                  the batch is halved until the bad row is alone; it is tried MAX_ATTEMPTS times, then
                                   set aside with its error
A handler that takes longer than its topic's `longest_seconds` ends its worker, which counts as a crash does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from mall.core.models import OutboxLease, OutboxRow
from mall.core.outbox_claims import MAX_ATTEMPTS
from mall.core.outbox_dead import dead_rows, discard_dead, replay_dead
from mall.core.outbox_errors import Busy, OutboxError, Refused, Unfinished
from mall.core.outbox_leases import Keeper, LeaseTaken, database_now, give_sign_of_life, new_holder
from mall.core.outbox_turn import BATCH_ROWS, LONGEST_SECONDS, Handler, TopicRules, Turn, lease_of, wish_of

__all__ = [
    "BATCH_ROWS",
    "MAX_ATTEMPTS",
    "Busy",
    "Handler",
    "LeaseTaken",
    "OutboxError",
    "OutboxStatus",
    "Refused",
    "TopicRules",
    "TopicStatus",
    "Unfinished",
    "alone",
    "dead_rows",
    "discard_dead",
    "drain",
    "forget_rows",
    "handles",
    "publish",
    "publish_many",
    "relay_lease",
    "replay_dead",
    "status",
    "waiting_rows",
]

LEASE_SECONDS = 60.0
RELAY = "relay"
_POLL_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicStatus:
    """waiting: live rows; lag_seconds: age of the oldest of them; dead: rows set aside.

    paused_by: what some of them wait for, such as a server that takes no changes now; "" while nothing is in the way.
    """

    waiting: int = 0
    lag_seconds: float = 0.0
    dead: int = 0
    paused_by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboxStatus:
    """waiting: live rows; lag_seconds: age of the oldest of them; dead: rows set aside. topics: the same of each.

    relay_seen_at: when a worker last gave a sign of life, None when none ever did.
    """

    waiting: int
    lag_seconds: float
    dead: int
    relay_seen_at: datetime | None
    topics: Mapping[str, TopicStatus] = field(default_factory=dict)

    def of(self, topic: str) -> TopicStatus:
        """Nothing waits in a topic that has no row."""
        return self.topics.get(topic, TopicStatus())


_handlers: dict[str, Handler] = {}
_rules: dict[str, TopicRules] = {}


def handles(
    topic: str,
    *,
    at_once: int = BATCH_ROWS,
    is_serial: bool | Callable[[], bool] = False,
    is_slow: bool = False,
    longest_seconds: float = LONGEST_SECONDS,
) -> Callable[[Handler], Handler]:
    """Register the function that does the rows of `topic`. It gets the payloads of one batch, newest per key.

    The options are those of `TopicRules`.
    """

    def register(handler: Handler) -> Handler:
        _handlers[topic] = handler
        _rules[topic] = TopicRules(
            at_once=at_once,
            is_serial=is_serial if callable(is_serial) else lambda: bool(is_serial),
            is_slow=is_slow,
            longest_seconds=longest_seconds,
        )
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
def relay_lease() -> Iterator[Callable[[], None]]:
    """Be the only relay, as on SQLite. Yields a function that prolongs it; raises LeaseTaken while another is."""
    with Keeper(new_holder(), LEASE_SECONDS) as keeper:
        if not keeper.take(RELAY):
            raise LeaseTaken
        yield keeper.check


@contextmanager
def alone(*topics: str, wait_seconds: float = 0.0) -> Iterator[Callable[[], None]]:
    """Keep every worker from the rows of these topics; those of other topics go on being done.

    wait_seconds: patience with what workers have in hand. Yields a function that prolongs it; raises LeaseTaken.
    Not for handlers: what their own worker has in hand would be waited for.
    """
    ends_at = time.monotonic() + wait_seconds
    with Keeper(new_holder(), LEASE_SECONDS) as keeper:
        for name in [name for topic in topics for name in (wish_of(topic), lease_of(topic))]:
            _until(lambda name=name: keeper.take(name), ends_at)  # type: ignore[misc]
        # who claimed before the leases were taken is waited for; who claims now sees them and gives back
        in_hand = OutboxRow.objects.filter(topic__in=topics).exclude(claimed_by="")
        _until(lambda: not in_hand.filter(locked_until__gt=database_now()).exists(), ends_at)
        yield keeper.check


@contextmanager
def lease(name: str, *, wait_seconds: float = 0.0) -> Iterator[Callable[[], None]]:
    """Hold a lease that keeps no worker from its rows, only another holder of the same name.

    Yields a function that prolongs it; raises LeaseTaken.
    """
    with Keeper(new_holder(), LEASE_SECONDS) as keeper:
        _until(lambda: keeper.take(name), time.monotonic() + wait_seconds)
        yield keeper.check


def _until(is_so: Callable[[], bool], ends_at: float) -> None:
    while not is_so():
        if time.monotonic() >= ends_at:
            raise LeaseTaken
        time.sleep(_POLL_SECONDS)


def has_one_relay_only() -> bool:
    """SQLite lets one process write at a time: workers beside each other would only wait."""
    return connection.vendor == "sqlite"


def drain(*, max_rows: int = 20_000, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Do the waiting rows, oldest first in each topic, and return how many were done.

    should_stop: asked between batches; what is left then waits for the next worker. Raises LeaseTaken on SQLite while
    another process drains.
    """
    is_one_of_many = not has_one_relay_only()
    with Keeper(new_holder(), LEASE_SECONDS, shows=RELAY if is_one_of_many else "") as keeper:
        if is_one_of_many:
            give_sign_of_life(RELAY)
        elif not keeper.take(RELAY):
            raise LeaseTaken
        turn = Turn(keeper=keeper, handlers=_handlers, rules=_rules, most_rows=max_rows, ends=should_stop)
        return turn.run()


def waiting_rows(topic: str) -> list[int]:
    """Ids of all rows of a topic that can be seen now, those set aside included."""
    return list(OutboxRow.objects.filter(topic=topic).values_list("pk", flat=True))


def forget_rows(ids: Sequence[int]) -> None:
    """Take out rows whose work was done in another way. The caller is `alone` with their topic."""
    for start in range(0, len(ids), BATCH_ROWS):
        OutboxRow.objects.filter(pk__in=ids[start : start + BATCH_ROWS]).delete()


def status(*, now: datetime | None = None) -> OutboxStatus:
    """How much waits, for how long, and when a worker was last alive; in all and by topic. Two queries."""
    moment = now or timezone.now()
    live, dead = Q(is_dead=False), Q(is_dead=True)
    counts = OutboxRow.objects.order_by().values("topic")
    rows = counts.annotate(
        waiting=Count("pk", filter=live),
        oldest=Min("created_at", filter=live),
        dead=Count("pk", filter=dead),
        paused_by=Max("error", filter=live & Q(waits__gt=0)),
    )
    topics = {
        row["topic"]: TopicStatus(
            waiting=row["waiting"],
            lag_seconds=max(0.0, (moment - row["oldest"]).total_seconds()) if row["oldest"] else 0.0,
            dead=row["dead"],
            paused_by=row["paused_by"] or "",
        )
        for row in rows
    }
    return OutboxStatus(
        waiting=sum(one.waiting for one in topics.values()),
        lag_seconds=max((one.lag_seconds for one in topics.values()), default=0.0),
        dead=sum(one.dead for one in topics.values()),
        relay_seen_at=_relay_seen_at(),
        topics=topics,
    )


def _relay_seen_at() -> datetime | None:
    lease = OutboxLease.objects.filter(name=RELAY).first()
    if lease is None:
        return None
    return lease.held_until - timedelta(seconds=LEASE_SECONDS) if lease.holder else lease.held_until
