"""All the mall asks of a search engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from search.documents import Language, SearchDocument
from search.queries import Filters, SearchQuery
from search.query.vocabulary import Vocabulary
from search.results import Correction, Facets, Hit, Suggestion

OTHER_MODEL = "The index was made with the text model {model}: words alone are used until `manage.py rebuild_search`."


@dataclass(frozen=True, kw_only=True, slots=True)
class Retrieval:
    """One page of hits with the facts about the whole match set.

    total: documents that match; total_cards: those with a card of their own, over all pages.
    is_fallback: the engine that stands in answered, because the mall's own did not.
    """

    hits: tuple[Hit, ...]
    total: int
    total_cards: int
    total_offers: int
    facets: Facets
    is_words_only: bool = False
    is_fallback: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineStatus:
    """State of the engine for /health.

    generation: "" while this engine cannot answer. index: the index behind its name, where those differ.
    lag_seconds: age of the oldest change that it has yet to hear of: told by the outbox, None by the engine itself.
    breaker: of an engine with another that stands in for it, "closed", "open" or "half-open"; fallback: that other's.
    """

    engine: str
    generation: str
    documents: int
    offers: int
    encoder: str
    has_vectors: bool
    message: str = ""
    index: str = ""
    breaker: str = ""
    fallback: EngineStatus | None = None
    lag_seconds: float | None = None

    @property
    def can_answer(self) -> bool:
        """Whether shoppers are served, by this engine or by the one that stands in."""
        return bool(self.generation) or (self.fallback is not None and self.fallback.can_answer)


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

    @property
    def takes_writes_while_rebuilding(self) -> bool:
        """Whether what is written while `rebuild` runs is in the new generation too."""
        ...

    def upsert(self, documents: Iterable[SearchDocument]) -> int:
        """Store or replace documents by id and make them findable; a lower version is ignored. Returns how many.

        Raises DocumentsRefused, after all the others were stored, for those that it will never take.
        """
        ...

    def delete(self, ids: Iterable[str]) -> int:
        """Remove documents; unknown ids are no error. Returns how many were there."""
        ...

    def rebuild(self, documents: Iterable[SearchDocument]) -> str:
        """Build a new generation of everything, then switch to it at once. Returns its name.

        Searches go on meanwhile on the old one. Unless `takes_writes_while_rebuilding`, what is written to the old
        one meanwhile must be replayed by the caller (the outbox does).
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

    def stored_versions(self) -> Iterator[tuple[str, int]]:
        """Id and version of every living document, in any order, read some at a time."""
        ...

    def vector_recall(self, sample: int) -> float | None:
        """Share of the ten truly nearest that the vector index finds, 0 to 1, over `sample` stored vectors.

        None where there is nothing to be measured: no vectors, or an engine that compares with all of them.
        """
        ...

    def status(self) -> EngineStatus:
        """Never raises: a broken engine says so in `message`."""
        ...
