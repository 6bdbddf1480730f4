"""All the mall asks of a search engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from search.documents import Language, SearchDocument
from search.queries import Filters, SearchQuery
from search.query.vocabulary import Vocabulary
from search.results import Correction, Facets, Hit, Suggestion


@dataclass(frozen=True, kw_only=True, slots=True)
class Retrieval:
    """One page of hits with the facts about the whole match set.

    total: documents that match; total_cards: those with a card of their own, over all pages.
    """

    hits: tuple[Hit, ...]
    total: int
    total_cards: int
    total_offers: int
    facets: Facets
    is_words_only: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineStatus:
    """State of the engine for /health. lag is told by the outbox, not by the engine."""

    engine: str
    generation: str
    documents: int
    offers: int
    encoder: str
    has_vectors: bool
    message: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NearProduct:
    """A product that a listing's words may name. score compares within one answer; cosine: NaN without vectors."""

    id: str
    score: float
    cosine: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TermFrequencies:
    """documents: how many the index holds; counts: how many of them have each term, in the order they were asked."""

    documents: int
    counts: tuple[int, ...]


class SearchEngine(Protocol):
    """Scores compare within one response only, higher is better.

    An engine is asked with a query whose text is already understood (filters taken out, spelling corrected).
    Every method may raise EngineUnavailable; none gives half an answer.
    """

    def upsert(self, documents: Iterable[SearchDocument]) -> int:
        """Store or replace documents by id and make them findable; a lower version is ignored. Returns how many."""
        ...

    def delete(self, ids: Iterable[str]) -> int:
        """Remove documents; unknown ids are no error. Returns how many were there."""
        ...

    def rebuild(self, documents: Iterable[SearchDocument]) -> str:
        """Build a new generation of everything, then switch to it at once. Returns its name.

        Searches go on meanwhile on the old one. What is written to the old one meanwhile must be replayed
        by the caller (the outbox does).
        """
        ...

    def retrieve(self, query: SearchQuery, *, with_facets: bool = True, at_least: int = 0) -> Retrieval:
        """The page `query` asks for, ties by id.

        By relevance, lone listings stand under the product that they are the equivalent of: search/README.md,
        "Second-hand beside new".
        at_least: where fewer documents match, go on to the next best until there are so many (evaluations, and
        searches that would find nothing); they come after those that match.
        """
        ...

    def correct(self, text: str, *, language: Language) -> tuple[str, tuple[Correction, ...]]:
        """`text` with the words that no product has replaced by the catalogue's nearest, and what was replaced."""
        ...

    def vocabulary(self) -> Vocabulary:
        """The names of brands, categories, colours and sizes that a query may mean."""
        ...

    def suggest(self, prefix: str, *, language: Language, limit: int) -> Sequence[Suggestion]:
        """Completions of the last word typed: queries, categories, brands, products, in this order."""
        ...

    def similar(self, document_id: str, *, filters: Filters, limit: int) -> Sequence[Hit]:
        """Documents nearest in meaning to a stored one, itself left out; empty without vectors."""
        ...

    def nearest_products(
        self, text: str, *, codes: Sequence[str], language: Language, limit: int
    ) -> Sequence[NearProduct]:
        """Products that a listing's words may name, best first; those bearing one of the codes lead."""
        ...

    def frequencies(self, terms: Sequence[str], *, language: Language) -> TermFrequencies:
        """How common terms of `search.analysis` are in the words of `language`; codes count where documents bear them.

        Documents that were replaced or removed may be counted until the index is tidied.
        """
        ...

    def status(self) -> EngineStatus:
        """Never raises: a broken engine says so in `message`."""
        ...
