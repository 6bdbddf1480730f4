"""Redis as cache and for limits: shared by all processes, and the mall goes on without it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis as redis_client
from django.core.cache import caches
from django.test import Client
from structlog.testing import capture_logs

from mall.core import soft_cache
from mall.core.rate_limit import seconds_to_wait
from mall.core.soft_cache import CacheAway, SoftRedisCache
from mall.settings.databases import CACHE_SECONDS, cache_from_url
from tests.conftest import MallOfItsOwn, StartPython
from tests.services import free_port, together

ASK = """
import sys, time
from mall.core.rate_limit import seconds_to_wait
print("ready", flush=True)
sys.stdin.readline()
now = float(sys.argv[1])
print(sum(not seconds_to_wait("search", "192.0.2.7", 100, now=now) for _ in range(80)))
"""


@pytest.fixture(autouse=True)
def _redis_is_worth_asking() -> Iterator[None]:
    soft_cache._Line.away_until = 0.0
    yield
    soft_cache._Line.away_until = 0.0


def cache_at(url: str) -> SoftRedisCache:
    chosen = cache_from_url(url)
    return SoftRedisCache(chosen["LOCATION"], {**chosen, "TIMEOUT": 300})


def test_what_one_process_remembers_another_knows_and_clearing_leaves_the_queues_alone(redis_url: str) -> None:
    one, other = cache_at(redis_url), cache_at(redis_url)
    client = redis_client.Redis.from_url(redis_url)
    client.rpush("celery", "a message")

    one.set("departments", ["home", "toys"])
    one.set_many({"a": 1, "b": 2})
    seen = (other.get("departments"), other.get_many(["a", "b"]), other.incr("a"), other.has_key("a"))
    one.clear()

    assert seen == (["home", "toys"], {"a": 1, "b": 2}, 2, True)
    assert (other.get("departments"), other.get("a")) == (None, None)
    assert client.lrange("celery", 0, -1) == [b"a message"]
    client.flushdb()
    client.close()


def test_without_redis_nothing_is_remembered_nothing_fails_and_it_is_told_once() -> None:
    cache = cache_at(f"redis://:hunter2@127.0.0.1:{free_port()}/0")

    with capture_logs() as lines:
        answers = [
            cache.get("a", "instead"),
            cache.get_many(["a"]),
            cache.has_key("a"),
            cache.add("a", 1),
            cache.touch("a"),
            cache.delete("a"),
            cache.set_many({"a": 1}),
            cache.get_or_set("a", lambda: "made", 10),
            cache.clear(),
        ]
        cache.set("a", 1)
        cache.delete_many(["a"])
        with pytest.raises(CacheAway):
            cache.incr("a")

    assert answers == ["instead", {}, False, False, False, False, ["a"], "made", False]
    assert [line["event"] for line in lines] == ["cache.away"]
    assert "hunter2" not in str(lines)


def test_a_redis_that_hangs_costs_one_short_wait() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        cache = cache_at(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        started = time.monotonic()
        answers = [cache.get("a", "instead") for _time in range(50)]
        seconds = time.monotonic() - started

    assert answers == ["instead"] * 50
    assert seconds < 4 * CACHE_SECONDS + 1


def test_a_redis_that_comes_back_is_asked_again(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = cache_at(redis_url)
    cache.set("a", 1)
    monkeypatch.setattr(soft_cache, "AWAY_SECONDS", 0.2)
    assert cache_at(f"redis://127.0.0.1:{free_port()}/0").get("a") is None
    assert cache.get("a") is None

    time.sleep(0.25)

    assert cache.get("a") == 1


def test_the_limit_holds_for_all_processes_together(
    redis_url: str, sqlite_mall: MallOfItsOwn, start_python: StartPython
) -> None:
    redis_client.Redis.from_url(redis_url).flushdb()
    sqlite_mall.environment["MALL_REDIS_URL"] = redis_url
    now = str(time.time())

    passed = together([start_python(ASK, now, mall=sqlite_mall) for _process in range(2)])

    assert sum(map(int, passed)) == 100


def test_a_limit_that_cannot_be_counted_lets_everybody_pass(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    away = cache_at(f"redis://127.0.0.1:{free_port()}/0")
    monkeypatch.setattr("mall.core.rate_limit.cache", away)

    with capture_logs() as lines:
        assert [seconds_to_wait("search", "192.0.2.7", 1, now=1.0) for _time in range(5)] == [0] * 5

    assert [line["event"] for line in lines] == ["cache.away"]


@pytest.mark.django_db
def test_pages_are_served_without_redis(settings: Any, client: Client, search_index: object) -> None:
    settings.CACHES = {"default": cache_from_url(f"redis://127.0.0.1:{free_port()}/0")}
    assert isinstance(caches["default"], SoftRedisCache)

    assert [client.get(path).status_code for path in ("/fr/", "/en/shops/", "/fr/accounts/login/")] == [200] * 3
