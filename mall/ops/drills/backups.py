"""A backup of before, put in place of what the mall holds now."""

from __future__ import annotations

import time

from mall.ops.drills import checks
from mall.ops.drills.crowd import figures_of
from mall.ops.drills.ground import Ground
from mall.ops.drills.report import Report

MALL = ("web", "beat", "worker")
WRITE_SECONDS = 4.0


def restore_backup(ground: Ground, report: Report) -> None:
    """F18: a backup is made while the mall is open; the mall changes; it is restored, and the index agrees with it."""
    figures, stack = report.figures, ground.stack
    folder = str(ground.folder / f"backup-{time.monotonic_ns()}")
    with ground.crowd(buyers=3) as crowd:
        with ground.writing(figures, per_second=8):
            ground.manage("backup", folder)
            time.sleep(WRITE_SECONDS)
        picture = ground.do("add_photo", edge_px=1300, seed=time.monotonic_ns() % 2**31)["picture"]
        ground.until_drained()
    before = ground.do("check_writes")
    report.expect(not before["lost"] and before["offers"], f"writes beside the backup: {before}")
    closed = time.monotonic()
    for name in MALL:
        stack.stop_part(name)
    ground.leave()
    said = ground.manage("restore", folder, "--yes")
    ground.enter()
    for name in MALL:
        stack.start_part(name)
    figures |= figures_of(crowd.asked(), lambda _one: True)
    figures["closed_seconds"] = round(time.monotonic() - closed, 1)
    figures["differences"] = [line.split() for line in said.splitlines() if line.startswith("  ")]
    listed = {line[0] for line in figures["differences"]}
    report.expect({"core_picture", "catalogue_pricehistory"} <= listed, f"tables listed as differing: {sorted(listed)}")
    report.expect(not ground.do("has_photo", picture=picture), "the photo that came after the backup is still there")
    checks.expect_answers(report, crowd.asked())
    ground.until_well()
    checks.expect_agreement(report, ground, writes=False)
    checks.expect_dead(report, ground)
