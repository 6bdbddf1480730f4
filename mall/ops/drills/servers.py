"""Database and broker taken away under load."""

from __future__ import annotations

import time

from mall.ops.drills import checks
from mall.ops.drills.crowd import figures_of
from mall.ops.drills.ground import Ground
from mall.ops.drills.report import Report

WELL_SECONDS, AWAY_SECONDS = 2.0, 2.0
BROKER_AWAY_SECONDS = 8.0
DATABASE_BACK_SECONDS = 10.0
# now and then Celery's worker is connected again and hears nothing: a minute's silence ends it (supervisor.py)
BROKER_BACK_SECONDS = 90.0


def restart_database(ground: Ground, report: Report) -> None:
    """F05: the database is killed under load and started again."""
    figures, stack = report.figures, ground.stack
    with ground.crowd(buyers=8) as crowd, ground.writing(figures, per_second=8):
        time.sleep(WELL_SECONDS)
        struck = time.monotonic()
        stack.kill("database")
        time.sleep(AWAY_SECONDS)
        stack.start_part("database")
        returned = time.monotonic()
        time.sleep(DATABASE_BACK_SECONDS + WELL_SECONDS)
    asked = crowd.asked()
    failed = [one for one in asked if one.has_failed]
    back = max((one.at + one.ms / 1000 for one in failed), default=returned) - returned
    figures |= figures_of(asked, lambda one: struck <= one.at < returned)
    figures["back_seconds"] = round(max(0.0, back), 1)
    report.expect(failed, "nobody noticed that the database was away")
    report.expect(back < DATABASE_BACK_SECONDS, f"pages failed until {back:.1f} s after its return")
    report.expect(figures["writes_refused"], "no write was refused")
    checks.expect_told_failures(report, asked, ground)
    checks.expect_agreement(report, ground)
    checks.expect_dead(report, ground)


def lose_broker(ground: Ground, report: Report) -> None:
    """F14: broker and cache are killed with all that they held, under load."""
    figures, stack = report.figures, ground.stack
    with ground.crowd() as crowd, ground.writing(figures):
        time.sleep(WELL_SECONDS)
        struck = time.monotonic()
        stack.kill("redis")
        picture = ground.do("add_photo", edge_px=1200, seed=4)["picture"]
        time.sleep(BROKER_AWAY_SECONDS)
        told = ground.parts()["redis"]
        stack.start_part("redis")
        returned = time.monotonic()

        def is_done() -> bool:
            stack.mend(ground.say)  # as whoever runs a stack does all the time
            return bool(ground.do("photo_now", picture=picture)["is_done"])

        ground.until(is_done, "the photo that came meanwhile", within=BROKER_BACK_SECONDS)
        back = time.monotonic() - returned
    asked = crowd.asked()
    figures |= figures_of(asked, lambda one: struck <= one.at < returned)
    figures["back_seconds"] = round(back, 1)
    report.expect(told["state"] == "degraded", f"/ready said of redis: {told['state']}, {told['message']}")
    checks.expect_answers(report, asked)
    checks.expect_quick_search(report)
    checks.expect_agreement(report, ground)
    checks.expect_photos(report, ground, [picture])
    checks.expect_dead(report, ground)
