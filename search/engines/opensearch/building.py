"""A whole new index beside the live one, checked, then put in its place in one step. Searches and writes go on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import structlog

from search.analysis import embedding_text
from search.documents import SearchDocument
from search.embeddings.protocol import TextEncoder, Vectors
from search.engines.opensearch.client import Client
from search.engines.opensearch.generations import Generations, IndexFacts
from search.engines.opensearch.writer import READ_AT_ONCE, Writer
from search.errors import DocumentsRefused, EncoderUnavailable, EngineUnavailable, IndexRebuilding

log = structlog.get_logger(__name__)

Progress = Callable[[int], None]
# Neighbours in a catalogue are near-duplicates; in that order the graph of vectors finds less of them (decision 0014).
SHUFFLED = 4_000
SAMPLE = 50
CANARIES = 5
FLUSH_SECONDS = 300.0
MERGE_SECONDS = 3600.0
REFRESH_INTERVAL = "1s"
# of each shard after a build. One alone would lose near-duplicates, and merging large ones costs as much as building
# their graphs again (decision 0014).
LEAST_SEGMENTS = 5
SEGMENT_MB = 64.0
_MISSING_SHARE = 0.05


class Builder:
    """Builds and checks new generations."""

    def __init__(self, client: Client, generations: Generations, writer: Writer) -> None:
        self._client, self._generations, self._writer = client, generations, writer

    def build(self, documents: Iterable[SearchDocument], progress: Progress | None) -> str:
        """The name of the new, live index. Raises EngineUnavailable, with the old one still live and nothing left
        behind, when the server fails or the new index does not pass the checks."""
        encoder = self._writer.encoder
        live = self._live()
        index = self._generations.create(encoder)
        try:
            sample, streamed, refused = self._fill(index, documents, encoder, live, progress)
            self._settle(index)
            self._check(index, sample, streamed - len(refused))
            self._generations.switch_to(index)
        except BaseException:
            self._generations.discard(index)
            raise
        if refused:
            raise DocumentsRefused(refused)
        return index

    def _settle(self, index: str) -> None:
        """What was written is findable and on disk, in few segments: each costs every search a little."""
        settings = {"index": {"refresh_interval": REFRESH_INTERVAL}}
        self._client.call("PUT", f"/{index}/_settings", settings, seconds=FLUSH_SECONDS)
        self._client.call("POST", f"/{index}/_refresh", seconds=FLUSH_SECONDS)
        stored = self._client.call("GET", f"/{index}/_stats/store", seconds=FLUSH_SECONDS)
        shard_mb = stored["_all"]["primaries"]["store"]["size_in_bytes"] / 1e6 / stored["_shards"]["successful"]
        most = max(LEAST_SEGMENTS, round(shard_mb / SEGMENT_MB))
        try:
            self._client.call("POST", f"/{index}/_forcemerge?max_num_segments={most}", seconds=MERGE_SECONDS)
        except EngineUnavailable as error:
            # it goes on there, and nothing but speed depends on it
            log.warning("search.index_not_merged", index=index, error=str(error))
        # a server that is killed before it did so by itself writes the whole index again before it answers
        self._client.call("POST", f"/{index}/_flush", seconds=FLUSH_SECONDS)

    def _live(self) -> IndexFacts | None:
        try:
            return self._generations.live()
        except IndexRebuilding:
            return None

    def _fill(
        self,
        index: str,
        documents: Iterable[SearchDocument],
        encoder: TextEncoder | None,
        live: IndexFacts | None,
        progress: Progress | None,
    ) -> tuple[list[SearchDocument], int, dict[str, str]]:
        """A sample of what was written, how many documents, and those that the server refused."""
        chance = random.Random(index)  # noqa: S311 - an order, not a secret
        sample: list[SearchDocument] = []
        refused: dict[str, str] = {}
        streamed = 0
        source = _first_of_each(documents)
        while some := list(islice(source, SHUFFLED)):
            chance.shuffle(some)
            for start in range(0, len(some), READ_AT_ONCE):
                batch = some[start : start + READ_AT_ONCE]
                refused |= self._writer.write(index, batch, self._encode(batch, encoder, live)).refused
                streamed += len(batch)
                if progress:
                    progress(streamed)
            sample += chance.sample(some, min(SAMPLE, len(some)))
        chance.shuffle(sample)
        return sample[:SAMPLE], streamed, refused

    def _encode(
        self, batch: Sequence[SearchDocument], encoder: TextEncoder | None, live: IndexFacts | None
    ) -> Vectors | None:
        if encoder is None:
            return None
        if live is not None and live.encoder == encoder.name and live.dimensions == encoder.dimensions:
            vectors, missing = self._writer.known_vectors(batch, live)
        else:
            vectors, missing = np.zeros((len(batch), encoder.dimensions), np.float32), list(range(len(batch)))
        if missing:
            try:
                vectors[missing] = encoder.encode_documents([embedding_text(batch[place]) for place in missing])
            except EncoderUnavailable:
                return vectors
        return vectors

    def _check(self, index: str, sample: Sequence[SearchDocument], streamed: int) -> None:
        """Counts, sample documents and canary queries. Raises EngineUnavailable."""
        count = int(self._client.call("GET", f"/{index}/_count")["count"])
        if count < streamed * (1 - _MISSING_SHARE):
            raise EngineUnavailable(f"The new index holds {count} of {streamed} documents; it was not put live.")
        if not sample:
            return
        ids = [document.id for document in sample]
        answer = self._client.call("POST", f"/{index}/_mget", {"ids": ids}, params={"_source": "version"})
        for document, found in zip(sample, answer["docs"], strict=True):
            # one that is not there was removed while the index was built: removals reach both
            if found.get("found") and int(found["_source"]["version"]) < document.version:
                raise EngineUnavailable(f"The new index holds an old {document.id}; it was not put live.")
        present = [
            document
            for document, found in zip(sample, answer["docs"], strict=True)
            if found.get("found") and int(found["_source"]["version"]) == document.version
        ]
        for document in present[:CANARIES]:
            title = next(iter(document.texts.values())).title
            language = next(iter(document.texts))
            if title.strip() and not self._is_found(index, document.id, title, language):
                raise EngineUnavailable(f"The new index does not find {document.id} by its title; it was not put live.")

    def _is_found(self, index: str, identity: str, title: str, language: str) -> bool:
        from search.analysis import terms

        field = f"terms_{language}"
        wanted = sorted(set(terms(title, language)))[:20]  # type: ignore[arg-type]
        if not wanted:
            return True
        query: dict[str, Any] = {
            "bool": {
                "filter": [{"ids": {"values": [identity]}}],
                "should": [{"term": {field: term}} for term in wanted],
                "minimum_should_match": 1,
            }
        }
        (answer,) = self._client.ask_all(
            index, [{"query": query, "size": 1, "stored_fields": "_none_", "docvalue_fields": ["id"]}]
        )
        return bool(answer["hits"]["hits"])


def _first_of_each(documents: Iterable[SearchDocument]) -> Iterator[SearchDocument]:
    seen: set[str] = set()
    for document in documents:
        if document.id not in seen:
            seen.add(document.id)
            yield document
