"""`/health`: what works, what does not, and what to do about it. JSON for programs, lines for people; no secrets.

`readiness.py` asks the same parts for `/ready`, each for two seconds at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from mall.core import outbox
from search.embeddings import encoder_status
from search.engines.protocol import EngineStatus
from search.service import encoder_fault, engine_status

State = Literal["ok", "degraded", "down"]

LAG_SECONDS = 300
SILENT_SECONDS = 60
REDIS_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One part of the mall. degraded: shoppers are served, with less; down: they are not. remedy: what to do."""

    name: str
    state: State
    message: str
    remedy: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@require_safe
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """200 while shoppers are served, 503 when the database or search is down."""
    readings = take_readings(timezone.now())
    worst = worst_state(readings)
    status = 503 if worst == "down" else 200
    if "text/html" in request.headers.get("Accept", ""):
        return HttpResponse(as_lines(worst, readings), status=status, content_type="text/plain; charset=utf-8")
    return JsonResponse({"state": worst, "parts": [asdict(reading) for reading in readings]}, status=status)


def take_readings(now: datetime) -> list[Reading]:
    """Every part, each asked on its own: one that fails does not hide the others."""
    return [_asked(name, ask) for name, ask in parts(now).items()]


def parts(now: datetime) -> dict[str, Callable[[], Reading]]:
    """By name, what asks a part of the mall how it is."""
    broker = {"redis": _redis} if settings.CELERY_BROKER_URL.startswith("redis") else {}
    return {
        "database": _database,
        "search": lambda: _search(engine_status()),
        "text model": _encoder,
        **broker,
        "outbox": lambda: _outbox(outbox.status(now=now)),
        "worker": lambda: _worker(outbox.status(now=now).relay_seen_at, now),
    }


def worst_state(readings: list[Reading]) -> State:
    states = {reading.state for reading in readings}
    return "down" if "down" in states else "degraded" if "degraded" in states else "ok"


def as_lines(worst: State, readings: list[Reading]) -> str:
    """For people."""
    lines = [f"{settings.MALL_NAME}: {worst}", ""]
    for reading in readings:
        lines.append(f"{reading.state:<9} {reading.name}: {reading.message}")
        if reading.remedy:
            lines.append(f"{'':<9} {reading.remedy}")
    return "\n".join([*lines, ""])


def _asked(name: str, ask: Callable[[], Reading]) -> Reading:
    try:
        return ask()
    except DatabaseError as error:
        kind = type(error).__name__
        remedy = "Start the database, or mend MALL_DATABASE_URL; for SQLite, see that the data folder can be written."
        return Reading(name=name, state="down", message=f"the database does not answer ({kind})", remedy=remedy)


def _database() -> Reading:
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    elapsed_ms = round((time.perf_counter() - started) * 1000, 1)
    facts = {"kind": connection.vendor, "answer_ms": elapsed_ms}
    return Reading(name="database", state="ok", message=f"{connection.vendor} answers in {elapsed_ms} ms", facts=facts)


def _search(status: EngineStatus) -> Reading:
    facts = {
        "engine": status.engine,
        "generation": status.generation,
        "documents": status.documents,
        "offers": status.offers,
        "has_vectors": status.has_vectors,
    }
    if status.fallback is not None:
        facts |= {"breaker": status.breaker, "fallback_documents": status.fallback.documents}
    if not status.can_answer:
        remedy = "The worker builds it by itself; `manage.py rebuild_search` does it at once. Categories stay open."
        return Reading(name="search", state="down", message=_public(status.message), remedy=remedy, facts=facts)
    size = f"{status.documents} documents with {status.offers} offers in {status.engine} {status.generation}"
    if not status.generation and status.fallback is not None:
        size = (
            f"{status.engine} does not answer, {status.fallback.engine} does with {status.fallback.documents} documents"
        )
    if status.message or not status.generation or status.breaker not in {"", "closed"}:
        message = "; ".join(filter(None, [size, _public(status.message)]))
        return Reading(name="search", state="degraded", message=message, facts=facts)
    return Reading(name="search", state="ok", message=size, facts=facts)


def _encoder() -> Reading:
    """The status line names the remedy itself."""
    line = _public(encoder_status(settings.SEARCH_MODEL, cache_folder=settings.SEARCH_MODEL_FOLDER))
    fault = encoder_fault()
    if fault:
        remedy = "It is asked again by itself every ten seconds. The log says what failed; has the machine memory left?"
        return Reading(name="text model", state="degraded", message=f"words only: {fault}", remedy=remedy)
    is_missing = line.startswith("words only")
    remedy = "`manage.py prepare_models`, then `manage.py rebuild_search` and a restart." if is_missing else ""
    return Reading(name="text model", state="degraded" if is_missing else "ok", message=line, remedy=remedy)


def _redis() -> Reading:
    """Broker, cache and limits. Without it pages go on; what must be done waits in the outbox."""
    started = time.perf_counter()
    client = redis.Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        waiting = client.llen("celery")
    except redis.RedisError as error:
        remedy = (
            "Start Redis, or mend MALL_REDIS_URL. Pages go on, uncached and without limits on how often they are asked."
        )
        message = f"it does not answer ({type(error).__name__})"
        return Reading(name="redis", state="degraded", message=message, remedy=remedy)
    finally:
        client.close()
    elapsed_ms = round((time.perf_counter() - started) * 1000, 1)
    facts = {"answer_ms": elapsed_ms, "waiting_messages": waiting}
    return Reading(name="redis", state="ok", message=f"answers in {elapsed_ms} ms", facts=facts)


def _outbox(status: outbox.OutboxStatus) -> Reading:
    facts = {"waiting": status.waiting, "lag_seconds": round(status.lag_seconds, 1), "dead": status.dead}
    message = f"{status.waiting} waiting, the oldest for {status.lag_seconds:.0f} s, {status.dead} set aside"
    if status.dead:
        remedy = "Look at their errors (`manage.py outbox --dead`), then `manage.py outbox --replay`."
        return Reading(name="outbox", state="degraded", message=message, remedy=remedy, facts=facts)
    paused = [f"{topic} waits: {one.paused_by}" for topic, one in sorted(status.topics.items()) if one.paused_by]
    if paused:
        remedy = "It goes on by itself once that is mended; nothing is lost meanwhile."
        message = "; ".join([message, *map(_public, paused)])
        return Reading(name="outbox", state="degraded", message=message, remedy=remedy, facts=facts)
    state: State = "degraded" if status.lag_seconds > LAG_SECONDS else "ok"
    return Reading(name="outbox", state=state, message=message, facts=facts)


def _worker(seen_at: datetime | None, now: datetime) -> Reading:
    age = None if seen_at is None else max(0.0, (now - seen_at).total_seconds())
    facts = {"seen_seconds_ago": None if age is None else round(age, 1)}
    if age is not None and age <= SILENT_SECONDS:
        return Reading(name="worker", state="ok", message=f"seen {age:.0f} s ago", facts=facts)
    message = "never seen" if age is None else f"silent for {age:.0f} s"
    remedy = "Start it: `celery -A mall worker --beat`. Changes wait in the outbox until then; nothing is lost."
    return Reading(name="worker", state="degraded", message=message, remedy=remedy, facts=facts)


def _public(line: str) -> str:
    """Without the folders of this machine."""
    return line.replace(str(settings.DATA_FOLDER), "the data folder").replace(str(settings.BASE_DIR), "the project")
