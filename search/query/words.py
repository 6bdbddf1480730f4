"""The words of a query with the places they stand at, so that a filter's words can be cut out of the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from search.analysis import fold
from search.queries import MAX_QUERY_CHARACTERS

MAX_WORDS = 64

# One alternative per start character and no nested repetition: linear on any text.
_WORD = re.compile(r"\d+(?:[.,]\d{1,2}(?!\d))?|[^\W\d_]+|[€$£<>≤≥%]=?")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Word:
    """A run of letters, a number, or a sign. folded: without accents, lower case. start, stop: in the tidied text.

    before: the character before it, "" at the start. touches: a letter or digit follows at once.
    """

    folded: str
    start: int
    stop: int
    before: str
    touches: bool

    @property
    def is_number(self) -> bool:
        return self.folded[0].isdigit()


def tidy_text(text: str) -> str:
    """`text` in one line, without control, direction and broken characters, cut to MAX_QUERY_CHARACTERS."""
    cut = text[: 4 * MAX_QUERY_CHARACTERS]
    return " ".join(_UNFIT.sub(" ", cut).split())[:MAX_QUERY_CHARACTERS].strip()


def split_words(text: str) -> list[Word]:
    """The first MAX_WORDS words of a tidied text."""
    found: list[Word] = []
    for match in _WORD.finditer(text):
        if len(found) == MAX_WORDS:
            break
        folded = fold(match[0]).strip()
        if folded:
            touches = text[match.end() : match.end() + 1].isalnum()
            before = text[match.start() - 1] if match.start() else ""
            found.append(Word(folded, match.start(), match.end(), before, touches))
    return found


def phrase(words: Sequence[Word], start: int, stop: int) -> str:
    """The folded words `start` to `stop`, one blank between them: how phrases are written in every table here."""
    return " ".join(word.folded for word in words[start:stop])


def phrase_set(text: str) -> frozenset[str]:
    """The phrases of a table written as text: divided by bars or line ends, blanks evened out."""
    return frozenset(" ".join(part.split()) for part in text.replace("\n", "|").split("|") if part.strip())


def cut_out(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` without the characters of `spans`, and without the punctuation that is left alone by it."""
    kept, at = [], 0
    for start, stop in sorted(spans):
        if start >= at:
            kept.append(text[at:start])
        at = max(at, stop)
    kept.append(text[at:])
    parts = " ".join(kept).split()
    return " ".join(part for part in parts if any(character.isalnum() for character in part) or len(kept) == 1)
