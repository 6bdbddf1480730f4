"""Answering a file of queries over a throw-away index of a catalogue file, through the production path."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from search.answering import answer
from search.documents import Language
from search.embeddings.protocol import TextEncoder, Vectors
from search.engines.protocol import SearchEngine
from search.evaluation.catalogue_files import guess_language, read_documents
from search.evaluation.engines import EngineMaker, embedded
from search.queries import SearchQuery
from search.ranking.weights import RankingWeights

Run = dict[str, list[tuple[str, float]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunReport:
    """What a run cost. Milliseconds of one query, page hits built, facets left out; index_mb: files on disk."""

    docs: int
    build_seconds: float
    vectors_from_cache: int
    cpu_ms_p50: float
    cpu_ms_p95: float
    wall_ms_p50: float
    wall_ms_p95: float
    index_mb: float
    zero_results: int
    queries: int
    language: Language
    encoder: str

    def as_json(self) -> dict[str, object]:
        """The line `search_run` prints."""
        return {
            "docs": self.docs,
            "build_seconds": round(self.build_seconds, 2),
            "cpu_ms": {"p50": round(self.cpu_ms_p50, 2), "p95": round(self.cpu_ms_p95, 2)},
            "wall_ms": {"p50": round(self.wall_ms_p50, 2), "p95": round(self.wall_ms_p95, 2)},
            "index_mb": round(self.index_mb, 1),
            "zero_results": self.zero_results,
            "queries": self.queries,
            "language": self.language,
            "encoder": self.encoder,
            "vectors_from_cache": self.vectors_from_cache,
        }


@dataclass(frozen=True, slots=True)
class BuiltIndex:
    engine: SearchEngine
    docs: int
    build_seconds: float
    index_mb: float
    language: Language
    vectors_from_cache: int


@contextmanager
def throwaway_index(
    catalogue: Sequence[Path],
    encoder: TextEncoder | None,
    *,
    language: Language | None = None,
    weights: RankingWeights | None = None,
    vector_cache: Path | None = None,
    make: EngineMaker = embedded,
) -> Iterator[BuiltIndex]:
    """An index of one or more catalogue files, gone afterwards.

    vector_cache: folder where vectors are kept between runs by the content of the texts; None encodes all anew.
    make: the engine, see `search.evaluation.engines`.
    """
    cached = CachingEncoder(encoder, vector_cache) if encoder and vector_cache else None
    own_language = language or guess_language(catalogue[0])
    with make(cached or encoder, weights) as (engine, megabytes):
        started = time.perf_counter()
        engine.rebuild(document for path in catalogue for document in read_documents(path, own_language))
        seconds = time.perf_counter() - started
        documents = engine.status().documents
        yield BuiltIndex(engine, documents, seconds, megabytes(), own_language, cached.hits if cached else 0)


def answer_all(
    built: BuiltIndex, queries: Sequence[tuple[str, str]], *, limit: int, encoder_name: str = ""
) -> tuple[Run, RunReport]:
    """Every query's first `limit` documents, and what it took; a few queries are answered unmeasured before."""
    for _, text in queries[:20]:
        _ask(built, text, limit)
    run: Run = {}
    cpu, wall, zero = [], [], 0
    for query_id, text in queries:
        wall_start, cpu_start = time.perf_counter(), time.process_time()
        hits = _ask(built, text, limit)
        cpu.append(1e3 * (time.process_time() - cpu_start))
        wall.append(1e3 * (time.perf_counter() - wall_start))
        run[query_id] = hits
        zero += not hits
    percentiles = [float(np.percentile(times, share)) if times else 0.0 for times in (cpu, wall) for share in (50, 95)]
    return run, RunReport(
        docs=built.docs,
        build_seconds=built.build_seconds,
        vectors_from_cache=built.vectors_from_cache,
        cpu_ms_p50=percentiles[0],
        cpu_ms_p95=percentiles[1],
        wall_ms_p50=percentiles[2],
        wall_ms_p95=percentiles[3],
        index_mb=built.index_mb,
        zero_results=zero,
        queries=len(queries),
        language=built.language,
        encoder=encoder_name,
    )


def _ask(built: BuiltIndex, text: str, limit: int) -> list[tuple[str, float]]:
    query = SearchQuery(text=text, language=built.language, page_size=limit)
    page = answer(built.engine, query, with_facets=False, at_least=limit)
    return [(hit.id, hit.score) for hit in page.hits]


def write_run(path: Path, run: Run) -> None:
    """A TSV with the header query_id, rank, id, score."""
    with path.open("w", encoding="utf-8") as file:
        file.write("query_id\trank\tid\tscore\n")
        for query_id, hits in run.items():
            for rank, (identity, score) in enumerate(hits, 1):
                file.write(f"{query_id}\t{rank}\t{identity}\t{score:.6f}\n")


def read_run(path: Path) -> dict[str, list[str]]:
    """Ranked ids by query id of a stored run."""
    run: dict[str, list[tuple[int, str]]] = {}
    with path.open(encoding="utf-8") as file:
        next(file, None)
        for line in file:
            query_id, rank, identity = line.rstrip("\n").split("\t")[:3]
            run.setdefault(query_id, []).append((int(rank), identity))
    return {query_id: [identity for _, identity in sorted(hits)] for query_id, hits in run.items()}


def ranked_ids(run: Mapping[str, Sequence[tuple[str, float]]]) -> dict[str, list[str]]:
    return {query_id: [identity for identity, _ in hits] for query_id, hits in run.items()}


class CachingEncoder:
    """A text encoder whose document vectors are kept on disk, one file per model, by the hash of the text."""

    def __init__(self, encoder: TextEncoder, folder: Path) -> None:
        self._encoder, self.hits = encoder, 0
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(encoder.name.encode()).hexdigest()[:16]
        self._index_path, self._vectors_path = folder / f"{name}.json", folder / f"{name}.f32"
        self._known: dict[str, int] = json.loads(self._index_path.read_text()) if self._index_path.exists() else {}

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dimensions(self) -> int:
        return self._encoder.dimensions

    def encode_query(self, text: str) -> Vectors:
        return self._encoder.encode_query(text)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        keys = [hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32] for text in texts]
        missing = list({key: place for place, key in enumerate(keys) if key not in self._known}.values())
        self.hits += len(texts) - len(missing)
        if missing:
            self._append(
                [keys[place] for place in missing], self._encoder.encode_documents([texts[p] for p in missing])
            )
        stored = np.memmap(self._vectors_path, np.float32, "r").reshape(-1, self.dimensions)
        return np.array(stored[[self._known[key] for key in keys]])

    def _append(self, keys: Sequence[str], vectors: Vectors) -> None:
        """The vectors first, then the index that names them: an interrupted run leaves nothing wrong behind."""
        width = 4 * self.dimensions
        with self._vectors_path.open("ab") as file:
            file.truncate(len(self._known) * width)
            file.write(np.ascontiguousarray(vectors, np.float32).tobytes())
        for key in keys:
            self._known[key] = len(self._known)
        self._index_path.with_suffix(".tmp").write_text(json.dumps(self._known))
        self._index_path.with_suffix(".tmp").replace(self._index_path)
