"""The state of search as the desk shows it: engines, what waits, dead letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mall.core.models import OutboxRow
from mall.core.outbox import OutboxStatus
from mall.desk.dead_letters import Thing, topic_text
from mall.desk.report import share_text
from mall.pages.components.wording import number_text
from search.engines.protocol import EngineStatus
from search.indexing.state import Recall, SearchState, StreamState

ERROR_SHOWN = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineBox:
    """One engine: figures as (name, value), and what it says of itself, "" for nothing."""

    heading: str
    figures: tuple[tuple[str, str], ...]
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicRow:
    """One kind of work. letters: how many dead ones, 0 for none; letters_text: the same, written."""

    topic: str
    name: str
    waiting: str
    oldest: str
    letters: int
    letters_text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterRow:
    id: int
    topic: str
    key: str
    thing: Thing
    error: str
    attempts: str
    since: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchStatePage:
    """What desk/search_state.html writes."""

    problems: tuple[str, ...]
    engines: tuple[EngineBox, ...]
    topics: tuple[TopicRow, ...]
    letters: tuple[LetterRow, ...]
    letters_text: str
    worker: str
    can_measure: bool


def search_state_page(
    state: SearchState,
    work: OutboxStatus,
    rows: Sequence[OutboxRow],
    things: Mapping[str, Thing],
    *,
    now: datetime,
    language: str,
) -> SearchStatePage:
    """rows: the letters of this page. things: by their keys."""
    return SearchStatePage(
        problems=tuple(problem.text for problem in state.problems),
        engines=tuple(_engine_box(stream, language) for stream in state.streams),
        topics=tuple(_topic_row(topic, work, language) for topic in sorted(work.topics, key=topic_text)),
        letters=tuple(_letter_row(row, things[row.key], language) for row in rows),
        letters_text=letters_text(work.dead, language),
        worker=_worker_text(work, now),
        can_measure=any(stream.engine.has_vectors for stream in state.streams),
    )


def letters_text(count: int, language: str) -> str:
    """How many letters, in words."""
    return ngettext("%(number)s dead letter", "%(number)s dead letters", count) % {
        "number": number_text(count, language)
    }


def _engine_box(stream: StreamState, language: str) -> EngineBox:
    engine = stream.engine
    figures = [
        (_("Engine"), engine.engine),
        (_("Index"), engine.index),
        (_("Generation"), engine.generation or _("none")),
        (_("Documents"), number_text(engine.documents, language)),
        (_("Offers"), number_text(engine.offers, language)),
        (_("Text model"), engine.encoder or _("none: words alone")),
        (_("Changes that wait"), number_text(stream.waiting, language)),
        (_("Oldest of them"), age_text(stream.lag_seconds, language) if stream.waiting else "–"),
        (_("Found of the nearest"), _recall_text(engine, stream.recall, language)),
        (_("Circuit breaker"), _breaker_text(engine.breaker)),
    ]
    return EngineBox(
        heading=_("The engine that stands in") if stream.is_fallback else _("The mall’s engine"),
        figures=tuple((name, value) for name, value in figures if value),
        message=engine.message,
    )


def _recall_text(engine: EngineStatus, recall: Recall | None, language: str) -> str:
    if not engine.has_vectors:
        return ""
    if recall is None:
        return _("not measured yet")
    if recall.share is None:
        return _("all: every vector is compared")
    when = {"share": share_text(recall.share, language), "when": moment_text(recall.measured_at)}
    return _("%(share)s, measured on %(when)s") % when


def _breaker_text(state: str) -> str:
    words = {
        "closed": _("closed: it answers"),
        "open": _("open: the other engine answers"),
        "half-open": _("half-open: it is being tried"),
    }
    return words.get(state, state)


def _topic_row(topic: str, work: OutboxStatus, language: str) -> TopicRow:
    one = work.of(topic)
    return TopicRow(
        topic=topic,
        name=topic_text(topic),
        waiting=number_text(one.waiting, language),
        oldest=age_text(one.lag_seconds, language) if one.waiting else "–",
        letters=one.dead,
        letters_text=number_text(one.dead, language),
    )


def _letter_row(row: OutboxRow, thing: Thing, language: str) -> LetterRow:
    return LetterRow(
        id=row.pk,
        topic=topic_text(row.topic),
        key=row.key,
        thing=thing,
        error=row.error if len(row.error) <= ERROR_SHOWN else f"{row.error[:ERROR_SHOWN]}…",
        attempts=number_text(row.attempts, language),
        since=moment_text(row.set_aside_at or row.created_at),
    )


def _worker_text(work: OutboxStatus, now: datetime) -> str:
    if work.relay_seen_at is None:
        return _("No worker was ever seen.")
    seconds = max(0, round((now - work.relay_seen_at).total_seconds()))
    if seconds < 120:
        return _("A worker was seen a moment ago.")
    return _("The last worker was seen on %(when)s.") % {"when": moment_text(work.relay_seen_at)}


def moment_text(moment: datetime) -> str:
    """Day and time as the reader's language writes them."""
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")


def age_text(seconds: float, language: str) -> str:
    """12 s, 4 min, 3 h or 2 days, the largest unit that is not below one."""
    units = [
        (86400, _("%(number)s days")),
        (3600, _("%(number)s h")),
        (60, _("%(number)s min")),
        (1, _("%(number)s s")),
    ]
    length, words = next((unit for unit in units if seconds >= 2 * unit[0]), units[-1])
    return words % {"number": number_text(int(seconds // length), language)}
