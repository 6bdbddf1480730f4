"""What one worker has alone: leases by name, and its claims on rows. A thread prolongs them while the worker lives.

A worker that dies keeps them for one lease at most. Times are the database's: workers whose clocks differ agree.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import TracebackType

import structlog
from django.db import Error, connection
from django.db.models import Q
from django.utils import timezone

from mall.core.models import OutboxLease, OutboxRow

log = structlog.get_logger(__name__)

LONGEST_HOLD_SECONDS = 3 * 3600.0
# of sysexits.h: the work may be tried again
ENDED_ITSELF = 75


class LeaseTaken(Exception):
    """Another process has it. Nothing is wrong: it does the work."""


def new_holder() -> str:
    """A name that no other worker, and no other turn of this one, has."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def database_now() -> datetime:
    """Now, by the clock that all workers share: the server's, or this machine's on SQLite."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def take(name: str, holder: str, seconds: float) -> bool:
    """One conditional update: of two that want the lease, the database lets one have it."""
    now = database_now()
    OutboxLease.objects.get_or_create(name=name, defaults={"held_until": now - timedelta(seconds=1)})
    free = Q(held_until__lte=now) | Q(holder=holder)
    until = now + timedelta(seconds=seconds)
    return OutboxLease.objects.filter(free, name=name).update(holder=holder, held_until=until) == 1


def let_go(name: str, holder: str) -> None:
    OutboxLease.objects.filter(name=name, holder=holder).update(holder="", held_until=database_now())


def held_by_others(names: Iterable[str], holder: str) -> set[str]:
    """Those of the leases that somebody else has now."""
    held = OutboxLease.objects.filter(name__in=list(names), held_until__gt=database_now())
    return set(held.exclude(holder__in=["", holder]).values_list("name", flat=True))


def give_sign_of_life(name: str) -> None:
    """Note on a lease that nobody needs to hold that a worker was here."""
    now = database_now()
    if not OutboxLease.objects.filter(name=name, holder="").update(held_until=now):
        OutboxLease.objects.get_or_create(name=name, defaults={"held_until": now})


class Keeper:
    """Prolongs everything of one holder every quarter of a lease, in a thread, between `with` and its end.

    After LONGEST_HOLD_SECONDS it stops, so that a holder that hangs does not keep the others out for ever.
    """

    def __init__(self, holder: str, seconds: float, *, shows: str = "") -> None:
        """seconds: of a lease. shows: the name of one on which a sign of life is given, "" for none."""
        self.holder, self.seconds, self._shows = holder, seconds, shows
        self._names: set[str] = set()
        self._deadline: tuple[float, str] | None = None
        self._is_over, self._is_lost = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep, name="outbox-keeper", daemon=True)

    def __enter__(self) -> Keeper:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()
        for name in sorted(self._names):
            let_go(name, self.holder)

    def take(self, name: str) -> bool:
        """The lease of this name is held from here on, if it is free."""
        if not take(name, self.holder, self.seconds):
            return False
        self._names.add(name)
        return True

    def let_go(self, name: str) -> None:
        self._names.discard(name)
        let_go(name, self.holder)

    def check(self) -> None:
        """Prolong now. Raises LeaseTaken when a lease was lost meanwhile."""
        self._prolong()
        if self._is_lost.is_set():
            raise LeaseTaken

    @contextmanager
    def limit(self, seconds: float, what: str) -> Iterator[None]:
        """What runs inside for longer ends this process, as if it had crashed: a thread cannot be stopped from outside.

        Its rows come back when their claim is over, with the attempt counted; whoever watches over the worker starts
        another.
        """
        self._deadline = (time.monotonic() + seconds, what)
        try:
            yield
        finally:
            self._deadline = None

    def _keep(self) -> None:
        ends_at = time.monotonic() + LONGEST_HOLD_SECONDS
        try:
            while not self._is_over.wait(self.seconds / 4):
                self._end_what_hangs()
                if time.monotonic() > ends_at:
                    continue
                try:
                    self._prolong()
                except Error as error:
                    log.warning("outbox.lease_not_prolonged", error=str(error))
                    connection.close_if_unusable_or_obsolete()
        finally:
            connection.close()

    def _end_what_hangs(self) -> None:
        deadline = self._deadline
        if deadline is not None and time.monotonic() > deadline[0]:
            log.error("outbox.handler_took_too_long", rows=deadline[1], holder=self.holder)
            os._exit(ENDED_ITSELF)

    def _prolong(self) -> None:
        until = database_now() + timedelta(seconds=self.seconds)
        names = set(self._names)
        held = OutboxLease.objects.filter(name__in=names, holder=self.holder).update(held_until=until) if names else 0
        OutboxRow.objects.filter(claimed_by=self.holder).update(locked_until=until)
        if self._shows:
            give_sign_of_life(self._shows)
        # one that was let go between the two lines is no longer in `_names`
        if held < len(names & self._names):
            self._is_lost.set()
