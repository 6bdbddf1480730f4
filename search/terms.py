"""What an engine indexes of a document, and what it looks for in a query: one answer for every engine."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from search.analysis import embedding_text, normalise_code, stem, surface_words, terms, written_words
from search.documents import Language, SearchDocument

MAX_BODY_CHARACTERS = 8_000
# a foreign-language title still counts as the document's own words, though not as its title
_TITLE_REPEATS_IN_OTHER_LANGUAGE = 2
_MIN_CODE_CHARACTERS = 4
_CODE_WORDS = 16
_MUCH_STEMMED = 4


@lru_cache(maxsize=200_000)
def term_key(space: str, term: str) -> int:
    """64-bit key of a term in a space: "fr", "en" or "id". Stable over processes and versions."""
    digest = hashlib.blake2b(f"{space}:{term}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def text_hash(document: SearchDocument) -> int:
    """64 bits of what the text model reads: equal hash, equal vector."""
    digest = hashlib.blake2b(embedding_text(document).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def terms_in(document: SearchDocument, language: Language) -> tuple[list[str], list[str]]:
    """Terms of the title, and of everything else, as read in `language`."""
    own = document.text_in(language)
    title = terms(own.title, language)
    body_texts = [document.brand, " ".join(own.categories), own.details[:MAX_BODY_CHARACTERS]]
    for other_language, other in document.texts.items():
        if other_language != language and other is not own:
            body_texts += [other.title] * _TITLE_REPEATS_IN_OTHER_LANGUAGE
            body_texts += [" ".join(other.categories), other.details[:MAX_BODY_CHARACTERS]]
    return title, [term for text in body_texts for term in terms(text, language)]


def codes_in(document: SearchDocument) -> set[str]:
    """Its identifiers as compared."""
    return {normalise_code(code) for code in document.identifiers} - {""}


def written_in(document: SearchDocument) -> set[str]:
    """Words of letters as written, lower case, accents kept: the catalogue's vocabulary."""
    words = set(written_words(document.brand))
    for text in document.texts.values():
        for part in (text.title, *text.categories, text.details[:MAX_BODY_CHARACTERS]):
            words.update(written_words(part))
    return words


def typed_codes(text: str) -> set[str]:
    """What of a query may be an identifier: the whole text, or one of its words."""
    codes = {normalise_code(part) for part in (text, *text.split()[:_CODE_WORDS])}
    return {code for code in codes if len(code) >= _MIN_CODE_CHARACTERS and any(c.isdigit() for c in code)}


def much_stemmed(text: str, language: Language) -> list[tuple[str, str, float]]:
    """(stem, how the word begins, its share of the typed words) of words that lose much to the stemmer.

    "aspirateur" and "Aspire" share the stem "aspir": a title with the stem and without that beginning says another
    word. A plural is the same word.
    """
    words = surface_words(text)
    found = [(stem(word, language), word) for word in words]
    return [(root, word[:-2], 1 / len(words)) for root, word in found if len(word) - len(root) >= _MUCH_STEMMED]
