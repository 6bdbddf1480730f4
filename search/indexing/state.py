"""The state of search, for `manage.py search_status` and for the operators' page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mall.core import outbox
from search.engines.protocol import EngineStatus, SearchEngine
from search.errors import EngineUnavailable
from search.indexing.changes import FALLBACK_TOPIC
from search.indexing.streams import live_streams

LATE_SECONDS = 300
LEAST_RECALL = 0.95
RECALL_SAMPLE = 50
RECALL_KEPT_SECONDS = 7 * 24 * 3600

ProblemKind = Literal["away", "breaker", "message", "paused", "late", "dead", "recall"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recall:
    """share: of the ten truly nearest that the vector index found, 0 to 1; None where nothing can be missed."""

    share: float | None
    measured_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamState:
    """One engine and what its changes are like. recall: as last measured, None before that.

    paused_by: why the engine takes no changes now, "" while it does.
    """

    topic: str
    engine: EngineStatus
    waiting: int
    lag_seconds: float
    dead: int
    recall: Recall | None
    paused_by: str = ""

    @property
    def is_fallback(self) -> bool:
        return self.topic == FALLBACK_TOPIC


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Something that needs a person. text: what and what to do, in the language of the moment."""

    kind: ProblemKind
    topic: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchState:
    streams: tuple[StreamState, ...]
    problems: tuple[Problem, ...]

    def as_json(self) -> dict[str, Any]:
        """Numbers, texts and ISO times."""
        facts = asdict(self)
        for stream in facts["streams"]:
            if stream["recall"]:
                stream["recall"]["measured_at"] = stream["recall"]["measured_at"].isoformat()
        return facts


def read_state(*, measure: int = 0) -> SearchState:
    """Every stream with its engine. measure: over how many vectors recall is measured now; 0: as last measured."""
    waiting = outbox.status()
    streams = []
    for topic, engine in live_streams():
        work = waiting.of(topic)
        streams.append(
            StreamState(
                topic=topic,
                engine=engine.status(),
                waiting=work.waiting,
                lag_seconds=work.lag_seconds,
                dead=work.dead,
                paused_by=work.paused_by,
                recall=measure_recall(topic, engine, measure) if measure else last_recall(topic),
            )
        )
    return SearchState(streams=tuple(streams), problems=tuple(problem for one in streams for problem in _problems(one)))


def measure_recall(topic: str, engine: SearchEngine, sample: int = RECALL_SAMPLE) -> Recall | None:
    """Measure, and remember for the pages. None while the engine does not answer."""
    try:
        share = engine.vector_recall(sample)
    except EngineUnavailable:
        return None
    found = Recall(share=share, measured_at=timezone.now())
    cache.set(_key(topic), found, RECALL_KEPT_SECONDS)
    return found


def last_recall(topic: str) -> Recall | None:
    found: Recall | None = cache.get(_key(topic))
    return found


def _key(topic: str) -> str:
    return f"search-recall:{topic}"


def _problems(stream: StreamState) -> list[Problem]:
    return [Problem(kind=kind, topic=stream.topic, text=text) for kind, text in _faults(stream)]


def _faults(stream: StreamState) -> list[tuple[ProblemKind, str]]:
    engine, found = stream.engine, list[tuple[ProblemKind, str]]()
    names = {"stream": stream_text(stream.topic), "engine": engine.engine, "message": engine.message}
    if engine.breaker in {"open", "half-open"}:
        found.append(("breaker", _("%(engine)s does not answer, the embedded engine stands in: %(message)s") % names))
    elif not engine.generation:
        text = _(
            "%(engine)s cannot answer: %(message)s Where only the index is missing, the worker builds it; "
            "“manage.py rebuild_search” does it at once."
        )
        found.append(("away", text % names))
    elif engine.message and (engine.encoder or engine.has_vectors):
        found.append(("message", engine.message))
    if stream.paused_by and not found:
        text = _("%(stream)s: changes wait, and follow by themselves once this is mended: %(reason)s")
        found.append(("paused", text % (names | {"reason": stream.paused_by})))
    if stream.lag_seconds > LATE_SECONDS:
        text = _("%(stream)s: %(minutes)s minutes late. Is a worker running, and does the server answer?")
        found.append(("late", text % (names | {"minutes": round(stream.lag_seconds / 60)})))
    if stream.dead:
        text = ngettext(
            "%(stream)s: %(count)s dead letter. Look at its error, then try it again or discard it.",
            "%(stream)s: %(count)s dead letters. Look at their errors, then try them again or discard them.",
            stream.dead,
        )
        found.append(("dead", text % (names | {"count": stream.dead})))
    recall = stream.recall.share if stream.recall else None
    if recall is not None and recall < LEAST_RECALL:
        text = _(
            "%(stream)s: %(percent)s %% of the nearest are found by their vectors, not %(least)s %%. "
            "“manage.py rebuild_search” makes the index anew."
        )
        percents = {"percent": round(100 * recall, 1), "least": round(100 * LEAST_RECALL)}
        found.append(("recall", text % (names | percents)))
    return found


def stream_text(topic: str) -> str:
    """The stream in words."""
    return _("Search index that stands in") if topic == FALLBACK_TOPIC else _("Search index")
