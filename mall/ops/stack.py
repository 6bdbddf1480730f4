"""The whole mall on this machine, without Docker: PostgreSQL, Redis, OpenSearch, web, workers and the clock.

`make stack` runs it in the foreground (`run_stack.py`); tests of faults take single parts away and give them back.
All files lie in one folder and are kept, so that a second start is quick.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from mall.ops import postgresql
from mall.ops.opensearch.cluster import Cluster
from mall.ops.opensearch.node import Node
from mall.ops.opensearch.recipe import DEFAULT_VERSION
from mall.ops.stack_files import StackFiles, celery_command, redis_command, web_command
from mall.ops.supervisor import Child, is_page_served, last_words, mend, stop_all

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 150.0
STOP_SECONDS = 20.0
PREPARE_SECONDS = 3600.0

Say = Callable[[str], None]


class StackFailed(Exception):
    """A part did not start; the message ends with its last words."""


class AlreadyRunning(Exception):
    """Another process runs a stack in this folder."""


class Stack:
    """Parts by name: database, redis, search (search-2 … with more nodes), web, worker (worker-2 …), beat.

    For one thread, which must live as long as the stack: the kernel ends the parts with it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        engine: str = "opensearch",
        version: str = DEFAULT_VERSION,
        nodes: int = 1,
        heap: str = "1g",
        port: int | None = None,
        workers: int = 1,
        settings: Mapping[str, str] | None = None,
        shows_lines: bool = False,
        is_short_lived: bool = False,
    ) -> None:
        """Look for every program and lay out the files; `start` or `with` starts them.

        engine: embedded leaves OpenSearch out. version, nodes, heap: of OpenSearch. port: of the web server; None: a
        free one. workers: worker processes, each with two at work. settings: MALL_… variables over the stack's own.
        shows_lines: print what web, workers and clock say; else it goes to `folder/logs`, as the servers' lines do.
        is_short_lived: OpenSearch starts quickly and never becomes really fast (see `Cluster`): for tests and drills.
        Raises NotInstalled, NotToBeHad (of OpenSearch), AlreadyRunning.
        """
        self.folder = folder.resolve()
        postgresql.server_programs()
        redis_command(self.folder, 0, "")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _only_one(self.folder)
        self.files = StackFiles(self.folder, web_port=port)
        self.cluster: Cluster | None = None
        if engine == "opensearch":
            data, search_port = self.folder / "opensearch" / version, self.files.port("search")
            self.cluster = Cluster(
                version, nodes=nodes, heap=heap, data=data, port=search_port, is_short_lived=is_short_lived
            )
        self.environment = self.files.environment(
            engine=engine, opensearch=[node.url for node in self.nodes], settings=settings or {}
        )
        self.url = self.environment["MALL_PUBLIC_URL"]
        self._servers = self._make_servers()
        self._mall = self._make_mall(workers, shows_lines)
        # by name, command and environment of parts that `change_part` changed, as they were before
        self.changed: dict[str, tuple[Sequence[str], Mapping[str, str] | None]] = {}

    @property
    def nodes(self) -> list[Node]:
        return self.cluster.nodes if self.cluster else []

    @property
    def database_url(self) -> str:
        return self.environment["MALL_DATABASE_URL"]

    @property
    def redis_url(self) -> str:
        return self.environment["MALL_REDIS_URL"]

    @property
    def opensearch_url(self) -> str:
        return self.environment["MALL_OPENSEARCH_URL"]

    def _make_servers(self) -> dict[str, Child]:
        files = self.files
        postgresql.make_cluster(self.folder / "postgresql", files.password("database"))
        database = Child(
            "database",
            postgresql.server_command(self.folder / "postgresql", files.port("database")),
            user=postgresql.server_user(),
            # "fast": sessions are ended, everything committed is kept
            stop_signal=signal.SIGINT,
            log=files.log("database"),
        )
        command = redis_command(self.folder, files.port("redis"), files.password("redis"))
        return {"database": database, "redis": Child("redis", command, log=files.log("redis"))}

    def _make_mall(self, workers: int, shows_lines: bool) -> dict[str, Child]:
        children = [Child("web", web_command(self.files.port("web")), self.environment)]
        names = ["worker", *(f"worker-{number}" for number in range(2, workers + 1))]
        children += [self._celery(name, celery_command("worker", name, self.folder)) for name in names]
        children.append(self._celery("beat", celery_command("beat", "beat", self.folder)))
        for child in children:
            child.log = "" if shows_lines else self.files.log(child.name)
        return {child.name: child for child in children}

    def _celery(self, name: str, command: list[str]) -> Child:
        heartbeat = self.files.heartbeat(name)
        environment = {**self.environment, "MALL_ROLE": "worker", "MALL_HEARTBEAT_FILE": heartbeat}
        return Child(name, command, environment, heartbeat=heartbeat)

    # starting and stopping

    def start(self, say: Say = lambda _line: None, *, with_demo: bool = True) -> Self:
        """Servers, then what is missing in them, then the mall; returns when the first page is served."""
        try:
            self.start_servers(say)
            self.prepare(say, with_demo=with_demo)
            self.open()
        except BaseException:
            self.stop()
            raise
        return self

    def start_servers(self, say: Say = lambda _line: None) -> None:
        """PostgreSQL, Redis and OpenSearch side by side, until all of them answer."""
        say("Starting PostgreSQL, Redis and OpenSearch …" if self.cluster else "Starting PostgreSQL and Redis …")
        for node in self.nodes:
            node.start()
        for child in self._servers.values():
            child.start()
        for name in self._servers:
            self.wait_for(name)
        if self.cluster:
            self.cluster.wait()

    def prepare(self, say: Say = lambda _line: None, *, with_demo: bool = True) -> None:
        """Tables, static files, models, demo goods and index, where they are missing. Raises StackFailed."""
        command = [sys.executable, "manage.py", "run_mall", "--prepare-only"]
        command += [] if with_demo else ["--without-demo"]
        with subprocess.Popen(
            command, cwd=PROJECT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                say(line.rstrip())
        if process.returncode:
            raise StackFailed(f"the preparation ended with {process.returncode}:\n{''.join(lines[-20:])}")

    def open(self) -> None:
        """Start web, workers and clock; returns when the first page is served."""
        os.chdir(PROJECT)
        for child in self._mall.values():
            child.start()
        self.wait_for("web")

    def stop(self) -> None:
        """End the mall, then the servers, in order. A second call does nothing."""
        if self._lock.closed:
            return
        stop_all(list(self._mall.values()), seconds=STOP_SECONDS)
        if self.cluster:
            self.cluster.stop()
        stop_all(list(self._servers.values()), seconds=STOP_SECONDS)
        self._lock.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def mend(self, say: Say) -> str:
        """Start again what ended by itself or is silent; why the stack must close ("": it need not)."""
        failed = mend([*self._servers.values(), *self._mall.values()], say)
        for node in self.nodes:
            if node.is_meant_to_run and not node.is_running:
                say(f"search | {node.name} ended; starting it again")
                node.start()
        return last_words(failed) if failed else ""

    # one part

    @property
    def names(self) -> list[str]:
        return [*self._servers, *(_node_name(number) for number in range(len(self.nodes))), *self._mall]

    def _child(self, name: str) -> Child:
        return self._mall.get(name) or self._servers[name]

    def _node(self, name: str) -> Node | None:
        for number, node in enumerate(self.nodes):
            if _node_name(number) == name:
                return node
        return None

    def pid(self, name: str) -> int:
        """Process id of a part that was started. Raises KeyError for a name that is none."""
        node = self._node(name)
        if node is not None:
            return node.pid
        process = self._child(name).process
        if process is None:
            raise StackFailed(f"{name} was not started")
        return process.pid

    def children(self, name: str) -> list[int]:
        """Process ids below a part's: web processes, a worker's pool. Linux only."""
        pid = self.pid(name)
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]

    def is_running(self, name: str) -> bool:
        """Whether its process lives, paused or not."""
        node = self._node(name)
        if node is not None:
            return node.is_running
        child = self._child(name)
        return child.process is not None and not child.has_ended

    def kill(self, name: str) -> None:
        """End a part and all below it at once (SIGKILL). It stays away until `start_part`."""
        node = self._node(name)
        if node is not None:
            node.kill()
            return
        child = self._child(name)
        child.is_wanted = False
        child.end_group()
        if child.process is not None:
            child.process.wait()

    def stop_part(self, name: str) -> None:
        """End a part in order. It stays away until `start_part`."""
        node = self._node(name)
        if node is not None:
            node.stop()
        else:
            stop_all([self._child(name)], seconds=STOP_SECONDS)

    def start_part(self, name: str) -> None:
        """Start a part that is away, with its data, and wait until it answers. Nothing while it runs."""
        if self.is_running(name):
            return
        node = self._node(name)
        if node is not None and self.cluster is not None:
            node.start()
            self.cluster.wait()
        else:
            self._child(name).start()
            self.wait_for(name)

    def change_part(self, name: str, *words: str, **settings: str) -> None:
        """From its next start on a part of the mall has these words at the end of its command, and these MALL_…
        variables over its own, by lower-case name; without any it is as it was made.
        """
        child = self._child(name)
        made = self.changed.pop(name, (child.command, child.environment))
        child.command, child.environment = made
        if words or settings:
            self.changed[name] = made
            own = {f"MALL_{key.upper()}": value for key, value in settings.items()}
            child.command, child.environment = [*made[0], *words], {**(made[1] or {}), **own}

    def pause(self, name: str) -> None:
        """Stop its clock (SIGSTOP): its connections stay open and nothing is answered until `resume`."""
        self._signal(name, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let it go on after `pause`."""
        self._signal(name, signal.SIGCONT)

    def _signal(self, name: str, number: signal.Signals) -> None:
        node = self._node(name)
        if node is not None:
            (node.pause if number == signal.SIGSTOP else node.resume)()
        else:
            os.killpg(self.pid(name), number)

    def wait_for(self, name: str, *, seconds: float = START_SECONDS) -> None:
        """Wait until a started part answers (a worker or the clock: until its first sign of life).

        PostgreSQL may need a second try, while the server of a stack that was killed still closes.
        Raises StackFailed with its last words.
        """
        child = self._child(name)
        end = time.monotonic() + seconds
        while not self._answers(name):
            if child.has_ended and (name != "database" or time.monotonic() > end):
                raise StackFailed(f"{name} ended at its start:\n" + "\n".join(child.last_lines))
            if child.has_ended:
                time.sleep(0.5)
                child.start()
            if time.monotonic() > end:
                raise StackFailed(f"{name} did not answer within {seconds:.0f} s:\n" + "\n".join(child.last_lines))
            time.sleep(0.1)

    def _answers(self, name: str) -> bool:
        if name == "database":
            return postgresql.make_database(self.files.port("database"), self.files.password("database"))
        if name == "redis":
            return self.files.redis_answers()
        if name == "web":
            return is_page_served(f"{self.url}/health")
        child = self._child(name)
        with contextlib.suppress(OSError):
            started = time.time() - (time.monotonic() - child.starts[-1])
            return Path(child.heartbeat).stat().st_mtime >= started
        return False


def _node_name(number: int) -> str:
    return "search" if number == 0 else f"search-{number + 1}"


def _only_one(folder: Path) -> IO[str]:
    """The folder's lock, which the system gives back when this process is gone."""
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise AlreadyRunning(f"a stack runs already in {folder}") from None
    return lock
