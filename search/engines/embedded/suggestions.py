"""Completions of what is being typed, from the catalogue itself: queries, categories, brands, products."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence

import numpy as np

from search.analysis import fold, token_terms
from search.documents import Language
from search.engines.embedded.pages import offer_ranges
from search.engines.embedded.snapshot import Snapshot
from search.query.completions import Completions, brand_entries, category_entries, phrases, typed_prefix
from search.results import Suggestion


class Suggester:
    """Sorted entries of one state of the index in one language."""

    def __init__(self, snapshot: Snapshot, language: Language) -> None:
        self._snapshot, self._language = snapshot, language
        titles = snapshot.columns.all_titles(language)
        living = [title for row, title in enumerate(titles) if snapshot.alive[row]]
        self._completions = Completions(
            phrases(living, language),
            category_entries(_categories(snapshot, language)),
            brand_entries(_brands(snapshot)),
        )
        self._titles = sorted((fold(title), row) for row, title in enumerate(titles) if snapshot.alive[row])

    def suggest(self, prefix: str, limit: int, now: Snapshot) -> Sequence[Suggestion]:
        """At most `limit`: queries, categories, brands, products. now: the state in which products must still live."""
        typed = typed_prefix(prefix)
        if not typed or limit <= 0:
            return ()
        found = self._completions.suggest(typed, limit)
        found += self._products(typed, limit - len(found), now)
        return tuple(found)

    def _products(self, typed: str, limit: int, now: Snapshot) -> list[Suggestion]:
        if limit <= 0:
            return []
        start = bisect.bisect_left(self._titles, (typed, -1))
        rows = []
        for title, row in self._titles[start : start + limit]:
            if not title.startswith(typed):
                break
            rows.append(row)
        if len(rows) < limit:
            rows += [row for row in self._rows_with_words(typed) if row not in rows][: limit - len(rows)]
        if now is self._snapshot:
            return [self._product(row) for row in rows]
        ids = [self._snapshot.columns.id_of(row) for row in rows]
        return [
            self._product(row) for row, identity in zip(rows, ids, strict=True) if now.find_row(identity) is not None
        ]

    def _rows_with_words(self, typed: str) -> list[int]:
        """Products that have the finished words, and one of the words the last one may become."""
        *finished, last = typed.split(" ")
        start = bisect.bisect_left(self._snapshot_words, last)
        ends = self._snapshot_words[start : start + 200]
        becomes = [word for word in ends if word.startswith(last)]
        vocabulary = self._snapshot.vocabulary
        becomes.sort(key=lambda word: -vocabulary[word])
        rows: np.ndarray | None = None
        for word in finished:
            rows = _meet(rows, self._rows_of(word))
        last_rows = [self._rows_of(word) for word in becomes[:8]]
        if last_rows:
            rows = _meet(rows, np.unique(np.concatenate(last_rows)))
        elif rows is None or last:
            return []
        rows = rows[self._snapshot.alive[rows]] if rows is not None else np.empty(0, np.int64)
        lengths = [(len(self._snapshot.columns.title_of(int(row), self._language)), int(row)) for row in rows[:50]]
        return [row for _, row in sorted(lengths)]

    def _rows_of(self, word: str) -> np.ndarray:
        from_titles = [self._snapshot.lexical.find(self._language, term) for term in _terms(word, self._language)]
        return from_titles[0].rows[from_titles[0].title_counts > 0] if from_titles else np.empty(0, np.uint32)

    @property
    def _snapshot_words(self) -> list[str]:
        words: list[str] = self._snapshot.caches.setdefault("sorted words", None) or sorted(self._snapshot.vocabulary)
        self._snapshot.caches["sorted words"] = words
        return words

    def _product(self, row: int) -> Suggestion:
        columns = self._snapshot.columns
        ends = columns.arrays["offer_ends"]
        offers = np.arange(ends[row], ends[row + 1])
        return Suggestion(
            kind="product",
            text=columns.title_of(row, self._language),
            value=columns.id_of(row),
            context=columns.extras["brands"][columns.arrays["brands"][row]] or "",
            count=len(offers),
            offers=offer_ranges(columns, offers),
        )


def _meet(rows: np.ndarray | None, others: np.ndarray) -> np.ndarray:
    return others if rows is None else np.intersect1d(rows, others)


def _terms(word: str, language: Language) -> tuple[str, ...]:
    return token_terms(word, language)


def _categories(snapshot: Snapshot, language: Language) -> Iterator[tuple[str, str, int]]:
    columns = snapshot.columns
    counts = np.bincount(columns.arrays["categories"], minlength=len(columns.names["categories"]))
    for slug, shown, count in zip(columns.names["categories"], columns.extras["categories"], counts, strict=True):
        yield slug, (shown or {}).get(language) or next(iter((shown or {}).values()), slug), int(count)


def _brands(snapshot: Snapshot) -> Iterator[tuple[str, str, int]]:
    columns = snapshot.columns
    counts = np.bincount(columns.arrays["brands"][snapshot.alive], minlength=len(columns.names["brands"]))
    for slug, name, count in zip(columns.names["brands"], columns.extras["brands"], counts, strict=True):
        yield slug, name or "", int(count)
