"""How common terms are, as the server knows it; kept for a minute, for an idf changes slowly."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from search.analysis import normalise_code
from search.documents import Language
from search.engines.opensearch.client import Client
from search.engines.opensearch.mapping import FREQUENCY_MARK, terms_field
from search.engines.opensearch.words import TermCounts

KEPT_SECONDS = 60.0
KEPT_TERMS = 20_000


class Statistics:
    """Counts of documents per term. Safe between threads.

    A term that no document has is asked for each time: the next document may be the first with it.
    """

    def __init__(self, client: Client, *, shards: int) -> None:
        self._client, self._shards = client, shards
        self._kept: dict[tuple[str, Language], tuple[float, int, dict[str, int]]] = {}
        self._lock = Lock()

    @property
    def search_type(self) -> str:
        """With several shards, the server is told to count terms over all of them before it scores."""
        return "query_then_fetch" if self._shards == 1 else "dfs_query_then_fetch"

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()

    def counts(self, index: str, language: Language, terms: Sequence[str]) -> TermCounts:
        """Of each of the terms of `search.analysis`."""
        key, now = (index, language), time.monotonic()
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or now - kept[0] > KEPT_SECONDS or len(kept[2]) > KEPT_TERMS:
                kept = None
            known = dict(kept[2]) if kept else {}
        missing = [term for term in dict.fromkeys(terms) if term not in known]
        documents = kept[1] if kept else 0
        if missing or kept is None:
            documents, found = self._ask(index, terms_field(language), missing)
            known |= {term: count for term, count in found.items() if count}
            with self._lock:
                self._kept[key] = (kept[0] if kept else now, documents, known)
        return TermCounts(documents, {term: known.get(term, 0) for term in terms})

    def bearing(self, index: str, codes: Sequence[str]) -> Mapping[str, int]:
        """Documents that bear each of these codes."""
        wanted = {code: normalise_code(code) for code in codes}
        filters = {code: {"term": {"codes": bare}} for code, bare in wanted.items() if bare}
        if not filters:
            return {}
        return self._by_filter(index, filters)

    def _ask(self, index: str, field: str, terms: Sequence[str]) -> tuple[int, dict[str, int]]:
        if self._shards > 1:
            wanted = {term: {"term": {field: term}} for term in terms}
            found = self._by_filter(index, wanted | {"": {"exists": {"field": field}}})
            return found.pop(""), found
        text = " ".join(f"{term}{FREQUENCY_MARK}1" for term in terms) or f"-{FREQUENCY_MARK}1"
        answer = self._client.call(
            "POST",
            f"/{index}/_termvectors",
            {
                "doc": {field: text},
                "fields": [field],
                "term_statistics": True,
                "field_statistics": True,
                "positions": False,
                "offsets": False,
            },
        )
        vector: dict[str, Any] = answer["term_vectors"].get(field, {})
        stored = vector.get("terms", {})
        found = {term: int(stored.get(term, {}).get("doc_freq", 0)) for term in terms}
        return int(vector.get("field_statistics", {}).get("doc_count", 0)), found

    def _by_filter(self, index: str, filters: Mapping[str, Any]) -> dict[str, int]:
        bodies = [{"query": query, "size": 0, "track_total_hits": True} for query in filters.values()]
        answers = self._client.ask_all(index, bodies)
        return {name: int(answer["hits"]["total"]["value"]) for name, answer in zip(filters, answers, strict=True)}
