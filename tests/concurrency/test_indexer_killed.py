"""An indexer that dies at the worst moment loses nothing and doubles nothing."""

from __future__ import annotations

import json
import time

import pytest

from tests.conftest import MallOfItsOwn, StartPython
from tests.services import line_of

FORTY_PRODUCTS = """
from mall.catalogue.services import touch_products
from search.indexing.rebuild import rebuild_index
from tests.factories import CategoryFactory, OfferFactory, ProductFactory
rebuild_index()
category = CategoryFactory()
for number in range(40):
    product = ProductFactory(category=category, texts={"fr": f"Lampe {number}", "en": f"Lamp {number}"})
    OfferFactory(variant__product=product)
    touch_products([product.pk])
print("written")
"""

DIES = """
import sys, time
from mall.core import outbox
from search.service import get_engine
outbox.LEASE_SECONDS = 1
engine = get_engine()
upsert = engine.upsert
def slow(documents):
    if sys.argv[1] == "after the commit":
        upsert(documents)
    print("in the middle", flush=True)
    time.sleep(60)
engine.upsert = slow
outbox.drain()
"""

FACTS = """
import json
from mall.core.models import OutboxRow
from search.queries import SearchQuery
from search.service import engine_status, search
found = search(SearchQuery(text="lampe", language="fr", page_size=96))
status = engine_status()
hits = [hit.id for hit in found.hits]
print(json.dumps([status.documents, status.offers, len(hits), len(set(hits)), OutboxRow.objects.count()]))
"""


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_a_killed_indexer_loses_nothing_and_doubles_nothing(
    moment: str, sqlite_mall: MallOfItsOwn, start_python: StartPython
) -> None:
    assert line_of(start_python(FORTY_PRODUCTS, mall=sqlite_mall)) == "written"
    indexer = start_python(DIES, moment, mall=sqlite_mall)
    assert line_of(indexer) == "in the middle"
    indexer.kill()
    indexer.wait()
    time.sleep(1.5)

    sqlite_mall.manage("outbox", "--drain", "--skip-checks")

    # documents, offers, hits, different hits, rows that wait
    assert json.loads(line_of(start_python(FACTS, mall=sqlite_mall))) == [40, 40, 40, 40, 0]


REBUILD_DIES = """
import time
from search.indexing import rebuild
from mall.core import outbox
outbox.LEASE_SECONDS = 1
def step(read, total):
    print("in the middle", flush=True)
    time.sleep(60)
rebuild.rebuild_index_alone(step)
"""


def test_a_killed_rebuild_leaves_the_old_index_in_use(sqlite_mall: MallOfItsOwn, start_python: StartPython) -> None:
    line_of(start_python(FORTY_PRODUCTS, mall=sqlite_mall))
    sqlite_mall.manage("outbox", "--drain", "--skip-checks")
    rebuild = start_python(REBUILD_DIES, mall=sqlite_mall)
    assert line_of(rebuild) == "in the middle"
    assert json.loads(line_of(start_python(FACTS, mall=sqlite_mall))) == [40, 40, 40, 40, 0]
    rebuild.kill()
    rebuild.wait()
    time.sleep(1.5)

    assert json.loads(line_of(start_python(FACTS, mall=sqlite_mall))) == [40, 40, 40, 40, 0]
    sqlite_mall.manage("rebuild_search", "--quiet", "--skip-checks")
    assert json.loads(line_of(start_python(FACTS, mall=sqlite_mall))) == [40, 40, 40, 40, 0]


NO_ROOM = """
import resource
from mall.core import outbox
from search.service import engine_status, get_engine
from search.indexing.handlers import index_changes
from mall.core.models import OutboxRow
payloads = [row.payload for row in OutboxRow.objects.filter(topic="search.changed")]
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    index_changes(payloads)
    print("written")
except outbox.Busy as error:
    print("no room:", error.__cause__)
"""


def test_a_full_disk_leaves_the_index_as_it_was(sqlite_mall: MallOfItsOwn, start_python: StartPython) -> None:
    line_of(start_python(FORTY_PRODUCTS, mall=sqlite_mall))

    said = line_of(start_python(NO_ROOM, mall=sqlite_mall))

    assert said.startswith("no room: The search index could not be written")
    assert "nothing was changed" in said
    documents, offers, *_hits, waiting = json.loads(line_of(start_python(FACTS, mall=sqlite_mall)))
    assert (documents, offers, waiting > 0) == (0, 0, True)
    sqlite_mall.manage("outbox", "--drain", "--skip-checks")
    assert json.loads(line_of(start_python(FACTS, mall=sqlite_mall))) == [40, 40, 40, 40, 0]
