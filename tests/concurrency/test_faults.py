"""Every drill of `manage.py fault_drill` on real servers: one mall for all that fit on it.

What each does and checks stands in `mall/ops/drills`; the figures are printed (`pytest -s`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from mall.ops.drills.catalogue import DRILLS, run_drill
from mall.ops.drills.ground import Ground
from mall.ops.drills.report import CannotDrill
from mall.ops.opensearch.errors import NotToBeHad
from mall.ops.postgresql import NotInstalled
from tests.conftest import miss
from tests.services import PROJECT, mall_environment

pytestmark = [pytest.mark.service, pytest.mark.timeout(1200)]

SHARED = [name for name, drill in DRILLS.items() if drill.nodes == 1]
ALONE = [name for name in DRILLS if name not in SHARED]


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """A mall with its demo goods on servers of its own; each drill begins by giving back what the last one took."""
    with ExitStack() as exits:
        try:
            made = exits.enter_context(Ground())
        except (NotInstalled, NotToBeHad) as error:
            miss(str(error))
        yield made


@pytest.mark.parametrize("name", SHARED)
def test_what_must_hold_holds_through_the_fault(name: str, ground: Ground) -> None:
    try:
        report = run_drill(name, ground)
    except CannotDrill as error:
        miss(str(error))

    print(f"\n{report.as_json()}")
    assert report.broken == []


@pytest.mark.parametrize("name", ALONE)
def test_the_command_drills_a_mall_of_its_own_and_tells_in_one_line(name: str, tmp_path: Any) -> None:
    command = [sys.executable, "manage.py", "fault_drill", name, "--quiet"]
    environment = mall_environment(tmp_path)
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    if "not installed" in done.stderr:
        miss(done.stderr)

    print(f"\n{done.stdout}")
    (line,) = done.stdout.splitlines()
    told = json.loads(line)
    assert (told["drill"], told["broken"], told["passed"]) == (name, [], True)
    assert done.returncode == 0
    assert {"requests", "statuses", "search_p95_ms_during", "back_seconds", "lost", "stale"} <= told.keys()
