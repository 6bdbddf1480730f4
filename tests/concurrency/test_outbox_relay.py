"""One relay at a time on SQLite, whoever dies."""

from __future__ import annotations

import time

from tests.conftest import MallOfItsOwn, StartPython
from tests.services import go_on, line_of, together

HUNDRED_ROWS = """
from mall.core import outbox
outbox.publish_many("test.note", ((f"note:{n}", {"n": n}) for n in range(100)))
print("written")
"""

HANDLER = """
import sys
from django.conf import settings
from mall.core import outbox

@outbox.handles("test.note")
def note(payloads):
    with (settings.DATA_FOLDER / "done.txt").open("a") as file:
        file.writelines(f"{payload['n']}\\n" for payload in payloads)
    if "waits" in sys.argv:
        print("in the middle", flush=True)
        sys.stdin.readline()
"""

DRAIN = (
    HANDLER
    + """
import time
if "together" in sys.argv:
    print("ready", flush=True)
    sys.stdin.readline()
    note = outbox._handlers["test.note"]
    outbox._handlers["test.note"] = lambda payloads: (note(payloads), time.sleep(2))
try:
    print(outbox.drain())
except outbox.LeaseTaken:
    print("taken")
"""
)

LONG_STEP = """
from mall.core import outbox
outbox.LEASE_SECONDS = 1
"""

WITHOUT_KEEPER = """
from mall.core.outbox_leases import Keeper
Keeper._keep = lambda keeper: None
"""


def test_of_two_workers_at_once_one_does_a_batch(mall_of_its_own: MallOfItsOwn, start_python: StartPython) -> None:
    assert line_of(start_python(HUNDRED_ROWS, mall=mall_of_its_own)) == "written"

    said = together([start_python(DRAIN, "together", mall=mall_of_its_own) for _ in range(2)])

    assert sorted(said) in (["100", "taken"], ["0", "100"])
    done = (mall_of_its_own.folder / "done.txt").read_text().split()
    assert sorted(map(int, done)) == list(range(100))


def test_a_worker_in_a_long_step_keeps_its_rows(mall_of_its_own: MallOfItsOwn, start_python: StartPython) -> None:
    line_of(start_python(HUNDRED_ROWS, mall=mall_of_its_own))
    busy = start_python(LONG_STEP + DRAIN, "waits", mall=mall_of_its_own)
    assert line_of(busy) == "in the middle"
    time.sleep(1.5)

    assert line_of(start_python(DRAIN, mall=mall_of_its_own)) in {"taken", "0"}
    assert go_on(busy) == "100"


def test_without_the_keeper_the_rows_of_a_long_step_are_lost(
    mall_of_its_own: MallOfItsOwn, start_python: StartPython
) -> None:
    line_of(start_python(HUNDRED_ROWS, mall=mall_of_its_own))
    busy = start_python(LONG_STEP + WITHOUT_KEEPER + DRAIN, "waits", mall=mall_of_its_own)
    assert line_of(busy) == "in the middle"
    time.sleep(1.5)

    assert line_of(start_python(DRAIN, mall=mall_of_its_own)) == "100"
    assert len((mall_of_its_own.folder / "done.txt").read_text().split()) == 200


def test_a_killed_worker_leaves_its_rows_to_the_next(mall_of_its_own: MallOfItsOwn, start_python: StartPython) -> None:
    line_of(start_python(HUNDRED_ROWS, mall=mall_of_its_own))
    killed = start_python(LONG_STEP + DRAIN, "waits", mall=mall_of_its_own)
    assert line_of(killed) == "in the middle"
    killed.kill()
    killed.wait()
    time.sleep(1.2)

    assert line_of(start_python(DRAIN, mall=mall_of_its_own)) == "100"
    assert "0 waiting" in mall_of_its_own.manage("outbox", "--skip-checks")
