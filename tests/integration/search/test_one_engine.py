"""A process has one engine: a second one would hold the text model and the mapped index twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from search.engines.protocol import SearchEngine
from search.service import forget_engine, get_engine


def test_threads_that_ask_at_once_share_one_engine(search_index: SearchEngine) -> None:
    forget_engine()
    with ThreadPoolExecutor(8) as threads:
        engines = set(map(id, threads.map(lambda _: get_engine(), range(32))))

    assert len(engines) == 1
