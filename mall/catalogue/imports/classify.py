"""From a row's words to a leaf of the tree, by the ordered rules of categories_of_words.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

RULES_FILE = Path(__file__).with_name("categories_of_words.toml")
FALLBACK = "other-electronics"
# "25 pc(s)" says how many, not that it is a computer.
_PIECES = re.compile(r"\b\d+ pc(\(s\)|s\b)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    category: str
    keys: frozenset[str]
    title: re.Pattern[str] | None
    description: re.Pattern[str] | None
    unless: re.Pattern[str] | None

    def fits(self, title: str, description: str, attributes: Mapping[str, object]) -> bool:
        if self.unless is not None and self.unless.search(title):
            return False
        if self.title is not None and self.title.search(title):
            return True
        if self.description is not None and self.description.search(description):
            return True
        return not self.keys.isdisjoint(attributes)


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """The rules in their order. Raises re.error or KeyError for a broken table: at start, not in the middle."""

    def pattern(row: Mapping[str, str], key: str) -> re.Pattern[str] | None:
        return re.compile(row[key], re.IGNORECASE) if key in row else None

    return tuple(
        Rule(
            category=row["category"],
            keys=frozenset(row.get("keys", ())),
            title=pattern(row, "title"),
            description=pattern(row, "description"),
            unless=pattern(row, "not"),
        )
        for row in tomllib.loads(RULES_FILE.read_text(encoding="utf-8"))["rule"]
    )


def category_of(*, title: str, description: str, attributes: Mapping[str, object]) -> str:
    """Slug of the leaf that the words point to; FALLBACK when none does."""
    words = _PIECES.sub("", title)
    for rule in rules():
        if rule.fits(words, description, attributes):
            return rule.category
    return FALLBACK
