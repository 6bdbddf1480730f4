"""Every document of an index, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from search.engines.opensearch.client import Client

AT_ONCE = 5_000
_KEPT = "2m"
_SECONDS = 30.0


def scan(client: Client, index: str, columns: Sequence[str]) -> Iterator[dict[str, list[Any]]]:
    """Columns of each document, in no order, of the state at the first read. Raises EngineUnavailable."""
    body = {
        "size": AT_ONCE,
        "query": {"match_all": {}},
        "stored_fields": "_none_",
        "docvalue_fields": list(columns),
        "sort": ["_doc"],
    }
    page = client.call("POST", f"/{index}/_search", body, params={"scroll": _KEPT}, seconds=_SECONDS)
    try:
        while hits := page["hits"]["hits"]:
            yield from (hit.get("fields", {}) for hit in hits)
            wanted = {"scroll": _KEPT, "scroll_id": page["_scroll_id"]}
            page = client.call("POST", "/_search/scroll", wanted, seconds=_SECONDS)
    finally:
        client.call("DELETE", "/_search/scroll", {"scroll_id": page["_scroll_id"]})


def scan_versions(client: Client, index: str) -> Iterator[tuple[str, int]]:
    """Id and version of every document."""
    for columns in scan(client, index, ["id", "version"]):
        yield str(columns["id"][0]), int(columns["version"][0])
