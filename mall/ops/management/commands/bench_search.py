"""`manage.py bench_search`: CPU, wall time, SQL queries and memory of the live mall's pages under load."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from mall.catalogue.models import Category, Offer, Product, ProductText
from mall.ops.load import Server, ask_together, cpu_of_each, has_torch, memory_mb, web_server
from mall.pages.addresses import product_url
from search.service import engine_status

SAMPLED_TEXTS = 400
SEED = 20261124
FILTERS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"condition": "used"},
    {"price_max": "300"},
    {"sort": "price"},
    {"condition": "refurbished", "seller_kind": "professional"},
)


class Command(BaseCommand):
    help = "Measure the search page, the JSON interface, suggestions and the product page over the live database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=20, help="of load for each kind of page")
        parser.add_argument("--clients", type=int, default=8)
        parser.add_argument("--requests", type=int, default=200, help="asked one by one for the CPU time of each")
        parser.add_argument("--processes", type=int, default=settings.WEB_PROCESSES)
        parser.add_argument("--threads", type=int, default=settings.WEB_THREADS)

    def handle(self, *args: Any, **options: Any) -> None:
        if sys.platform != "linux":
            raise CommandError("CPU time and memory are read from /proc: this needs Linux")
        pages = sample_pages()
        status = engine_status()
        result: dict[str, Any] = {
            "documents": status.documents,
            "offers": Offer.objects.live().count(),
            "encoder": status.encoder if status.has_vectors else "",
            "clients": options["clients"],
            "processes": options["processes"],
            "threads": options["threads"],
            "pages": {},
        }
        with web_server(processes=options["processes"], threads=options["threads"]) as server:
            for paths in pages.values():
                ask_together(server, paths, seconds=2, clients=options["clients"])
            for name, paths in pages.items():
                self.stderr.write(f"  measuring {name} …")
                result["pages"][name] = measure(server, paths, options)
            memory = [memory_mb(pid) for pid in server.workers]
            result["rss_mb"] = round(max(rss for rss, _pss in memory))
            result["pss_mb"] = round(max(pss for _rss, pss in memory))
            result["has_torch"] = any(has_torch(pid) for pid in server.workers)
        self._show(result)

    def _show(self, result: dict[str, Any]) -> None:
        self.stdout.write(
            f"{result['documents']} documents, {result['offers']} live offers, {result['clients']} clients, "
            f"{result['processes']} processes x {result['threads']} threads"
        )
        self.stdout.write(
            f"{'page':<12}{'CPU p50':>9}{'p95':>8}{'wall p50':>10}{'p95':>8}{'req/s':>8}{'SQL':>5}{'failed':>8}"
        )
        for name, seen in result["pages"].items():
            cpu, wall = seen["cpu_ms"], seen["wall_ms"]
            self.stdout.write(
                f"{name:<12}{cpu['p50']:>9.1f}{cpu['p95']:>8.1f}{wall['p50']:>10.1f}{wall['p95']:>8.1f}"
                f"{seen['requests_per_second']:>8.1f}{seen['sql']:>5}{seen['failed']:>8}"
            )
        torch = "torch is loaded" if result["has_torch"] else "no torch"
        self.stdout.write(f"a web process: {result['rss_mb']} MB resident, {result['pss_mb']} MB its share, {torch}")
        self.stdout.write(json.dumps(result))


def measure(server: Server, paths: Sequence[str], options: dict[str, Any]) -> dict[str, Any]:
    """CPU of single requests, wall time under load, most SQL queries of the first twenty addresses."""
    cpu = cpu_of_each(server, paths[: options["requests"]])
    answers = ask_together(server, paths, seconds=options["seconds"], clients=options["clients"])
    return {
        "cpu_ms": percentiles(cpu),
        "wall_ms": percentiles(answers.walls_ms),
        "requests_per_second": round(len(answers.walls_ms) / options["seconds"], 1),
        "failed": answers.failed,
        "sql": max(sql_queries(path) for path in paths[:20]),
    }


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """The middle value and the one that 95 of 100 stay below; 0 for no values."""
    ranked = sorted(values) or [0.0]
    return {f"p{share}": round(ranked[min(len(ranked) - 1, len(ranked) * share // 100)], 1) for share in (50, 95)}


def sql_queries(path: str) -> int:
    """Queries of one page in this process, after it was asked once so that caches are warm."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


def sample_pages() -> dict[str, list[str]]:
    """Addresses by kind of page, the same each time for one database. Raises CommandError for an empty mall."""
    chance = random.Random(SEED)  # noqa: S311 - a repeatable sample, nothing secret
    titles = _sampled_titles(chance)
    if not titles:
        raise CommandError("there are no products: run `manage.py seed_mall` or import a catalogue first")
    names = list(Category.objects.order_by("pk").values_list("name_fr", "name_en")[:200])
    questions = [(language, _words(title, chance)) for language, title in titles]
    questions += [(language, name) for pair in names for language, name in zip(("fr", "en"), pair, strict=True)]
    chance.shuffle(questions)
    asked = [(language, {"q": words, **chance.choice(FILTERS)}) for language, words in questions]
    typed = [(language, words[: chance.randint(2, 10)]) for language, words in questions]
    return {
        "search page": [f"/{language}/search/?{urlencode(found)}" for language, found in asked],
        "API": [f"/api/search?{urlencode({**found, 'language': language})}" for language, found in asked],
        "suggestion": [f"/{language}/suggest/?{urlencode({'q': words})}" for language, words in typed],
        "product page": _product_pages(chance),
    }


def _sampled_titles(chance: random.Random) -> list[tuple[str, str]]:
    ids = list(ProductText.objects.order_by("pk").values_list("pk", flat=True))
    chosen = chance.sample(ids, min(SAMPLED_TEXTS, len(ids)))
    return list(ProductText.objects.filter(pk__in=chosen).order_by("pk").values_list("language", "title"))


def _words(title: str, chance: random.Random) -> str:
    """Two to four words of a title in a row, as a shopper would type them."""
    words = title.replace(",", " ").split()
    length = chance.randint(2, 4)
    start = chance.randint(0, max(0, min(3, len(words) - length)))
    return " ".join(words[start : start + length]).lower()


def _product_pages(chance: random.Random) -> list[str]:
    rows = list(Product.objects.filter(is_active=True).order_by("pk").values_list("pk", "slug"))
    pages = []
    for number, (pk, slug) in enumerate(chance.sample(rows, min(SAMPLED_TEXTS, len(rows)))):
        with translation.override("fr" if number % 2 else "en"):
            pages.append(product_url(pk, slug))
    return pages
