"""A cluster of OpenSearch nodes on this machine for as long as a `with` block lasts."""

from __future__ import annotations

import atexit
import fcntl
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from mall.ops.opensearch.assemble import assembled
from mall.ops.opensearch.errors import NodeFailed
from mall.ops.opensearch.java import SHORT_LIVED_FLAGS, find_java, flags_for
from mall.ops.opensearch.node import Node, Program
from mall.ops.opensearch.reach import reachable, twin_of
from mall.ops.opensearch.recipe import DEFAULT_VERSION, recipe_of

READY_SECONDS = 120.0
PREFIX = "passage-opensearch-"
LOCK = "maker.lock"
# a younger folder may be one whose maker has not locked it yet
FORGOTTEN_AFTER_SECONDS = 60.0

SETTINGS: Mapping[str, object] = {
    "network.host": "127.0.0.1",
    # a write to a name that no index has is a mistake, and never makes one
    "action.auto_create_index": False,
    "action.destructive_requires_name": True,
    "bootstrap.memory_lock": False,
    # a developer's disk is full more often than it is in danger
    "cluster.routing.allocation.disk.threshold_enabled": False,
}
NEEDED = ("opensearch-knn", "analysis-common", "lang-painless", "mapper-extras", "reindex")


class Cluster:
    """Nodes on free ports of the loopback address, without TLS or users. Ends with the process that made it.

    url: address of the first node. java: what runs them. folder: what is temporary of them.
    """

    def __init__(
        self,
        version: str = DEFAULT_VERSION,
        *,
        nodes: int = 1,
        heap: str = "1g",
        data: Path | str | None = None,
        port: int | None = None,
        settings: Mapping[str, object] | None = None,
        is_short_lived: bool = False,
        without: Collection[str] = (),
    ) -> None:
        """Assemble what is missing and lay the nodes out; `start` or `with` starts them.

        heap: of each node, as 512m or 1g. data: a folder that is kept; None: a temporary one. port: of the first node.
        settings: lines of opensearch.yml over SETTINGS. is_short_lived: start with half the work, and never become
        really fast: for tests, not for measurements. without: plugins of NEEDED that are left out, to see what is said
        of such a server. Raises NotToBeHad, WrongContent, OpenSearchError.
        """
        recipe = recipe_of(version)
        java = find_java(recipe)
        home = assembled(version)
        forget_the_dead()
        self.version, self.java = version, java
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="opensearch-starter")
        self.folder, self._lock = _run_folder()
        self._maker = os.getpid()
        self._needed = [name for name in NEEDED if name not in without]
        home = twin_of(home, self.folder, without=without) if without else reachable(home, self.folder)
        java_home = reachable(java.home, self.folder)
        class_path = f"{home}/lib/*" if java.has_locales else f"{home}/lib/*:{home}/locales/*"
        program = Program(
            home=home,
            java=java_home / "bin" / "java",
            flags=[*flags_for(java, recipe, home), *(SHORT_LIVED_FLAGS if is_short_lived else [])],
            class_path=class_path,
            heap=heap,
        )
        kept = self.folder / "kept" if data is None else Path(data).resolve()
        names = [f"node-{number + 1}" for number in range(nodes)]
        ports = free_ports(2 * nodes)
        if port is not None:
            ports[0] = port
        shared = {**SETTINGS, "cluster.name": f"passage-{secrets.token_hex(4)}", **_discovery(names, ports[nodes:])}
        self.nodes = [
            Node(
                program=program,
                name=name,
                port=http,
                settings={
                    **shared,
                    "node.name": name,
                    "http.port": http,
                    "transport.port": transport,
                    **(settings or {}),
                },
                folder=kept / name,
                run_folder=self.folder / name,
                starter=self._starter,
            )
            for name, http, transport in zip(names, ports[:nodes], ports[nodes:], strict=True)
        ]

    @property
    def url(self) -> str:
        """Address of the first node."""
        return self.nodes[0].url

    def start(self) -> Self:
        """Start all nodes and wait until they answer. Raises NodeFailed."""
        atexit.register(self.stop)
        try:
            for node in self.nodes:
                node.start()
            self.wait()
        except BaseException:
            self.stop()
            raise
        return self

    def wait(self, status: str = "yellow", *, seconds: float = READY_SECONDS) -> None:
        """Wait until the nodes that are neither killed nor paused are one cluster of this health, or a better one.

        Raises NodeFailed when a node ends by itself or the time is over.
        """
        end = time.monotonic() + seconds
        awake = [node for node in self.nodes if node.is_meant_to_run and not node.is_paused]
        for node in awake:
            while not self._is_healthy(node, status, len(awake)):
                node.must_be_running()
                if time.monotonic() > end:
                    raise NodeFailed(f"{node.name} was not {status} after {seconds:.0f} s; its log:\n{node.tail()}")
                time.sleep(0.1)

    def _is_healthy(self, node: Node, status: str, count: int) -> bool:
        try:
            health = node.call(
                f"/_cluster/health?wait_for_status={status}&wait_for_nodes={count}&timeout=1s", seconds=5
            )
            if health["timed_out"]:
                return False
            (told,) = node.call("/_nodes/_local/plugins")["nodes"].values()
        except (OSError, ValueError):
            return False
        have = {part["name"] for part in (*told["plugins"], *told["modules"])}
        missing = [name for name in self._needed if name not in have]
        if missing:
            raise NodeFailed(f"{node.name} came without {', '.join(missing)}")
        return True

    def stop(self) -> None:
        """End all nodes in order, at most STOP_SECONDS each; temporary data go. A second call does nothing."""
        if os.getpid() != self._maker:
            return  # a fork inherited the cluster; it is not its own
        atexit.unregister(self.stop)
        for node in self.nodes:
            node.ask_to_stop()
        for node in self.nodes:
            node.stop()
        self._starter.shutdown()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _discovery(names: list[str], transport_ports: list[int]) -> dict[str, object]:
    if len(names) == 1:
        return {"discovery.type": "single-node"}
    seeds = [f"127.0.0.1:{port}" for port in transport_ports]
    return {"discovery.seed_hosts": seeds, "cluster.initial_cluster_manager_nodes": names}


def free_ports(count: int) -> list[int]:
    """Different ports of the loopback address that nobody listens on now."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _run_folder() -> tuple[Path, IO[str]]:
    """A temporary folder, and its lock, which the system gives back when this process is gone."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    folder.chmod(0o755)  # the server may run as somebody else
    lock = (folder / LOCK).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def forget_the_dead() -> None:
    """Remove the temporary folders of clusters whose maker was killed and could not."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        with suppress(OSError), lock.open("r+") as file:
            if time.time() - lock.stat().st_mtime > FORGOTTEN_AFTER_SECONDS:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
