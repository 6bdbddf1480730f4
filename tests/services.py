"""Real servers for the tests, on free ports with throw-away folders: PostgreSQL, Redis, the mall's own processes.

Nothing is asked of the machine but the programs: a server that runs there already is left alone.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mall.ops.opensearch.cluster import Cluster
from mall.ops.opensearch.errors import NotToBeHad
from mall.ops.postgresql import NotInstalled, server_programs
from mall.ops.stack import Stack

PROJECT = Path(__file__).resolve().parents[1]
START_SECONDS = 60


class Missing(Exception):
    """A program that a test needs is not installed here; the message names it and how to get it."""


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_ready: Callable[[], bool], *, seconds: float = START_SECONDS, what: str) -> None:
    """Ask every 50 ms. Raises TimeoutError naming `what`."""
    end = time.monotonic() + seconds
    while not is_ready():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Whether somebody listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def get(url: str, *, headers: Mapping[str, str] | None = None, seconds: float = 20) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers (lower-case names) of a page, whatever its status."""
    request = urllib.request.Request(url, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.status, answer.read().decode(), {k.lower(): v for k, v in answer.headers.items()}
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), {k.lower(): v for k, v in error.headers.items()}


def stop(process: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM, seconds: float = 20) -> int:
    """End one of our own processes and wait; killed when it does not end by itself."""
    if process.poll() is None:
        process.send_signal(by)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(seconds)


@contextmanager
def redis() -> Iterator[str]:
    """An empty Redis; yields its address."""
    program = shutil.which("redis-server")
    if program is None:
        raise Missing("redis-server is not installed (Debian: apt-get install redis-server)")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with tempfile.TemporaryDirectory(prefix="mall-redis-") as folder:
        server = subprocess.Popen([*command, "--dir", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: answers(port), what="the start of Redis")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            stop(server)


def postgresql_programs() -> Path:
    """The folder of `initdb` and `postgres`, newest version first. Raises Missing."""
    try:
        return server_programs()
    except NotInstalled as error:
        raise Missing(str(error)) from error


@contextmanager
def postgresql() -> Iterator[str]:
    """An empty PostgreSQL cluster; yields the address of its database `mall`. Its files are not synced to disk."""
    programs = postgresql_programs()
    # initdb refuses to run as root
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="mall-postgresql-"))
    if user:
        shutil.chown(folder, user)
    port = free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": user, "cwd": folder}
    data = str(folder / "data")
    try:
        initialise = [str(programs / "initdb"), "-D", data, "-U", "mall", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*initialise, "--locale=C.UTF-8"], check=True, **quiet)  # type: ignore[call-overload]
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        server = subprocess.Popen([str(programs / "postgres"), "-D", data, *options], **quiet)  # type: ignore[call-overload]
        try:
            wait_until(lambda: answers(port), what="the start of PostgreSQL")
            create_database(port, "mall")
            yield f"postgresql://mall@127.0.0.1:{port}/mall"
        finally:
            stop(server, by=signal.SIGINT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create_database(port: int, name: str, *, template: str = "template0") -> None:
    """A database of this name in the cluster; retried while the server is still starting."""
    import psycopg

    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with psycopg.connect(f"postgresql://mall@127.0.0.1:{port}/postgres", autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
            return
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@contextmanager
def opensearch(version: str) -> Iterator[str]:
    """An empty OpenSearch of this version, one node; yields its address. Assembled first where the cache has none."""
    try:
        cluster = Cluster(version, heap="768m", is_short_lived=True)
    except NotToBeHad as error:
        raise Missing(str(error)) from error
    with cluster:
        yield cluster.url


@contextmanager
def stack(*, heap: str = "512m", **settings: str) -> Iterator[Stack]:
    """The whole mall, empty, on servers of its own in a throw-away folder; settings: by lower-case name."""
    # not below pytest's folder: a root's servers run as others, who cannot enter it
    folder = Path(tempfile.mkdtemp(prefix="mall-stack-"))
    folder.chmod(0o755)
    chosen = {"MALL_SEARCH_MODEL": "none", "MALL_SEARCH_REQUESTS_PER_MINUTE": "0"}
    chosen |= {f"MALL_{name.upper()}": value for name, value in settings.items()}
    try:
        made = Stack(folder, heap=heap, settings=chosen, is_short_lived=True)
        try:
            yield made.start(with_demo=False)
        finally:
            made.stop()
    except (NotInstalled, NotToBeHad) as error:
        raise Missing(str(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def mall_environment(data_folder: Path, **settings: str) -> dict[str, str]:
    """The environment of a mall of its own: MALL_DATA_FOLDER and, by lower-case name, whatever else is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MALL_", "PYTEST_"))}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "mall.settings.dev",
        "MALL_DATA_FOLDER": str(data_folder),
        "MALL_SEARCH_MODEL": "none",
        "PYTHONUNBUFFERED": "1",
        **{f"MALL_{name.upper()}": value for name, value in settings.items()},
    }


def manage(*words: str, environment: Mapping[str, str], seconds: float = 300) -> str:
    """Run one management command to its end and return what it printed. Raises AssertionError with its output."""
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(
        command, cwd=PROJECT, env=dict(environment), capture_output=True, text=True, timeout=seconds, check=False
    )
    if done.returncode:
        raise AssertionError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def start_python(code: str, *words: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A process of its own with Django set up, for tests of what happens when two run at once or one is killed."""
    program = f"import django; django.setup()\n{code}"
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        cwd=PROJECT,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def line_of(process: subprocess.Popen[bytes]) -> str:
    """The next line it prints; what went wrong when it ended instead."""
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline().decode().strip()
    if not line and process.poll() is not None:
        raise AssertionError(f"the process ended: {process.stderr.read().decode()[-2000:]}")
    return line


def go_on(process: subprocess.Popen[bytes]) -> str:
    """Let a process that waits for a line of input go on; the next line it prints."""
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    process.stdin.flush()
    return line_of(process)


def together(processes: Sequence[subprocess.Popen[bytes]]) -> list[str]:
    """Let processes that wait for a line of input go at the same time; their last lines of output."""
    for process in processes:
        assert line_of(process) == "ready"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    last_lines = []
    for process in processes:
        out, error = process.communicate(timeout=90)
        if process.returncode:
            raise AssertionError(error.decode()[-2000:])
        last_lines.append(out.decode().strip().splitlines()[-1])
    return last_lines
