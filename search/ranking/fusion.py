"""From words, meaning and titles to one score.

score = lexical / best lexical of this query
      + (meaning, less for questions with digits, more for long ones) x cosine
      + the close look at the title (only for the best candidates, see `search.ranking.features`)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from search.ranking.question import Question
from search.ranking.weights import RankingWeights

Floats = NDArray[np.float32]
# added where the document's own code was typed: before all others
IDENTIFIER_SCORE = 10.0
_SHORT_QUESTION = 3
_LONG_QUESTION = 8


def meaning_weight(question: Question, weights: RankingWeights) -> float:
    """Weight of the cosine for this question. Codes and sizes want exact words, long questions want sense."""
    weight = weights.meaning_with_digits if question.has_digits else weights.meaning
    extra_words = min(question.word_count, _LONG_QUESTION) - _SHORT_QUESTION
    return weight + weights.meaning_per_word * max(0, extra_words)


def fuse(lexical: Floats, best_lexical: float, cosines: Floats | None, meaning: float) -> Floats:
    """float32 (n,). best_lexical: the highest lexical score of the whole catalogue for this query, 0 when none."""
    share = lexical / np.float32(best_lexical) if best_lexical > 0 else np.zeros_like(lexical)
    return share if cosines is None else share + np.float32(meaning) * cosines


def best_first(
    scores: NDArray[np.floating], tie_keys: NDArray[np.uint64], limit: int | None = None
) -> NDArray[np.int64]:
    """Positions of the highest scores, highest first, ties by their keys (n, k), all columns ascending.

    limit: how many are wanted; the order is the same as that of the whole list.
    """
    places = np.arange(len(scores))
    if limit is not None and limit < len(scores):
        worst_kept = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        places = np.flatnonzero(scores >= worst_kept)
    columns = [tie_keys[places, column] for column in reversed(range(tie_keys.shape[1]))]
    order = np.lexsort((*columns, -scores[places]))
    return places[order][:limit]
