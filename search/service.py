"""The two doors of search, `search()` and `suggest()`, and the engine behind them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings

from search.answering import answer, clean
from search.documents import Language
from search.engines.protocol import EngineStatus, SearchEngine
from search.queries import Filters, SearchQuery
from search.results import Hit, SearchPage, Suggestion


@lru_cache(maxsize=1)
def get_engine() -> SearchEngine:
    """The engine of this process, from the settings SEARCH_ENGINE, SEARCH_FOLDER and SEARCH_MODEL.

    Tests that change these call `get_engine.cache_clear()`.
    """
    # Imported here so that only the engine that runs is loaded.
    from search.embeddings import available_encoder
    from search.engines.embedded.engine import EmbeddedEngine

    encoder = available_encoder(settings.SEARCH_MODEL, cache_folder=settings.SEARCH_MODEL_FOLDER)
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
