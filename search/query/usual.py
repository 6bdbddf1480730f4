"""A query in the form the catalogue writes most often: what the text model is asked with."""

from __future__ import annotations

from collections.abc import Mapping

from search.analysis import fold, plain_word, stem, token_terms, tokens
from search.documents import Language


def usual_words(written: Mapping[str, int], language: Language) -> dict[str, str]:
    """Stem -> the word of that stem that most documents have."""
    best: dict[str, tuple[int, str]] = {}
    for word, count in written.items():
        root = stem(fold(word), language)
        if best.get(root, (0, "")) < (count, word):
            best[root] = (count, word)
    return {root: word for root, (_, word) in best.items()}


def usual_form(text: str, language: Language, usual: Mapping[str, str]) -> str:
    words = []
    for token in tokens(text):
        found = token_terms(token, language)
        if len(found) == 1:
            words.append(usual.get(found[0]) or plain_word(token, language))
        elif found:
            words.append(token)
    return " ".join(words) or text
