"""Three nodes, and the one with the primary is killed while somebody writes and searches."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from mall.ops.opensearch.cluster import Cluster
from mall.ops.opensearch.errors import NotToBeHad
from mall.ops.opensearch.node import Node
from tests.conftest import miss
from tests.integration.opensearch.conftest import INDEX, documents, fill, ids

COUNT = 400
SECONDS_TO_A_WHOLE_ANSWER = 2.0
SECONDS_TO_A_WRITE = 10.0


@pytest.fixture
def three() -> Iterator[Cluster]:
    """Three nodes with the index `things`, which has one replica."""
    try:
        made = Cluster(nodes=3, heap="512m", is_short_lived=True)
    except NotToBeHad as error:
        miss(str(error))
    with made:
        settings = {"number_of_shards": 1, "number_of_replicas": 1, "index.knn": True}
        made.nodes[0].call("/things", {**INDEX, "settings": settings}, method="PUT")
        fill(made.url, "things", documents(COUNT))
        made.wait("green")
        yield made


@dataclass(kw_only=True)
class Writer:
    """Writes one document after the other through a node, and keeps what was acknowledged and when (monotonic)."""

    node: Node
    acknowledged: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        document = documents(1)[0]
        number = COUNT
        while not self.is_over.is_set():
            number += 1
            try:
                self.node.call(f"/things/_doc/{number}", document, method="PUT", seconds=5)
            except OSError:
                continue  # never acknowledged, so it may be lost
            self.acknowledged.append(number)
            self.times.append(time.monotonic())


def until_a_whole_answer(node: Node, since: float) -> float:
    """Seconds until a search names no failed shard and finds what it must."""
    known = documents(COUNT)[7]["vector"]
    nearest = {"size": 10, "query": {"knn": {"vector": {"vector": known, "k": 10}}}}
    while time.monotonic() < since + 60:
        try:
            answer = node.call("/things/_search", nearest, seconds=5)
        except OSError:
            answer = {"_shards": {"failed": 1}}
        if answer["_shards"]["failed"] == 0 and ids(answer)[0] == "7":
            break
        time.sleep(0.02)
    return time.monotonic() - since


def found_of(node: Node, numbers: list[int]) -> set[int]:
    """Which of the documents the index has."""
    found = node.call("/things/_mget?_source=false", {"ids": [str(number) for number in numbers]}, seconds=30)
    return {int(one["_id"]) for one in found["docs"] if one["found"]}


def test_answers_are_whole_within_two_seconds_and_no_acknowledged_write_is_lost(three: Cluster) -> None:
    shards = three.nodes[0].call("/_cat/shards/things?format=json")
    primary = next(shard["node"] for shard in shards if shard["prirep"] == "p")
    lost = next(node for node in three.nodes if node.name == primary)
    left = [node for node in three.nodes if node is not lost]
    writer = Writer(node=left[0])
    thread = threading.Thread(target=writer.write)
    thread.start()
    while len(writer.acknowledged) < 50:
        time.sleep(0.01)

    killed_at = time.monotonic()
    lost.kill()
    answer_seconds = until_a_whole_answer(left[1], killed_at)
    while writer.times[-1] < killed_at + 0.5 and time.monotonic() < killed_at + SECONDS_TO_A_WRITE:
        time.sleep(0.05)
    time.sleep(1)
    writer.is_over.set()
    thread.join()

    first_write = next((at for at in writer.times if at > killed_at + 0.2), killed_at + 60) - killed_at
    figures = {"answer_s": round(answer_seconds, 2), "write_s": round(first_write, 2), "writes": len(writer.times)}
    print(json.dumps(figures))
    assert answer_seconds < SECONDS_TO_A_WHOLE_ANSWER, figures
    assert first_write < SECONDS_TO_A_WRITE, figures
    assert found_of(left[1], writer.acknowledged) == set(writer.acknowledged)

    left[0].call("/things/_settings", {"index.unassigned.node_left.delayed_timeout": "0"}, method="PUT")
    three.wait("green")
    lost.start()
    three.wait("green")
    assert found_of(lost, writer.acknowledged) == set(writer.acknowledged)
