"""On SQLite a process that is still reading cannot write once another has written: a rebuild does both for minutes."""

from __future__ import annotations

import pytest

from tests.conftest import MallOfItsOwn, StartPython
from tests.services import line_of

READ_AND_WRITE = """
import sys, threading
from django.db import OperationalError, connection
from mall.catalogue.models import Category
from search.indexing import registry
registry.IDS_AT_ONCE = 2
def add(n):
    Category.objects.create(slug=f"c{n}", path=f"c{n}", name_fr="C", name_en="C")
    connection.close()
for n in range(6):
    Category.objects.create(slug=f"c{n}", path=f"c{n}", name_fr="C", name_en="C")
rows = Category.objects.order_by("pk")
ids = registry.ids_of(rows) if sys.argv[1] == "some at a time" else rows.values_list("pk", flat=True).iterator(2)
seen = [next(iter(ids))]
other = threading.Thread(target=add, args=(6,))
other.start()
other.join()
try:
    Category.objects.filter(slug="c0").update(position=1)
    print(len(seen) + len(list(ids)))
except OperationalError as error:
    print(error)
"""


@pytest.mark.parametrize(("way", "outcome"), [("some at a time", "7"), ("one open statement", "database is locked")])
def test_ids_are_read_some_at_a_time_so_that_the_reader_can_write(
    way: str, outcome: str, sqlite_mall: MallOfItsOwn, start_python: StartPython
) -> None:
    assert line_of(start_python(READ_AND_WRITE, way, mall=sqlite_mall)) == outcome
