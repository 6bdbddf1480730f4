"""One OpenSearch node: its files, its process, and what a fault test does to it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mall.ops.opensearch.asking import call
from mall.ops.opensearch.errors import NodeFailed, OpenSearchError
from mall.ops.opensearch.reach import give_to_server, server_user

STOP_SECONDS = 30
TAIL_LINES = 25
UNITS = {"m": 1, "g": 1024}

# Becomes the server: the kernel kills it when the thread that started it is gone, however that came; with SIGKILL,
# because a paused process hears nothing else. A change of user would undo that, so the user changes first.
_BECOME = """
import ctypes, os, resource, signal, sys
maker, user = int(sys.argv[1]), int(sys.argv[2])
if user >= 0:
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
if sys.platform == "linux":
    most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != maker:
        sys.exit("its maker is gone")
os.execv(sys.argv[3], sys.argv[3:])
"""

LOGGING = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What all nodes of a cluster run. command: Java with its flags, less those of one node. home: the server home."""

    home: Path
    java: Path
    flags: Sequence[str]
    class_path: str
    heap: str

    @property
    def heap_mb(self) -> int:
        match = re.fullmatch(r"(\d+)([mg])", self.heap)
        if match is None:
            raise OpenSearchError(f"heap is {self.heap!r}; write it as 512m or 1g")
        return int(match[1]) * UNITS[match[2]]


class Node:
    """A node that `Cluster` made. name: node-1, node-2 … url: where it answers. For one thread at a time."""

    def __init__(
        self,
        *,
        program: Program,
        name: str,
        port: int,
        settings: Mapping[str, object],
        folder: Path,
        run_folder: Path,
        starter: ThreadPoolExecutor,
    ) -> None:
        """settings: of opensearch.yml. folder: data and logs. run_folder: configuration and temporary files."""
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self.is_paused = False
        self.is_meant_to_run = False
        self._program = program
        self._folder = folder
        self._run_folder = run_folder
        self._starter = starter
        self._process: subprocess.Popen[bytes] | None = None
        self._lay_out(settings)

    def _lay_out(self, settings: Mapping[str, object]) -> None:
        for folder in (self._folder / "data", self._folder / "logs", self._run_folder / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        configuration = self._run_folder / "config"
        shutil.copytree(self._program.home / "config", configuration)
        paths = {"path.data": str(self._folder / "data"), "path.logs": str(self._folder / "logs")}
        lines = [f"{key}: {json.dumps(value)}\n" for key, value in {**settings, **paths}.items()]
        (configuration / "opensearch.yml").write_text("".join(lines), encoding="utf-8")
        (configuration / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
        self._log.write_bytes(b"")
        give_to_server(self._folder)
        give_to_server(self._run_folder)

    @property
    def _log(self) -> Path:
        return self._folder / "logs" / "server.log"

    @property
    def pid(self) -> int:
        """Process id of the server. Raises OpenSearchError when it was never started."""
        if self._process is None:
            raise OpenSearchError(f"{self.name} was not started")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether its process lives, paused or not."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, or start it again with its data; `Cluster.wait` says when it answers. Nothing while it runs."""
        if self.is_running:
            return
        user = server_user()
        become = [sys.executable, "-I", "-S", "-c", _BECOME, str(os.getpid()), str(-1 if user is None else user)]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self._run_folder), "HOSTNAME": self.name, "LANG": "C.UTF-8"}
        with self._log.open("ab") as log:
            # the thread that starts it must live as long as it shall: the kernel ends it with its thread
            self._process = self._starter.submit(
                subprocess.Popen,
                [*become, *self._command()],
                cwd=self._run_folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ).result()
        self.is_meant_to_run, self.is_paused = True, False

    def _command(self) -> list[str]:
        program, run = self._program, self._run_folder
        memory = [f"-Xms{program.heap}", f"-Xmx{program.heap}", f"-XX:MaxDirectMemorySize={program.heap_mb // 2}m"]
        places = {
            "java.io.tmpdir": run / "tmp",
            "jna.tmpdir": run / "tmp",
            "opensearch.path.home": program.home,
            "opensearch.path.conf": run / "config",
            "opensearch.distribution.type": "zip",
            "opensearch.bundled_jdk": "false",
        }
        properties = [f"-D{name}={value}" for name, value in places.items()]
        crash = f"-XX:ErrorFile={self._folder}/logs/crash.log"
        main = ["-cp", program.class_path, "org.opensearch.bootstrap.OpenSearch"]
        return [str(program.java), *memory, *program.flags, *properties, crash, *main]

    def pause(self) -> None:
        """Stop its clock (SIGSTOP): it keeps its connections and answers nothing until `resume`."""
        os.kill(self.pid, signal.SIGSTOP)
        self.is_paused = True

    def resume(self) -> None:
        """Let it go on after `pause`."""
        os.kill(self.pid, signal.SIGCONT)
        self.is_paused = False

    def kill(self) -> None:
        """End it at once (SIGKILL), as a power cut would; its data stay for `start`."""
        self._end(signal.SIGKILL)

    def ask_to_stop(self) -> None:
        """Tell it to close its data and end; returns at once."""
        self.is_meant_to_run = False
        if self.is_running:
            if self.is_paused:
                self.resume()
            os.kill(self.pid, signal.SIGTERM)

    def stop(self) -> None:
        """End it in order and wait; killed when it takes longer than STOP_SECONDS."""
        self.ask_to_stop()
        self._end(None)

    def _end(self, by: signal.Signals | None) -> None:
        self.is_meant_to_run = False
        if self._process is None:
            return
        if by is not None and self.is_running:
            self._process.send_signal(by)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.is_paused = False

    def call(self, path: str, body: object = None, *, method: str | None = None, seconds: float = 10) -> Any:
        """`asking.call` with a path of this node."""
        return call(self.url + path, body, method=method, seconds=seconds)

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines of its log."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def must_be_running(self) -> None:
        """Raises NodeFailed with its last words when it ended by itself."""
        if self.is_meant_to_run and not self.is_running:
            assert self._process is not None
            raise NodeFailed(f"{self.name} ended with {self._process.returncode}; its last words:\n{self.tail()}")
