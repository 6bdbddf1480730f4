"""The engine that needs no server: files in one folder, read by any number of processes, written by one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from search.analysis import normalise_code, stem
from search.documents import LANGUAGES, Language, SearchDocument
from search.embeddings.protocol import TextEncoder, Vectors
from search.engines.embedded.candidates import nearest_products
from search.engines.embedded.equivalents import fold, make_cards, unfolded
from search.engines.embedded.facets import FacetCounter
from search.engines.embedded.lexicon import LexiconKeeper
from search.engines.embedded.pages import FittingOffers, browsing_scores, make_hits, page_rows, sort_scores
from search.engines.embedded.ranking import Ranking, rank
from search.engines.embedded.snapshot import Snapshot
from search.engines.embedded.store import Store
from search.engines.embedded.writer import Progress, Writer
from search.engines.protocol import OTHER_MODEL, EngineStatus, NearProduct, Retrieval, TermFrequencies
from search.errors import EncoderUnavailable, IndexRebuilding
from search.queries import Filters, SearchQuery
from search.query.spelling import Speller
from search.query.synonyms import expansions
from search.query.vocabulary import Vocabulary
from search.query.words import split_words
from search.ranking.weights import RankingWeights
from search.results import Correction, Facets, Hit, Suggestion

_CACHED_FACETS = 64


class EmbeddedEngine:
    """`search.engines.protocol.SearchEngine` over files.

    folder: made when first written to. encoder: None for words only. Safe between threads and processes.
    """

    takes_writes_while_rebuilding = False

    def __init__(self, folder: Path, encoder: TextEncoder | None, weights: RankingWeights | None = None) -> None:
        self._store = Store(folder)
        self._writer = Writer(self._store, encoder)
        self._encoder = encoder
        self._encoder_error = ""
        self._weights = weights or RankingWeights()
        self._lexicons = LexiconKeeper()
        # A query's products of matrices are small: further threads of the library spin more than they compute.
        threadpool_limits(limits=1, user_api="blas")

    def upsert(self, documents: Iterable[SearchDocument]) -> int:
        return self._writer.upsert(documents)

    def delete(self, ids: Iterable[str]) -> int:
        return self._writer.delete(ids)

    def rebuild(self, documents: Iterable[SearchDocument], progress: Progress | None = None) -> str:
        """As the protocol says. progress: called with the number of documents done so far."""
        return self._writer.rebuild(documents, progress)

    def retrieve(self, query: SearchQuery, *, with_facets: bool = True, at_least: int = 0) -> Retrieval:
        """As the protocol says. at_least: widen the match set to so many documents, for evaluations."""
        snapshot = self._store.snapshot()
        ranking: Ranking | None = None
        vector = None
        if query.text.strip():
            vector = self._query_vector(snapshot, query)
            ranking = rank(snapshot, query.text, query.language, vector, self._weights, at_least)
            matched, relevance = ranking.matched, ranking.scores
        else:
            matched, relevance = np.flatnonzero(snapshot.alive), _browsing(snapshot)
        counter = FacetCounter(snapshot.columns, query.filters, matched)
        fitting = FittingOffers(snapshot.columns, query.filters, matched, counter)
        if query.sort == "relevance":
            cards = fold(snapshot, fitting.rows, relevance, ranking, self._weights)
        else:
            cards = unfolded(fitting.rows, sort_scores(query.sort, fitting))
        rows, row_scores = page_rows(cards.rows, cards.scores, snapshot.columns, query.offset, query.page_size)
        return Retrieval(
            hits=make_cards(snapshot, query.filters, cards, rows, row_scores, relevance, ranking),
            total=len(fitting.rows),
            total_cards=len(cards.rows),
            total_offers=fitting.total_offers,
            facets=self._facets(snapshot, query, counter) if with_facets else Facets(),
            is_words_only=bool(query.text.strip()) and vector is None,
        )

    def _facets(self, snapshot: Snapshot, query: SearchQuery, counter: FacetCounter) -> Facets:
        """Facets of browsing depend on the filters alone and are kept while the index stays the same."""
        if query.text.strip():
            return counter.count()
        cached: dict[Filters, Facets] = snapshot.caches.setdefault("facets", {})
        found = cached.get(query.filters)
        if found is None:
            found = counter.count()
            if len(cached) >= _CACHED_FACETS:
                cached.clear()
            cached[query.filters] = found
        return found

    def _query_vector(self, snapshot: Snapshot, query: SearchQuery) -> Vectors | None:
        if snapshot.vectors is None or self._encoder is None or self._encoder.name != snapshot.manifest.encoder:
            return None
        try:
            usual = self._lexicons.lexicon_for(snapshot).usual_form(query.text, query.language)
            vector = self._encoder.encode_query(usual)
        except EncoderUnavailable as error:
            self._encoder_error = str(error)
            return None
        self._encoder_error = ""
        return vector

    def correct(self, text: str, *, language: Language) -> tuple[str, tuple[Correction, ...]]:
        snapshot = self._store.snapshot()
        speller: Speller | None = snapshot.caches.get("speller")
        if speller is None:
            speller = Speller(
                snapshot.vocabulary, lambda groups: [_documents_with_all(snapshot, words) for words in groups]
            )
            snapshot.caches["speller"] = speller
        other_names = {name for one in expansions(split_words(text)) for name in one.words.split()}
        return speller.correct(text, other_names)

    def vocabulary(self) -> Vocabulary:
        return self._lexicons.lexicon_for(self._store.snapshot()).vocabulary()

    def suggest(self, prefix: str, *, language: Language, limit: int) -> Sequence[Suggestion]:
        snapshot = self._store.snapshot()
        suggester = self._lexicons.lexicon_for(snapshot).suggester(language)
        return suggester.suggest(prefix, limit, snapshot)

    def similar(self, document_id: str, *, filters: Filters, limit: int) -> Sequence[Hit]:
        snapshot = self._store.snapshot()
        row = snapshot.find_row(document_id)
        if row is None or snapshot.vectors is None:
            return ()
        vector = snapshot.vectors.at(np.array([row]))[0]
        if not vector.any():
            return ()
        cosines = snapshot.vectors.approximate(vector)
        alive = snapshot.alive.copy()
        alive[row] = False
        matched = np.flatnonzero(alive)
        counter = FacetCounter(snapshot.columns, filters, matched)
        rows = FittingOffers(snapshot.columns, filters, matched, counter).rows
        nearest = rows[np.argsort(-cosines[rows], kind="stable")[: limit * 4]]
        exact = snapshot.vectors.exact(vector, nearest)
        rows, scores = page_rows(nearest, exact, snapshot.columns, 0, limit)
        return make_hits(snapshot, filters, rows, scores, None)

    def nearest_products(
        self, text: str, *, codes: Sequence[str], language: Language, limit: int
    ) -> Sequence[NearProduct]:
        snapshot = self._store.snapshot()
        asked = SearchQuery(text=text, language=language)
        vector = self._query_vector(snapshot, asked) if text.strip() else None
        return nearest_products(snapshot, text, tuple(codes), language, vector, self._weights, limit)

    def frequencies(self, terms: Sequence[str], *, language: Language) -> TermFrequencies:
        snapshot = self._store.snapshot()
        return TermFrequencies(
            documents=snapshot.lexical.rows, counts=tuple(_documents_with(snapshot, term, language) for term in terms)
        )

    def stored_versions(self) -> Iterator[tuple[str, int]]:
        snapshot = self._store.snapshot()
        versions = snapshot.columns.arrays["versions"]
        for row in np.flatnonzero(snapshot.alive).tolist():
            yield snapshot.columns.id_of(row), int(versions[row])

    def vector_recall(self, sample: int) -> float | None:
        """None: all vectors are compared, so nothing can be missed."""
        return None

    def status(self) -> EngineStatus:
        encoder = self._encoder.name if self._encoder else ""
        try:
            snapshot = self._store.snapshot()
        except IndexRebuilding as error:
            return EngineStatus(
                engine="embedded",
                generation="",
                documents=0,
                offers=0,
                encoder=encoder,
                has_vectors=False,
                message=str(error),
            )
        message = self._encoder_error
        if not message and snapshot.vectors is not None and encoder != snapshot.manifest.encoder:
            message = OTHER_MODEL.format(model=snapshot.manifest.encoder)
        if not message and snapshot.vectors is None:
            message = "The index has no vectors: search uses words alone."
        return EngineStatus(
            engine="embedded",
            generation=snapshot.generation,
            documents=snapshot.documents,
            offers=snapshot.offers,
            encoder=encoder,
            has_vectors=snapshot.vectors is not None,
            message=message,
        )


def _browsing(snapshot: Snapshot) -> np.ndarray:
    if "browsing" not in snapshot.caches:
        snapshot.caches["browsing"] = browsing_scores(snapshot.columns)
    found: np.ndarray = snapshot.caches["browsing"]
    return found


def _documents_with(snapshot: Snapshot, term: str, language: Language) -> int:
    in_words = len(snapshot.lexical.find(language, term).rows)
    if not any(character.isdigit() for character in term):
        return in_words
    return max(in_words, len(snapshot.lexical.find("id", normalise_code(term)).rows))


def _documents_with_all(snapshot: Snapshot, words: Sequence[str]) -> int:
    """Documents that have all the words, in the language where most do."""
    best = 0
    for language in LANGUAGES:
        rows = None
        for word in words:
            found = snapshot.lexical.find(language, stem(word, language)).rows
            rows = found if rows is None else np.intersect1d(rows, found, assume_unique=True)
        best = max(best, 0 if rows is None else len(rows))
    return best
