"""How quickly an engine answers: the same questions one after the other and by several askers at once."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from search.documents import Language
from search.engines.protocol import SearchEngine
from search.heap import keep_what_is_there
from search.queries import Filters, SearchQuery

# A shop's web processes have several threads each; so do the askers.
THREADS_OF_A_PROCESS = 4
USED: tuple[Filters, ...] = (
    Filters(conditions=frozenset({"used"})),
    Filters(conditions=frozenset({"used", "refurbished"}), price_max_minor=20_000),
    Filters(price_max_minor=10_000),
    Filters(seller_kinds=frozenset({"private"}), conditions=frozenset({"used"})),
)

Ask = Callable[[SearchEngine, str, int], object]
OpenEngine = Callable[[], SearchEngine]
ServerCpu = Callable[[SearchEngine], float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Timings:
    """Milliseconds. own_cpu_ms: CPU of the asking processes per question; server_cpu_ms: of the server, None where
    there is none or it does not tell.
    """

    connections: int
    asked: int
    p50_ms: float
    p95_ms: float
    per_second: float
    own_cpu_ms: float
    server_cpu_ms: float | None

    def as_json(self) -> dict[str, Any]:
        names = ("connections", "asked", "p50_ms", "p95_ms", "per_second", "own_cpu_ms", "server_cpu_ms")
        values = {name: getattr(self, name) for name in names}
        return {name: round(value, 2) if isinstance(value, float) else value for name, value in values.items()}


def kinds(language: Language) -> dict[str, Ask]:
    """What is asked, by name. Each call takes a query's text and its number."""

    def hits(engine: SearchEngine, text: str, number: int) -> object:
        return engine.retrieve(SearchQuery(text=text, language=language), with_facets=False)

    def filtered(engine: SearchEngine, text: str, number: int) -> object:
        query = SearchQuery(text=text, language=language, filters=USED[number % len(USED)])
        return engine.retrieve(query, with_facets=False)

    def facets(engine: SearchEngine, text: str, number: int) -> object:
        return engine.retrieve(SearchQuery(text=text, language=language, filters=USED[number % len(USED)]))

    def suggestions(engine: SearchEngine, text: str, number: int) -> object:
        return engine.suggest(text[: 3 + number % 6], language=language, limit=8)

    return {"hits": hits, "hits + filter": filtered, "hits + filter + facets": facets, "suggestions": suggestions}


def measure(
    ask: Ask,
    texts: Sequence[str],
    *,
    connections: int,
    seconds: float,
    open_engine: OpenEngine,
    server_cpu: ServerCpu,
) -> Timings:
    """Ask for so many seconds from each of `connections` threads, spread over processes of THREADS_OF_A_PROCESS.

    texts: asked in an order of each thread's own. open_engine: called in each process, which is forked, so whatever
    the calling process has cached (vectors of the queries) is there.
    """
    context = multiprocessing.get_context("fork")
    watching = open_engine()
    before, started = server_cpu(watching), time.perf_counter()
    running: list[tuple[Any, Connection]] = []
    for number in range(0, connections, THREADS_OF_A_PROCESS):
        threads = min(THREADS_OF_A_PROCESS, connections - number)
        reader, writer = context.Pipe(duplex=False)
        process = context.Process(target=_ask_all, args=(writer, ask, texts, threads, number, seconds, open_engine))
        process.start()
        running.append((process, reader))
    answered = [reader.recv() for _, reader in running]
    for process, _ in running:
        process.join()
    elapsed, after = time.perf_counter() - started, server_cpu(watching)
    times = np.array([ms for spent, _ in answered for ms in spent])
    failed = [error for _, error in answered if isinstance(error, str)]
    if failed:
        raise RuntimeError(failed[0])
    own = sum(cpu for _, cpu in answered)
    return Timings(
        connections=connections,
        asked=len(times),
        p50_ms=float(np.percentile(times, 50)),
        p95_ms=float(np.percentile(times, 95)),
        per_second=len(times) / elapsed,
        own_cpu_ms=own / len(times),
        server_cpu_ms=None if before is None or after is None else (after - before) / len(times),
    )


def _ask_all(
    writer: Connection,
    ask: Ask,
    texts: Sequence[str],
    threads: int,
    seed: int,
    seconds: float,
    open_engine: OpenEngine,
) -> None:
    times: list[float] = []
    errors: list[str] = []
    engine = open_engine()
    ask(engine, texts[0], 0)  # connections, names and caches of the process are not what is measured
    keep_what_is_there()  # as a web process does
    cpu = time.process_time()

    def work(number: int) -> None:
        order = list(range(len(texts)))
        random.Random(seed + number).shuffle(order)  # noqa: S311 - an order, not a secret
        ends_at, place = time.perf_counter() + seconds, 0
        try:
            while time.perf_counter() < ends_at:
                chosen = order[place % len(order)]
                start = time.perf_counter()
                ask(engine, texts[chosen], chosen)
                times.append(1e3 * (time.perf_counter() - start))
                place += 1
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    spent = 1e3 * (time.process_time() - cpu)
    writer.send((times, errors[0] if errors else spent))
