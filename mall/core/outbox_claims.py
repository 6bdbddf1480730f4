"""Claims: the rows of one topic that one worker has to itself for a while, and what becomes of them.

A claim takes rows that no other worker is taking at this moment (FOR UPDATE SKIP LOCKED; SQLite has one relay at a
time) and whose thing, one topic and key, nobody handles. That two workers never have one thing is the constraint
`outbox_thing_is_claimed_once`; where it refuses, the claim is tried again and sees the other.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Count, F, Q, QuerySet

from mall.core.models import OutboxRow
from mall.core.outbox_leases import database_now

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
LONGEST_WAIT_SECONDS = 60.0
ERROR_LENGTH = 2000
_TRIES = 5
_DEADLOCKS = {"40P01", "40001"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimedRow:
    """The newest row of one key. covers: how many rows it stands for, those that it replaced included.

    attempts: this one counted. waits: how often in a row its work had to wait for a server.
    """

    id: int
    topic: str
    key: str
    payload: dict[str, Any]
    attempts: int
    waits: int
    covers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What a topic holds now. has_left: rows that a worker left when it ended in the middle of them."""

    topic: str
    has_left: bool


def find_work() -> list[Work]:
    """Topics with rows that may be taken now."""
    now = database_now()
    is_left = Q(locked_until__lte=now) & ~Q(claimed_by="")
    due = OutboxRow.objects.filter(Q(available_at__lte=now, claimed_by="") | is_left, is_dead=False)
    rows = due.order_by().values("topic").annotate(left=Count("pk", filter=is_left))
    return [Work(topic=row["topic"], has_left=row["left"] > 0) for row in rows]


def claim(topic: str, *, holder: str, seconds: float, limit: int) -> list[ClaimedRow]:
    """The oldest due things of the topic of which no row is claimed, at most `limit`, for so many seconds."""
    return _tried(lambda now: _claim(_unclaimed(topic, now)[:limit], topic, holder, now + timedelta(seconds=seconds)))


def claim_left(topic: str, *, holder: str, seconds: float) -> list[ClaimedRow]:
    """One row that a worker left when it ended in the middle, alone: if it was its fault, no other row pays for it.

    What has had all its attempts is set aside instead.
    """
    found = _tried(lambda now: _claim(_left(topic, now)[:1], topic, holder, now + timedelta(seconds=seconds)))
    spent = [replace(row, attempts=MAX_ATTEMPTS) for row in found if row.attempts > MAX_ATTEMPTS]
    _ours(spent, holder).update(attempts=MAX_ATTEMPTS)
    set_aside(spent, {row.key: f"its worker ended in the middle of it, {MAX_ATTEMPTS} times" for row in spent}, holder)
    return [row for row in found if row.attempts <= MAX_ATTEMPTS]


def _unclaimed(topic: str, now: datetime) -> QuerySet[OutboxRow]:
    # by IN, not EXISTS: PostgreSQL then hashes the keys once (5,000 in hand: 21 ms instead of 355)
    in_hand = OutboxRow.objects.filter(topic=topic).exclude(claimed_by="").values("key")
    due = OutboxRow.objects.filter(topic=topic, is_dead=False, claimed_by="", available_at__lte=now)
    return due.exclude(key__in=in_hand).order_by("pk").select_for_update(skip_locked=True)


def _left(topic: str, now: datetime) -> QuerySet[OutboxRow]:
    left = OutboxRow.objects.filter(topic=topic, is_dead=False, locked_until__lte=now).exclude(claimed_by="")
    return left.order_by("pk").select_for_update(skip_locked=True)


def _tried(make: Callable[[datetime], list[ClaimedRow]]) -> list[ClaimedRow]:
    """Where another worker claims the same thing in this moment, look again: its claim is seen then."""
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                return make(database_now())
        except IntegrityError:
            continue
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in _DEADLOCKS:
                raise
    return []


def _claim(candidates: QuerySet[OutboxRow], topic: str, holder: str, until: datetime) -> list[ClaimedRow]:
    groups: dict[str, list[OutboxRow]] = {}
    for row in _with_rows_of_same_things(list(candidates), topic):
        groups.setdefault(row.key, []).append(row)
    newest = [_newest_of(same) for same in groups.values()]
    merged = [same for same in groups.values() if len(same) > 1]
    if merged:
        OutboxRow.objects.filter(pk__in=[row.pk for same in merged for row in same[:-1]]).delete()
        OutboxRow.objects.bulk_update([same[-1] for same in merged], ["attempts", "waits", "error", "created_at"])
    if newest:
        OutboxRow.objects.filter(pk__in=[row.id for row in newest]).update(
            attempts=F("attempts") + 1, claimed_by=holder, locked_until=until
        )
    return newest


def _with_rows_of_same_things(first: list[OutboxRow], topic: str) -> list[OutboxRow]:
    """These locked rows and the others of their things, oldest first.

    A thing of which another worker is taking an older row in this moment is left to it: a newer change must not
    overtake an older one.
    """
    live = OutboxRow.objects.filter(topic=topic, key__in={row.key for row in first}, is_dead=False, claimed_by="")
    others = live.exclude(pk__in=[row.pk for row in first])
    seen = dict(others.values_list("pk", "key"))
    if not seen:
        return first
    locked = list(others.filter(pk__in=seen).select_for_update(skip_locked=True))
    ours = {row.pk for row in locked}
    newest: dict[str, int] = {}
    for row in [*first, *locked]:
        newest[row.key] = max(row.pk, newest.get(row.key, row.pk))
    overtaken = {key for pk, key in seen.items() if pk not in ours and pk < newest[key]}
    return sorted((row for row in [*first, *locked] if row.key not in overtaken), key=lambda row: row.pk)


def _newest_of(same: Sequence[OutboxRow]) -> ClaimedRow:
    """The last of these rows of one thing, with the age, the attempts and the waits of all, and why they wait."""
    row = same[-1]
    told = [one.error for one in same if one.waits] or [one.error for one in same if one.error]
    row.error = told[-1] if told else ""
    row.attempts = max(one.attempts for one in same)
    row.waits = max(one.waits for one in same)
    row.created_at = min(one.created_at for one in same)
    return ClaimedRow(
        id=row.pk,
        topic=row.topic,
        key=row.key,
        payload=row.payload,
        attempts=row.attempts + 1,
        waits=row.waits,
        covers=len(same),
    )


def _ours(rows: Iterable[ClaimedRow], holder: str) -> QuerySet[OutboxRow]:
    """Those that this holder still has: what took longer than its claim may be another's by now."""
    return OutboxRow.objects.filter(pk__in=[row.id for row in rows], claimed_by=holder)


def finish(rows: Sequence[ClaimedRow], holder: str) -> int:
    """They are done, and with them what had been set aside of the same things. Returns how many rows they stood for."""
    _ours(rows, holder).delete()
    _forget_dead(rows)
    return sum(row.covers for row in rows)


def _forget_dead(rows: Sequence[ClaimedRow]) -> None:
    if rows:
        keys = {row.key for row in rows}
        kept = [row.id for row in rows]
        OutboxRow.objects.filter(topic=rows[0].topic, key__in=keys, is_dead=True).exclude(pk__in=kept).delete()


def give_back(rows: Sequence[ClaimedRow], holder: str, *, seconds: float = 0.0) -> None:
    """Nothing was wrong with them: they may be taken again after so many seconds, and no attempt is counted."""
    _ours(rows, holder).update(
        attempts=F("attempts") - 1,
        claimed_by="",
        locked_until=None,
        available_at=database_now() + timedelta(seconds=seconds),
    )


def wait(rows: Sequence[ClaimedRow], holder: str, error: str) -> None:
    """A server is away: back off, together so that they come back as one batch. No attempt is counted, however long."""
    _ours(rows, holder).update(
        attempts=F("attempts") - 1,
        waits=F("waits") + 1,
        error=error[:ERROR_LENGTH],
        claimed_by="",
        locked_until=None,
        available_at=database_now() + timedelta(seconds=back_off_seconds(max(row.waits for row in rows) + 1)),
    )


def put_off(row: ClaimedRow, holder: str, error: str) -> None:
    """It failed: again later, or set aside when it had its last attempt."""
    if row.attempts >= MAX_ATTEMPTS:
        set_aside([row], {row.key: error}, holder)
        return
    _ours([row], holder).update(
        error=error[:ERROR_LENGTH],
        waits=0,
        claimed_by="",
        locked_until=None,
        available_at=database_now() + timedelta(seconds=back_off_seconds(row.attempts)),
    )


def set_aside(rows: Sequence[ClaimedRow], reasons: Mapping[str, str], holder: str) -> None:
    """They become dead letters, each with its reason, for a person to look at; one letter per thing."""
    for row in rows:
        error = reasons[row.key][:ERROR_LENGTH]
        _ours([row], holder).update(
            is_dead=True, error=error, claimed_by="", locked_until=None, set_aside_at=database_now()
        )
        log.error("outbox.set_aside", topic=row.topic, key=row.key, attempts=row.attempts, error=error)
    _forget_dead(rows)


def leave(rows: Sequence[ClaimedRow], holder: str) -> None:
    """The handler ended its worker with them in hand: they are suspects at once, the attempt counted."""
    _ours(rows, holder).update(locked_until=database_now())


def back_off_seconds(times: int) -> float:
    """Exponential with full jitter: between 1 and 2, 4, 8 … LONGEST_WAIT_SECONDS, evenly."""
    return random.uniform(1.0, min(LONGEST_WAIT_SECONDS, 2.0 ** min(times, 16)))  # noqa: S311
