"""The processes of `make run`, started together, stopped together. Standard library only: it stays small in memory.

Each child's lines are passed on with its name in front. A child that ends by itself is started again; one that keeps
ending brings everything down, its last words shown. SIGINT, SIGTERM and SIGHUP stop all; nothing is left behind.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

STOP_SECONDS = 12.0
RESTARTS_ALLOWED = 3
RESTART_WINDOW_SECONDS = 60.0
READY_SECONDS = 120.0
PATIENCE_SECONDS = 15.0
LAST_LINES = 15

# A group of its own: Ctrl-C reaches the supervisor alone, so no child is told to stop twice, and what a child has
# started can be ended with it. On Linux the kernel ends a child whose supervisor was killed.
_START = """
import os, sys
os.setpgid(0, 0)
if sys.platform == "linux":
    import ctypes, signal
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
os.execvp(sys.argv[1], sys.argv[1:])
"""


@dataclass
class Child:
    """One process. starts: when it was started lately (monotonic seconds). last_lines: what it said last."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS_ALLOWED + 1))
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))

    def start(self) -> None:
        self.starts.append(time.monotonic())
        command = [sys.executable, "-c", _START, *self.command]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert self.process.stdout is not None
        threading.Thread(target=self._pass_on, args=(self.process.stdout,), daemon=True).start()

    def _pass_on(self, lines: IO[bytes]) -> None:
        for raw in lines:
            line = raw.decode("utf-8", "replace").rstrip()
            self.last_lines.append(line)
            with contextlib.suppress(OSError):
                print(f"{self.name:<6} | {line}", flush=True)

    def end_group(self) -> None:
        """End at once whatever the child, or what it started, still runs."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    @property
    def ends_too_often(self) -> bool:
        return len(self.starts) > RESTARTS_ALLOWED and time.monotonic() - self.starts[0] < RESTART_WINDOW_SECONDS


class Supervisor:
    """Keeps the children running until told to stop."""

    def __init__(self, children: Sequence[Child], *, address: str, welcome: str) -> None:
        self.children = children
        self.address = address
        self.welcome = welcome
        self._is_stopping = threading.Event()

    def run(self) -> int:
        """Start all, wait, stop all. 0 after a signal, 1 when a child kept ending.

        The first child has the machine to itself until it serves its address, PATIENCE_SECONDS at most.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._is_stopping.set())
        self.children[0].start()
        opener = threading.Thread(target=self._open, daemon=True)
        opener.start()
        failed = None
        while failed is None and not self._is_stopping.wait(0.3):
            failed = self._restart_ended()
        self._is_stopping.set()
        self._stop_all()
        opener.join()
        self._stop_all()  # what the opener had just started
        if failed is None:
            print("The mall is closed. Its data are kept; `make run` opens it again.", flush=True)
            return 0
        print(f"\nThe mall is closed: {failed.name} ended {RESTARTS_ALLOWED + 1} times in a row. Its last words:")
        print("\n".join(f"    {line}" for line in failed.last_lines), flush=True)
        return 1

    def _restart_ended(self) -> Child | None:
        """Start again what has ended; the child that ended too often, if one has."""
        for child in self.children:
            if child.has_ended and child.process is not None:
                if child.ends_too_often:
                    return child
                print(f"{child.name:<6} | ended with {child.process.returncode}; starting it again", flush=True)
                child.end_group()
                child.start()
        return None

    def _stop_all(self) -> None:
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        end = time.monotonic() + STOP_SECONDS
        for child in self.children:
            if child.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.1, end - time.monotonic()))
                child.end_group()
                child.process.wait()

    def _open(self) -> None:
        """Start the other children, and say the welcome once the first page is served: asked by address, so true."""
        started = time.monotonic()
        waiting = list(self.children[1:])
        while not self._is_stopping.is_set() and time.monotonic() - started < READY_SECONDS:
            is_served = _is_served(self.address)
            if is_served or time.monotonic() - started > PATIENCE_SECONDS:
                while waiting and not self._is_stopping.is_set():
                    waiting.pop(0).start()
            if is_served:
                print(self.welcome, flush=True)
                return
            self._is_stopping.wait(0.2)


def _is_served(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310 - our own address
            return int(answer.status) < 500
    except urllib.error.HTTPError as error:
        error.close()
        return error.code < 500
    except OSError:
        return False


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the mall's processes; started by `manage.py run_mall`.")
    parser.add_argument("--child", action="append", required=True, help='{"name": …, "command": […]} as JSON')
    parser.add_argument("--address", required=True, help="the page that is served first")
    parser.add_argument("--welcome", required=True, help="what to print then")
    options = parser.parse_args()
    children = [Child(**json.loads(text)) for text in options.child]
    return Supervisor(children, address=options.address, welcome=options.welcome).run()


if __name__ == "__main__":
    sys.exit(main())
