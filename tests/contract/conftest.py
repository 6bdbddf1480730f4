"""Every engine that has to keep the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.engines.embedded.engine import EmbeddedEngine
from search.engines.protocol import SearchEngine
from tests.tiny_encoder import TinyEncoder


@pytest.fixture
def encoder() -> TinyEncoder:
    return TinyEncoder()


@pytest.fixture(params=["embedded"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, encoder: TinyEncoder) -> SearchEngine:
    """An empty engine."""
    engine = EmbeddedEngine(tmp_path / "search", encoder)
    engine.rebuild([])
    return engine
