"""What an index is made of: settings, fields, and the facts kept with it. Pure dicts.

Words come analysed by `search.analysis` as "term|frequency", so that both engines have one French, one set of sizes
and codes, and one BM25 (decision 0014). A frequency says how often the title (times its weight) and the rest hold
the term; the length of the field is their sum.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from search.documents import LANGUAGES
from search.ranking.weights import RankingWeights

MAX_OFFERS = 200
FREQUENCY_MARK = "|"
# Lucene's graph: opensearch-local.md's measurement of near-duplicates; faiss, the default, is no part of the server
GRAPH = {"m": 32, "ef_construction": 256}
VECTOR = "embedding"
# titles of all languages, completed to while typing
COMPLETE = "complete"
_KEPT = {"type": "keyword", "index": False, "doc_values": True}
# a column of words is looked up in a dictionary of all of them, hit by hit; one of bytes lies where it is read
_BYTES = {"type": "binary", "doc_values": True}
_ONLY_SHOWN = {"type": "object", "enabled": False}


def terms_field(language: str) -> str:
    """Terms of the document as read in the language."""
    return f"terms_{language}"


def look_field(language: str) -> str:
    """The title's sequence of terms as keys of 64 bits, for the close look."""
    return f"look_{language}"


def title_field(language: str) -> str:
    """The title as shown; absent where the document has none in that language."""
    return f"title_{language}"


def title_columns() -> list[str]:
    """What `title_of` reads."""
    return [title_field(language) for language in LANGUAGES]


def title_of(columns: Mapping[str, Sequence[Any]], language: str) -> str:
    """The title in a language, or the other one's where it has none."""
    order = sorted(LANGUAGES, key=lambda each: each != language)
    return next((str(columns[title_field(each)][0]) for each in order if title_field(each) in columns), "")


def index_settings(*, shards: int, replicas: int, weights: RankingWeights) -> dict[str, Any]:
    """Settings of a new index. Refreshing is switched on when it is filled: each refresh cuts off a segment, whose
    graph of vectors has to be merged into the others' later.
    """
    similarity = {"type": "BM25", "k1": weights.saturation, "b": weights.length_share}
    return {
        "index": {
            "knn": True,
            "number_of_shards": shards,
            "number_of_replicas": replicas,
            "refresh_interval": "-1",
            # a late write of a removed document is told from a new one for an hour
            "gc_deletes": "1h",
            "max_result_window": 1_000_000,
            "similarity": {"mall": similarity},
            "mapping.nested_objects.limit": 10_000,
        },
        "analysis": {
            "filter": {"frequency": {"type": "delimited_term_freq", "delimiter": FREQUENCY_MARK}},
            "analyzer": {
                "counted": {"type": "custom", "tokenizer": "whitespace", "filter": ["frequency"]},
                "folded": {"type": "custom", "tokenizer": "standard", "filter": ["lowercase", "asciifolding"]},
            },
        },
    }


def index_mappings(*, dimensions: int | None, facts: dict[str, Any]) -> dict[str, Any]:
    """Fields of a new index. dimensions: of the text model, None without one; facts: kept as `_meta`."""
    fields: dict[str, Any] = {
        "id": {"type": "keyword"},
        "kind": {"type": "keyword"},
        "version": {"type": "long"},
        "brand": {"type": "keyword"},
        "brand_label": {"type": "keyword", "index": False},
        "categories": {"type": "keyword"},
        "category_labels": {"type": "keyword", "index": False},
        "codes": {"type": "keyword"},
        "written": {"type": "keyword", "index": False},
        COMPLETE: {"type": "search_as_you_type", "analyzer": "folded", "max_shingle_size": 2},
        "equivalent_of": {"type": "keyword"},
        "text_hash": {"type": "keyword", "index": False, "doc_values": False},
        "browse": {"type": "float"},
        "shown": _ONLY_SHOWN,
        **_roll_ups(),
        "offers": {"type": "nested", "dynamic": "strict", "properties": _offer_fields()},
    }
    for language in LANGUAGES:
        fields[terms_field(language)] = {
            "type": "text",
            "analyzer": "counted",
            "search_analyzer": "whitespace",
            "index_options": "freqs",
            "similarity": "mall",
        }
        fields[look_field(language)] = _BYTES
        fields[title_field(language)] = _KEPT
    if dimensions is not None:
        fields[VECTOR] = {
            "type": "knn_vector",
            "dimension": dimensions,
            "method": {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil", "parameters": GRAPH},
        }
    return {"dynamic": "strict", "_meta": facts, "properties": fields}


def _roll_ups() -> dict[str, Any]:
    """What the offers say together: for filters and facets that need no two conditions on one offer."""
    words = ("families", "grades", "colours", "sizes", "seller_kinds", "savings", "deliveries")
    numbers = {"seller_ids": "long", "price_min": "long", "days_min": "short", "offer_count": "integer"}
    return {name: {"type": "keyword"} for name in words} | {name: {"type": kind} for name, kind in numbers.items()}


def _offer_fields() -> dict[str, Any]:
    kinds = {
        "id": "long", "family": "keyword", "grade": "keyword", "total": "long", "seller_id": "long",
        "seller_kind": "keyword", "published": "long", "colour": "keyword", "size": "keyword", "saving": "short",
        "days": "short", "free": "boolean",
    }  # fmt: skip
    return {name: {"type": kind} for name, kind in kinds.items()}


def layout(weights: RankingWeights) -> str:
    """Eight characters that change when an index has to be built anew, whatever its text model."""
    made = {
        "settings": index_settings(shards=1, replicas=0, weights=weights),
        "mappings": index_mappings(dimensions=None, facts={}),
        "graph": GRAPH,
        "title_repeats": weights.title_repeats,
    }
    return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:8]
