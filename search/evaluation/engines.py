"""Engines that last as long as a measurement: an embedded one in a temporary folder, one index on a server."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from search.embeddings.protocol import TextEncoder
from search.engines.protocol import SearchEngine
from search.ranking.weights import RankingWeights

# the engine, and how many megabytes its files take
Made = tuple[SearchEngine, Callable[[], float]]
EngineMaker = Callable[[TextEncoder | None, RankingWeights | None], AbstractContextManager[Made]]
TIMEOUT_SECONDS = 30.0


@contextmanager
def embedded(encoder: TextEncoder | None, weights: RankingWeights | None) -> Iterator[Made]:
    """An embedded engine over an empty folder."""
    from search.engines.embedded.engine import EmbeddedEngine

    folder = Path(tempfile.mkdtemp(prefix="passage-run-"))
    try:
        yield (
            EmbeddedEngine(folder, encoder, weights),
            lambda: sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def on_opensearch(urls: Sequence[str]) -> EngineMaker:
    """Engines with an index of their own on this server."""
    return partial(_on_opensearch, tuple(urls))


@contextmanager
def _on_opensearch(urls: Sequence[str], encoder: TextEncoder | None, weights: RankingWeights | None) -> Iterator[Made]:
    from search.engines.opensearch.engine import OpenSearchEngine

    name = f"run-{uuid.uuid4().hex[:12]}"
    engine = OpenSearchEngine(urls, encoder, name=name, weights=weights, timeout_seconds=TIMEOUT_SECONDS)
    try:
        yield engine, engine.megabytes
    finally:
        engine.remove()


def open_bench_index(urls: Sequence[str], encoder: TextEncoder | None) -> SearchEngine:
    """An engine over the one index that `search_bench` builds for itself."""
    from search.engines.opensearch.engine import OpenSearchEngine

    return OpenSearchEngine(urls, encoder, name="passage-bench", timeout_seconds=TIMEOUT_SECONDS)
