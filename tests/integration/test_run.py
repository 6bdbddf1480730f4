"""`make run`: one command opens the mall, Ctrl-C closes all of it, a second start keeps the data."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from mall.ops import install
from mall.ops.management.commands.run_mall import free_port
from tests.conftest import MallOfItsOwn
from tests.services import PROJECT, answers, get, stop, wait_until
from tests.services import free_port as any_free_port

SUPERVISOR = PROJECT / "mall" / "ops" / "supervisor.py"


class Running:
    """A process in a group of its own, as a shell would start it, with what it has printed so far."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.decode().rstrip())

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def ended(self, seconds: float = 30) -> int:
        code = self.process.wait(seconds)
        self.reader.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def run() -> Iterator[list[Running]]:
    """Whatever a test starts; what still runs at its end is ended."""
    started: list[Running] = []
    yield started
    for one in started:
        if one.process.poll() is None:
            stop(one.process)
            one.ended()


def processes_with(words: str) -> list[int]:
    """Ids of processes whose command line holds `words`, this one left out."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if words in line and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def supervise(run: list[Running], *children: str, address: str = "http://127.0.0.1:9/") -> Running:
    """The supervisor over small Python programs."""
    command = [sys.executable, "-P", str(SUPERVISOR), "--address", address, "--welcome", "welcome"]
    for number, code in enumerate(children):
        command += ["--child", f'{{"name": "c{number}", "command": ["{sys.executable}", "-u", "-c", "{code}"]}}']
    running = Running(command, dict(os.environ))
    run.append(running)
    return running


SLEEPS = "import time; print('here', flush=True); time.sleep(600)"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_supervisor_and_every_child(number: signal.Signals, run: list[Running]) -> None:
    mark = f"mark={time.time_ns()}"
    running = supervise(run, f"{mark}; {SLEEPS}", f"{mark}; {SLEEPS}")
    wait_until(lambda: running.text.count("here") == 2, what="the start of both children")

    running.process.send_signal(number)

    assert running.ended() == 0
    assert processes_with(mark) == []
    assert running.lines[-1].startswith("The mall is closed.")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux only")
def test_a_killed_supervisor_takes_its_children_along(run: list[Running]) -> None:
    mark = f"mark={time.time_ns()}"
    running = supervise(run, f"{mark}; {SLEEPS}")
    wait_until(lambda: "here" in running.text, what="the start of the child")

    running.process.kill()

    wait_until(lambda: processes_with(mark) == [], seconds=10, what="the end of the child")
    running.ended()


def test_a_child_that_ends_is_started_again(run: list[Running], tmp_path: Path) -> None:
    once = (
        f"import pathlib, sys, time; p = pathlib.Path('{tmp_path}/once'); e = p.exists(); p.touch(); "
        "print('second' if e else 'first', flush=True); e or sys.exit(3); time.sleep(600)"
    )
    running = supervise(run, once)

    wait_until(lambda: "second" in running.text, what="the second start")

    assert [line for line in running.lines if "ended with" in line] == ["c0     | ended with 3; starting it again"]


def test_a_child_that_keeps_ending_closes_everything_with_its_last_words(run: list[Running]) -> None:
    running = supervise(run, "import sys; print('no database here', flush=True); sys.exit(7)", SLEEPS)

    assert running.ended() == 1
    assert "c0 ended 4 times in a row. Its last words:" in running.text
    assert running.text.endswith("no database here")


def test_the_next_free_port_is_taken_when_one_is_in_use() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]

        assert taken < free_port("127.0.0.1", taken) <= taken + 20


def test_a_port_that_may_not_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise PermissionError

    monkeypatch.setattr(socket.socket, "bind", refuse)

    with pytest.raises(CommandError, match="may not be used"):
        free_port("127.0.0.1", 80)


@pytest.mark.parametrize(
    ("asked", "stamp", "takes_it"),
    [
        ("cpu", "", True),
        ("CPU", "abc torch=default\n", True),
        ("", "", False),
        ("", "abc torch=cpu\n", True),
        ("", "abc torch=default\n", False),
        ("default", "abc torch=cpu\n", False),
    ],
)
def test_the_cpu_build_once_chosen_is_kept(asked: str, stamp: str, takes_it: bool) -> None:
    assert install.wants_cpu_build(asked, stamp) is takes_it


def test_the_lock_without_gpu_packages_keeps_all_the_others() -> None:
    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8")

    left = install.without_gpu_packages(lock)

    names = [line.partition("==")[0] for line in left.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    assert not [name for name in names if name == "torch" or name.startswith(("nvidia", "cuda", "triton"))]
    assert {"django", "wagtail", "tantivy", "numpy", "sentence-transformers"} <= set(names)
    assert all("--hash=sha256:" in entry for entry in left.split("\n\n") if "==" in entry)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_one_command_opens_the_mall_with_its_worker_and_ctrl_c_closes_all(
    sqlite_mall: MallOfItsOwn, run: list[Running]
) -> None:
    port = any_free_port()
    environment = {**sqlite_mall.environment, "MALL_WEB_PROCESSES": "1"}
    command = [sys.executable, "manage.py", "run_mall", "--without-demo", "--port", str(port)]
    running = Running(command, environment)
    run.append(running)
    wait_until(lambda: "Passage is open" in running.text, seconds=200, what="the opening of the mall")

    status, page, headers = get(f"http://127.0.0.1:{port}/fr/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Passage" in page
    wait_until(
        lambda: '"worker", "state": "ok"' in get(f"http://127.0.0.1:{port}/health")[1],
        seconds=120,
        what="a sign of life of the worker",
    )
    folder = str(sqlite_mall.folder)
    assert processes_with(folder)

    os.killpg(running.process.pid, signal.SIGINT)

    assert running.ended(60) == 0
    assert processes_with(folder) == []
    assert not answers(port)
    assert "Traceback" not in running.text
