"""Several workers drain at once on PostgreSQL: all is done, nothing twice at the same moment, whoever dies."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

import pytest

from mall.core import outbox
from tests.conftest import MallOfItsOwn, StartPython
from tests.services import go_on, line_of, together

ROWS = 2000

WRITE = """
import sys
from mall.core import outbox
count, keys = int(sys.argv[1]), int(sys.argv[2])
outbox.publish_many("test.note", ((f"note:{n % keys}", {"n": n, "key": n % keys}) for n in range(count)))
print("written")
"""

WRITE_SLOWLY = """
import sys, time
from mall.core import outbox
for start in range(0, 1200, 6):
    outbox.publish_many("test.note", ((f"note:{n % 12}", {"n": n, "key": n % 12}) for n in range(start, start + 6)))
    time.sleep(0.005)
print("written")
"""

# Each line of the log: worker, key, number, beginning and end of the batch by the machine's one monotonic clock.
WORKER = """
import os, sys, time
from django.conf import settings
from mall.core import outbox
from mall.core.models import OutboxRow

options = dict(word.split("=") for word in sys.argv[1:])

@outbox.handles("test.note", at_once=int(options.get("at_once", 25)), is_serial="serial" in options)
def note(payloads):
    began = time.monotonic()
    if "hangs" in options:
        print("in the middle", flush=True)
        time.sleep(600)
    time.sleep(float(options.get("seconds", 0.05)))
    ended = time.monotonic()
    with (settings.DATA_FOLDER / "log.txt").open("a") as file:
        file.writelines(f"{os.getpid()} {p['key']} {p['n']} {began} {ended}\\n" for p in payloads)

outbox.LEASE_SECONDS = float(options.get("lease", 60))
if "without_locks" in options:
    from django.db.models import QuerySet
    QuerySet.select_for_update = lambda rows, **how: rows
print("ready", flush=True)
sys.stdin.readline()
began = time.monotonic()
done = 0
ends_at = began + float(options.get("until", 0))
while True:
    done += outbox.drain()
    if time.monotonic() > ends_at and not OutboxRow.objects.exists():
        break
    time.sleep(0.05)
print(done, time.monotonic() - began)
"""


@dataclass(frozen=True, kw_only=True)
class Done:
    """One row handled. began, ended: seconds of one clock for all processes."""

    worker: str
    key: int
    n: int
    began: float
    ended: float


def log_of(mall: MallOfItsOwn) -> list[Done]:
    rows = [line.split() for line in (mall.folder / "log.txt").read_text().splitlines()]
    return [
        Done(worker=worker, key=int(key), n=int(n), began=float(began), ended=float(ended))
        for worker, key, n, began, ended in rows
    ]


def overlaps(rows: list[Done]) -> int:
    """Neighbours in time, by beginning, of two workers at once."""
    ordered = sorted(rows, key=lambda row: row.began)
    return sum(one.worker != two.worker and two.began < one.ended for one, two in pairwise(ordered))


def by_key(rows: list[Done]) -> dict[int, list[Done]]:
    groups: dict[int, list[Done]] = defaultdict(list)
    for row in rows:
        groups[row.key].append(row)
    return groups


def drain_with(workers: int, mall: MallOfItsOwn, start_python: StartPython, *options: str) -> float:
    """Seconds until the last of so many workers was done."""
    said = together([start_python(WORKER, *options, mall=mall) for _ in range(workers)])
    return max(float(line.split()[1]) for line in said)


def test_four_workers_do_each_row_once_and_sooner_than_one(
    postgresql_mall: MallOfItsOwn, start_python: StartPython
) -> None:
    line_of(start_python(WRITE, str(ROWS), str(ROWS), mall=postgresql_mall))
    alone_seconds = drain_with(1, postgresql_mall, start_python)
    (postgresql_mall.folder / "log.txt").unlink()
    line_of(start_python(WRITE, str(ROWS), str(ROWS), mall=postgresql_mall))

    seconds = drain_with(4, postgresql_mall, start_python)

    done = log_of(postgresql_mall)
    assert sorted(row.n for row in done) == list(range(ROWS))
    assert len({row.worker for row in done}) == 4
    assert seconds < alone_seconds * 0.7, f"{seconds:.1f} s with four, {alone_seconds:.1f} s alone"
    print(f"{ROWS} rows: {alone_seconds:.2f} s by one worker, {seconds:.2f} s by four")


def test_without_the_row_locks_rows_are_handled_twice(postgresql_mall: MallOfItsOwn, start_python: StartPython) -> None:
    line_of(start_python(WRITE, str(ROWS), str(ROWS), mall=postgresql_mall))

    drain_with(4, postgresql_mall, start_python, "without_locks=1")

    numbers = [row.n for row in log_of(postgresql_mall)]
    assert set(numbers) == set(range(ROWS))
    assert len(numbers) > ROWS


def test_one_thing_is_in_one_hand_at_a_time_and_never_goes_back(
    postgresql_mall: MallOfItsOwn, start_python: StartPython
) -> None:
    """Twelve things change a hundred times each while three workers are at them."""
    workers = [start_python(WORKER, "seconds=0.003", "at_once=3", "until=4", mall=postgresql_mall) for _ in range(3)]
    writer = start_python(
        "import sys; print('ready', flush=True); sys.stdin.readline()" + WRITE_SLOWLY, mall=postgresql_mall
    )

    together([*workers, writer])

    done = by_key(log_of(postgresql_mall))
    assert sorted(done) == list(range(12))
    for rows in done.values():
        assert overlaps(rows) == 0
        numbers = [row.n for row in sorted(rows, key=lambda row: row.began)]
        assert numbers == sorted(set(numbers))
    assert {rows[-1].n for rows in (sorted(group, key=lambda row: row.n) for group in done.values())} == set(
        range(1188, 1200)
    )
    assert overlaps([row for rows in done.values() for row in rows]) > 0


HOLDS_THE_OLDER = """
import sys
from django.db import transaction
from mall.core.models import OutboxRow
with transaction.atomic():
    OutboxRow.objects.select_for_update().get(payload__n=0)
    print("in the middle", flush=True)
    sys.stdin.readline()
print("let go", flush=True)
"""

DRAIN_ONCE = """
from mall.core import outbox
@outbox.handles("test.note")
def note(payloads):
    print([payload["n"] for payload in payloads])
outbox.drain()
print("drained")
"""


def test_a_change_does_not_overtake_an_older_one_that_another_worker_is_taking(
    postgresql_mall: MallOfItsOwn, start_python: StartPython
) -> None:
    line_of(start_python(WRITE, "2", "1", mall=postgresql_mall))
    other = start_python(HOLDS_THE_OLDER, mall=postgresql_mall)
    assert line_of(other) == "in the middle"

    assert line_of(start_python(DRAIN_ONCE, mall=postgresql_mall)) == "drained"

    assert go_on(other) == "let go"
    assert line_of(start_python(DRAIN_ONCE, mall=postgresql_mall)) == "[1]"


def test_a_serial_topic_is_in_one_hand_at_a_time(postgresql_mall: MallOfItsOwn, start_python: StartPython) -> None:
    line_of(start_python(WRITE, "400", "400", mall=postgresql_mall))

    drain_with(3, postgresql_mall, start_python, "serial=1", "at_once=5", "seconds=0.01")

    done = log_of(postgresql_mall)
    assert sorted(row.n for row in done) == list(range(400))
    assert overlaps(done) == 0


def test_a_worker_that_is_killed_loses_nothing_and_the_others_go_on(
    postgresql_mall: MallOfItsOwn, start_python: StartPython
) -> None:
    line_of(start_python(WRITE, str(ROWS), str(ROWS), mall=postgresql_mall))
    killed = start_python(WORKER, "hangs=1", "lease=2", mall=postgresql_mall)
    assert line_of(killed) == "ready"
    assert killed.stdin is not None
    killed.stdin.write(b"go\n")
    killed.stdin.flush()
    assert line_of(killed) == "in the middle"
    killed.kill()
    killed.wait()

    drain_with(2, postgresql_mall, start_python, "lease=2", "at_once=100")

    done = log_of(postgresql_mall)
    assert sorted(row.n for row in done) == list(range(ROWS))
    # those that the dead one had in hand came back one by one, the others in batches
    batches = Counter((row.worker, row.began) for row in done)
    assert {batches[row.worker, row.began] for row in done if row.n < 25} == {1}
    assert max(batches.values()) == 100
    # a lease of an hour would be as safe and too late
    assert outbox.LEASE_SECONDS + 2 <= 90


ALONE = """
import sys, time
from django.conf import settings
from mall.core import outbox
print("ready", flush=True)
sys.stdin.readline()
time.sleep(0.5)
with outbox.alone("test.note", wait_seconds=20):
    began = time.monotonic()
    time.sleep(1)
    print(began, time.monotonic())
"""


@pytest.mark.parametrize("serial", ["parallel=1", "serial=1"])
def test_nobody_handles_a_topic_while_somebody_has_it_alone(
    serial: str, postgresql_mall: MallOfItsOwn, start_python: StartPython
) -> None:
    line_of(start_python(WRITE, str(ROWS), str(ROWS), mall=postgresql_mall))
    options = ("at_once=20", "seconds=0.05", serial)

    *_said, alone = together(
        [
            *(start_python(WORKER, *options, mall=postgresql_mall) for _ in range(2)),
            start_python(ALONE, mall=postgresql_mall),
        ]
    )

    began, ended = map(float, alone.split())
    done = log_of(postgresql_mall)
    assert [row for row in done if row.began < ended and row.ended > began] == []
    assert sorted(row.n for row in done) == list(range(ROWS))
    assert any(row.ended <= began for row in done) and any(row.began >= ended for row in done)


POISON = """
import os, resource, sys, time
from django.conf import settings
from django.db import connections
from mall.core import outbox, outbox_claims
from mall.core.models import OutboxRow

outbox.LEASE_SECONDS, outbox_claims.MAX_ATTEMPTS = 1, 3

def never_ends():
    while True:
        time.sleep(0.1)

def eats_memory():
    resource.setrlimit(resource.RLIMIT_AS, (2 ** 32, 2 ** 32))
    hoard = []
    while True:
        hoard.append(bytearray(2 ** 33))

def raises():
    raise ValueError("poison")

deeds = {
    3: raises,
    8: lambda: sys.exit(3),
    13: lambda: os._exit(3),
    21: lambda: os.kill(os.getpid(), 9),
    29: never_ends,
    37: eats_memory,
}

@outbox.handles("test.note", longest_seconds=2.0)
def note(payloads):
    for p in payloads:
        deeds.get(p["n"], int)()
    with (settings.DATA_FOLDER / "done.txt").open("a") as file:
        file.writelines(f"{p['n']}\\n" for p in payloads)

def work():
    while OutboxRow.objects.filter(is_dead=False).exists():
        outbox.drain()
        OutboxRow.objects.filter(is_dead=False, claimed_by="").update(available_at="2020-01-01T00:00:00Z")
        time.sleep(0.05)

lives = 0
while True:
    lives += 1
    child = os.fork()
    if child == 0:
        try:
            work()
        except outbox.LeaseTaken:
            time.sleep(0.2)
            os._exit(4)
        except BaseException:
            os._exit(5)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
for row in OutboxRow.objects.order_by("pk"):
    print(row.key, row.attempts, row.error, sep="|")
print(lives, flush=True)
"""

ENDED = "its worker ended in the middle of it, 3 times"


def test_poisonous_rows_are_isolated_and_the_queue_goes_on(
    mall_of_its_own: MallOfItsOwn, start_python: StartPython
) -> None:
    """One raises, one exits, one ends its process, one kills it, one never ends, one eats memory.

    Somebody starts the worker again whenever it ended, as a supervisor does.
    """
    line_of(start_python(WRITE, "40", "40", mall=mall_of_its_own))

    out, error = start_python(POISON, mall=mall_of_its_own).communicate(timeout=200)

    *letters, lives = out.decode().strip().splitlines()
    assert letters == [
        "note:3|3|ValueError: poison",
        f"note:8|3|{ENDED}",
        f"note:13|3|{ENDED}",
        f"note:21|3|{ENDED}",
        f"note:29|3|{ENDED}",
        "note:37|3|MemoryError",
    ], error.decode()[-2000:]
    done = (mall_of_its_own.folder / "done.txt").read_text().split()
    assert sorted(map(int, done)) == sorted(set(range(40)) - {3, 8, 13, 21, 29, 37})
    assert int(lives) > 9
