"""What a catalogue is called: completions, and the names that a query may mean. Costly to gather, so kept and renewed.

A small catalogue is gathered anew at each change. A large one is gathered in the background, at most every
RENEWED_AFTER_SECONDS, while the last lexicon goes on serving: a name that is some seconds old does no harm.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from search.documents import LANGUAGES, DocumentText, Language, OfferDocument, SearchDocument
from search.engines.embedded.snapshot import Snapshot
from search.engines.embedded.suggestions import Suggester
from search.query.usual import usual_form, usual_words
from search.query.vocabulary import Vocabulary, build_vocabulary

SMALL_CATALOGUE = 3_000
RENEWED_AFTER_SECONDS = 60.0


@dataclass(slots=True)
class Lexicon:
    """Names of one state of the index; each part is gathered when first asked for.

    In a large catalogue that takes a second, so no part waits for another.
    """

    snapshot: Snapshot
    made_at: float
    _suggesters: dict[Language, Suggester] = field(default_factory=dict)
    _usual_words: dict[Language, dict[str, str]] = field(default_factory=dict)
    _vocabulary: Vocabulary | None = None
    _suggester_lock: threading.Lock = field(default_factory=threading.Lock)
    _usual_lock: threading.Lock = field(default_factory=threading.Lock)
    _vocabulary_lock: threading.Lock = field(default_factory=threading.Lock)

    def suggester(self, language: Language) -> Suggester:
        with self._suggester_lock:
            if language not in self._suggesters:
                self._suggesters[language] = Suggester(self.snapshot, language)
            return self._suggesters[language]

    def vocabulary(self) -> Vocabulary:
        with self._vocabulary_lock:
            if self._vocabulary is None:
                self._vocabulary = build_vocabulary(stored_names(self.snapshot))
            return self._vocabulary

    def usual_form(self, text: str, language: Language) -> str:
        """`text` with each word in the form the catalogue writes most often, articles left out.

        "creme dessert" and "crèmes desserts" become one text, so that the text model gives them one vector.
        """
        return usual_form(text, language, self._usual(language))

    def _usual(self, language: Language) -> dict[str, str]:
        with self._usual_lock:
            if language not in self._usual_words:
                self._usual_words[language] = usual_words(self.snapshot.written_words, language)
            return self._usual_words[language]

    def gather(self) -> Lexicon:
        """Everything that a predecessor served already."""
        self.vocabulary()
        for language in LANGUAGES:
            self.suggester(language)
            self._usual(language)
        return self


class LexiconKeeper:
    """The lexicon to use with a snapshot. Safe between threads."""

    def __init__(self) -> None:
        self._lexicon: Lexicon | None = None
        self._lock = threading.Lock()
        self._renewal: threading.Thread | None = None

    def lexicon_for(self, snapshot: Snapshot) -> Lexicon:
        with self._lock:
            kept = self._lexicon
            if kept is not None and kept.snapshot is snapshot:
                return kept
            now = time.monotonic()
            if kept is None or snapshot.columns.rows <= SMALL_CATALOGUE:
                self._lexicon = kept = Lexicon(snapshot, now)
                return kept
            is_due = now - kept.made_at >= RENEWED_AFTER_SECONDS or kept.snapshot.generation != snapshot.generation
            if is_due and (self._renewal is None or not self._renewal.is_alive()):
                self._renewal = threading.Thread(target=self._renew, args=(snapshot,), name="lexicon", daemon=True)
                self._renewal.start()
            return kept

    def _renew(self, snapshot: Snapshot) -> None:
        gathered = Lexicon(snapshot, time.monotonic()).gather()
        with self._lock:
            self._lexicon = gathered


def stored_names(snapshot: Snapshot) -> Iterator[SearchDocument]:
    """The index's living documents, cut down to what names things: title, brand, categories, colours and sizes."""
    columns = snapshot.columns
    arrays, names, extras = columns.arrays, columns.names, columns.extras
    titles = {language: columns.all_titles(language) for language in LANGUAGES}
    category_ends, offer_ends = arrays["category_ends"].tolist(), arrays["offer_ends"].tolist()
    categories, brands = arrays["categories"].tolist(), arrays["brands"].tolist()
    seen_looks: set[tuple[int, int]] = set()
    for row in np.flatnonzero(snapshot.alive).tolist():
        numbers = categories[category_ends[row] : category_ends[row + 1]]
        looks = {
            look
            for offer in range(offer_ends[row], offer_ends[row + 1])
            if (look := (int(arrays["colours"][offer]), int(arrays["sizes"][offer]))) not in seen_looks
        }
        seen_looks |= looks
        yield SearchDocument(
            id=str(row),
            kind="product",
            version=0,
            texts={language: _text(titles[language][row], numbers, extras, language) for language in LANGUAGES},
            brand=extras["brands"][brands[row]] or "",
            brand_slug=names["brands"][brands[row]],
            category_path=tuple(names["categories"][number] for number in numbers),
            offers=tuple(_look(names["colours"][colour], names["sizes"][size]) for colour, size in sorted(looks)),
        )


def _text(
    title: str, categories: list[int], extras: dict[str, list[dict[str, str]]], language: Language
) -> DocumentText:
    shown = tuple((extras["categories"][number] or {}).get(language, "") for number in categories)
    return DocumentText(title=title, categories=shown)


def _look(colour: str, size: str) -> OfferDocument:
    return OfferDocument(
        id=0,
        family="new",
        grade="",
        total_minor=0,
        seller_id=0,
        seller_kind="brand",
        published_at=0,
        colour=colour,
        size=size,
    )
