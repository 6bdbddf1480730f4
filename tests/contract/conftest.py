"""Every engine that has to keep the contract: files of one's own, and real servers of both lines."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from search.engines.embedded.engine import EmbeddedEngine
from search.engines.opensearch.engine import OpenSearchEngine
from search.engines.protocol import SearchEngine
from tests.tiny_encoder import TinyEncoder

SERVERS = {"opensearch 3": "opensearch_url", "opensearch 2": "opensearch_2_url"}


@pytest.fixture
def encoder() -> TinyEncoder:
    return TinyEncoder()


@pytest.fixture(params=["embedded", *(pytest.param(name, marks=pytest.mark.service) for name in SERVERS)])
def engine(request: pytest.FixtureRequest, tmp_path: Path, encoder: TinyEncoder) -> Iterator[SearchEngine]:
    """An empty engine."""
    if request.param == "embedded":
        embedded = EmbeddedEngine(tmp_path / "search", encoder)
        embedded.rebuild([])
        yield embedded
        return
    address = request.getfixturevalue(SERVERS[request.param])
    server = OpenSearchEngine([address], encoder, name=f"t{uuid.uuid4().hex[:12]}", timeout_seconds=30, refreshes=True)
    server.rebuild([])
    yield server
    server.remove()
