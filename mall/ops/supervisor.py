"""The processes of `make run` and `make stack`, started together, stopped together. Standard library only: it stays
small in memory.

Each child's lines are passed on with its name in front. A child that ends by itself is started again, and so is one
that gives no sign of life any more; one that keeps ending brings everything down, its last words shown.
SIGINT, SIGTERM and SIGHUP stop all; nothing is left behind.
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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

STOP_SECONDS = 12.0
RESTARTS_ALLOWED = 3
RESTART_WINDOW_SECONDS = 60.0
READY_SECONDS = 120.0
PATIENCE_SECONDS = 15.0
LAST_LINES = 15
# a worker answers the clock every two seconds; on a machine that is overloaded it may take its time
SILENT_SECONDS = 60.0

# A group of its own: Ctrl-C reaches the supervisor alone, so no child is told to stop twice, and what a child has
# started can be ended with it. On Linux the kernel ends a child whose supervisor was killed; a change of user would
# undo that, so it comes before, and after the imports: another user may not be able to read them.
_START = """
import ctypes, os, pwd, sys
os.setpgid(0, 0)
user = int(sys.argv[1])
if user >= 0:
    group = pwd.getpwuid(user).pw_gid
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, int(sys.argv[2]))
os.execvp(sys.argv[3], sys.argv[3:])
"""


@dataclass
class Child:
    """One process.

    environment: all of it; None: ours. user: an account's id to run as; None: ours. stop_signal: what asks it to end.
    log: a file for its lines; "": they are printed. heartbeat: a file that it touches while all is well; "": none.
    starts: when it was started lately (monotonic seconds). last_lines: what it said last.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    user: int | None = None
    stop_signal: int = signal.SIGTERM
    log: str = ""
    heartbeat: str = ""
    process: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS_ALLOWED + 1))
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    is_wanted: bool = False

    def start(self) -> None:
        """Start it. On Linux it ends with the thread that called: call from one that stays."""
        self.starts.append(time.monotonic())
        self.is_wanted = True
        user = -1 if self.user is None else self.user
        command = [sys.executable, "-S", "-c", _START, str(user), str(int(self.stop_signal)), *self.command]
        self.process = subprocess.Popen(
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert self.process.stdout is not None
        threading.Thread(target=self._pass_on, args=(self.process.stdout,), daemon=True).start()

    def _pass_on(self, lines: IO[bytes]) -> None:
        with lines, contextlib.ExitStack() as stack:
            log = stack.enter_context(open(self.log, "ab", buffering=0)) if self.log else None
            for raw in lines:
                line = raw.decode("utf-8", "replace").rstrip()
                self.last_lines.append(line)
                with contextlib.suppress(OSError):
                    if log is None:
                        print(f"{self.name:<6} | {line}", flush=True)
                    else:
                        log.write(raw)

    def ask_to_stop(self) -> None:
        self.is_wanted = False
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGCONT)
                self.process.send_signal(self.stop_signal)

    def wait_for_end(self, seconds: float) -> None:
        """Wait so long at most, then end at once what still runs of it."""
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
            self.end_group()
            self.process.wait()

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

    @property
    def is_silent(self) -> bool:
        """Whether it runs and has given no sign of life for SILENT_SECONDS, where it gives any."""
        if not self.heartbeat or self.process is None or time.monotonic() - self.starts[-1] < SILENT_SECONDS:
            return False
        try:
            return time.time() - Path(self.heartbeat).stat().st_mtime > SILENT_SECONDS
        except OSError:
            return True


def mend(children: Sequence[Child], say: Callable[[str], None]) -> Child | None:
    """Start again what has ended by itself or is silent; the child that ended too often, if one has."""
    for child in children:
        if not child.is_wanted or child.process is None:
            continue
        if child.is_silent and not child.has_ended:
            say(f"{child.name:<6} | no sign of life for {SILENT_SECONDS:.0f} s; ending it")
            child.end_group()
            child.process.wait()
        if child.has_ended:
            if child.ends_too_often:
                return child
            say(f"{child.name:<6} | ended with {child.process.returncode}; starting it again")
            child.end_group()
            child.start()
    return None


def stop_all(children: Sequence[Child], *, seconds: float = STOP_SECONDS) -> None:
    """Ask all to end, together; what still runs after so long is ended at once."""
    for child in children:
        child.ask_to_stop()
    end = time.monotonic() + seconds
    for child in children:
        child.wait_for_end(max(0.1, end - time.monotonic()))


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
            failed = mend(self.children, lambda line: print(line, flush=True))
        self._is_stopping.set()
        stop_all(self.children)
        opener.join()
        stop_all(self.children)  # what the opener had just started
        if failed is None:
            print("The mall is closed. Its data are kept; `make run` opens it again.", flush=True)
            return 0
        print(last_words(failed), flush=True)
        return 1

    def _open(self) -> None:
        """Start the other children, and say the welcome once the first page is served: asked by address, so true."""
        started = time.monotonic()
        waiting = list(self.children[1:])
        while not self._is_stopping.is_set() and time.monotonic() - started < READY_SECONDS:
            is_served = is_page_served(self.address)
            if is_served or time.monotonic() - started > PATIENCE_SECONDS:
                while waiting and not self._is_stopping.is_set():
                    waiting.pop(0).start()
            if is_served:
                print(self.welcome, flush=True)
                break
            self._is_stopping.wait(0.2)
        self._is_stopping.wait()  # the children end with the thread that started them


def last_words(failed: Child) -> str:
    """Why everything was closed."""
    told = "\n".join(f"    {line}" for line in failed.last_lines)
    return f"\nThe mall is closed: {failed.name} ended {RESTARTS_ALLOWED + 1} times in a row. Its last words:\n{told}"


def is_page_served(address: str) -> bool:
    """Whether the address answers with anything but a failure of the server."""
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
