"""The health check of a container: pages by asking, workers by their sign of life."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mall.ops import alive, supervisor


@pytest.fixture
def processes(tmp_path: Path) -> Path:
    """A process table with an init that was started an hour ago."""
    folder = tmp_path / "proc"
    (folder / "1").mkdir(parents=True)
    an_hour_ago = time.time() - 3600
    os.utime(folder / "1", (an_hour_ago, an_hour_ago))
    return folder


def test_a_worker_with_a_young_heartbeat_is_well(processes: Path, tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    heartbeat.touch()

    assert alive.worker(heartbeat, processes) == 0


def test_a_worker_that_has_just_been_started_needs_no_heartbeat_yet(processes: Path, tmp_path: Path) -> None:
    os.utime(processes / "1")

    assert alive.worker(tmp_path / "none", processes) == 0


def test_a_silent_worker_is_ended_so_that_its_container_is_started_again(processes: Path, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as silent:
        for pid, parent in ((silent.pid, 1), (os.getpid(), 1), (99999999, 7)):
            (processes / str(pid)).mkdir()
            (processes / str(pid) / "stat").write_text(f"{pid} (a name) (x) S {parent} 0 0", encoding="utf-8")

        assert alive.worker(tmp_path / "none", processes) == 1
        assert silent.wait(10) == -9


def test_both_watchers_have_the_same_patience() -> None:
    assert alive.SILENT_SECONDS == supervisor.SILENT_SECONDS


def test_a_web_server_that_does_not_answer_is_not_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert alive.web(port=1) == 1
    assert "no answer" in capsys.readouterr().out
