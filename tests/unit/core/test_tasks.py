"""Each task of the worker is written down, and no page speaks to the broker."""

from __future__ import annotations

import re

from celery import current_app
from django.conf import settings

OPS_README = (settings.BASE_DIR / "mall" / "ops" / "README.md").read_text(encoding="utf-8")
PACKAGES = ("mall", "search", "brands", "listings")


def own_tasks() -> set[str]:
    current_app.loader.import_default_modules()
    return {name for name in current_app.tasks if not name.startswith("celery.")}


def test_every_task_is_in_the_table_of_operations_with_what_becomes_of_it() -> None:
    section = OPS_README.partition("## The worker's tasks")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|(.*)\|$", section, re.MULTILINE)

    assert {name for name, _cells in rows} == own_tasks()
    assert all(len([cell for cell in cells.split("|") if cell.strip()]) == 5 for _name, cells in rows)


def test_the_clock_knows_every_task_and_no_other() -> None:
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} == own_tasks()


def test_a_tick_that_nobody_took_in_time_is_dropped() -> None:
    assert all(entry["options"]["expires"] > 0 for entry in settings.CELERY_BEAT_SCHEDULE.values())


def test_nothing_of_the_mall_hands_work_to_the_broker_itself() -> None:
    """Only the clock does: a broker that is away must not keep a page waiting."""
    calls = re.compile(r"\.(?:delay|apply_async|send_task)\(")
    files = [path for package in PACKAGES for path in (settings.BASE_DIR / package).rglob("*.py")]

    assert [str(path) for path in files if calls.search(path.read_text(encoding="utf-8"))] == []
