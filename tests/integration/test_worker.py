"""The real worker with its clock, over files and over Redis: what is written to the outbox gets done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from mall.ops.management.commands.run_mall import worker
from tests.conftest import MallOfItsOwn, StartPython
from tests.services import PROJECT, line_of, stop, wait_until

WRITE = """
from mall.catalogue.services import touch_products
from search.indexing.rebuild import rebuild_index
from tests.factories import OfferFactory
rebuild_index()
offer = OfferFactory()
touch_products([offer.variant.product_id])
print("written")
"""

DOCUMENTS = """
from mall.core.models import OutboxRow
from search.service import engine_status
print(engine_status().documents, OutboxRow.objects.count())
"""


@pytest.fixture(params=["files", "redis"])
def mall_with_broker(request: pytest.FixtureRequest, sqlite_mall: MallOfItsOwn) -> MallOfItsOwn:
    if request.param == "redis":
        sqlite_mall.environment["MALL_REDIS_URL"] = request.getfixturevalue("redis_url")
    return sqlite_mall


@pytest.fixture
def running_worker(mall_with_broker: MallOfItsOwn, settings: Any) -> Iterator[subprocess.Popen[bytes]]:
    settings.CELERY_FOLDER = mall_with_broker.folder / "broker"
    command = [sys.executable, *worker()["command"][1:]]
    process = subprocess.Popen(
        command, cwd=PROJECT, env=mall_with_broker.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    yield process
    stop(process)
    assert process.stdout is not None
    process.stdout.close()


def test_a_change_is_indexed_by_the_worker_within_a_minute(
    mall_with_broker: MallOfItsOwn, start_python: StartPython, running_worker: subprocess.Popen[bytes]
) -> None:
    assert line_of(start_python(WRITE, mall=mall_with_broker)) == "written"

    wait_until(
        lambda: line_of(start_python(DOCUMENTS, mall=mall_with_broker)) == "1 0",
        seconds=150,
        what="the work of the worker",
    )
    assert running_worker.poll() is None
    assert stop(running_worker) == 0
