"""Corrections from a catalogue's own words."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from search.query.spelling import Speller
from search.results import Correction

WORDS = {
    "aspirateur": 40, "casque": 30, "caisse": 3, "bluetooth": 25, "ipad": 9, "stand": 12, "micro": 2, "microondes": 8,
    "lave": 20, "linge": 22, "java": 1, "clavier": 14, "chaussure": 9,
}  # fmt: skip


def together(groups: Sequence[Sequence[str]]) -> list[int]:
    return [int(set(words) in ({"ipad", "stand"}, {"lave", "linge"})) for words in groups]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("aspirteur", "aspirateur"),
        ("apsirateur", "aspirateur"),
        ("aspiratteurr", "aspirateur"),
        ("casqe bluetoth", "casque bluetooth"),
        ("ipadstand", "ipad stand"),
        ("lavz linge", "lave linge"),
        ("Clavyer", "clavier"),
    ],
)
def test_unknown_word_becomes_the_nearest_known_one(typed: str, meant: str) -> None:
    assert Speller(WORDS, together).correct(typed)[0] == meant


@pytest.mark.parametrize("typed", "aspirateur|aspirateurs|CASQUE|wh1000xm4|xyz|pour avec||zzzzzzzzzz".split("|"))
def test_known_short_and_coded_words_are_left_alone(typed: str) -> None:
    assert Speller(WORDS, together).correct(typed) == (typed, ())


def test_correction_tells_what_was_typed() -> None:
    assert Speller(WORDS).correct("Casqe noir")[1] == (Correction(typed="Casqe", searched="casque"),)


def test_word_known_otherwise_is_left_alone() -> None:
    assert Speller(WORDS).correct("casqe", {"casqe"}) == ("casqe", ())


def test_one_correction_among_many_words_takes_about_a_millisecond() -> None:
    vocabulary = WORDS | {
        f"mot{chr(97 + a)}{chr(97 + b)}{chr(97 + c)}xyz": 1 for a in range(26) for b in range(26) for c in range(60)
    }
    speller = Speller(vocabulary, together)
    speller.correct("aspirteurr lingee")

    start = time.process_time()
    for _ in range(10):
        speller.correct("aspirteur blutooth")

    assert (time.process_time() - start) / 10 < 0.02
