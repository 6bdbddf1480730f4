"""Text to terms, the same for documents and queries and for every engine.

One token of a text becomes one or more terms, all folded (no accents, œ = oe, lower case):
a plain word its stem ("aspirateurs" -> "aspir"); a size the whole, the number and the unit, units unified
("128 Go" -> "128gb", "128", "gb"); a code the whole and its runs of letters and digits ("iPhone13" -> "iphone13",
"iphone", "13"). Folding comes before stemming, so that a word typed without accents meets the one with them.
Stemmers: Snowball French and English, as compiled into tantivy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import tantivy

from search.documents import DocumentText, Language, SearchDocument
from search.embeddings.text import document_text

MAX_TOKEN_CHARACTERS = 60
EMBEDDED_CHARACTERS = 200
_SHORTEST_PLURAL = 3

_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ø": "o", "Ø": "o", "đ": "d", "ł": "l", "Ł": "l"}
)
_MARKS = str.maketrans(
    {"™": "", "®": "", "©": "", "\u00ad": ""}
    | {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "″": '"', "”": '"', "“": '"'}
)
# combining marks of the scripts that have them; quicker than asking for each character
_COMBINING = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_UNITS = {
    "go": "gb", "gib": "gb", "gb": "gb", "mo": "mb", "mb": "mb", "to": "tb", "tb": "tb", "ko": "kb", "kb": "kb",
    "litres": "l", "litre": "l", "liters": "l", "liter": "l", "l": "l", "cl": "cl", "ml": "ml", "dl": "dl",
    "pouces": "inch", "pouce": "inch", "inches": "inch", "inch": "inch", "zoll": "inch", '"': "inch", "''": "inch",
    "watts": "w", "watt": "w", "w": "w", "kw": "kw", "wh": "wh", "volts": "v", "volt": "v", "v": "v",
    "kilos": "kg", "kilo": "kg", "kg": "kg", "grammes": "g", "gramme": "g", "grams": "g", "gram": "g", "g": "g",
    "mg": "mg", "mm": "mm", "cm": "cm", "m": "m", "km": "km", "metres": "m", "metre": "m", "meters": "m", "meter": "m",
    "ft": "ft", "feet": "ft", "foot": "ft", "oz": "oz", "ounces": "oz", "ounce": "oz", "lb": "lb", "lbs": "lb",
    "mah": "mah", "hz": "hz", "khz": "khz", "mhz": "mhz", "ghz": "ghz", "mp": "mp", "mpx": "mp", "megapixels": "mp",
    "db": "db", "rpm": "rpm", "tr": "rpm", "mbps": "mbps", "gbps": "gbps", "bars": "bar", "bar": "bar",
}  # fmt: skip
_UNIT_NAMES = "|".join(sorted((re.escape(u) for u in _UNITS if u.isalpha()), key=len, reverse=True))
_NUMBER = r"\d+(?:[.,]\d+)?"
_TOKEN = re.compile(
    rf"""{_NUMBER}(?:[ \u00a0\u202f-]?(?:{_UNIT_NAMES})(?![^\W_])|\ ?(?:"|''))"""
    rf"""|{_NUMBER}(?![^\W_])|[^\W_]+(?:'[^\W_]+)?"""
)
_BREAKS = ",;:()[]|/+"
_TOKEN_OR_BREAK = re.compile(rf"{_TOKEN.pattern}|[{re.escape(_BREAKS)}]|\s[-–—]\s")
BREAK = "|"
_SIZE = re.compile(rf"""({_NUMBER})[ \u00a0\u202f-]?({_UNIT_NAMES}|"|'')""")
_RUNS = re.compile(r"\d+|[^\W\d_]+")
_HAS_DIGIT = re.compile(r"\d")
_ELISION = re.compile(r"(?:jusqu|lorsqu|puisqu|quoiqu|qu|[cdjlmnst])'(.+)")
# after these words a short unit is a preposition or a count, not a size ("5 to 10")
_AMBIGUOUS_UNITS = {"to", "m", "v", "tr"}

STOP_WORDS: dict[Language, frozenset[str]] = {
    "fr": frozenset(
        "a au aux avec ce ces cet cette chez dans de des du elle en et eux il ils je la le les leur leurs lui ma mes "
        "mon ne nos notre nous on ou par pas pour qu que qui sa se ses son sur ta te tes ton tu un une vos votre vous "
        "est sont c d j l m n s t y etre ont".split()
    ),
    "en": frozenset(
        "a an and are as at be but by for if in into is it no not of on or such that the their then there these they "
        "this to was will with from my your our its s t".split()
    ),
}


def fold(text: str) -> str:
    """Lower case without accents, ligatures opened; control characters become spaces. Idempotent."""
    if text.isascii():
        return text.lower()
    opened = unicodedata.normalize("NFKD", text.translate(_MARKS).translate(_LIGATURES))
    return _COMBINING.sub("", opened).lower().translate(_LIGATURES)


def _stemmer(language: Language) -> tantivy.TextAnalyzer:
    name = {"fr": "french", "en": "english"}[language]
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    return builder.filter(tantivy.Filter.stemmer(name)).build()


_STEMMERS = {language: _stemmer(language) for language in STOP_WORDS}


def tokens(text: str) -> list[str]:
    """Folded tokens of `text` in order, before elision and stemming; a size ("128 go") is one token."""
    return _TOKEN.findall(fold(text))


@lru_cache(maxsize=200_000)
def token_terms(token: str, language: Language) -> tuple[str, ...]:
    """Terms of one folded token, the most exact first; () for a stop word."""
    if "'" in token:
        token = _without_apostrophe(token, language)
    if len(token) > MAX_TOKEN_CHARACTERS:
        token = token[:MAX_TOKEN_CHARACTERS]
    if not _HAS_DIGIT.search(token):
        if token in STOP_WORDS[language]:
            return ()
        return (stem(token, language),)
    return _terms_with_digits(token, language)


def plain_word(token: str, language: Language) -> str:
    """A folded token without its article, and in French without the plural: for words that no document has."""
    word = _without_apostrophe(token, language) if "'" in token else token
    return _singular(word) if language == "fr" else word


def _without_apostrophe(token: str, language: Language) -> str:
    elided = _ELISION.fullmatch(token)
    if elided:
        return elided[1]
    head, _, tail = token.partition("'")
    return head if tail == "s" else head + tail


def _terms_with_digits(token: str, language: Language) -> tuple[str, ...]:
    size = _SIZE.fullmatch(token)
    if size and not (size[2] in _AMBIGUOUS_UNITS and " " in token and language == "en"):
        number, unit = size[1].replace(",", "."), _UNITS[size[2]]
        return (number + unit, number, unit)
    if " " in token:
        return tuple(term for part in token.split() for term in token_terms(part, language))
    number = token.replace(",", ".")
    runs = _RUNS.findall(token)
    if len(runs) == 1:
        return (number,)
    return (number, *dict.fromkeys(run if run.isdigit() else stem(run, language) for run in runs))


@lru_cache(maxsize=200_000)
def stem(word: str, language: Language) -> str:
    """Snowball stem of one folded word. French plurals go first: Snowball alone parts "risotto" from "risottos"."""
    found = _STEMMERS[language].analyze(_singular(word) if language == "fr" else word)
    return found[0] if found else word


def _singular(word: str) -> str:
    """Without the French plural's s or x. A word that always has one loses it too, and meets itself."""
    if len(word) <= _SHORTEST_PLURAL:
        return word
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word[:-1] if word.endswith(("eux", "oux", "eaux")) else word


def terms(text: str, language: Language) -> list[str]:
    """All terms of a text in order, as stored in an index. Stop words are left out."""
    return [term for token in tokens(text) for term in token_terms(token, language)]


def title_sequence(title: str, language: Language) -> list[str]:
    """Terms of a title in order with its stop words, and BREAK where punctuation divides it: for rankers."""
    sequence = []
    for token in _TOKEN_OR_BREAK.findall(fold(title)):
        if token[0] in _BREAKS or token[0].isspace():
            sequence.append(BREAK)
        else:
            sequence += token_terms(token, language) or (token,)
    return sequence


def written_words(text: str) -> list[str]:
    """Words of letters only, lower case, accents kept, without elided articles: a catalogue's vocabulary."""
    words = []
    for token in _TOKEN.findall(text.lower().translate(_MARKS)):
        elided = _ELISION.fullmatch(token) if "'" in token else None
        word = elided[1] if elided else token.partition("'")[0]
        if word.isalpha():
            words.append(word)
    return words


def surface_words(text: str) -> list[str]:
    """`written_words`, folded: what a speller compares."""
    return [fold(word) for word in written_words(text)]


def normalise_code(code: str) -> str:
    """A model code or trade number as compared: letters and digits only, lower case, leading zeros off a number."""
    bare = "".join(c for c in fold(code) if c.isalnum())
    return bare.lstrip("0") if bare.isdigit() else bare


def embedding_text(document: SearchDocument, language_order: Sequence[Language] = ("fr", "en")) -> str:
    """What the text model reads of a document: titles, brand, last category; at most EMBEDDED_CHARACTERS.

    Titles of both languages are joined when they differ, so that one vector answers in both.
    """
    texts: list[DocumentText] = [document.texts[lang] for lang in language_order if lang in document.texts]
    titles = " / ".join(dict.fromkeys(text.title for text in texts))
    leaf = next((text.categories[-1] for text in texts if text.categories), "")
    return document_text(titles, brand=document.brand, leaf_category=leaf)[:EMBEDDED_CHARACTERS]
