"""`manage.py search_bench`: how quickly an engine answers, at 1 and at 8 connections, and what it costs.

Of the live mall; with --catalogue of an index made for the measurement, of any size, gone afterwards.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from search.embeddings import available_encoder
from search.engines.protocol import SearchEngine
from search.errors import EngineUnavailable
from search.evaluation.bench import USED, OpenEngine, kinds, measure
from search.evaluation.catalogue_files import BrokenCatalogue, read_queries
from search.evaluation.engines import open_bench_index
from search.evaluation.options import run_with_a_server
from search.evaluation.runs import CachingEncoder
from search.evaluation.scale import ScaleEncoder, scaled_documents
from search.service import open_engine

WARM_UP = 200


class Command(BaseCommand):
    help = "Drive hits, filters, facets and suggestions against the engine of the settings; print times and CPU."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queries", type=Path, nargs="+", help="TSVs with query_id and query, plain or .gz")
        parser.add_argument("--connections", type=int, nargs="+", default=[1, 8])
        parser.add_argument("--seconds", type=float, default=15, help="of each kind of question")
        parser.add_argument("--most", type=int, default=200, help="queries taken of the files, evenly")
        parser.add_argument("--language", choices=["fr", "en"], default="en")
        parser.add_argument("--engine", choices=["embedded", "opensearch"], default=settings.SEARCH_ENGINE)

        parser.add_argument("--catalogue", type=Path, nargs="+", help="build an index of these files for this command")
        parser.add_argument("--products", type=int, help="perturbed copies are added until there are so many")
        parser.add_argument("--vector-cache", type=Path, help="keep vectors here between runs")
        parser.add_argument("--recall", type=int, help="recall of the vector index over so many stored vectors")
        parser.add_argument("--keep", action="store_true", help="use the index of the last such run, and leave it")

    def handle(self, *args: Any, **options: Any) -> None:
        texts = _texts(options["queries"], options["most"])
        encoder = _encoder(options) if options["catalogue"] else None
        open_one = _opener(options, encoder)
        engine = open_one()
        try:
            if options["catalogue"]:
                self._build(engine, encoder, options)
            self._measure(engine, open_one, texts, options)
        except (BrokenCatalogue, EngineUnavailable, RuntimeError) as error:
            raise CommandError(str(error)) from error
        finally:
            remove = getattr(engine, "remove", None)
            if options["catalogue"] and not options["keep"] and remove is not None:
                remove()

    def _build(self, engine: SearchEngine, encoder: ScaleEncoder | None, options: dict[str, Any]) -> None:
        if options["keep"] and engine.status().documents:
            return
        documents = scaled_documents(options["catalogue"], options["products"], encoder, options["language"])
        before, started = _server_cpu(engine), time.perf_counter()
        engine.rebuild(documents)
        seconds, after = time.perf_counter() - started, _server_cpu(engine)
        found: dict[str, Any] = {"built": engine.status().documents, "wall_s": round(seconds, 1)}
        if before is not None and after is not None:
            found["server_cpu_s"] = round((after - before) / 1e3, 1)
            found["products_per_server_cpu_s"] = round(1e3 * found["built"] / max(after - before, 1.0))
        self._say(found)

    def _measure(self, engine: SearchEngine, open_one: OpenEngine, texts: list[str], options: dict[str, Any]) -> None:
        asks = kinds(options["language"])
        for number, text in enumerate(texts[:WARM_UP]):
            for ask in asks.values():
                ask(engine, text, number)
        status = engine.status()
        self._say({"engine": status.engine, "documents": status.documents, "offers": status.offers})
        if options["recall"]:
            self._say(_recall(engine, options["recall"]))
        for name, ask in asks.items():
            for connections in options["connections"]:
                timings = measure(
                    ask,
                    texts,
                    connections=connections,
                    seconds=options["seconds"],
                    open_engine=open_one,
                    server_cpu=_server_cpu,
                )
                self._say({"asked for": name, **timings.as_json()})

    def _say(self, found: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(found))
        self.stdout.flush()


def _encoder(options: dict[str, Any]) -> ScaleEncoder | None:
    encoder = available_encoder(settings.SEARCH_MODEL, cache_folder=settings.SEARCH_MODEL_FOLDER)
    if encoder is not None and options["vector_cache"]:
        encoder = CachingEncoder(encoder, options["vector_cache"])
    return None if encoder is None else ScaleEncoder(encoder)


def _opener(options: dict[str, Any], encoder: ScaleEncoder | None) -> OpenEngine:
    """How each process opens the engine: the mall's, or one over the index of this measurement."""
    if not options["catalogue"]:
        return lambda: open_engine(options["engine"])
    if options["engine"] == "embedded":
        from search.engines.embedded.engine import EmbeddedEngine

        folder = settings.SEARCH_FOLDER.with_name("bench")
        return lambda: EmbeddedEngine(folder, encoder)
    if not settings.OPENSEARCH_URLS:
        run_with_a_server()
    return lambda: open_bench_index(settings.OPENSEARCH_URLS, encoder)


def _texts(paths: Sequence[Path], most: int) -> list[str]:
    try:
        texts = [text for path in paths for _, text in read_queries(path)]
    except (BrokenCatalogue, OSError) as error:
        raise CommandError(str(error)) from error
    if not texts:
        raise CommandError("there is no query in these files")
    step = max(1, len(texts) // most)
    return texts[::step][:most]


def _recall(engine: SearchEngine, sample: int) -> dict[str, Any]:
    """Recall@10 against exact scoring, free and filtered."""
    found: dict[str, Any] = {"recall@10": engine.vector_recall(sample)}
    filtered = getattr(engine, "filtered_recall", None)
    if filtered is not None:
        for name, filters in (("used", USED[0]), ("used or refurbished below 200", USED[1])):
            recall, outside = filtered(sample, filters)
            found |= {f"recall@10, {name}": recall, f"outside, {name}": outside}
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}


def _server_cpu(engine: SearchEngine) -> float | None:
    """CPU milliseconds that the engine's server has used so far; None without a server."""
    tell = getattr(engine, "server_cpu_ms", None)
    return None if tell is None else tell()
