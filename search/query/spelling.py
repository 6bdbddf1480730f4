"""Spelling: a word that no document has becomes the catalogue's word nearest to it. Correct first, then search plainly.

Distance: Damerau-Levenshtein (optimal string alignment), 1, from eight letters on 2. Among equals: the same first
letter, company (documents that have it together with the other words of the query), frequency. Words with digits are
left alone.
Only the catalogue's own vocabulary is used: no word list, no language model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.analysis import STOP_WORDS, fold
from search.documents import LANGUAGES
from search.results import Correction

MIN_LETTERS = 4
TWO_EDITS_FROM = 8
MAX_LETTERS = 40
MAX_WORDS = 24
_MIN_HALF = 3
_CANDIDATES = 12
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ALL_STOP_WORDS = frozenset().union(*(STOP_WORDS[language] for language in LANGUAGES))

Company = Callable[[Sequence[Sequence[str]]], Sequence[int]]


@dataclass(frozen=True)
class Speller:
    """vocabulary: folded words of letters, with the number of documents that have each.

    company: for each of some groups of words, the number of documents that have them all; asked for a handful of
    candidates only.
    """

    vocabulary: Mapping[str, int]
    company: Company = lambda groups: [0] * len(groups)

    def correct(self, text: str, known_otherwise: Collection[str] = ()) -> tuple[str, tuple[Correction, ...]]:
        """The text with its unknown words replaced, and what was replaced; the same text when nothing was.

        known_otherwise: folded words to leave alone although no document has them (synonyms, another language).
        """
        words = list(_words(text))[:MAX_WORDS]
        known = [word.folded for word in words if word.folded in self.vocabulary]
        corrections, corrected, skip = [], text, None
        # from the end, so that earlier positions stay true
        for number in range(len(words) - 1, -1, -1):
            word = words[number]
            if word is skip or word.folded in known_otherwise or not self._is_unknown(word.folded):
                continue
            before = words[number - 1] if number else None
            joined = self._join(before, word, text) if before else None
            if before and joined:
                start, skip = before.start, before
            else:
                start = word.start
            found = joined or self._best(word.folded, known)
            if found:
                corrections.append(Correction(typed=text[start : word.end], searched=found))
                corrected = corrected[:start] + found + corrected[word.end :]
        return corrected, tuple(reversed(corrections))

    def _is_unknown(self, word: str) -> bool:
        return (
            MIN_LETTERS <= len(word) <= MAX_LETTERS
            and word.isalpha()
            and word.isascii()
            and word not in self.vocabulary
            and word not in _ALL_STOP_WORDS
            and not self._has_other_number(word)
        )

    def _has_other_number(self, word: str) -> bool:
        """A plural or singular of a known word is found by its stem already."""
        others = (
            word + "s",
            word + "x",
            word[:-1] if word[-1] in "sx" else "",
            word[:-2] if word.endswith("es") else "",
        )
        return any(other in self.vocabulary for other in others if len(other) >= _MIN_HALF)

    def _join(self, before: _Word, word: _Word, text: str) -> str | None:
        """ "micro ondes" typed apart, where the catalogue writes one word and not these two."""
        whole = before.folded + word.folded
        if text[before.end : word.start].strip(" -") or not self.vocabulary.get(whole):
            return None
        return whole

    def _best(self, word: str, known: Sequence[str]) -> str | None:
        near = list(self._near(word))
        split = self._split(word)
        if not near:
            return split
        ranked = sorted(near, key=lambda pair: self._merit(word, *pair), reverse=True)[:_CANDIDATES]
        if known and len(ranked) > 1:
            counts = self.company([[found, *known[:4]] for found, _ in ranked])
            together = {found: count for (found, _), count in zip(ranked, counts, strict=True)}
            ranked.sort(key=lambda pair: (-pair[1], min(together[pair[0]], 1), self._merit(word, *pair)), reverse=True)
        best, distance = ranked[0]
        # two whole words of the catalogue beat two edits
        return split if split and (distance > 1 or len(word) >= TWO_EDITS_FROM) else best

    def _merit(self, word: str, candidate: str, distance: int) -> tuple[int, float]:
        same_first = 3.0 if candidate[0] == word[0] else 1.0
        swapped = 3.0 if sorted(candidate) == sorted(word) else 1.0
        return -distance, self.vocabulary[candidate] * same_first * swapped

    def _near(self, word: str) -> Iterator[tuple[str, int]]:
        once = {found for found in _one_edit(word) if found in self.vocabulary}
        yield from ((found, 1) for found in once if len(found) >= _MIN_HALF)
        if once or len(word) < TWO_EDITS_FROM:
            return
        for length in range(len(word) - 2, len(word) + 3):
            bucket = self._by_length.get(length, ())
            for found, distance, _ in process.extract(
                word, bucket, scorer=OSA.distance, score_cutoff=2, limit=_CANDIDATES
            ):
                yield found, int(distance)

    def _split(self, word: str) -> str | None:
        """ "ipadstand" written together: the two words whose rarer half is the most frequent."""
        halves = [
            (min(self.vocabulary.get(word[:cut], 0), self.vocabulary.get(word[cut:], 0)), word[:cut], word[cut:])
            for cut in range(_MIN_HALF, len(word) - _MIN_HALF + 1)
        ]
        halves = [half for half in halves if half[0] > 1]
        counts = self.company([half[1:] for half in halves]) if halves else []
        together = [half for half, count in zip(halves, counts, strict=True) if count]
        best = max(together, default=None)
        return f"{best[1]} {best[2]}" if best else None

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        buckets: dict[int, list[str]] = {}
        for word in self.vocabulary:
            buckets.setdefault(len(word), []).append(word)
        return buckets


@dataclass(frozen=True, slots=True)
class _Word:
    folded: str
    start: int
    end: int


def _words(text: str) -> Iterator[_Word]:
    """Runs of letters and digits with their places in the text."""
    start = None
    for place, character in enumerate(text + " "):
        if character.isalnum():
            start = place if start is None else start
        elif start is not None:
            yield _Word(fold(text[start:place]), start, place)
            start = None


def _one_edit(word: str) -> Iterable[str]:
    """All strings one deletion, swap of neighbours, replacement or insertion away."""
    halves = [(word[:cut], word[cut:]) for cut in range(len(word) + 1)]
    yield from (a + b[1:] for a, b in halves if b)
    yield from (a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1)
    yield from (a + letter + b[1:] for a, b in halves if b for letter in _LETTERS)
    yield from (a + letter + b for a, b in halves for letter in _LETTERS)
