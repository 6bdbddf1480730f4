"""When to stop asking a server that does not answer, and when to ask it again. Pure: no thread, no socket."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

BreakerState = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakerRules:
    """It opens at `failures` failures, or at `waited_seconds` spent waiting for them in all, within `window_seconds`.

    Then one probe is due every `probe_seconds`; one that says nothing for that long is given up.
    """

    failures: int = 5
    waited_seconds: float = 2.0
    window_seconds: float = 10.0
    probe_seconds: float = 5.0


class Breaker:
    """Closed: ask. Open: do not. Half-open: one probe is under way, everybody else still does not ask.

    Safe between threads; one for each server and process. clock: seconds that only grow. Only a probe closes it: a
    question asked before it opened may still be answered by a server on its way down.
    """

    def __init__(self, rules: BreakerRules | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rules, self._clock = rules or BreakerRules(), clock
        self._lock = threading.Lock()
        self._failed: deque[tuple[float, float]] = deque()  # moment, seconds waited
        self._count = 0
        self._opened_at: float | None = None
        self._probe_due_at = 0.0
        self._is_probed = False

    @property
    def state(self) -> BreakerState:
        with self._lock:
            if self._opened_at is None:
                return "closed"
            return "half-open" if self._is_probed else "open"

    @property
    def is_closed(self) -> bool:
        return self._opened_at is None

    @property
    def opened_at(self) -> float | None:
        """Moment of `clock` at which it opened; None while closed."""
        return self._opened_at

    @property
    def failures(self) -> int:
        """While closed, those of the window; while open, those that opened it and all since."""
        with self._lock:
            if self._opened_at is None:
                self._forget_old(self._clock())
                return len(self._failed)
            return self._count

    def failed(self, *, waited_seconds: float) -> bool:
        """A question was not answered. True for the one failure that opens the breaker."""
        with self._lock:
            if self._opened_at is not None:
                self._count += 1
                return False
            now = self._clock()
            self._forget_old(now)
            self._failed.append((now, waited_seconds))
            is_enough = len(self._failed) >= self._rules.failures
            if not is_enough and sum(waited for _at, waited in self._failed) < self._rules.waited_seconds:
                return False
            self._count = len(self._failed)
            self._opened_at = now
            self._wait_for_next_probe(now)
            return True

    @property
    def seconds_to_probe(self) -> float:
        """How long until a probe is due, 0 when one is; 0 while closed."""
        with self._lock:
            return 0.0 if self._opened_at is None else max(0.0, self._probe_due_at - self._clock())

    def take_probe(self) -> bool:
        """True for one caller when a probe is due: it asks, then says so by `probe_ended`."""
        with self._lock:
            now = self._clock()
            if self._opened_at is None or now < self._probe_due_at:
                return False
            self._wait_for_next_probe(now)
            self._is_probed = True
            return True

    def probe_ended(self, *, is_answered: bool) -> bool:
        """What came of the probe. True when it closed the breaker."""
        with self._lock:
            if self._opened_at is None:
                return False
            if is_answered:
                self._failed.clear()
                self._count, self._opened_at = 0, None
            else:
                self._count += 1
                self._wait_for_next_probe(self._clock())
            self._is_probed = False
            return is_answered

    def _wait_for_next_probe(self, now: float) -> None:
        self._probe_due_at = now + self._rules.probe_seconds

    def _forget_old(self, now: float) -> None:
        while self._failed and now - self._failed[0][0] > self._rules.window_seconds:
            self._failed.popleft()
