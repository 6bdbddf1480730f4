"""How good is a text model alone? Titles across languages, and dense ranking of a judged set."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from search.analysis import embedding_text, fold
from search.documents import SearchDocument
from search.embeddings.protocol import TextEncoder, Vectors

_WORD = re.compile(r"[\w'’-]+")
DEPTH = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class PairRecall:
    """Share of pairs whose own title comes first, or among the first five. pairs: those with words on both sides."""

    pairs: int
    recall_at_1: float
    recall_at_5: float


def title_pairs(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Distinct (title_fr, title_en) of a manifest, one per "model" where rows name one."""
    found: dict[str, tuple[str, str]] = {}
    for row in rows:
        pair = (str(row["title_fr"]), str(row["title_en"]))
        found.setdefault(str(row.get("model", pair)), pair)
    return list(found.values())


def without_shared_words(text: str, other: str) -> str:
    """`text` less the words that `other` has too: what is left can be matched by meaning only."""
    shared = _words_of(other)
    return " ".join(word for word in _WORD.findall(text) if not _words_of(word) & shared)


def _words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", fold(text)))


def pair_recall(encoder: TextEncoder, pairs: Sequence[tuple[str, str]]) -> PairRecall:
    """Ask each first text, look for its second among all second texts."""
    kept = [(query, title) for query, title in pairs if query.strip() and title.strip()]
    titles = encoder.encode_documents([title for _, title in kept])
    queries = np.stack([encoder.encode_query(query) for query, _ in kept])
    scores = queries @ titles.T
    ranks = (scores >= np.diag(scores)[:, None]).sum(axis=1) - 1  # ties count against it
    return PairRecall(
        pairs=len(kept),
        recall_at_1=round(float((ranks == 0).mean()), 3),
        recall_at_5=round(float((ranks < 5).mean()), 3),
    )


def dense_run(
    encoder: TextEncoder, documents: Sequence[SearchDocument], queries: Sequence[tuple[str, str]]
) -> tuple[dict[str, list[str]], float]:
    """Ids of the DEPTH nearest documents of each query, and the documents encoded per CPU second."""
    started = time.process_time()
    vectors = encoder.encode_documents([embedding_text(document) for document in documents])
    rate = len(documents) / max(time.process_time() - started, 1e-9)
    return {name: _nearest(encoder.encode_query(text), vectors, documents) for name, text in queries}, rate


def _nearest(query: Vectors, vectors: Vectors, documents: Sequence[SearchDocument]) -> list[str]:
    order = np.argsort(-(vectors @ query), kind="stable")[:DEPTH]
    return [documents[place].id for place in order]


def query_cost_ms(encode: Callable[[str], Vectors], texts: Sequence[str]) -> tuple[float, float]:
    """CPU milliseconds of one query, median and 95th percentile, each text asked for the first time."""
    costs = []
    for text in texts:
        started = time.thread_time()
        encode(text)
        costs.append((time.thread_time() - started) * 1000)
    low, high = np.percentile(costs, [50, 95])
    return round(float(low), 2), round(float(high), 2)
