"""The search server is killed, hangs, loses a node, falls behind, is built anew."""

from __future__ import annotations

import itertools
import threading
import time
from typing import Any

from mall.ops.drills import checks
from mall.ops.drills.crowd import Asked, figures_of
from mall.ops.drills.ground import Ground
from mall.ops.drills.report import Report
from mall.ops.opensearch.node import Node

WELL_SECONDS, AWAY_SECONDS = 3.0, 9.0
BACK_SECONDS = 30.0
FORGET_SECONDS = 0.2
WHOLE_SECONDS = 2.0
RATE = 20.0
# in this order, both ways: a worker shows that it lives once the clock gives it something to do
FOLLOWERS = ("beat", "worker")


def kill_server(ground: Ground, report: Report) -> None:
    """F03: the search server is killed under load, and started again."""
    _take_away(ground, report, ground.stack.kill, ground.stack.start_part)


def stop_server(ground: Ground, report: Report) -> None:
    """F03-stop: its clock is stopped, so that connections hang, and goes on later."""
    _take_away(ground, report, ground.stack.pause, ground.stack.resume)


def _take_away(ground: Ground, report: Report, take: Any, give_back: Any) -> None:
    figures = report.figures
    with ground.crowd() as crowd, ground.writing(figures):
        time.sleep(WELL_SECONDS)
        struck = time.monotonic()
        take("search")
        time.sleep(AWAY_SECONDS)
        stands_in = "fallback" in ground.search("lampe")["notices"]
        told = ground.parts()["search"]
        give_back("search")
        if ground.stack.cluster is not None:
            ground.stack.cluster.wait()
        returned = time.monotonic()
        back = ground.until(lambda: is_back(ground), "the return to the server", within=BACK_SECONDS)
    asked = crowd.asked()
    figures |= figures_of(asked, lambda one: struck <= one.at < returned)
    figures |= {"stood_in": sum(one.is_stand_in for one in asked), "back_seconds": round(back, 1)}
    report.expect(stands_in, "no notice said that the embedded engine stands in")
    report.expect(told["state"] == "degraded", f"/ready said of search: {told['state']}, {told['message']}")
    checks.expect_answers(report, asked)
    checks.expect_quick_search(report)
    checks.expect_agreement(report, ground)
    checks.expect_dead(report, ground)


def is_back(ground: Ground) -> bool:
    """Whether all web processes ask the server again: many answers at once, none of the engine that stands in."""
    with ground.crowd(buyers=8, kinds=("api",)) as crowd:
        time.sleep(1.0)
    answers = crowd.asked()
    return len(answers) >= 8 and not any(one.is_stand_in or one.has_failed for one in answers)


def show_old_index(ground: Ground, report: Report) -> None:
    """F04: the index stops following; prices and stock that are shown are the database's all the same."""
    figures, stack = report.figures, ground.stack
    for name in FOLLOWERS:
        stack.stop_part(name)
    sold = ground.do("sell_unseen")
    with ground.crowd() as crowd:
        time.sleep(WELL_SECONDS)
        products = [one for one in ground.search(sold["title"])["results"] if _is(one, "product", sold["product"])]
        things = [one for one in ground.search(sold["thing_title"])["results"] if _is(one, "listing", sold["thing"])]
    differing = ground.do("compare")
    for name in FOLLOWERS:
        stack.start_part(name)
    shown = [one["offers"].get("new", {}).get("from_minor") for one in products]
    figures |= figures_of(crowd.asked(), lambda _one: True)
    figures |= {"shown_minor": shown, "behind": sum(one["older"] + one["surplus"] for one in differing.values())}
    report.expect(figures["behind"], "the indexes were not behind")
    report.expect(shown == [sold["from_minor"]], f"the new price {sold['from_minor']} was shown as {shown}")
    report.expect(not any(one["offers"] for one in things), f"a sold thing was offered: {things}")
    checks.expect_answers(report, crowd.asked())
    checks.expect_agreement(report, ground, writes=False)
    gone = [one for one in ground.search(sold["thing_title"])["results"] if _is(one, "listing", sold["thing"])]
    report.expect(not gone, "the sold thing is still found")
    checks.expect_dead(report, ground)


def _is(result: dict[str, Any], kind: str, pk: int) -> bool:
    return bool(result["kind"] == kind and result["id"] == pk)


def deliver_out_of_order(ground: Ground, report: Report) -> None:
    """F11: changes arrive twice, in every order, late, after the server forgot a removal; the nightly compare heals."""
    figures, stack = report.figures, ground.stack
    for name in FOLLOWERS:
        stack.stop_part(name)
    with ground.crowd(buyers=2) as crowd:
        figures |= ground.do("deliver_in_every_order")
        report.expect(not figures["differing"], f"{figures['differing']} deliveries left the index behind")
        _forget_removals_after(ground, f"{int(1000 * FORGET_SECONDS)}ms")
        late = ground.do("deliver_late", forget_seconds=FORGET_SECONDS)
        _forget_removals_after(ground, None)
        product = late.pop("product")
        figures |= {"healed": ground.do("repair"), "late": late}
        for name in FOLLOWERS:
            stack.start_part(name)
        checks.expect_agreement(report, ground, writes=False)
        ground.do("repair", revive=product)
    report.expect(late["before"] == 0, f"{late['before']} of the changed documents were not the newest at first")
    report.expect(late["old"] == 0, f"{late['old']} late, older documents took the place of newer ones")
    checks.expect_answers(report, crowd.asked())
    figures |= figures_of(crowd.asked(), lambda _one: True)
    checks.expect_agreement(report, ground, writes=False)
    checks.expect_dead(report, ground)


def _forget_removals_after(ground: Ground, span: str | None) -> None:
    """How long the server remembers the version of what was removed: a minute unless told otherwise."""
    (index, *_others) = ground.do("server_facts")["targets"]
    for index in ground.do("server_facts")["targets"]:
        ground.stack.nodes[0].call(f"/{index}/_settings", {"index.gc_deletes": span}, method="PUT")


def rebuild(ground: Ground, report: Report) -> None:
    """The index is built anew under 20 writes and 20 searches a second."""
    figures = report.figures
    with (
        ground.crowd(buyers=8, per_second=RATE, kinds=("search", "api")) as crowd,
        ground.writing(figures, per_second=RATE),
    ):
        time.sleep(WELL_SECONDS)
        struck = time.monotonic()
        ground.manage("rebuild_search", "--quiet")
        ended = time.monotonic()
        time.sleep(WELL_SECONDS)
    asked = crowd.asked()
    figures |= figures_of(asked, lambda one: struck <= one.at < ended)
    figures |= {
        "rebuild_seconds": round(ended - struck, 1),
        "stood_in": sum(one.is_stand_in for one in asked),
        "searches_per_second": round(len(asked) / (ended - struck + 2 * WELL_SECONDS), 1),
    }
    checks.expect_answers(report, asked)
    checks.expect_agreement(report, ground)
    checks.expect_dead(report, ground)


def kill_node(ground: Ground, report: Report) -> None:
    """nodes: of three nodes, the one with the primary is killed under writes."""
    figures, cluster = report.figures, ground.stack.cluster
    assert cluster is not None
    cluster.wait("green")
    lost = _primarys_node(ground)
    name = f"search-{cluster.nodes.index(lost) + 1}" if cluster.nodes.index(lost) else "search"
    left = [node for node in cluster.nodes if node is not lost]
    with ground.crowd() as crowd, ground.writing(figures, per_second=10):
        time.sleep(WELL_SECONDS)
        watch = _Watch(left[1])
        watch.start()
        struck = time.monotonic()
        ground.stack.kill(name)
        watch.join(BACK_SECONDS)
        back = ground.until(lambda: is_back(ground), "answers of the nodes that are left", within=BACK_SECONDS)
    asked = crowd.asked()
    figures |= figures_of(asked, lambda one: struck <= one.at < struck + 10)
    figures |= {
        "whole_seconds": round(watch.whole_at - struck, 2),
        "stood_in": sum(one.is_stand_in for one in asked),
        "back_seconds": round(back, 1),
    }
    slowest = _slowest_ms(asked, struck)
    report.expect(figures["whole_seconds"] <= WHOLE_SECONDS, f"whole answers after {figures['whole_seconds']} s")
    report.expect(slowest < 1000 * (WHOLE_SECONDS + 1), f"a search took {slowest:.0f} ms")
    checks.expect_answers(report, asked)
    checks.expect_agreement(report, ground)
    ground.stack.start_part(name)
    cluster.wait("green")
    checks.expect_agreement(report, ground)
    checks.expect_dead(report, ground)


def _slowest_ms(asked: list[Asked], since: float) -> float:
    return max(
        (one.ms for one in asked if one.at >= since - WHOLE_SECONDS and one.kind in ("search", "api")), default=0
    )


def _primarys_node(ground: Ground) -> Node:
    index = ground.do("server_facts")["index"]
    shards = ground.stack.nodes[0].call(f"/_cat/shards/{index}?format=json")
    named = next(shard["node"] for shard in shards if shard["prirep"] == "p")
    return next(node for node in ground.stack.nodes if node.name == named)


class _Watch(threading.Thread):
    """Asks a node until an answer comes of every part of the index again. whole_at: when (monotonic seconds)."""

    def __init__(self, node: Node) -> None:
        super().__init__(daemon=True)
        self.whole_at = float("inf")
        self._node = node

    def run(self) -> None:
        has_seen_loss = False
        ends_at = time.monotonic() + BACK_SECONDS
        for _time in itertools.count():
            is_whole = self._is_whole()
            has_seen_loss = has_seen_loss or not is_whole
            # until the loss is noticed at all, a whole answer is one of before
            if is_whole and (has_seen_loss or self._knows_the_loss()):
                self.whole_at = time.monotonic()
                return
            if time.monotonic() > ends_at:
                return
            time.sleep(0.02)

    def _is_whole(self) -> bool:
        try:
            answer = self._node.call("/passage/_search?size=1", {"query": {"match_all": {}}}, seconds=5)
        except OSError:
            return False
        return not answer["_shards"]["failed"] and bool(answer["hits"]["hits"])

    def _knows_the_loss(self) -> bool:
        try:
            return len(self._node.call("/_nodes/_all/name", seconds=5)["nodes"]) < 3
        except OSError:
            return False
