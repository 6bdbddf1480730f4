"""The figures of `bench_search`."""

from __future__ import annotations

import os
import sys

import pytest

from mall.ops.load import cpu_ms, has_torch, memory_mb
from mall.ops.management.commands.bench_search import percentiles


def test_percentiles_are_values_that_were_seen() -> None:
    assert percentiles([float(n) for n in range(1, 101)]) == {"p50": 51.0, "p95": 96.0}
    assert percentiles([7.0]) == {"p50": 7.0, "p95": 7.0}
    assert percentiles([]) == {"p50": 0.0, "p95": 0.0}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_tells_its_cpu_time_and_memory() -> None:
    before = cpu_ms([os.getpid()])
    sum(range(3_000_000))

    assert cpu_ms([os.getpid()]) > before
    rss, pss = memory_mb(os.getpid())
    assert 10 < pss <= rss < 4000
    assert has_torch(os.getpid()) is ("torch" in sys.modules)
