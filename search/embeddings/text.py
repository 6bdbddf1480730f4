"""Text made fit for a model: no control characters, no broken Unicode, not longer than it is worth."""

from __future__ import annotations

import re
import unicodedata

# Beyond these a title says nothing new, and the engine's cost grows faster than its answer improves.
DOCUMENT_CHARACTERS = 400
DOCUMENT_WORDS = 64
QUERY_CHARACTERS = 200
QUERY_WORDS = 32

_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def tidy(text: str, *, characters: int, words: int) -> str:
    """`text` in one line, cut to so many characters and words; lone surrogates and control characters become blanks.

    A NUL would end the text inside a C engine, and a lone surrogate cannot be written as UTF-8.
    """
    clean = _UNFIT.sub(" ", text[: 4 * characters])
    if not clean.isascii():
        clean = unicodedata.normalize("NFC", clean)  # models know "é", not "e" and an accent
    return " ".join(clean.split()[:words])[:characters].strip()


def tidy_document(text: str) -> str:
    return tidy(text, characters=DOCUMENT_CHARACTERS, words=DOCUMENT_WORDS)


def tidy_query(text: str) -> str:
    return tidy(text, characters=QUERY_CHARACTERS, words=QUERY_WORDS)


def document_text(title: str, *, brand: str = "", leaf_category: str = "") -> str:
    """The words of a document that are worth a vector: the title, the brand it does not name, its category."""
    parts = [title]
    if brand and brand.casefold() not in title.casefold():
        parts.append(brand)
    if leaf_category:
        parts.append(leaf_category)
    return ", ".join(parts)
