"""Buyers who walk through a mall over HTTP while something happens to it. Standard library only."""

from __future__ import annotations

import http.client
import itertools
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

PATIENCE_SECONDS = 30.0
NO_ANSWER = 0
SEARCHES = ("search", "api")
# how often each kind of page is asked for, among a hundred
SHARES: Mapping[str, int] = {"search": 30, "api": 20, "suggest": 10, "product": 25, "browse": 15}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One request. at: when it was sent (monotonic seconds). status: NO_ANSWER when the connection was lost.

    says_when: whether Retry-After was there. is_stand_in: whether the engine that stands in answered; only programs
    are told in a way that is read here.
    """

    at: float
    kind: str
    path: str
    status: int
    ms: float
    request_id: str = ""
    says_when: bool = False
    is_stand_in: bool = False

    @property
    def has_failed(self) -> bool:
        return self.status == NO_ANSWER or self.status >= 500


class Crowd:
    """Buyers between `with` and its end, each on a connection of its own. walk: paths by kind of page.

    per_second: of all together, where the mall is quick enough; 0: each asks again `pause_seconds` after its answer.
    """

    def __init__(
        self,
        url: str,
        walk: Mapping[str, Sequence[str]],
        *,
        buyers: int = 5,
        pause_seconds: float = 0.1,
        per_second: float = 0.0,
    ) -> None:
        self._place = urlsplit(url).netloc
        self._walk = {kind: paths for kind, paths in walk.items() if paths}
        self._pause_seconds, self._per_second = pause_seconds, per_second
        self._asked: list[Asked] = []
        self._is_over = threading.Event()
        self._turns = itertools.count()
        self._started = 0.0
        self._threads = [threading.Thread(target=self._shop, args=(number,), daemon=True) for number in range(buyers)]

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _shop(self, number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - a walk, not a secret
        kinds = [kind for kind in SHARES if kind in self._walk]
        buyer = Buyer(self._place)
        while not self._wait():
            (kind,) = chance.choices(kinds, [SHARES[kind] for kind in kinds])
            self._asked.append(buyer.ask(kind, chance.choice(self._walk[kind])))
        buyer.close()

    def _wait(self) -> bool:
        """Until it is this buyer's turn; whether all is over."""
        if not self._per_second:
            return self._is_over.wait(self._pause_seconds)
        due = self._started + next(self._turns) / self._per_second
        return self._is_over.wait(max(0.0, due - time.monotonic()))

    def asked(self, *, since: float = 0.0, until: float = float("inf")) -> list[Asked]:
        """What was sent between two moments, in the order of the answers."""
        return [one for one in list(self._asked) if since <= one.at < until]


class Buyer:
    """One kept connection, opened again when it is lost. For one thread."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, kind: str, path: str) -> Asked:
        """A request that fails on a connection kept from before is sent once more, as browsers do."""
        was_kept = self._connection is not None
        started = time.monotonic()
        try:
            return self._ask(kind, path, started)
        except (OSError, http.client.HTTPException):
            self.close()
        if was_kept:
            try:
                return self._ask(kind, path, started)
            except (OSError, http.client.HTTPException):
                self.close()
        return Asked(at=started, kind=kind, path=path, status=NO_ANSWER, ms=_ms_since(started))

    def _ask(self, kind: str, path: str, started: float) -> Asked:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._place, timeout=PATIENCE_SECONDS)
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        body = answer.read()
        return Asked(
            at=started,
            kind=kind,
            path=path,
            status=answer.status,
            ms=_ms_since(started),
            request_id=answer.getheader("X-Request-ID") or "",
            says_when=answer.getheader("Retry-After") is not None,
            is_stand_in=kind == "api" and b'"fallback"' in body,
        )

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _ms_since(started: float) -> float:
    return (time.monotonic() - started) * 1000


def p95_ms(asked: Iterable[Asked], kinds: Sequence[str] = SEARCHES) -> float | None:
    """Of the answers to these kinds of pages, whole milliseconds; None with fewer than two."""
    walls = [one.ms for one in asked if one.kind in kinds]
    return round(statistics.quantiles(walls, n=20)[-1]) if len(walls) > 1 else None


def figures_of(asked: Sequence[Asked], during: Callable[[Asked], bool]) -> dict[str, Any]:
    """Requests, status codes ("0": no answer), p95 of search outside of the fault and during it."""
    inside = [one for one in asked if during(one)]
    outside = [one for one in asked if not during(one)]
    statuses = Counter(str(one.status) for one in asked)
    return {
        "requests": len(asked),
        "statuses": dict(sorted(statuses.items())),
        "search_p95_ms": p95_ms(outside),
        "search_p95_ms_during": p95_ms(inside),
        "search_slowest_ms_during": round(max((one.ms for one in inside if one.kind in SEARCHES), default=0)),
        "requests_during": len(inside),
    }
