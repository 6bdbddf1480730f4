"""Asking an engine, in short."""

from __future__ import annotations

from typing import Any

from search.engines.protocol import SearchEngine
from search.queries import SearchQuery


def ask(text: str = "", **facts: Any) -> SearchQuery:
    return SearchQuery(text=text, language=facts.pop("language", "fr"), **facts)


def found(engine: SearchEngine, text: str = "", **facts: Any) -> list[str]:
    """Ids of the page."""
    return [hit.id for hit in engine.retrieve(ask(text, **facts)).hits]
