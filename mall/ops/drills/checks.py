"""What must hold whatever happened. The numbers are those of the fault list: I4 photo jobs, I5 search and database,
I6 answers, I7 temporary files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mall.ops.drills.crowd import Asked
from mall.ops.drills.ground import Ground
from mall.ops.drills.report import Report

SHOWN = 5
SEARCH_P95_MS = 1500


def expect_answers(report: Report, asked: Iterable[Asked]) -> None:
    """I6, where the mall goes on: no answer is a failure."""
    failed = [one for one in asked if one.has_failed]
    told = ", ".join(f"{one.path} {one.status}" for one in failed[:SHOWN])
    report.figures["failed"] = len(failed)
    report.expect(not failed, f"{len(failed)} requests failed: {told}")


def expect_told_failures(report: Report, asked: Iterable[Asked], ground: Ground) -> None:
    """I6, where something that everybody needs is away: 503 with a time to come again, its id in the log."""
    failed = [one for one in asked if one.has_failed]
    untold = [one for one in failed if one.status != 503 or not one.says_when or not one.request_id]
    told = ", ".join(f"{one.path} {one.status}" for one in untold[:SHOWN])
    report.figures["failed"] = len(failed)
    report.expect(not untold, f"{len(untold)} of {len(failed)} failures were no 503 with a time to come again: {told}")
    logged = ground.request_ids_in_log()
    missing = [one.request_id for one in failed if one.request_id and one.request_id not in logged]
    report.expect(not missing, f"{len(missing)} failures are not in the log: {', '.join(missing[:SHOWN])}")


def expect_quick_search(report: Report) -> None:
    """p95 of searches while the fault lasts, see `figures_of`."""
    p95 = report.figures.get("search_p95_ms_during")
    report.expect(p95 is not None, "nobody searched during the fault")
    report.expect((p95 or 0) < SEARCH_P95_MS, f"p95 of searches during the fault was {p95} ms, not below 1500")


def expect_agreement(report: Report, ground: Ground, *, writes: bool = True) -> None:
    """I5: everything that was acknowledged is in the database, and every index shows it. Waits for the outbox."""
    report.figures["drained_seconds"] = round(ground.until_drained(), 1)
    written = ground.do("check_writes") if writes else {"offers": [], "lost": []}
    compared = ground.do("compare", offers=written["offers"])
    lost = len(written["lost"]) + sum(one["missing"] for one in compared.values())
    stale = sum(one["older"] + one["ahead"] + one["surplus"] + one["prices"] for one in compared.values())
    report.figures |= {
        "documents": max(one["documents"] for one in compared.values()),
        "compared_prices": max(one["compared_prices"] for one in compared.values()),
        "lost": lost,
        "stale": stale,
    }
    report.expect(not written["lost"], f"acknowledged prices are not in the database: {written['lost'][:SHOWN]}")
    differing = {topic: one for topic, one in compared.items() if any(one[name] for name in DIFFERENCES)}
    report.expect(not differing, f"search and database differ: {differing}")
    report.expect(not writes or report.figures["compared_prices"], "no changed price was compared")


DIFFERENCES = ("missing", "older", "ahead", "surplus", "prices")


def expect_photos(report: Report, ground: Ground, pictures: Sequence[int]) -> None:
    """I4: each photo that was taken in is done or failed with a reason, its files whole."""
    found: Mapping[str, list[int]] = ground.do("photos_now", pictures_added=list(pictures))
    ended = {*found["done"], *found["failed"]}
    report.figures |= {"photos_done": len(found["done"]), "photos_failed": len(found["failed"])}
    report.expect(ended == set(pictures), f"photos that neither ended nor failed: {sorted(set(pictures) - ended)}")
    damaged = {pk: names for pk in pictures if (names := ground.do("photo_now", picture=pk)["damaged"])}
    report.expect(not damaged, f"renditions that cannot be read: {damaged}")


def expect_no_leftovers(report: Report, ground: Ground) -> None:
    """I7: no draft that nobody writes any more. Nothing is at work when this is asked."""
    drafts = ground.do("temporary_files")
    report.figures["temporary_files"] = drafts["all"]
    report.expect(not drafts["old"], f"{drafts['old']} temporary files are older than an hour")


def expect_dead(report: Report, ground: Ground, count: int = 0) -> None:
    """So many dead letters, no more."""
    dead = ground.do("outbox_now")["dead"]
    report.figures["dead"] = dead
    report.expect(dead == count, f"{dead} dead letters, {count} were expected")
