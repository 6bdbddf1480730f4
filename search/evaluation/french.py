"""Do the ways one French name is written find the same? Accents, plural, elision, ligature: top-ten agreement.

Queries are made of the catalogue's own names: their first two words of letters. Variants of one query that a shopper
takes for the same must give the same first ten.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from search.analysis import STOP_WORDS, fold

_VOWELS = "aeiouyhâàéèêëîïôöûüœ"
_MIN_LETTERS = 4
_QUERY_WORDS = 2
TOP = 10

Top = Callable[[str], Sequence[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """Of one kind of variant: pairs tried, share with the same first ten in order, in any order, mean overlap."""

    kind: str
    pairs: int
    same_order: float
    same_set: float
    overlap: float


def without_accents(text: str) -> str:
    """ "crème" -> "creme"; ligatures stay."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def other_number(text: str) -> str:
    """Every word put into the plural, or back: "crème dessert" -> "crèmes desserts"."""
    return " ".join(_other_number(word) for word in text.split())


def _other_number(word: str) -> str:
    lower = word.lower()
    if lower in STOP_WORDS["fr"] or len(lower) < _MIN_LETTERS or not lower.isalpha():
        return word
    if lower.endswith("eaux"):
        return word[:-1]
    if lower.endswith("s"):
        return word if lower.endswith("ss") else word[:-1]
    if lower.endswith(("eau", "eu")):
        return word + "x"
    return word if lower.endswith(("x", "z")) else word + "s"


def elided(text: str) -> str:
    """ "aspirateur" -> "l'aspirateur"; other beginnings get "le "."""
    return f"l'{text}" if text[:1].lower() in _VOWELS else f"le {text}"


def without_ligatures(text: str) -> str:
    return text.replace("œ", "oe").replace("Œ", "Oe").replace("æ", "ae")


VARIANTS: dict[str, Callable[[str], str]] = {
    "accents": without_accents,
    "number": other_number,
    "elision": elided,
    "ligature": without_ligatures,
}
NAMED_PAIRS = (("creme dessert", "crèmes desserts"), ("oeufs", "œufs"), ("l'aspirateur", "aspirateurs"))


def queries_from(names: Iterable[str], count: int) -> list[str]:
    """Queries of one or two words of letters out of names, `count` of them chosen by hash."""
    found = set()
    for name in names:
        words = [word for word in name.split() if len(fold(word)) >= _MIN_LETTERS and word.replace("-", "").isalpha()]
        if words:
            found.add(" ".join(words[:_QUERY_WORDS]).lower())
    return sorted(found, key=lambda text: hashlib.sha1(text.encode()).hexdigest())[:count]  # noqa: S324 - not for security


def measure_agreement(queries: Sequence[str], top: Top) -> list[Agreement]:
    """Ask each query and its variants. top: the first ten ids for a text."""
    report = []
    for kind, vary in VARIANTS.items():
        pairs = [(query, varied) for query in queries if (varied := vary(query)) != query]
        report.append(_agreement(kind, pairs, top))
    report.append(_agreement("named", NAMED_PAIRS, top))
    return report


def _agreement(kind: str, pairs: Sequence[tuple[str, str]], top: Top) -> Agreement:
    answers = [(list(top(one)[:TOP]), list(top(two)[:TOP])) for one, two in pairs]
    overlaps = [len(set(a) & set(b)) / max(len(set(a) | set(b)), 1) for a, b in answers]
    count = max(len(answers), 1)
    return Agreement(
        kind=kind,
        pairs=len(answers),
        same_order=sum(a == b for a, b in answers) / count,
        same_set=sum(set(a) == set(b) for a, b in answers) / count,
        overlap=sum(overlaps) / count,
    )
