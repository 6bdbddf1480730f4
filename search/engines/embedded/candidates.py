"""Products that a listing's words may name: many, quickly, for a matcher that looks closely at each."""

from __future__ import annotations

import numpy as np

from search.analysis import normalise_code
from search.documents import Language
from search.embeddings.protocol import Vectors
from search.engines.embedded.columns import KINDS
from search.engines.embedded.container import Array
from search.engines.embedded.ranking import find_by_code, rank
from search.engines.embedded.snapshot import Snapshot
from search.engines.protocol import NearProduct
from search.ranking.weights import RankingWeights

_BY_MEANING_SHARE = 0.3


def nearest_products(
    snapshot: Snapshot,
    text: str,
    codes: tuple[str, ...],
    language: Language,
    vector: Vectors | None,
    weights: RankingWeights,
    limit: int,
) -> list[NearProduct]:
    """At most `limit` living products, best first: those with one of the codes, then best by words and meaning
    together, and among them a share of the nearest in meaning alone.
    """
    ranking = rank(snapshot, text, language, vector, weights, 0)
    is_product = (snapshot.columns.arrays["kinds"] == KINDS.index("product")) & snapshot.alive
    products = np.flatnonzero(is_product)
    if not len(products):
        return []
    scores = ranking.scores.copy()
    coded = _with_codes(snapshot, codes)
    scores[coded] += np.float32(100.0)
    best = _best(scores, products, limit)
    if ranking.cosines is not None:
        nearest = _best(ranking.cosines, products, max(1, round(limit * _BY_MEANING_SHARE)))
        new = nearest[~np.isin(nearest, best)]
        best = np.concatenate([best[: limit - len(new)], new])
    best = best[np.argsort(-scores[best], kind="stable")]
    cosines = np.full(len(best), np.nan)
    if ranking.cosines is not None and snapshot.vectors is not None and vector is not None:
        cosines = snapshot.vectors.exact(vector, best).astype(np.float64)
    return [
        NearProduct(id=snapshot.columns.id_of(int(row)), score=float(scores[row]), cosine=float(cosine))
        for row, cosine in zip(best, cosines, strict=True)
    ]


def _best(values: Array, rows: Array, count: int) -> Array:
    """Of some rows, the `count` with the highest values, highest first."""
    if len(rows) > count:
        rows = rows[np.argpartition(values[rows], len(rows) - count)[-count:]]
    return rows[np.argsort(-values[rows], kind="stable")]


def _with_codes(snapshot: Snapshot, codes: tuple[str, ...]) -> Array:
    found = [find_by_code(snapshot, normalise_code(code)) for code in codes]
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)
