"""What the tests of assembling and running a server share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from mall.ops.opensearch.asking import call
from tests.conftest import miss

INDEX: dict[str, Any] = {
    "settings": {"number_of_shards": 1, "number_of_replicas": 0, "index.knn": True},
    "mappings": {
        "dynamic": "strict",
        "properties": {
            "title": {"type": "text", "analyzer": "french"},
            "colour": {"type": "keyword"},
            "price": {"type": "integer"},
            "vector": {
                "type": "knn_vector",
                "dimension": 8,
                "method": {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"},
            },
        },
    },
}


@pytest.fixture(scope="session")
def maven() -> str:
    """Path of Maven."""
    found = shutil.which("mvn")
    if found is None:
        miss("mvn (Apache Maven) is not installed (Debian: apt-get install maven)")
    return found


def documents(count: int) -> list[dict[str, Any]]:
    """The same ones each time: a colour of four, a price of 0 to 99, a unit vector of 8."""
    random = np.random.default_rng(5)
    vectors = random.normal(size=(count, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        {
            "title": f"l'écran numéro {number}",
            "colour": "abcd"[int(random.integers(4))],
            "price": int(random.integers(100)),
            "vector": [round(float(value), 6) for value in vector],
        }
        for number, vector in enumerate(vectors)
    ]


def fill(url: str, index: str, found: Iterable[dict[str, Any]]) -> None:
    """Index documents under their numbers."""
    lines = [json.dumps(line) for number, one in enumerate(found) for line in ({"index": {"_id": str(number)}}, one)]
    answer = call(f"{url}/{index}/_bulk?refresh=true", ("\n".join(lines) + "\n").encode(), method="POST", seconds=60)
    assert not answer["errors"]


def ids(answer: dict[str, Any]) -> list[str]:
    return [hit["_id"] for hit in answer["hits"]["hits"]]
