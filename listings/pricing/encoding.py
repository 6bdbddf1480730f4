"""A thing as numbers: a sparse row for the ridge, a dense one for the forests. Learned from sales, kept as JSON.

Words are weighted tf-idf over single words and pairs. An attribute is a number when nine in ten of its values
begin with one ("1248 CC"); numbers become steps between quantiles, so that a line may bend.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from listings.pricing.sales import Thing

Floats = NDArray[np.float64]
NEVER_SEEN = -1.0
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)?")
_NUMBER = re.compile(r"\s*(-?\d{1,15}(?:[.,]\d{1,6})?)")
_WORDS_WEIGH = 2.0
_NEW_PRICE_WEIGHS = 3.0
_STEPS = 12
_LONGEST_TITLE_WORDS = 60


def words_of(title: str) -> list[str]:
    """Words and pairs of neighbours, folded to one spelling; at most 60 words of a title are read."""
    words = _WORD.findall(unicodedata.normalize("NFKC", title).casefold())[:_LONGEST_TITLE_WORDS]
    return words + [f"{left} {right}" for left, right in pairwise(words)]


def number_of(text: str) -> float:
    """The number that a value begins with ("74 bhp" is 74.0, a comma is a point), or NaN."""
    found = _NUMBER.match(text)
    return float(found.group(1).replace(",", ".")) if found else math.nan


def name_of(path: Sequence[str], *more: str) -> str:
    """One key for a category path and what follows it; the separator occurs in no text."""
    return "\x1f".join((" > ".join(path), *more))


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoding:
    """What was learned about words and attributes.

    words, tags: text -> column of the ridge's row; rarity: idf by word column; usual_length: median over titles of the
    root of the summed squares of it. numbers: attribute -> edges of its
    steps, ascending. choices: names of the other attributes. codes: one map text -> code per choice column of the
    forests (category, brand, model, grade, then `choices`). new_price_log: mean of log(new price), None if no sale
    had one.
    """

    words: dict[str, int]
    rarity: list[float]
    usual_length: float
    tags: dict[str, int]
    numbers: dict[str, list[float]]
    choices: list[str]
    codes: list[dict[str, int]]
    new_price_log: float | None

    @classmethod
    def learned_from(cls, things: Sequence[Thing]) -> Self:
        counts = Counter(word for thing in things for word in set(words_of(thing.title)))
        words = sorted(word for word, count in counts.items() if count > 1)
        numbers, choices = _attributes(things)
        columns = [[*_main_choices(t), *(t.attributes.get(c, "") for c in choices)] for t in things]
        codes = [
            {value: code for code, value in enumerate(sorted(set(values)))} for values in zip(*columns, strict=True)
        ]
        new = [math.log(t.new_price_minor) for t in things if t.new_price_minor]
        places = {word: column for column, word in enumerate(words)}
        rarity = [math.log((1 + len(things)) / (1 + counts[word])) + 1 for word in words]
        lengths = [
            math.sqrt(sum(rarity[places[w]] ** 2 for w in set(words_of(t.title)) if w in places)) for t in things
        ]
        return cls(
            words=places,
            rarity=rarity,
            usual_length=max(float(np.median(lengths)), 1.0) if lengths else 1.0,
            tags={tag: column for column, tag in enumerate(sorted({tag for t in things for tag in _tags(t, choices)}))},
            numbers=numbers,
            choices=choices,
            codes=codes,
            new_price_log=sum(new) / len(new) if new else None,
        )

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """Raises TypeError when names are missing or unknown."""
        return cls(**kept)

    @property
    def choice_columns(self) -> list[int]:
        """Columns of `dense` that hold codes, not amounts."""
        return list(range(len(self.numbers), len(self.numbers) + len(self.codes)))

    def sparse(self, things: Sequence[Thing]) -> sparse.csr_matrix:
        """float64 (n, columns): words of length `_WORDS_WEIGH`, tags 0 or 1, steps 0 to 1, log of the new price."""
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        for row, thing in enumerate(things):
            entries = self._entries(thing)
            rows += [row] * len(entries)
            columns += [column for column, _ in entries]
            values += [value for _, value in entries]
        return sparse.csr_matrix((values, (rows, columns)), shape=(len(things), self._width))

    def dense(self, things: Sequence[Thing]) -> Floats:
        """float64 (n, columns): attribute numbers (NaN when missing), codes (-1 never seen), log of the new price."""
        return np.array([self._dense_row(thing) for thing in things], np.float64).reshape(len(things), -1)

    @property
    def _width(self) -> int:
        return len(self.words) + len(self.tags) + sum(len(edges) + 2 for edges in self.numbers.values()) + 2

    def _entries(self, thing: Thing) -> list[tuple[int, float]]:
        known = [self.words[word] for word in sorted(set(words_of(thing.title))) if word in self.words]
        length = math.sqrt(sum(self.rarity[column] ** 2 for column in known))
        # a short or unknown title is not made louder than a usual one: that would overshoot
        length = max(length, self.usual_length)
        entries = [(column, _WORDS_WEIGH * self.rarity[column] / length) for column in known]
        start = len(self.words)
        entries += [(start + self.tags[tag], 1.0) for tag in sorted(_tags(thing, self.choices)) if tag in self.tags]
        start += len(self.tags)
        for name, edges in self.numbers.items():
            steps = _steps(number_of(thing.attributes.get(name, "")), edges)
            entries += [(start + column, value) for column, value in enumerate(steps) if value]
            start += len(edges) + 2
        if self.new_price_log is not None:
            if thing.new_price_minor is None:
                entries.append((start, 1.0))
            else:
                entries.append((start + 1, _NEW_PRICE_WEIGHS * (math.log(thing.new_price_minor) - self.new_price_log)))
        return entries

    def _dense_row(self, thing: Thing) -> list[float]:
        row = [number_of(thing.attributes.get(name, "")) for name in self.numbers]
        texts = (*_main_choices(thing), *(thing.attributes.get(name, "") for name in self.choices))
        row += [float(codes.get(text, NEVER_SEEN)) for text, codes in zip(texts, self.codes, strict=True)]
        return [*row, math.log(thing.new_price_minor) if thing.new_price_minor else math.nan]


def _main_choices(thing: Thing) -> tuple[str, str, str, str]:
    return name_of(thing.category), thing.brand, thing.model, thing.grade


def _tags(thing: Thing, choices: Sequence[str]) -> set[str]:
    tags = {name_of(thing.category[:depth], "category") for depth in range(1, len(thing.category) + 1)}
    tags |= {
        name_of(("brand", thing.brand)),
        name_of(("model", thing.brand, thing.model)),
        name_of(("grade", thing.grade)),
        name_of(("model and grade", thing.brand, thing.model, thing.grade)),
    }
    return tags | {name_of(("attribute", name, thing.attributes.get(name, ""))) for name in choices}


def _attributes(things: Sequence[Thing]) -> tuple[dict[str, list[float]], list[str]]:
    numbers: dict[str, list[float]] = {}
    choices: list[str] = []
    for name in sorted({name for thing in things for name in thing.attributes}):
        texts = [thing.attributes[name] for thing in things if thing.attributes.get(name)]
        values = np.array([number_of(text) for text in texts])
        # a zero often stands for "unknown": it has a column of its own and no say in the steps
        spread = values[np.isfinite(values) & (values != 0)]
        if len(spread) and np.isfinite(values).mean() > 0.9:
            numbers[name] = sorted({float(edge) for edge in np.quantile(spread, np.linspace(0, 1, _STEPS + 1))})
        else:
            choices.append(name)
    return numbers, choices


def _steps(value: float, edges: Sequence[float]) -> list[float]:
    """(len(edges) + 2,): missing, zero, the whole way from first to last edge, then each step's share, all 0 to 1."""
    first, last = edges[0], edges[-1]
    missing, zero = math.isnan(value), value == 0
    at = edges[len(edges) // 2] if missing or zero else min(max(value, first), last)
    whole = 2 * (at - first) / (last - first) if last > first else 0.0
    shares = [min(max((at - low) / (high - low), 0.0), 1.0) for low, high in pairwise(edges)]
    return [float(missing), float(zero), whole, *shares]
