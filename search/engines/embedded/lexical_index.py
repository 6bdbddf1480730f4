"""Postings of documents: building them from texts, and merging those of several segments.

One posting list per term and language, all in one table sorted by a 64-bit key of (language, term): `keys`,
`starts` (n + 1), and per posting `rows` (uint32), `title_counts`, `body_counts` (uint8, capped at 255). Exact
identifiers are posting lists of their own. Nothing here knows scores.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence

import numpy as np

from search.analysis import title_sequence
from search.documents import LANGUAGES, Language, SearchDocument
from search.engines.embedded.container import Array
from search.terms import codes_in, term_key, terms_in, written_in


class PostingsBuilder:
    """Collects documents one by one; `arrays()` gives the finished table."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._term, self._row = array("I"), array("I")
        self._title, self._body = array("B"), array("B")
        self._lengths: dict[str, array[float]] = {f"{part}_{lang}": array("f") for lang in LANGUAGES for part in _PARTS}
        self._title_terms: dict[Language, list[list[str]]] = {lang: [] for lang in LANGUAGES}
        self._written: Counter[str] = Counter()
        self._rows = 0

    def add(self, document: SearchDocument) -> None:
        row, self._rows = self._rows, self._rows + 1
        for language in LANGUAGES:
            title, body = terms_in(document, language)
            self._title_terms[language].append(title_sequence(document.text_in(language).title, language))
            self._lengths[f"title_{language}"].append(len(title))
            self._lengths[f"body_{language}"].append(len(body))
            in_title, in_body = Counter(title), Counter(body)
            for term in in_title.keys() | in_body.keys():
                self._post(language, term, row, in_title[term], in_body[term])
        for code in codes_in(document):
            self._post("id", code, row, 1, 0)
        self._written.update(written_in(document))

    def _post(self, space: str, term: str, row: int, in_title: int, in_body: int) -> None:
        self._term.append(self._numbers.setdefault((space, term), len(self._numbers)))
        self._row.append(row)
        self._title.append(min(in_title, 255))
        self._body.append(min(in_body, 255))

    def arrays(self) -> dict[str, Array]:
        keys = np.fromiter((term_key(*pair) for pair in self._numbers), np.uint64, len(self._numbers))
        numbers = np.frombuffer(self._term, np.uint32) if self._term else np.empty(0, np.uint32)
        columns: dict[str, Array] = {
            "rows": np.array(self._row, np.uint32),
            "title_counts": np.array(self._title, np.uint8),
            "body_counts": np.array(self._body, np.uint8),
        }
        made = group_by_key(keys[numbers] if len(numbers) else np.empty(0, np.uint64), columns)
        made |= {name: np.array(lengths, np.float32) for name, lengths in self._lengths.items()}
        for language, titles in self._title_terms.items():
            made |= _pack_titles(titles, language)
        return made

    def vocabulary(self) -> dict[str, int]:
        """Words as written, lower case, with the number of documents that have them."""
        return dict(self._written)


_PARTS = ("title", "body")


def _pack_titles(titles: Sequence[list[str]], language: Language) -> dict[str, Array]:
    ends = np.zeros(len(titles) + 1, np.int64)
    np.cumsum([len(title) for title in titles], out=ends[1:])
    keys = np.fromiter((term_key(language, t) for title in titles for t in title), np.uint64, int(ends[-1]))
    return {f"title_ends_{language}": ends, f"title_keys_{language}": keys}


def group_by_key(keys: Array, columns: dict[str, Array]) -> dict[str, Array]:
    """Sort postings by (key, row) and replace the key column by `keys` and `starts`."""
    order = np.lexsort((columns["rows"], keys))
    ordered = keys[order]
    is_first = np.empty(len(ordered), bool)
    is_first[:1] = True
    is_first[1:] = ordered[1:] != ordered[:-1]
    first = np.flatnonzero(is_first)
    grouped = {name: column[order] for name, column in columns.items()}
    return grouped | {"keys": ordered[first], "starts": np.append(first, len(ordered)).astype(np.int64)}


def merge_postings(parts: Sequence[tuple[dict[str, Array], Array]]) -> dict[str, Array]:
    """One table of several; each part comes with its new row numbers (int64, -1 = dropped)."""
    keys, columns = [], {name: [] for name in ("rows", "title_counts", "body_counts")}  # type: ignore[var-annotated]
    for arrays, new_rows in parts:
        rows = new_rows[arrays["rows"]]
        kept = rows >= 0
        keys.append(np.repeat(arrays["keys"], np.diff(arrays["starts"]))[kept])
        columns["rows"].append(rows[kept].astype(np.uint32))
        for name in ("title_counts", "body_counts"):
            columns[name].append(arrays[name][kept])
    return group_by_key(np.concatenate(keys), {name: np.concatenate(c) for name, c in columns.items()})
