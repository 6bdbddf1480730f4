"""Products that a prefix may become, and words that titles have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from search.analysis import fold
from search.documents import Language
from search.engines.opensearch.bodies import LABEL_MARK
from search.engines.opensearch.cards import offer_ranges
from search.engines.opensearch.client import Client
from search.engines.opensearch.mapping import COMPLETE, title_columns, title_of
from search.results import Suggestion

_LOOKED_AT = 40


def suggest_products(client: Client, index: str, typed: str, language: Language, limit: int) -> list[Suggestion]:
    """Titles that begin with what was typed come first, then shorter ones. typed: folded."""
    fields = [COMPLETE, f"{COMPLETE}._2gram"]
    words: dict[str, Any] = {
        "multi_match": {"query": typed, "type": "bool_prefix", "operator": "and", "fields": fields}
    }
    beginning = {"match_phrase_prefix": {COMPLETE: {"query": typed, "max_expansions": 20}}}
    body = {
        "query": {"bool": {"must": [words], "should": [beginning]}},
        "size": max(limit, _LOOKED_AT),
        "stored_fields": "_none_",
        "docvalue_fields": ["id", *title_columns()],
        "track_total_hits": False,
    }
    (answer,) = client.ask_all(index, [body])
    rows = [(hit["fields"]["id"][0], title_of(hit["fields"], language)) for hit in answer["hits"]["hits"]]
    rows.sort(key=lambda row: (not fold(row[1]).startswith(typed), len(row[1]), row[0]))
    return _shown(client, index, rows[:limit])


def _shown(client: Client, index: str, rows: Sequence[tuple[str, str]]) -> list[Suggestion]:
    if not rows:
        return []
    body = {"ids": [identity for identity, _ in rows]}
    found = client.call("POST", f"/{index}/_mget", body, params={"_source": "offers,brand_label"})["docs"]
    shown = []
    for (identity, title), stored in zip(rows, found, strict=True):
        if not stored.get("found"):
            continue
        source = stored["_source"]
        offers = sorted(source.get("offers", []), key=lambda offer: (offer["total"], offer["id"]))
        brand = str(source.get("brand_label", "")).partition(LABEL_MARK)[2]
        shown.append(
            Suggestion(
                kind="product",
                text=title,
                value=identity,
                context=brand,
                count=len(offers),
                offers=offer_ranges(offers),
            )
        )
    return shown


def known_titles(client: Client, index: str, words: Sequence[str]) -> set[str]:
    """Which of some words, folded, stand in a title."""
    folded = [fold(word) for word in words]
    bodies: list[dict[str, Any]] = [
        {
            "query": {"term": {COMPLETE: word}},
            "size": 0,
            "track_total_hits": 1,
            "terminate_after": 1,
        }
        for word in folded
    ]
    answers = client.ask_all(index, bodies)
    return {word for word, one in zip(folded, answers, strict=True) if one["hits"]["total"]["value"]}
