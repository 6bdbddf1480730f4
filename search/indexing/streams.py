"""The streams of changes and the engines that follow them."""

from __future__ import annotations

from search.engines.protocol import SearchEngine
from search.indexing.changes import FALLBACK_TOPIC, topics
from search.service import get_engine, get_fallback_engine


def engine_of(topic: str) -> SearchEngine | None:
    """The engine that follows a stream; None for that of the fallback where there is none."""
    return get_fallback_engine() if topic == FALLBACK_TOPIC else get_engine()


def live_streams() -> list[tuple[str, SearchEngine]]:
    """Every stream that an engine follows, the mall's own engine first."""
    return [(topic, engine) for topic in topics() if (engine := engine_of(topic)) is not None]
