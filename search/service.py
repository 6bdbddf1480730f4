"""The two doors of search, `search()` and `suggest()`, and the engine behind them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings

from search.answering import answer, clean
from search.documents import Language
from search.engines.protocol import EngineStatus, SearchEngine
from search.heap import give_back_free_memory
from search.queries import Filters, SearchQuery
from search.results import Hit, SearchPage, Suggestion

_engine_lock = threading.Lock()


def get_engine() -> SearchEngine:
    """The engine of this process, from the settings SEARCH_ENGINE, SEARCH_FOLDER and SEARCH_MODEL.

    One for all threads: it holds the text model and the mapped index.
    """
    with _engine_lock:
        return _engine()


def forget_engine() -> None:
    """The next `get_engine` reads the settings again (tests change them)."""
    _engine.cache_clear()


@lru_cache(maxsize=1)
def _engine() -> SearchEngine:
    # Imported here so that only the engine that runs is loaded.
    from search.embeddings import available_encoder
    from search.engines.embedded.engine import EmbeddedEngine

    encoder = available_encoder(settings.SEARCH_MODEL, cache_folder=settings.SEARCH_MODEL_FOLDER)
    give_back_free_memory()
    return EmbeddedEngine(settings.SEARCH_FOLDER, encoder)


def search(query: SearchQuery) -> SearchPage:
    """The page for a query. Any string is answered. Raises EngineUnavailable, IndexRebuilding."""
    engine = get_engine()
    return answer(engine, query, engine.vocabulary())


def suggest(prefix: str, *, language: Language, limit: int = 8) -> Sequence[Suggestion]:
    """Completions of what is being typed, best first within queries, categories, brands and products."""
    return get_engine().suggest(clean(prefix), language=language, limit=limit)


def similar(document_id: str, *, filters: Filters | None = None, limit: int = 12) -> Sequence[Hit]:
    """Documents nearest in meaning to a stored one ("product:12"); empty without a text model."""
    return get_engine().similar(document_id, filters=filters or Filters(), limit=limit)


def engine_status() -> EngineStatus:
    """For /health; never raises."""
    return get_engine().status()
