"""`/ready`: may this process be sent shoppers? Every part is asked at the same time, for WAIT_SECONDS at most.

A part that hangs keeps one thread busy, however often the page is asked: who asks again waits for the same answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict

import structlog
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mall.ops.health import Reading, parts, worst_state
from search.service import engine_status, get_fallback_engine

log = structlog.get_logger(__name__)

WAIT_SECONDS = 2.0
# without these no shopper is served; search has another engine to stand in for it
NEEDED = frozenset({"database", "search"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """200 while shoppers can be served, 503 when not; each part with its state and what to do about it."""
    readings = take_readings_at_once()
    worst = worst_state(readings)
    told = {reading.name: _without_name(reading) for reading in readings}
    is_ready = worst != "down"
    return JsonResponse({"ready": is_ready, "state": worst, "parts": told}, status=200 if is_ready else 503)


def _without_name(reading: Reading) -> dict[str, object]:
    return {key: value for key, value in asdict(reading).items() if key != "name"}


def take_readings_at_once() -> list[Reading]:
    """Every part, asked side by side; one that is silent or fails is told as such, and never with an address."""
    ends_at = time.monotonic() + WAIT_SECONDS
    asked = {name: _asker(name).ask(ask) for name, ask in parts(timezone.now()).items()}
    return [_answer(name, future, max(0.0, ends_at - time.monotonic())) for name, future in asked.items()]


class Asker:
    """One thread at most for one part: while a question is unanswered the next one joins it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._future: Future[Reading] | None = None

    def ask(self, question: Callable[[], Reading]) -> Future[Reading]:
        with self._lock:
            if self._future is None or self._future.done():
                self._future = Future()
                arguments = (self._future, question)
                threading.Thread(target=self._run, args=arguments, name="readiness", daemon=True).start()
            return self._future

    @staticmethod
    def _run(future: Future[Reading], question: Callable[[], Reading]) -> None:
        try:
            reading = question()
        except Exception as error:
            connections.close_all()
            future.set_exception(error)
        else:
            # given back before anybody is told: a test may take the database away then
            connections.close_all()
            future.set_result(reading)


_askers: dict[str, Asker] = {}


def _asker(name: str) -> Asker:
    return _askers.setdefault(name, Asker())


def _answer(name: str, future: Future[Reading], seconds: float) -> Reading:
    try:
        return future.result(seconds)
    except TimeoutError:
        message = f"no answer within {WAIT_SECONDS:.0f} s"
    except Exception as error:
        # its words may hold an address with a password
        message = f"it does not answer ({type(error).__name__})"
    is_down = name in NEEDED and not (name == "search" and _has_stand_in())
    return Reading(name=name, state="down" if is_down else "degraded", message=message)


def _has_stand_in() -> bool:
    """Whether the embedded engine answers meanwhile; it asks no server."""
    fallback = get_fallback_engine()
    return fallback is not None and fallback.status().can_answer


def tell_search_state() -> None:
    """Log in one line what search lacks, for who reads the log of a start. Asked aside: the start does not wait."""

    def tell() -> None:
        try:
            status = engine_status()
            if status.message:
                log.warning("search.state", engine=status.engine, message=status.message)
        finally:
            connections.close_all()

    threading.Thread(target=tell, name="search-state", daemon=True).start()
