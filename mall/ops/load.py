"""A real web server on a free port of this machine, asked by threads over loopback, its processes read from /proc."""

from __future__ import annotations

import http.client
import itertools
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

HOST = "127.0.0.1"
START_SECONDS = 90


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """port: where it answers. workers: ids of its web processes."""

    port: int
    workers: tuple[int, ...]


@dataclass(slots=True)
class Answers:
    """walls_ms: one per request that was answered. failed: those that were not, or with a failure of the server.

    A 404 for filters that leave nothing is an answer.
    """

    walls_ms: list[float] = field(default_factory=list)
    failed: int = 0


@contextmanager
def web_server(*, processes: int, threads: int) -> Iterator[Server]:
    """gunicorn as in production, without the limit on searches. Raises RuntimeError when it does not come up."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", "mall.wsgi:application", "--bind", f"{HOST}:{port}"]
    command += ["--config", str(Path(__file__).with_name("gunicorn_config.py"))]
    chosen = {
        "MALL_WEB_PROCESSES": str(processes),
        "MALL_WEB_THREADS": str(threads),
        "MALL_SEARCH_REQUESTS_PER_MINUTE": "0",
    }
    environment = {**os.environ, **chosen}
    with tempfile.TemporaryFile() as words:
        server = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, stdout=words, stderr=words)
        try:
            if not _is_up(server, port):
                words.seek(0)
                raise RuntimeError(f"the web server did not come up: {words.read().decode()[-2000:]}")
            yield Server(port=port, workers=_children(server.pid))
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _is_up(server: subprocess.Popen[bytes], port: int) -> bool:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        with closing(http.client.HTTPConnection(HOST, port, timeout=30)) as connection:
            try:
                if _get(connection, "/health") in {200, 503}:
                    return True
            except OSError:
                time.sleep(0.2)
    return False


def _children(pid: int) -> tuple[int, ...]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return tuple(map(int, text.split()))


def _get(connection: http.client.HTTPConnection, path: str) -> int:
    connection.request("GET", path, headers={"Host": f"{HOST}:{connection.port}", "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def ask_together(server: Server, paths: Sequence[str], *, seconds: float, clients: int) -> Answers:
    """`clients` threads go through `paths` round and round for `seconds`, each on one kept connection."""
    answers = Answers()
    lock = threading.Lock()
    numbers = itertools.count()
    end = time.monotonic() + seconds

    def client() -> None:
        connection = http.client.HTTPConnection(HOST, server.port, timeout=60)
        while time.monotonic() < end:
            path = paths[next(numbers) % len(paths)]
            started = time.perf_counter()
            status = _get(connection, path)
            wall_ms = (time.perf_counter() - started) * 1000
            with lock:
                if status < 500:
                    answers.walls_ms.append(wall_ms)
                else:
                    answers.failed += 1
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def cpu_of_each(server: Server, paths: Sequence[str]) -> list[float]:
    """CPU milliseconds of the web processes for each path, asked one after the other."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=60)
    spent = []
    for path in paths:
        before = cpu_ms(server.workers)
        _get(connection, path)
        spent.append(cpu_ms(server.workers) - before)
    connection.close()
    return spent


def cpu_ms(pids: Sequence[int]) -> float:
    """CPU time that these processes have used, all threads, to the nanosecond."""
    total = 0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            try:
                total += int((thread / "schedstat").read_text(encoding="ascii").split()[0])
            except FileNotFoundError:
                continue
    return total / 1e6


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident memory of a process in MB, and its own share where pages are shared with others."""
    facts = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
        name, value, *_unit = line.split()
        facts[name] = int(value) / 1024
    return facts["Rss:"], facts["Pss:"]


def has_torch(pid: int) -> bool:
    """Whether torch is loaded in the process."""
    return "libtorch" in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
