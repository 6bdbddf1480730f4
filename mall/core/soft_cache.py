"""Redis as Django's cache, without which the mall goes on: what cannot be read is made again.

After a failure nobody asks Redis for AWAY_SECONDS, so that a Redis that hangs costs one short wait and not one for each
page. Only `incr` raises then, because a count that was not made has no value; the rate limits let everybody pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from mall.core import observability

log = structlog.get_logger(__name__)

AWAY_SECONDS = 5.0
KEYS_AT_ONCE = 500

Answer = TypeVar("Answer")


class CacheAway(Exception):
    """Redis does not answer."""


class _Line:
    """Whether Redis is worth asking now: one for all threads of the process, each of which has a cache of its own."""

    away_until = 0.0


class SoftRedisCache(RedisCache):
    """`LOCATION` is a list with one address. Other keys of that Redis are left alone: `clear` knows its prefix."""

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return _ask(default, lambda: super(SoftRedisCache, self).get(key, default, version))

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        return _ask({}, lambda: super(SoftRedisCache, self).get_many(keys, version))

    def has_key(self, key: str, version: int | None = None) -> bool:
        return _ask(False, lambda: super(SoftRedisCache, self).has_key(key, version))

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return _ask(False, lambda: super(SoftRedisCache, self).add(key, value, timeout, version))

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        _ask(None, lambda: super(SoftRedisCache, self).set(key, value, timeout, version))

    def set_many(
        self, data: Mapping[str, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[str]:
        return _ask(list(data), lambda: super(SoftRedisCache, self).set_many(dict(data), timeout, version))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return _ask(False, lambda: super(SoftRedisCache, self).touch(key, timeout, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        return _ask(False, lambda: super(SoftRedisCache, self).delete(key, version))

    def delete_many(self, keys: Iterable[str], version: int | None = None) -> None:
        _ask(None, lambda: super(SoftRedisCache, self).delete_many(keys, version))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """The new count. Raises ValueError for a key that is not there, CacheAway when Redis does not answer."""
        return _ask_or_raise(lambda: super(SoftRedisCache, self).incr(key, delta, version))

    def clear(self) -> bool:  # type: ignore[override]  # Redis's cache tells whether it did
        """Take out the keys of this cache: the broker's queues lie in the same Redis."""
        return _ask(False, self._clear)

    def _clear(self) -> bool:
        client = self._cache.get_client(None, write=True)
        pattern = self.make_key("*")
        keys = list(client.scan_iter(match=pattern, count=KEYS_AT_ONCE))
        for start in range(0, len(keys), KEYS_AT_ONCE):
            client.delete(*keys[start : start + KEYS_AT_ONCE])
        return True


def _ask(instead: Answer, question: Callable[[], Answer]) -> Answer:
    try:
        return _ask_or_raise(question)
    except CacheAway:
        return instead


def _ask_or_raise(question: Callable[[], Answer]) -> Answer:
    if time.monotonic() < _Line.away_until:
        raise CacheAway("Redis did not answer a moment ago")
    try:
        return question()
    except (RedisError, OSError) as error:
        _Line.away_until = time.monotonic() + AWAY_SECONDS
        observability.cache_failures.inc()
        # the error's own words may hold the address with its password
        log.warning("cache.away", error=type(error).__name__, seconds=AWAY_SECONDS)
        raise CacheAway(type(error).__name__) from error
