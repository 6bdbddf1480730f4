"""The engine on a server: one cluster for any number of web processes and workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from search.analysis import stem
from search.documents import LANGUAGES, Language, SearchDocument
from search.embeddings.protocol import TextEncoder, Vectors
from search.engines.opensearch.building import Builder
from search.engines.opensearch.client import Client
from search.engines.opensearch.facts import read_status
from search.engines.opensearch.generations import Generations
from search.engines.opensearch.lexicon import Lexicon, LexiconKeeper
from search.engines.opensearch.mapping import terms_field
from search.engines.opensearch.nearest import nearest_products, similar, vector_recall
from search.engines.opensearch.plan import Planner
from search.engines.opensearch.retrieve import Retriever
from search.engines.opensearch.scanning import scan_versions
from search.engines.opensearch.statistics import Statistics
from search.engines.opensearch.suggestions import known_titles, suggest_products
from search.engines.opensearch.writer import Writer
from search.engines.protocol import EngineStatus, NearProduct, Retrieval, TermFrequencies
from search.errors import DocumentsRefused, EncoderUnavailable
from search.queries import Filters, SearchQuery
from search.query.completions import typed_prefix
from search.query.spelling import Speller
from search.query.synonyms import expansions
from search.query.vocabulary import Vocabulary
from search.query.words import split_words
from search.ranking.weights import RankingWeights
from search.results import Correction, Hit, Suggestion


class OpenSearchEngine:
    """`search.engines.protocol.SearchEngine` on OpenSearch 2.19 or 3.x with the k-NN plugin.

    urls: nodes of one cluster; name: of the alias that is searched; ca_file: certificate of the authority to trust;
    timeout_seconds: of one request. encoder: None for words only. refreshes: each write is findable when it returns,
    otherwise within a second (tests want the first). Safe between threads; connects when first asked.
    """

    takes_writes_while_rebuilding = True

    def __init__(
        self,
        urls: Sequence[str],
        encoder: TextEncoder | None,
        *,
        name: str = "passage",
        user: str = "",
        password: str = "",
        ca_file: str = "",
        timeout_seconds: float = 2.5,
        shards: int = 1,
        replicas: int = 0,
        weights: RankingWeights | None = None,
        refreshes: bool = False,
    ) -> None:
        weights = weights or RankingWeights()
        self.name = name
        self.client = Client(urls, user=user, password=password, ca_file=ca_file, timeout_seconds=timeout_seconds)
        self._encoder, self._encoder_error = encoder, ""
        self._weights, self._refreshes = weights, refreshes
        self.generations = Generations(self.client, name, shards=shards, replicas=replicas, weights=weights)
        self._writer = Writer(self.client, self.generations, encoder, weights)
        self._statistics = Statistics(self.client, shards=shards)
        self._planner = Planner(self.client, self._statistics, weights)
        self._retriever = Retriever(self.client, self._statistics, self._planner, weights)
        self._lexicons = LexiconKeeper(self.client, name, self.generations.lexicon)
        self._speller: tuple[Lexicon, Speller] | None = None

    # ---- writing ---------------------------------------------------------------------------------------------

    def upsert(self, documents: Iterable[SearchDocument]) -> int:
        try:
            return self._writer.upsert(documents)
        finally:
            self._written()

    def delete(self, ids: Iterable[str]) -> int:
        try:
            return self._writer.delete(ids)
        finally:
            self._written()

    def _written(self) -> None:
        if self._refreshes:
            self.generations.refresh()
        self._planner.forget()
        self._statistics.forget()
        self._lexicons.changed()

    def rebuild(self, documents: Iterable[SearchDocument], progress: Callable[[int], None] | None = None) -> str:
        """As the protocol says; changes of the meantime reach the new index as well, so none has to be replayed.

        progress: called with the number of documents done so far. Raises DocumentsRefused after the switch.
        """
        try:
            index = Builder(self.client, self.generations, self._writer).build(documents, progress)
        except DocumentsRefused:
            self._switched()
            raise
        self._switched()
        return index

    def roll_back(self) -> str:
        """Search the index before the live one again; returns its name. It has had all changes meanwhile."""
        index = self.generations.before()
        self.generations.switch_to(index)
        self._switched()
        return index

    def _switched(self) -> None:
        self._planner.forget()
        self._statistics.forget()
        self._lexicons.renew()

    def remove(self) -> None:
        """Take every index of this name off the server: what a measurement or a test made."""
        for index in self.generations.kept():
            self.generations.discard(index)
        self.generations.discard(self.generations.lexicon)

    # ---- searching -------------------------------------------------------------------------------------------

    def retrieve(self, query: SearchQuery, *, with_facets: bool = True, at_least: int = 0) -> Retrieval:
        self.generations.live()
        vector = self._query_vector(query.text, query.language) if query.text.strip() else None
        return self._retriever.retrieve(
            self.name, query, vector, self._is_word, with_facets=with_facets, at_least=at_least
        )

    def _is_word(self, word: str) -> bool:
        return self._lexicons.lexicon().words.get(word, 0) > 1

    def _query_vector(self, text: str, language: Language) -> Vectors | None:
        live = self.generations.live()
        if self._encoder is None or not live.encoder or self._encoder.name != live.encoder:
            return None
        try:
            vector = self._encoder.encode_query(self._lexicons.lexicon().usual_form(text, language))
        except EncoderUnavailable as error:
            self._encoder_error = str(error)
            return None
        self._encoder_error = ""
        return np.ascontiguousarray(vector, np.float32) if vector.any() else None

    def correct(self, text: str, *, language: Language) -> tuple[str, tuple[Correction, ...]]:
        lexicon = self._lexicons.lexicon()
        if self._speller is None or self._speller[0] is not lexicon:
            self._speller = lexicon, Speller(lexicon.words, self._documents_with_all)
        speller = self._speller[1]
        known = {name for one in expansions(split_words(text)) for name in one.words.split()}
        corrected, corrections = speller.correct(text, known)
        if corrections:
            # a word that came after the names were gathered is no mistake
            new = known_titles(self.client, self.name, [one.typed for one in corrections])
            if new:
                return speller.correct(text, known | new)
        return corrected, corrections

    def _documents_with_all(self, groups: Sequence[Sequence[str]]) -> list[int]:
        """For each group of words, documents that have them all, in the language where most do."""
        bodies = [
            {
                "query": {"bool": {"filter": [{"term": {terms_field(lang): stem(word, lang)}} for word in words]}},
                "size": 0,
                "track_total_hits": True,
            }
            for words in groups
            for lang in LANGUAGES
        ]
        counts = [int(one["hits"]["total"]["value"]) for one in self.client.ask_all(self.name, bodies)]
        per_group = len(LANGUAGES)
        return [max(counts[start : start + per_group]) for start in range(0, len(counts), per_group)]

    def vocabulary(self) -> Vocabulary:
        return self._lexicons.lexicon().vocabulary

    def suggest(self, prefix: str, *, language: Language, limit: int) -> Sequence[Suggestion]:
        typed = typed_prefix(prefix)
        if not typed or limit <= 0:
            return ()
        found = self._lexicons.lexicon().completions(language).suggest(typed, limit)
        if len(found) < limit:
            found += suggest_products(self.client, self.name, typed, language, limit - len(found))
        return tuple(found)

    def similar(self, document_id: str, *, filters: Filters, limit: int) -> Sequence[Hit]:
        return similar(self.client, self.name, document_id, filters, limit)

    def nearest_products(
        self, text: str, *, codes: Sequence[str], language: Language, limit: int
    ) -> Sequence[NearProduct]:
        vector = self._query_vector(text, language) if text.strip() else None
        words = self._planner.read_words(self.name, text, language, self._is_word)
        return nearest_products(
            self.client,
            self.name,
            text,
            words,
            vector,
            self._weights,
            codes=codes,
            limit=limit,
            search_type=self._statistics.search_type,
        )

    def frequencies(self, terms: Sequence[str], *, language: Language) -> TermFrequencies:
        found = self._statistics.counts(self.name, language, terms)
        coded = self._statistics.bearing(self.name, [term for term in terms if any(c.isdigit() for c in term)])
        counts = tuple(max(found.counts.get(term, 0), coded.get(term, 0)) for term in terms)
        return TermFrequencies(documents=found.documents, counts=counts)

    # ---- state -----------------------------------------------------------------------------------------------

    def stored_versions(self) -> Iterator[tuple[str, int]]:
        return scan_versions(self.client, self.name)

    def vector_recall(self, sample: int) -> float | None:
        return vector_recall(self.client, self.generations.live(), sample)[0]

    def filtered_recall(self, sample: int, filters: Filters) -> tuple[float | None, int]:
        """As `vector_recall` among the documents that meet the filters, and how many hits do not meet them."""
        return vector_recall(self.client, self.generations.live(), sample, filters)

    def server_cpu_ms(self) -> float:
        """CPU time that the nodes have used so far, all threads."""
        nodes = self.client.call("GET", "/_nodes/stats/process")["nodes"].values()
        return float(sum(node["process"]["cpu"]["total_in_millis"] for node in nodes))

    def megabytes(self) -> float:
        """Size of the live index on disk, replicas included."""
        index = self.generations.live().index
        found = self.client.call("GET", f"/{index}/_stats/store")
        return float(found["_all"]["total"]["store"]["size_in_bytes"]) / 1e6

    def status(self) -> EngineStatus:
        return read_status(self.client, self.generations, self._encoder, self._encoder_error)
