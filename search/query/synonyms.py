"""Other words for the same thing, within and across the two languages. The pairs are ours: `synonyms.tsv`.

Each line is one thing: its French words, its English words, all of them other words for each other. Where a third
column is filled, only its words lead to the others: "portable" may mean a laptop, "laptop" never means a phone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from search.analysis import fold
from search.documents import Language
from search.query.words import Word, split_words

SYNONYMS_FILE = Path(__file__).with_name("synonyms.tsv")
MAX_TERM_WORDS = 4
MAX_ALTERNATIVES = 8


@dataclass(frozen=True, slots=True)
class Expansion:
    """words: as folded in the query, its words `start` to `stop`. alternatives: as written in the table."""

    words: str
    start: int
    stop: int
    alternatives: tuple[str, ...]


def expansions(words: Sequence[Word]) -> tuple[Expansion, ...]:
    """The things named in a query that have other names, longest first at each place, none overlapping."""
    table = _table()
    found, start = [], 0
    while start < len(words):
        for length in range(min(MAX_TERM_WORDS, len(words) - start), 0, -1):
            folded = [word.folded for word in words[start : start + length]]
            alternatives = table.get(_key(folded))
            if alternatives:
                found.append(Expansion(" ".join(folded), start, start + length, alternatives))
                start += length
                break
        else:
            start += 1
    return tuple(found)


def bilingual_text(text: str, language: Language) -> str:
    """A query with the first name that each of its things has in the other language put behind it: for a text model.

    A small model knows that "perceuse" is near "drill", but it is surer when both are said (decision 0006).
    """
    other = _names_of("en" if language == "fr" else "fr")
    added = [next((name for name in one.alternatives if name in other), "") for one in expansions(split_words(text))]
    return " ".join([text, *filter(None, added)])


@lru_cache(maxsize=2)
def _names_of(language: Language) -> frozenset[str]:
    column = 0 if language == "fr" else 1
    lines = SYNONYMS_FILE.read_text(encoding="utf-8").splitlines()[1:]
    return frozenset(name for line in lines for name in line.split("\t")[column].split("|"))


def _key(folded: Sequence[str]) -> str:
    """Singular enough for both languages: "aspirateurs", "boxes" and "jeux" meet their singulars."""
    return " ".join(_singular(word) for word in folded)


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("eaux"):
        return word[:-1]
    if len(word) > 4 and word.endswith(("ches", "shes", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word[-1] in "sx" and word[-2] != "s" else word


@lru_cache(maxsize=1)
def _table() -> Mapping[str, tuple[str, ...]]:
    return read_synonyms(SYNONYMS_FILE)


def read_synonyms(path: Path) -> dict[str, tuple[str, ...]]:
    """Key of a term -> its other words. Raises ValueError naming the line that cannot be read."""
    table: dict[str, list[str]] = {}
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines[1:], start=2):
        columns = line.split("\t")
        if len(columns) not in {2, 3} or not columns[0]:
            raise ValueError(f"{path.name}, line {number}: French words, English words and at most one more column")
        terms = list(dict.fromkeys(term for column in columns[:2] for term in column.split("|") if term))
        triggers = columns[2].split("|") if len(columns) == 3 and columns[2] else terms
        for trigger in triggers:
            key = _term_key(trigger)
            others = table.setdefault(key, [])
            others += [term for term in terms if _term_key(term) != key and term not in others]
    return {key: tuple(others[:MAX_ALTERNATIVES]) for key, others in table.items() if others}


def _term_key(term: str) -> str:
    letters = "".join(sign if sign.isalnum() else " " for sign in fold(term))
    return _key(letters.split())
