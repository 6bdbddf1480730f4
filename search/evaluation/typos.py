"""Queries with one deliberate typing error, the same for every run."""

from __future__ import annotations

import hashlib
import random

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MIN_LETTERS = 4


def with_typo(query_id: str, text: str) -> str:
    """The query with one edit (drop, swap, replace or double a letter) inside its longest word of letters.

    Seeded by the query id. The first letter stays. A query without a word of four letters is returned as it is.
    """
    words = text.split(" ")
    lengths = [len(word) if word.isalpha() and word.isascii() else 0 for word in words]
    if not words or max(lengths) < _MIN_LETTERS:
        return text
    number = lengths.index(max(lengths))
    seed = int(hashlib.sha1(f"typo|{query_id}|{text}".encode()).hexdigest()[:8], 16)  # noqa: S324 - not for security
    words[number] = _edit(words[number], random.Random(seed))  # noqa: S311 - not for security
    return " ".join(words)


def _edit(word: str, chance: random.Random) -> str:
    for _ in range(20):
        place = chance.randrange(1, len(word))
        kind = chance.choice(("drop", "swap", "replace", "insert"))
        if kind == "drop":
            edited = word[:place] + word[place + 1 :]
        elif kind == "swap" and place + 1 < len(word):
            edited = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        elif kind == "replace":
            edited = word[:place] + chance.choice(_LETTERS) + word[place + 1 :]
        else:
            edited = word[:place] + chance.choice(_LETTERS) + word[place:]
        if edited != word:
            return edited
    return word + word[-1]
