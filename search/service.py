"""The two doors of search, `search()` and `suggest()`, and the engines behind them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from django.db import DatabaseError

from mall.core import outbox
from mall.core.observability import search_failures, search_fallbacks, search_seconds
from search.answering import answer, clean
from search.documents import Language
from search.engines.breaker import Breaker
from search.engines.failing_soft import Answered, FailingSoftEngine
from search.engines.protocol import EngineStatus, SearchEngine
from search.errors import EngineUnavailable
from search.heap import give_back_free_memory
from search.indexing.changes import FALLBACK_TOPIC, OPENSEARCH, TOPIC
from search.queries import Filters, SearchQuery
from search.results import Hit, SearchPage, Suggestion

if TYPE_CHECKING:
    from search.embeddings.protocol import TextEncoder
    from search.engines.opensearch.engine import OpenSearchEngine

EMBEDDED = "embedded"

T = TypeVar("T")

_engine_lock = threading.Lock()


def get_engine() -> SearchEngine:
    """The engine of this process, from the settings SEARCH_ENGINE, SEARCH_FOLDER, SEARCH_MODEL and OPENSEARCH_*.

    One for all threads: it holds the text model, the connections and the mapped index. OpenSearch comes with the
    embedded engine to stand in for it.
    """
    with _engine_lock:
        return _engine()


def get_primary_engine() -> SearchEngine:
    """The mall's own engine without the one that stands in for it: for who looks after its index."""
    engine = get_engine()
    return engine.primary if isinstance(engine, FailingSoftEngine) else engine


def get_fallback_engine() -> SearchEngine | None:
    """The engine that stands in while the mall's own does not answer; None where there is one engine alone."""
    engine = get_engine()
    return engine.fallback if isinstance(engine, FailingSoftEngine) else None


def forget_engine() -> None:
    """The next `get_engine` reads the settings again (tests change them)."""
    if _engine.cache_info().currsize and isinstance(engine := _engine(), FailingSoftEngine):
        engine.close()
    _engine.cache_clear()


@lru_cache(maxsize=1)
def _engine() -> SearchEngine:
    embedded = open_engine(EMBEDDED)
    if settings.SEARCH_ENGINE != OPENSEARCH:
        return embedded
    seconds = settings.OPENSEARCH_TIMEOUT_SECONDS
    return FailingSoftEngine(open_engine(OPENSEARCH), embedded, Breaker(), deadline_seconds=seconds, name=OPENSEARCH)


def open_engine(name: str) -> SearchEngine:
    """One engine of the mall by itself, "embedded" or "opensearch", from the settings: for measurements and repairs.

    Searches ask `get_engine`, which keeps its engines and lets one stand in for the other.
    """
    if name == OPENSEARCH:
        return open_opensearch()
    # Imported here so that only the engines that run are loaded.
    from search.engines.embedded.engine import EmbeddedEngine

    return EmbeddedEngine(settings.SEARCH_FOLDER, _encoder())


def open_opensearch() -> OpenSearchEngine:
    """The engine on the server of the settings, by itself."""
    from search.engines.opensearch.engine import OpenSearchEngine

    return OpenSearchEngine(
        settings.OPENSEARCH_URLS,
        _encoder(),
        name=settings.OPENSEARCH_INDEX,
        user=settings.OPENSEARCH_USER,
        password=settings.OPENSEARCH_PASSWORD,
        ca_file=settings.OPENSEARCH_CA_FILE,
        timeout_seconds=settings.OPENSEARCH_TIMEOUT_SECONDS,
        shards=settings.OPENSEARCH_SHARDS,
        replicas=settings.OPENSEARCH_REPLICAS,
    )


def _encoder() -> TextEncoder | None:
    from search.embeddings import available_encoder
    from search.embeddings.soft import softened

    encoder = available_encoder(settings.SEARCH_MODEL, cache_folder=settings.SEARCH_MODEL_FOLDER)
    give_back_free_memory()
    return softened(encoder) if encoder is not None else None


def encoder_fault() -> str:
    """Why this process leaves its text model alone now; "" while it is asked, and where there is none."""
    from search.embeddings import available_encoder
    from search.embeddings.soft import softened

    encoder = available_encoder(settings.SEARCH_MODEL, cache_folder=settings.SEARCH_MODEL_FOLDER)
    return softened(encoder).fault if encoder is not None else ""


def _ask(question: Callable[[SearchEngine], T]) -> Answered[T]:
    """The answer to a question of several calls, all to one engine. Raises EngineUnavailable."""
    engine = get_engine()
    if isinstance(engine, FailingSoftEngine):
        return engine.ask(question)
    return Answered(value=question(engine), is_fallback=False)


def search(query: SearchQuery) -> SearchPage:
    """The page for a query. Any string is answered. Raises EngineUnavailable, IndexRebuilding."""
    started = time.perf_counter()
    try:
        vocabulary = get_engine().vocabulary()
        answered = _ask(lambda engine: answer(engine, query, vocabulary))
    except EngineUnavailable:
        search_failures.inc()
        raise
    answering = EMBEDDED if answered.is_fallback else settings.SEARCH_ENGINE
    search_seconds.labels(answering).observe(time.perf_counter() - started)
    page = answered.value
    if not answered.is_fallback:
        return page
    search_fallbacks.inc()
    return replace(page, notices=("fallback", *page.notices))


def suggest(prefix: str, *, language: Language, limit: int = 8) -> Sequence[Suggestion]:
    """Completions of what is being typed, best first within queries, categories, brands and products."""
    return get_engine().suggest(clean(prefix), language=language, limit=limit)


def similar(document_id: str, *, filters: Filters | None = None, limit: int = 12) -> Sequence[Hit]:
    """Documents nearest in meaning to a stored one ("product:12"); empty without a text model."""
    return get_engine().similar(document_id, filters=filters or Filters(), limit=limit)


def engine_status() -> EngineStatus:
    """For /health: the engine, the one that stands in for it, and how far each is behind. Never raises."""
    status = get_engine().status()
    try:
        waiting = outbox.status()
    except DatabaseError:
        return status
    if status.fallback is not None:
        fallback = replace(status.fallback, lag_seconds=waiting.of(FALLBACK_TOPIC).lag_seconds)
        status = replace(status, fallback=fallback)
    return replace(status, lag_seconds=waiting.of(TOPIC).lag_seconds)
