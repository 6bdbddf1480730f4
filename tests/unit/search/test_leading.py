"""When the words say the second-hand thing rather than the new product that it is near to."""

from __future__ import annotations

import numpy as np
import pytest

from search.documents import Language
from search.ranking.leading import Said, bare_numbers, leads
from search.ranking.question import ask
from search.ranking.weights import RankingWeights

WEIGHTS = RankingWeights()


def said(reach: float, numbers: int = 0, *, typed: bool = False) -> Said:
    return Said(np.array([reach], np.float32), np.array([numbers], np.uint8), np.array([typed]))


@pytest.mark.parametrize(
    ("listing", "product", "is_leading"),
    [
        (said(1.0), said(1.0), False),
        (said(0.8), said(0.7), False),
        (said(0.9), said(0.7), True),
        (said(1.0, 1), said(1.0, 0), True),
        (said(1.0, 1), said(1.0, 1), False),
        (said(0.6, 1), said(0.9, 0), False),
        (said(0.1, 0), said(0.9, 1), False),
        (said(0.5, typed=True), said(1.0), True),
        (said(0.5, typed=True), said(0.5, typed=True), False),
        (said(1.0), said(0.2, typed=True), False),
    ],
)
def test_a_listing_leads_when_it_holds_clearly_more_of_the_words(
    listing: Said, product: Said, *, is_leading: bool
) -> None:
    assert leads(listing, product, WEIGHTS).tolist() == [is_leading]


@pytest.mark.parametrize(
    ("text", "language", "numbers"),
    [
        ("lumo 4", "fr", ("4",)),
        ("iphone13", "en", ("13",)),
        ("lumo 128 go", "fr", ()),
        ("lumo", "fr", ()),
        ("lampe 2019", "fr", ("2019",)),
    ],
)
def test_numbers_of_models_are_told_from_sizes(text: str, language: Language, numbers: tuple[str, ...]) -> None:
    assert bare_numbers(ask(text, language, WEIGHTS)) == numbers
