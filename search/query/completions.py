"""Completions of what is being typed, from a catalogue's own words: queries, categories, brands. Pure: no engine."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from search.analysis import STOP_WORDS, fold, surface_words
from search.documents import Language
from search.results import Suggestion, SuggestionKind

MAX_PREFIX = 100
_MOST: dict[SuggestionKind, int] = {"query": 4, "category": 2, "brand": 2}
_MAX_PHRASES = 40_000
_MAX_PHRASE_WORDS = 3
_TITLE_WORDS = 8
_FEW_TITLES = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """A line to complete to. key: folded; value: what is searched or opened; weight: documents behind it."""

    key: str
    text: str
    value: str
    weight: int


class Completions:
    """What a catalogue offers in one language: runs of words of its titles, categories, brands."""

    def __init__(self, phrases: Iterable[Entry], categories: Iterable[Entry], brands: Iterable[Entry]) -> None:
        by_kind: dict[SuggestionKind, Iterable[Entry]] = {"query": phrases, "category": categories, "brand": brands}
        self._entries = {kind: sorted(entries, key=lambda e: e.key) for kind, entries in by_kind.items()}

    def suggest(self, typed: str, limit: int) -> list[Suggestion]:
        """At most `limit` for a prefix made by `typed_prefix`."""
        found = [
            Suggestion(kind=kind, text=entry.text, value=entry.value, count=entry.weight)
            for kind, entries in self._entries.items()
            for entry in _best(entries, typed, _MOST[kind])
        ]
        return found[:limit]


def typed_prefix(prefix: str) -> str:
    """What was typed, folded, one blank between words."""
    return " ".join(fold(prefix[:MAX_PREFIX].encode("utf-8", "ignore").decode()).split())


def _best(entries: Sequence[Entry], typed: str, limit: int) -> list[Entry]:
    start = bisect.bisect_left(entries, typed, key=lambda entry: entry.key)
    end = bisect.bisect_left(entries, typed + "\U0010ffff", key=lambda entry: entry.key)
    unique: dict[str, Entry] = {}
    for entry in sorted(entries[start:end], key=lambda entry: (-entry.weight, len(entry.key), entry.key)):
        unique.setdefault(entry.value, entry)
        if len(unique) == limit:
            break
    return list(unique.values())


def phrases(titles: Iterable[str], language: Language) -> Iterator[Entry]:
    """Runs of one to three of the first words of titles, as queries to offer."""
    counts: Counter[str] = Counter()
    read = 0
    for title in titles:
        read += 1
        words = surface_words(title)[:_TITLE_WORDS]
        counts.update(
            {
                " ".join(words[a:b])
                for a in range(len(words))
                for b in range(a + 1, min(a + _MAX_PHRASE_WORDS, len(words)) + 1)
            }
        )
    stop = STOP_WORDS[language]
    for phrase, count in counts.most_common(_MAX_PHRASES):
        words = phrase.split()
        if (count > 1 or read < _FEW_TITLES) and len(phrase) > 2 and words[0] not in stop and words[-1] not in stop:
            yield Entry(phrase, phrase, phrase, count)


def category_entries(categories: Iterable[tuple[str, str, int]]) -> Iterator[Entry]:
    """categories: (slug, name shown, documents). Found by the name and by each of its words."""
    for slug, name, count in categories:
        for key in {fold(name), *fold(name).split()}:
            yield Entry(key, name, slug, count)


def brand_entries(brands: Iterable[tuple[str, str, int]]) -> Iterator[Entry]:
    """brands: (slug, name shown, documents)."""
    for slug, name, count in brands:
        if slug and count:
            yield Entry(fold(name), name, slug, count)
