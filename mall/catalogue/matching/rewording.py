"""Titles of the training parts told otherwise, so that the ranker learns what sellers leave out.

Not the generator of `evaluation.wording`: what is measured there was not trained on.
"""

from __future__ import annotations

import random
import re

_MARK = re.compile(r"[-/]")
_LETTER_BEFORE_DIGIT = re.compile(r"(?<=[a-z])(?=\d)", re.IGNORECASE)


def retold(title: str, brand: str, draw: random.Random) -> str:
    """The title with up to half of its words gone, perhaps its brand too, a code split, a letter wrong, turned."""
    words = title.split()
    if brand and draw.random() < 0.4:
        own = set(brand.lower().split())
        words = [word for word in words if word.lower() not in own] or words
    share = draw.uniform(0, 0.55)
    kept = [word for word in words if draw.random() > (0.6 * share if _has_digit(word) else share)]
    words = kept if len(kept) >= 2 else words[:3]
    if draw.random() < 0.35:
        words = " ".join(_code_otherwise(word, draw) for word in words).split()
    if draw.random() < 0.35:
        words = _with_slip(words, draw)
    if draw.random() < 0.3:
        cut = draw.randrange(len(words))
        words = words[cut:] + words[:cut]
    return " ".join(words)


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)


def _code_otherwise(word: str, draw: random.Random) -> str:
    if not _has_digit(word) or not any(character.isalpha() for character in word) or len(word) < 4:
        return word
    if _MARK.search(word):
        return _MARK.sub(draw.choice(("", " ")), word)
    return _LETTER_BEFORE_DIGIT.sub(draw.choice((" ", "-")), word, count=1)


def _with_slip(words: list[str], draw: random.Random) -> list[str]:
    places = [place for place, word in enumerate(words) if word.isalpha() and len(word) >= 5]
    if not places:
        return words
    place = draw.choice(places)
    word = words[place]
    at = draw.randrange(1, len(word) - 1)
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    return [*words[:place], draw.choice(slips), *words[place + 1 :]]
