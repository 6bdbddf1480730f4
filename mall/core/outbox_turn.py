"""One turn of a worker: claim after claim until nothing is due, and what is said of the rows of each.

Batches of a topic shrink to the half when a server asks for patience and grow to the double when one was done, so that
the first work after an outage is one row, and a row that alone cannot be done soon stops standing in the way of others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection

from mall.core import outbox_claims as claims
from mall.core.outbox_claims import ClaimedRow, Work
from mall.core.outbox_errors import OutboxError, Refused, Unfinished, is_passing
from mall.core.outbox_leases import Keeper, held_by_others

log = structlog.get_logger(__name__)

BATCH_ROWS = 500
LONGEST_SECONDS = 600.0
GO_ON_SECONDS = 1.0
QUICK_BATCHES = 10
NO_HANDLER = "no handler is registered for the topic {topic}"

Handler = Callable[[Sequence[dict[str, Any]]], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicRules:
    """at_once: most keys of one batch. is_serial: whether one worker at a time handles the topic, wherever it runs.

    is_slow: batches of quick topics go before. longest_seconds: of one batch; a worker that takes longer is ended.
    """

    at_once: int = BATCH_ROWS
    is_serial: Callable[[], bool] = lambda: False
    is_slow: bool = False
    longest_seconds: float = LONGEST_SECONDS


DEFAULT_RULES = TopicRules()
# How many rows of a topic this process dares to take at once, where that is fewer than usual.
_careful_sizes: dict[str, int] = {}


def lease_of(topic: str) -> str:
    """Name of the lease that keeps others from a topic."""
    return f"topic:{topic}"


def wish_of(topic: str) -> str:
    """Name of the lease of whoever waits for a topic: workers that take turns at it would never leave a gap for him."""
    return f"wish:{topic}"


class Turn:
    """handlers, rules: by topic. most_rows: to be done. ends: asked between batches."""

    def __init__(
        self,
        *,
        keeper: Keeper,
        handlers: Mapping[str, Handler],
        rules: Mapping[str, TopicRules],
        most_rows: int,
        ends: Callable[[], bool],
    ) -> None:
        self.keeper, self._handlers, self._rules = keeper, handlers, rules
        self._most_rows, self._ends = most_rows, ends
        self._done = 0
        self._closed: set[str] = set()

    def run(self) -> int:
        """Rounds until one finds nothing: batches of each quick topic, then one of a slow one. Returns rows done."""
        slow = [topic for topic in self._handlers if self._rules_of(topic).is_slow]
        while not self._is_over():
            work = {one.topic: one for one in claims.find_work()}
            quick = [one for one in self._handlers if one not in slow]
            counts = [self._batches_of(work[topic], QUICK_BATCHES) for topic in quick if topic in work]
            following = next((topic for topic in slow if topic in work and self._batches_of(work[topic], 1)), None)
            if following is not None:
                slow.append(slow.pop(slow.index(following)))
            if following is None and not any(counts):
                self._say_what_nobody_handles(set(work).difference(self._handlers))
                break
            self.keeper.check()
        return self._done

    def _is_over(self) -> bool:
        return self._done >= self._most_rows or self._ends()

    def _rules_of(self, topic: str) -> TopicRules:
        return self._rules.get(topic, DEFAULT_RULES)

    def _batches_of(self, work: Work, most: int) -> int:
        """How many batches there were; at most so many."""
        with self._admitted(work.topic) as is_admitted:
            count = 0
            while is_admitted and count < most and not self._is_over() and work.topic not in self._closed:
                if not self._batch_of(work):
                    break
                count += 1
            return count

    def _batch_of(self, work: Work) -> bool:
        """One row that a dead worker left, if there are any, and one claim of others. Whether there was anything."""
        topic, holder, seconds = work.topic, self.keeper.holder, self.keeper.seconds
        left = claims.claim_left(topic, holder=holder, seconds=seconds) if work.has_left else []
        if left:
            self._handle(topic, left)
        if topic in self._closed or self._is_over():
            return bool(left)
        usual = self._rules_of(topic).at_once
        rows = claims.claim(topic, holder=holder, seconds=seconds, limit=min(usual, _careful_sizes.get(topic, usual)))
        if rows:
            self._handle(topic, rows)
        return bool(left or rows)

    @contextmanager
    def _admitted(self, topic: str) -> Iterator[bool]:
        """Whether this worker may claim of the topic: a serial one lets one worker in at a time."""
        lease = lease_of(topic)
        if not self._rules_of(topic).is_serial():
            yield not held_by_others([lease], self.keeper.holder)
        elif held_by_others([wish_of(topic)], self.keeper.holder) or not self.keeper.take(lease):
            yield False
        else:
            try:
                yield True
            finally:
                self.keeper.let_go(lease)

    def _handle(self, topic: str, rows: Sequence[ClaimedRow]) -> None:
        rules = self._rules_of(topic)
        if not rules.is_serial() and held_by_others([lease_of(topic)], self.keeper.holder):
            # somebody wanted the topic for himself in the moment of the claim, and waits until it is given back
            claims.give_back(rows, self.keeper.holder)
            self._closed.add(topic)
            return
        with self.keeper.limit(rules.longest_seconds, f"{topic}: {', '.join(row.key for row in rows[:5])}"):
            self._do(topic, rows)

    def _do(self, topic: str, rows: Sequence[ClaimedRow]) -> None:
        holder = self.keeper.holder
        try:
            self._handlers[topic]([row.payload for row in rows])
        except Refused as refused:
            self._refuse(topic, rows, refused.reasons)
        except Unfinished:
            claims.give_back(rows, holder, seconds=GO_ON_SECONDS)
        except SoftTimeLimitExceeded:
            claims.leave(rows, holder)
            raise
        except Exception as error:
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            if is_passing(error):
                self._be_patient(topic, rows, error)
            else:
                self._isolate(topic, rows, error)
        except BaseException:
            claims.leave(rows, holder)
            raise
        else:
            self._done += claims.finish(rows, holder)
            self._dare_more(topic)

    def _refuse(self, topic: str, rows: Sequence[ClaimedRow], reasons: Mapping[str, str]) -> None:
        claims.set_aside([row for row in rows if row.key in reasons], reasons, self.keeper.holder)
        self._done += claims.finish([row for row in rows if row.key not in reasons], self.keeper.holder)
        strangers = sorted(set(reasons).difference(row.key for row in rows))
        if strangers:
            log.error("outbox.refused_what_was_not_asked", topic=topic, keys=strangers[:20])

    def _be_patient(self, topic: str, rows: Sequence[ClaimedRow], error: Exception) -> None:
        """No other batch of this topic in this turn: what is away is not asked more often than once in it."""
        self._closed.add(topic)
        _careful_sizes[topic] = max(1, len(rows) // 2)
        claims.wait(rows, self.keeper.holder, _told(error))
        log.warning("outbox.waits", topic=topic, rows=len(rows), error=_told(error))

    def _dare_more(self, topic: str) -> None:
        size = _careful_sizes.pop(topic, None)
        if size is not None and size * 2 < self._rules_of(topic).at_once:
            _careful_sizes[topic] = size * 2

    def _isolate(self, topic: str, rows: Sequence[ClaimedRow], error: Exception) -> None:
        """A failing batch is done in halves, down to the rows that fail alone."""
        log.warning("outbox.failed", topic=topic, rows=len(rows), error=_told(error))
        if len(rows) == 1:
            claims.put_off(rows[0], self.keeper.holder, _told(error))
            return
        middle = len(rows) // 2
        self._do(topic, rows[:middle])
        if topic in self._closed:
            claims.give_back(rows[middle:], self.keeper.holder)
        else:
            self._do(topic, rows[middle:])

    def _say_what_nobody_handles(self, topics: Collection[str]) -> None:
        """Rows of code that is newer than this worker wait for one that knows them."""
        for topic in topics:
            holder, seconds = self.keeper.holder, self.keeper.seconds
            rows = claims.claim(topic, holder=holder, seconds=seconds, limit=BATCH_ROWS)
            rows += claims.claim_left(topic, holder=holder, seconds=seconds)
            if rows:
                claims.wait(rows, self.keeper.holder, NO_HANDLER.format(topic=topic))


def _told(error: Exception) -> str:
    words = str(error)
    if isinstance(error, OutboxError):
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def forget_caution() -> None:
    """Take whole batches again (tests)."""
    _careful_sizes.clear()
