"""The search server is killed, or stopped so that it hangs, under the load of eight shoppers.

Nobody sees an error, nobody waits long, the server is taken back by itself, and what changed meanwhile is in both
indexes afterwards.
"""

from __future__ import annotations

import json
import os
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mall.ops.load import Answers, Server, ask_together, web_server
from mall.ops.opensearch.cluster import Cluster
from mall.ops.opensearch.errors import NotToBeHad
from tests.conftest import MallOfItsOwn, StartPython, miss
from tests.services import get, line_of, wait_until

CLIENTS = 8
WELL_SECONDS, AWAY_SECONDS = 3.0, 12.0
MOST_P95_MS = 1500.0
BACK_SECONDS = 30.0
PRODUCTS = 60

FURNISH = f"""
from search.indexing.changes import FALLBACK_TOPIC
from search.indexing.rebuild import rebuild_index_alone
from mall.core.models import OutboxRow
from tests.factories import CategoryFactory, OfferFactory, ProductFactory
category = CategoryFactory(slug="lampes")
for number in range({PRODUCTS}):
    texts = {{"fr": f"Lampe Lune {{number}}", "en": f"Moon lamp {{number}}"}}
    OfferFactory(variant__product=ProductFactory(category=category, texts=texts), price_minor=5000 + number)
OutboxRow.objects.all().delete()
rebuild_index_alone()
rebuild_index_alone(topic=FALLBACK_TOPIC)
print("furnished")
"""

# A price rises, a lamp is withdrawn, three come: while the server is away.
CHANGE = """
from django.utils import timezone
from mall.catalogue import services
from mall.catalogue.models import Category, Offer
from mall.core import outbox
from tests.factories import BrandFactory, OfferFactory, ProductFactory, SellerFactory
for factory in (BrandFactory, ProductFactory, SellerFactory):
    factory.reset_sequence(1000)
first, second = Offer.objects.order_by("pk")[:2]
services.change_price(offer_id=first.pk, price_minor=99900, delivery_minor=0, now=timezone.now())
services.withdraw_offer(offer_id=second.pk, now=timezone.now())
for number in range(3):
    texts = {"fr": f"Lampe nouvelle {number}", "en": f"New lamp {number}"}
    product = ProductFactory(category=Category.objects.get(), texts=texts)
    services.touch_products([OfferFactory(variant__product=product).variant.product_id])
outbox.drain()
print(first.pk)
"""

# Drain until nothing waits, then what each engine says of the same questions.
COMPARE = """
import json, time
from mall.core import outbox
from mall.core.models import OutboxRow
from search.queries import SearchQuery
from search.service import get_fallback_engine, get_primary_engine
for _ in range(120):
    outbox.drain()
    if not OutboxRow.objects.exists():
        break
    time.sleep(0.5)
time.sleep(1.5)  # a write on the server is found within a second
told = []
for engine in (get_primary_engine(), get_fallback_engine()):
    status = engine.status()
    found = engine.retrieve(SearchQuery(text="lampe", language="fr", page_size=96))
    offers = {hit.id: hit.offers["new"].from_minor for hit in found.hits if hit.offers}
    told.append([status.documents, status.offers, found.total, sorted(engine.stored_versions()), offers])
print(json.dumps([told[0] == told[1], told[0][0], told[0][1], OutboxRow.objects.count(), max(told[0][4].values())]))
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server of this module's own: it is killed and stopped."""
    try:
        server = Cluster(heap="512m")
    except NotToBeHad as error:
        miss(str(error))
    with server:
        yield server


@pytest.fixture
def mall(cluster: Cluster, postgresql_mall: MallOfItsOwn, start_python: StartPython, tmp_path: Path) -> MallOfItsOwn:
    """Sixty lamps on PostgreSQL and in both indexes."""
    chosen = {
        "MALL_SEARCH_ENGINE": "opensearch",
        "MALL_OPENSEARCH_URL": cluster.url,
        "MALL_OPENSEARCH_INDEX": f"outage-{abs(hash(tmp_path))}",
    }
    furnished = MallOfItsOwn(postgresql_mall.folder, {**postgresql_mall.environment, **chosen})
    furnished.manage("collectstatic", "--noinput", "-v", "0")
    assert line_of(start_python(FURNISH, mall=furnished)) == "furnished"
    return furnished


@pytest.fixture
def web(mall: MallOfItsOwn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Two processes of four threads."""
    for name in [name for name in os.environ if name.startswith("MALL_")]:
        monkeypatch.delenv(name)
    for name, value in mall.environment.items():
        if name.startswith(("MALL_", "DJANGO_")):
            monkeypatch.setenv(name, value)
    with web_server(processes=2, threads=4) as server:
        yield server


@dataclass
class Load:
    """Eight shoppers who search without a pause while something happens. answers: of each second of it."""

    server: Server
    answers: dict[str, Answers] = field(default_factory=dict)

    def during(self, what: str, seconds: float) -> Answers:
        paths = [
            f"/fr/search/?q={words}" for words in ("lampe", "lampe+lune", "lampe+lune+7", "lampe+neuve", "lune+12")
        ] + ["/api/search?q=lampe&language=fr", "/fr/c/lampes/", "/fr/search/?q=lampe&condition=new&price_max=60"]
        self.answers[what] = ask_together(self.server, paths, seconds=seconds, clients=CLIENTS)
        return self.answers[what]


def notices(server: Server) -> list[str]:
    status, body, _headers = get(f"http://127.0.0.1:{server.port}/api/search?q=lampe&language=fr", seconds=30)
    assert status == 200, body
    told: list[str] = json.loads(body)["notices"]
    return told


def is_back(server: Server) -> bool:
    """Whether both web processes ask the server again: many answers in a row, none of them the fallback's."""
    with ThreadPoolExecutor(CLIENTS) as threads:
        return not any("fallback" in told for told in threads.map(lambda _n: notices(server), range(24)))


def p95(answers: Answers) -> float:
    return statistics.quantiles(answers.walls_ms, n=20)[-1]


@pytest.mark.parametrize("fault", ["killed", "stopped"])
def test_an_outage_of_the_server_is_no_outage_of_search(
    fault: str, cluster: Cluster, mall: MallOfItsOwn, web: Server, start_python: StartPython
) -> None:
    node, load = cluster.nodes[0], Load(web)
    wait_until(lambda: is_back(web), what="the first answers of the server")
    well = load.during("well", WELL_SECONDS)
    assert (well.failed, "fallback" in notices(web)) == (0, False)

    strike = threading.Timer(0.5, node.kill if fault == "killed" else node.pause)
    strike.start()
    away = load.during("away", AWAY_SECONDS)
    strike.join()
    assert "fallback" in notices(web)
    assert line_of(start_python(CHANGE, mall=mall)) != ""

    node.start() if fault == "killed" else node.resume()
    cluster.wait()
    returned = time.monotonic()
    wait_until(lambda: is_back(web), seconds=BACK_SECONDS, what="the return to the server")
    back_seconds = time.monotonic() - returned
    again = load.during("again", WELL_SECONDS)
    compared: list[Any] = json.loads(line_of(start_python(COMPARE, mall=mall)))

    print(
        f"\n{fault}: p95 well {p95(well):.0f}, away {p95(away):.0f} (slowest {max(away.walls_ms):.0f}, "
        f"{len(away.walls_ms)} answers), again {p95(again):.0f} ms; back after {back_seconds:.1f} s"
    )
    assert (away.failed, again.failed) == (0, 0)
    assert p95(away) < MOST_P95_MS
    assert compared == [True, PRODUCTS + 3, PRODUCTS + 2, 0, 99900]
