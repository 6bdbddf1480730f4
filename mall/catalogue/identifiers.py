"""Codes that name a trade item: GTIN-8, -12, -13, -14, ISBN-10, manufacturer's part number.

Source: GS1 General Specifications, section 7.9 (check digit); ISBN Users' Manual, section 4.
"""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[\s\-‐-―.]")
GTIN_LENGTHS = frozenset({8, 12, 13, 14})


class InvalidIdentifier(ValueError):
    """The code cannot be right; the message says why."""


def gtin_check_digit(body: str) -> int:
    """The last digit of a GTIN whose other digits are `body`: weights 3, 1, 3, … from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return -total % 10


def normalise_gtin(code: str) -> str:
    """`code` as 14 digits. Raises InvalidIdentifier for a wrong length, character or control digit.

    Codes of 11 digits are UPC codes that lost their leading zero in a spreadsheet; 10 digits are tried as ISBN-10.
    """
    digits = _SEPARATORS.sub("", code)
    if len(digits) == 10:
        return isbn10_to_gtin(digits)
    if not digits.isascii() or not digits.isdigit():
        raise InvalidIdentifier(f"{code!r}: a GTIN has digits only")
    if len(digits) == 11:
        digits = "0" + digits
    if len(digits) not in GTIN_LENGTHS:
        raise InvalidIdentifier(f"{code!r}: a GTIN has 8, 12, 13 or 14 digits, not {len(digits)}")
    if set(digits) == {"0"}:
        raise InvalidIdentifier(f"{code!r}: zeros only")
    expected = gtin_check_digit(digits[:-1])
    if int(digits[-1]) != expected:
        raise InvalidIdentifier(f"{code!r}: the control digit should be {expected}, not {digits[-1]}")
    return digits.zfill(14)


def normalise_isbn10(code: str) -> str:
    """`code` as ten characters. Raises InvalidIdentifier."""
    text = _SEPARATORS.sub("", code).upper()
    if not re.fullmatch(r"[0-9]{9}[0-9X]", text):
        raise InvalidIdentifier(f"{code!r}: an ISBN-10 has nine digits and a digit or X")
    total = sum((10 - place) * (10 if mark == "X" else int(mark)) for place, mark in enumerate(text))
    if total % 11:
        raise InvalidIdentifier(f"{code!r}: the control character is wrong")
    return text


def isbn10_to_gtin(code: str) -> str:
    """The GTIN-14 of the same book (prefix 978). Raises InvalidIdentifier."""
    body = "978" + normalise_isbn10(code)[:9]
    return (body + str(gtin_check_digit(body))).zfill(14)


def normalise_mpn(code: str) -> str:
    """A maker's part number as compared: upper case, no blanks, dashes, dots or slashes. Raises InvalidIdentifier."""
    text = re.sub(r"[\s\-‐-―./_]", "", code).upper()
    if not 2 <= len(text) <= 60:
        raise InvalidIdentifier(f"{code!r}: a part number has 2 to 60 letters or digits")
    return text
