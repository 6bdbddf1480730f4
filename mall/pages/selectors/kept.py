"""Answers over the whole catalogue, kept for minutes: at a million offers one takes the database a second.

All processes share what the cache holds. Each remembers its own last answers too, for while the cache is away, and
makes a stale one anew once: who asks meanwhile is shown the old one and does not wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from django.core.cache import cache

T = TypeVar("T")

MAKING_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept(Generic[T]):
    """fresh_until: seconds since 1970, as all processes of a machine see them."""

    value: T
    fresh_until: float

    @property
    def is_fresh(self) -> bool:
        return time.time() < self.fresh_until


_last: dict[str, Kept[object]] = {}
_locks: dict[str, threading.Lock] = {}


def kept(key: str, make: Callable[[], T], *, seconds: float) -> T:
    """What `make` answered at most `seconds` ago; older only while it is made anew by somebody else of this process.

    key: one of few, as each is remembered for as long as the process lives. Raises what `make` raises; an old answer
    is no reason to hide an error.
    """
    found: Kept[T] | None = _find(key)
    if found is not None and found.is_fresh:
        return found.value
    lock = _locks.setdefault(key, threading.Lock())
    if not lock.acquire(blocking=found is None) and found is not None:
        return found.value
    try:
        again: Kept[T] | None = _find(key)
        if again is not None and again.is_fresh:
            return again.value
        made = Kept(value=make(), fresh_until=time.time() + seconds)
        _last[key] = cast(Kept[object], made)
        cache.set(f"kept:{key}", made, seconds + MAKING_SECONDS)
        return made.value
    finally:
        lock.release()


def forget_kept() -> None:
    """Tests start without what others left in this process."""
    _last.clear()


def _find(key: str) -> Kept[T] | None:
    return cache.get(f"kept:{key}") or _last.get(key)  # type: ignore[return-value]
