"""An answer in time, or none: work that another thread does is not waited for any longer than allowed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextvars import copy_context
from typing import TypeVar

from search.errors import EngineUnavailable

MOST_THREADS = 64

T = TypeVar("T")


class DeadlinePassed(EngineUnavailable):
    """The engine has not answered in time. What it was doing is left to end by itself."""


class Deadline:
    """Threads that ask, kept from one question to the next. Safe between threads, and after a fork.

    A thread that hangs is abandoned, not ended: the engine's own time limits end it. When MOST_THREADS hang, questions
    wait for one of them, each until its deadline.
    """

    def __init__(self, name: str) -> None:
        self._name, self._lock = name, threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._pid = 0

    def within(self, seconds: float, work: Callable[[], T]) -> T:
        """What `work` returns or raises. Raises DeadlinePassed after `seconds`."""
        doing = self._threads().submit(copy_context().run, work)
        try:
            return doing.result(seconds)
        except TooLate:
            if doing.done():  # just now; or the work itself raised TimeoutError, which is the same class
                return doing.result()
            doing.cancel()
            raise DeadlinePassed(f"The search engine has not answered within {seconds:g} s.") from None

    def _threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None or self._pid != os.getpid():
                # a forked process has the pool's books but none of its threads
                self._pool = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix=self._name)
                self._pid = os.getpid()
            return self._pool
