"""A real node: whose process it is, what it can, and what a fault test does to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mall.ops.opensearch import cluster as running
from mall.ops.opensearch.asking import call
from mall.ops.opensearch.cluster import LOCK, Cluster, free_ports
from mall.ops.opensearch.errors import NodeFailed, NotToBeHad
from mall.ops.opensearch.node import Node
from tests.conftest import miss
from tests.integration.opensearch.conftest import INDEX, documents, fill, ids
from tests.services import PROJECT, stop, wait_until

NEVER_ENDS = """
import sys, time
from mall.ops.opensearch.asking import call
from mall.ops.opensearch.cluster import Cluster
cluster = Cluster("2.19.6", heap="512m", is_short_lived=True).start()
cluster.nodes[0].pause()
print(cluster.nodes[0].pid, cluster.folder, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def kept_folder() -> Iterator[Path]:
    """A folder that the server's user can enter, also when it is nobody."""
    with tempfile.TemporaryDirectory(prefix="mall-kept-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def cluster(kept_folder: Path) -> Iterator[Cluster]:
    """One node with the index `things` in it, which each test leaves running."""
    try:
        made = Cluster("2.19.6", heap="512m", data=kept_folder, is_short_lived=True)
    except NotToBeHad as error:
        miss(str(error))
    with made:
        made.nodes[0].call("/things", INDEX, method="PUT")
        fill(made.url, "things", documents(400))
        yield made


@pytest.fixture
def node(cluster: Cluster) -> Node:
    return cluster.nodes[0]


def owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def is_gone(pid: int) -> bool:
    """Whether the process ended; what nobody has waited for yet counts as ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_node_does_not_run_as_root_and_knows_nothing_of_this_machine(node: Node) -> None:
    (told,) = node.call("/_nodes")["nodes"].values()

    assert owner_of(node.pid) == (os.geteuid() or 65534)
    assert (told["name"], told["host"], told["ip"]) == ("node-1", "127.0.0.1", "127.0.0.1")


def test_a_write_to_an_index_that_nobody_made_is_refused(node: Node) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        node.call("/mistyped/_doc/1", {"title": "lampe"})

    assert refused.value.code == 404
    assert "index_not_found_exception" in refused.value.__notes__[0]


@pytest.mark.parametrize("address", ["opensearch_url", "opensearch_2_url"])
def test_both_lines_filter_vectors_and_words_as_the_mall_does(address: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(address)
    found = documents(400)
    call(f"{url}/running", INDEX, method="PUT")
    fill(url, "running", found)
    asked = np.array(documents(401)[400]["vector"])
    cheap_red = {"bool": {"filter": [{"term": {"colour": "a"}}, {"range": {"price": {"lt": 50}}}]}}

    nearest = {"vector": {"vector": asked.tolist(), "k": 100, "filter": cheap_red}}
    answer = call(f"{url}/running/_search", {"size": 10, "query": {"knn": nearest}})
    words = call(f"{url}/running/_search", {"query": {"match": {"title": "Écrans 399"}}})
    deleted = call(f"{url}/running/_delete_by_query?refresh=true", {"query": cheap_red}, method="POST", seconds=30)
    call(f"{url}/running", method="DELETE")

    matching = [number for number, one in enumerate(found) if one["colour"] == "a" and one["price"] < 50]
    best = sorted(matching, key=lambda number: -float(asked @ np.array(found[number]["vector"])))
    assert ids(answer) == [str(number) for number in best[:10]]
    assert words["hits"]["total"]["value"] == 400
    assert ids(words)[0] == "399"
    assert deleted["deleted"] == len(matching)


def test_a_paused_node_answers_nothing_until_it_goes_on(cluster: Cluster, node: Node) -> None:
    node.pause()
    with pytest.raises(TimeoutError):
        node.call("/_cluster/health", seconds=0.5)
    cluster.wait()  # for no node: a paused one is not waited for

    node.resume()
    cluster.wait()

    assert node.call("/things/_count")["count"] == 400


def test_a_killed_node_comes_back_with_its_data(cluster: Cluster, node: Node) -> None:
    before = node.pid
    node.kill()
    assert not node.is_running
    with pytest.raises(urllib.error.URLError):
        node.call("/")

    node.start()
    cluster.wait("green")

    assert node.pid != before
    assert node.call("/things/_count")["count"] == 400


def test_a_node_that_cannot_start_says_why(kept_folder: Path, cluster: Cluster) -> None:
    second = Cluster("2.19.6", heap="512m", data=kept_folder, is_short_lived=True)

    with pytest.raises(NodeFailed, match=r"node-1 ended with 1; its last words:\n(.|\n)*failed to obtain node locks"):
        second.start()

    assert cluster.nodes[0].call("/things/_count")["count"] == 400


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux ends it")
def test_a_node_ends_with_its_maker_even_while_paused_and_its_folder_goes_with_the_next_start(
    cluster: Cluster,
) -> None:
    maker = subprocess.Popen([sys.executable, "-c", NEVER_ENDS], cwd=PROJECT, stdout=subprocess.PIPE)
    assert maker.stdout is not None
    with maker.stdout:
        pid, folder = maker.stdout.readline().decode().split()
    stop(maker, by=signal.SIGKILL)

    wait_until(lambda: is_gone(int(pid)), seconds=10, what="the end of the node")

    an_hour_ago = time.time() - 3600
    os.utime(Path(folder) / LOCK, (an_hour_ago, an_hour_ago))
    running.forget_the_dead()
    assert not Path(folder).exists()
    assert cluster.nodes[0].is_running


def test_a_command_gets_the_address_of_a_server_of_its_own_and_its_status_is_passed_on(maven: str) -> None:
    (port,) = free_ports(1)
    program = "import os, sys; print(os.environ['MALL_OPENSEARCH_URL']); sys.exit(7)"
    command = ["mall.ops.opensearch", "--version", "2.19.6", "--heap", "512m", "--port", str(port)]

    done = subprocess.run(
        [sys.executable, "-m", *command, "--", sys.executable, "-c", program],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (done.returncode, done.stdout) == (7, f"http://127.0.0.1:{port}\n"), done.stderr
