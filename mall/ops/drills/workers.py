"""Workers that are killed in the middle of their work, and work that kills them."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from mall.ops.drills import checks
from mall.ops.drills.crowd import figures_of
from mall.ops.drills.ground import Ground
from mall.ops.drills.report import Report

EDGE_PX = 5000
DONE_SECONDS = 90.0
POISON = {"raises": 6, "exits": 7, "is killed": 6, "eats memory": 7, "never ends": 7}
GOOD = 24
WORKER_WORDS = ("--include", "mall.ops.drills.poisons")


def kill_pool_process(ground: Ground, report: Report) -> None:
    """F01: the process that makes a photo's renditions is killed; the job is done by another."""

    def strike(holder: str) -> None:
        os.kill(int(holder.split(":")[1]), signal.SIGKILL)

    _kill_in_the_middle(ground, report, strike, seed=1)


def kill_worker(ground: Ground, report: Report) -> None:
    """F02: the whole worker is killed, and its supervisor starts another."""

    def strike(_holder: str) -> None:
        ground.stack.kill("worker")
        ground.stack.start_part("worker")

    _kill_in_the_middle(ground, report, strike, seed=2)


def _kill_in_the_middle(ground: Ground, report: Report, strike: Any, *, seed: int) -> None:
    figures = report.figures
    with ground.crowd(buyers=2) as crowd, ground.writing(figures, per_second=2):
        picture = ground.do("add_photo", edge_px=EDGE_PX, seed=seed)["picture"]
        ground.until(lambda: _now(ground, picture)["holder"], "work at the photo", within=60)
        seen = _now(ground, picture)
        struck = time.monotonic()
        strike(seen["holder"])
        ground.until(lambda: _now(ground, picture)["is_done"], "the photo's renditions", within=DONE_SECONDS)
        back = time.monotonic() - struck
    asked = crowd.asked()
    figures |= figures_of(asked, lambda one: one.at >= struck)
    figures |= {"back_seconds": round(back, 1), "attempts": seen["attempts"] + 1}
    report.expect(not seen["is_done"], "the photo was done before anything was killed")
    report.expect(back < DONE_SECONDS, f"the photo was done after {back:.0f} s")
    checks.expect_answers(report, asked)
    checks.expect_agreement(report, ground)
    checks.expect_photos(report, ground, [picture])
    checks.expect_dead(report, ground)
    checks.expect_no_leftovers(report, ground)


def _now(ground: Ground, picture: int) -> dict[str, Any]:
    return dict(ground.do("photo_now", picture=picture))


def poison(ground: Ground, report: Report) -> None:
    """F12: work that raises, exits, is killed, eats memory, never ends, and a photo that is none, among good work."""
    figures, stack = report.figures, ground.stack
    stack.stop_part("worker")
    stack.change_part("worker", *WORKER_WORDS)
    picture = ground.do("add_photo", edge_px=600, seed=3)["picture"]
    ground.do("damage_photo", picture=picture)
    try:
        with ground.crowd(buyers=2) as crowd, ground.writing(figures, per_second=2):
            rows = ground.do("publish_poison", kinds=POISON, good=GOOD)
            started = time.monotonic()
            stack.start_part("worker")
            ground.until(lambda: _is_isolated(ground), "the isolation of all poison", within=120)
            isolated = time.monotonic() - started
        found = ground.do("poison_now")
        ground.do("cure_poison")
        ground.until(lambda: len(ground.do("poison_now")["done"]) == rows, "the dead letters' second try", within=60)
    finally:
        stack.stop_part("worker")
        stack.change_part("worker")
        stack.start_part("worker")
    figures |= figures_of(crowd.asked(), lambda one: one.at >= started)
    figures |= {"poison": len(POISON), "good": GOOD, "back_seconds": round(isolated, 1), "reasons": found["dead"]}
    report.expect(set(found["dead"]) == set(POISON), f"dead letters: {sorted(found['dead'])}, not {sorted(POISON)}")
    report.expect(all(found["dead"].values()), f"dead letters without a reason: {found['dead']}")
    report.expect(len(found["done"]) == GOOD == len(set(found["done"])), f"good work done: {found['done']}")
    photo = _now(ground, picture)
    report.expect(photo["is_failed"] and not photo["waits"], f"the damaged photo: {photo}")
    checks.expect_answers(report, crowd.asked())
    checks.expect_agreement(report, ground)
    checks.expect_dead(report, ground)
    checks.expect_no_leftovers(report, ground)


def _is_isolated(ground: Ground) -> bool:
    """Whether no poison waits any more; the waits between attempts, and for dead workers' claims, are cut short."""
    ground.do("hurry", topics=["drill.poison"])
    return not ground.do("poison_now")["waiting"]
