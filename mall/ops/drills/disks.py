"""Full disks: of the photos, of the database, of the search server."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from django.utils.translation import gettext, override

from mall.ops.drills import checks
from mall.ops.drills.crowd import figures_of
from mall.ops.drills.editor import Editor
from mall.ops.drills.ground import Ground
from mall.ops.drills.report import Report
from mall.ops.drills.small_disk import fill, make_room, small_disk
from mall.ops.postgresql import server_user

MEGABYTE = 1024 * 1024
ROOM_BYTES = 6 * MEGABYTE
NO_ROOM = "No space left on device"
INSUFFICIENT_STORAGE = 507
FULL_SECONDS = 4.0
BACK_SECONDS = 90.0
BLOCK = "index.blocks.read_only_allow_delete"


def fill_disks(ground: Ground, report: Report) -> None:
    """F06: no room for photos, then none for the database, then none for the search server."""
    with ground.crowd() as crowd:
        started = time.monotonic()
        _fill_media(ground, report)
        _fill_database(ground, report)
        _fill_search_server(ground, report)
    asked = crowd.asked()
    report.figures |= figures_of(asked, lambda one: one.at >= started)
    checks.expect_answers(report, asked)
    checks.expect_agreement(report, ground)
    checks.expect_dead(report, ground)
    checks.expect_no_leftovers(report, ground)


# photos


def _fill_media(ground: Ground, report: Report) -> None:
    """An upload is refused in words, a photo's job waits with the reason, a photo that cannot be kept is refused."""
    editor, content = Editor(ground), _some_picture()
    mall = Path(ground.stack.environment["MALL_DATA_FOLDER"])
    with small_disk(mall / "media", free_bytes=ROOM_BYTES) as media:
        before = _files(media)
        images = ground.do("count_images")
        fill(media)
        answer = editor.upload("full", content)
        picture = ground.do("add_photo", edge_px=1500, seed=6)["picture"]
        waits = lambda: NO_ROOM in ground.do("photo_now", picture=picture)["error"]  # noqa: E731
        ground.until(waits, "a photo's job that waits for room", within=60)
        told = ground.parts()["outbox"]
        left = _files(media) - before - {".ballast"}
        report.expect(answer.status == INSUFFICIENT_STORAGE, f"the upload was answered {answer.status}")
        report.expect(answer.request_id, "the refusal has no request id")
        report.expect(_says_no_room(answer.text), "the refusal does not say why")
        report.expect(ground.do("count_images") == images, "a refused upload left a row")
        report.expect(not left, f"a refused upload left {sorted(left)[:5]}")
        report.expect(NO_ROOM in told["message"], f"/ready said of the outbox: {told['message']}")
        make_room(media)
        done = lambda: ground.do("photo_now", picture=picture)["is_done"]  # noqa: E731
        report.figures["photo_back_seconds"] = round(ground.until(done, "the photo's renditions", within=BACK_SECONDS))
        again = editor.upload("with room", content)
        report.expect(again.status == 200, f"with room the upload was answered {again.status}")
    with small_disk(mall / "originals", free_bytes=MEGABYTE) as originals:
        fill(originals)
        refused = ground.do("add_photo", edge_px=1500, seed=7)
        report.expect(NO_ROOM in refused.get("refused", ""), f"a photo without room for it: {refused}")
    checks.expect_photos(report, ground, [picture])


def _says_no_room(page: str) -> bool:
    """In whichever language the editor was answered."""
    sentences = []
    for language in ("fr", "en"):
        with override(language):
            sentences.append(gettext("There is no room left for this file"))
    return any(sentence in page for sentence in sentences)


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _some_picture() -> bytes:
    """A PNG of half a megabyte."""
    import io

    import numpy as np
    from PIL import Image

    buffer = io.BytesIO()
    noise = np.random.default_rng(8).integers(0, 256, (420, 420, 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, format="PNG")
    return buffer.getvalue()


# the database


def _fill_database(ground: Ground, report: Report) -> None:
    """Nothing can be written: writes are refused, pages are read, and afterwards every table is sound."""
    place = Path(tempfile.mkdtemp(prefix="mall-tables-"))
    place.chmod(0o755)
    try:
        with small_disk(place, free_bytes=ground.do("tables_bytes") + ROOM_BYTES) as disk:
            _drill_tables(ground, report, disk)
    finally:
        place.rmdir()


def _drill_tables(ground: Ground, report: Report, disk: Path) -> None:
    tables = disk / "tables"
    tables.mkdir(mode=0o700)
    os.chown(tables, server_user() or -1, -1)
    ground.do("move_tables", folder=str(tables))
    try:
        figures: dict[str, Any] = {}
        with ground.writing(figures, per_second=40):
            time.sleep(1)
            fill(disk)
            time.sleep(FULL_SECONDS)
            told = ground.parts()["database"]
            make_room(disk)
            time.sleep(1)
        report.figures |= {f"full_{name}": value for name, value in figures.items()}
        report.expect(figures["writes_refused"], "no write was refused while the database's disk was full")
        report.expect(told["state"] == "ok", f"/ready said of the database, which can be read: {told['message']}")
        ground.until_drained(BACK_SECONDS)
        sound = ground.do("check_tables")
        report.figures["tables_checked"] = sound["tables"]
        report.expect(not sound["faults"], f"tables that are not sound: {sound['faults'][:5]}")
        report.expect(not ground.do("check_writes")["lost"], "writes that were acknowledged on the full disk are lost")
    finally:
        (disk / ".ballast").unlink(missing_ok=True)
        ground.do("move_tables")
        tables.rmdir()


# the search server


def _fill_search_server(ground: Ground, report: Report) -> None:
    """The server blocks its index, as it does when its disk is nearly full: changes wait with the reason."""
    with ground.writing(report.figures, per_second=4):
        _block_index(ground, "true")
        paused = lambda: "block" in ground.parts()["outbox"]["message"]  # noqa: E731
        ground.until(paused, "the reason on /ready", within=60)
        status = ground.start_command("search_status", "--sample", "0")
        told, _error = status.communicate(timeout=120)
        is_stand_in = "fallback" in ground.search("lampe")["notices"]
        _block_index(ground, None)
        unblocked = time.monotonic()
    ground.until_drained(BACK_SECONDS)
    report.figures["block_back_seconds"] = round(time.monotonic() - unblocked, 1)
    report.expect(status.returncode == 1 and "block" in told, f"search_status did not tell of the block: {told[-600:]}")
    report.expect(not is_stand_in, "an index that only takes no changes was not searched")


def _block_index(ground: Ground, value: str | None) -> None:
    for index in ground.do("server_facts")["targets"]:
        ground.stack.nodes[0].call(f"/{index}/_settings", {BLOCK: value}, method="PUT")
