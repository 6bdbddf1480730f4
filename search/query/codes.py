"""Numbers and codes that name one product exactly: EAN, UPC, ISBN, model codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

CodeKind = Literal["gtin", "isbn10", "model"]
MAX_CODES = 8

_GTIN_LENGTHS = frozenset({8, 12, 13, 14})
_CHUNK = re.compile(r"[^\s,;()\[\]\"“”«»|]+")
_DIGITS = re.compile(r"\d(?:[ -]?\d){6,19}(?![ -]?\d)")
_ISBN10 = re.compile(r"(?<!\d)(?<!\d[ -])\d(?:[ -]?\d){8}[ -]?[\dXx]\b")
_HAS_LETTER = re.compile(r"[^\W\d_]")
_HAS_DIGIT = re.compile(r"\d")
# "128gb", "55pouces", "1.7l", "50x70", "4k": measures, not codes
_MEASURE = re.compile(r"\d+(?:[.,x×/-]\d+)*(?:[^\W\d_]{1,6}|[\"'%€£$])?")
_PLAIN_WORD_AND_NUMBER = re.compile(r"[^\W\d_]{4,}\d{1,2}")
MIN_MODEL_CHARACTERS = 4
MIN_NUMBER_CHARACTERS = 6  # a trade number of digits alone; shorter ones are sizes, years, prices
MAX_MODEL_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Code:
    """value: 14 digits for "gtin", ten signs for "isbn10", letters and digits in upper case for "model".

    words: as typed.
    """

    kind: CodeKind
    value: str
    words: str


def find_codes(text: str) -> tuple[Code, ...]:
    """At most MAX_CODES codes of a tidied query, in order. GTINs and ISBNs only with a right check digit."""
    found: dict[str, Code] = {}
    for match in _DIGITS.finditer(text):
        digits = _ascii_digits(match[0])
        if len(digits) in _GTIN_LENGTHS and has_gtin_check_digit(digits):
            found[digits] = Code("gtin", digits.zfill(14), match[0])
    for match in _ISBN10.finditer(text):
        signs = match[0].replace(" ", "").replace("-", "").upper()
        if len(signs) == 10 and signs.isascii() and has_isbn10_check_digit(signs):
            found.setdefault(signs, Code("isbn10", signs, match[0]))
    taken = " ".join(code.words for code in found.values())
    for match in _CHUNK.finditer(text):
        key = model_key(match[0])
        if key not in found and match[0] not in taken and _is_model_code(match[0], key):
            found[key] = Code("model", key, match[0])
    return tuple(found.values())[:MAX_CODES]


def model_key(code: str) -> str:
    """A model code without its punctuation, in upper case: "WH-1000XM4" and "wh1000xm4" are one."""
    return "".join(character for character in code if character.isalnum()).upper()


def has_gtin_check_digit(digits: str) -> bool:
    """GS1: from the right, the check digit left out, every other digit counts three times."""
    body, check = digits[:-1], int(digits[-1])
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return (10 - total % 10) % 10 == check and any(digit != "0" for digit in body)


def has_isbn10_check_digit(signs: str) -> bool:
    """ISBN-10: weights ten to one, the sum divides by eleven; X is ten and only last."""
    values = [10 if sign == "X" else int(sign) for sign in signs]
    return any(values) and sum(value * (10 - place) for place, value in enumerate(values)) % 11 == 0


def _ascii_digits(text: str) -> str:
    digits = "".join(character for character in text if character.isdecimal())
    return digits if digits.isascii() else ""


def _is_model_code(word: str, key: str) -> bool:
    if not MIN_MODEL_CHARACTERS <= len(key) <= MAX_MODEL_CHARACTERS or not _HAS_DIGIT.search(key):
        return False
    if key.isdigit():
        return len(key) >= MIN_NUMBER_CHARACTERS and key == word
    if _MEASURE.fullmatch(word) or _PLAIN_WORD_AND_NUMBER.fullmatch(word):
        return False
    return bool(_HAS_LETTER.search(key))
