"""When a second-hand thing leads instead of standing under the new product that it is near to.

Who types "lumo 4" wants the Lumo 4, which nobody sells new any more, and not the Lumo 5. Pure arrays: any engine asks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.ranking.question import Question
from search.ranking.weights import RankingWeights

# sums of the same information in another order
_ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class Said:
    """What n documents say of a question.

    reach: float (n,), share of the query's information held, 0 to 1; numbers: int (n,), how many of
    `bare_numbers` the title has; typed: bool (n,), the document's own code was typed.
    """

    reach: NDArray[np.floating]
    numbers: NDArray[np.integer]
    typed: NDArray[np.bool_]


def bare_numbers(question: Question) -> tuple[str, ...]:
    """Terms that may tell one model from the next: the 4 of "lumo 4" and of "lumo4", not the 128 of "128 go".

    They count in titles alone: somewhere in a long text stands every small number.
    """
    return tuple(
        term.term
        for term in question.terms
        if term.term.isdigit() and (not term.is_part or question.tokens[term.token][:1].isalpha())
    )


def leads(listings: Said, products: Said, weights: RankingWeights) -> NDArray[np.bool_]:
    """bool (n,): the query says the n-th listing rather than the n-th product.

    Its code was typed and the product's was not; or it holds clearly more of the query; or it holds as much, and more
    of the numbers.
    """
    more = listings.reach - products.reach
    says_it = (more >= weights.leading_margin) | (listings.numbers > products.numbers) & (more >= -_ROUNDING)
    return np.asarray((listings.typed | says_it) & ~products.typed)
