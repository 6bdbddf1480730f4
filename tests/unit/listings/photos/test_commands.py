"""The commands: a line of JSON for each file, and the pictures beside it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from listings.photos.evaluation import hand
from tests.unit.listings.photos.scenes import as_image, item_on_ground

pytestmark = pytest.mark.unit


def _lines(*arguments: object) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_check_photo_says_of_each_file_what_becomes_of_it(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jpg", tmp_path / "bad.jpg"
    Image.new("RGB", (320, 240), "teal").save(good)
    bad.write_bytes(b"no picture")

    first, second, third = _lines("check_photo", good, bad, tmp_path / "absent.jpg")

    assert first["accepted"] and first["size"] == [320, 240] and "small" in first["why"]
    assert not second["accepted"] and second["reason"] == "not_a_photo" and "Please" in second["why"]
    assert not third["accepted"] and third["reason"] == "unreadable"


def test_enhance_photos_writes_masks_where_sure_and_candidates_where_not(tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    as_image(item_on_ground()[0]).save(photos / "clear.png")
    as_image(item_on_ground(item=(203, 199, 190), noise=6)[0]).save(photos / "unclear.png")
    (photos / "broken.jpg").write_bytes(b"no picture")

    lines = {line["file"]: line for line in _lines("enhance_photos", photos, "--out", out)}

    assert {path.name for path in out.iterdir()} == {
        "clear.jpg",
        "clear.mask.png",
        "unclear.jpg",
        "unclear.candidate.png",
    }
    with Image.open(out / "clear.mask.png") as mask:
        assert mask.size == (260, 200)
    assert lines["clear.png"]["published"] and lines["clear.png"]["cpu_s"] > 0
    assert not lines["unclear.png"]["published"] and lines["unclear.png"]["reason"]
    assert lines["broken.jpg"]["refused"] == "not_a_photo"


def test_enhance_photos_without_cutout_keeps_every_background(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    as_image(item_on_ground()[0]).save(tmp_path / "photos" / "clear.png")

    (line,) = _lines("enhance_photos", tmp_path / "photos", "--out", tmp_path / "out", "--no-cutout")

    assert not line["published"] and [path.name for path in (tmp_path / "out").iterdir()] == ["clear.jpg"]


def test_enhance_photos_never_writes_over_the_photos(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="another folder"):
        call_command("enhance_photos", str(tmp_path), "--out", str(tmp_path))


def test_rembg_without_a_file_and_its_hash_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nothing is downloaded"):
        call_command("enhance_photos", str(tmp_path), "--out", str(tmp_path / "out"), "--backend", "rembg")


def test_the_simulated_seller_gets_a_clear_item_with_the_box_alone() -> None:
    photo, truth = item_on_ground()

    found = hand.judged(as_image(photo), truth)

    assert found["box"] > 0.95 and found["strokes"] >= found["box"] - 0.02
