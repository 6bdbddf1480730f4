"""Photos that come in, and what becomes of them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from PIL import Image

from mall.core import pictures
from mall.core.models import OutboxRow, Picture
from mall.core.pictures import PICTURE_ADDED

__all__ = ["add_photo", "damage_photo", "has_photo", "photo_now", "photos_now"]

KINDS = ("avif", "jpg")


def add_photo(edge_px: int, seed: int) -> dict[str, Any]:
    """Take in a square photo, whose renditions take a worker some seconds where the edge is long.

    {"picture": id}, or {"refused": why} where there is no room for it.
    """
    chance = np.random.default_rng(seed)
    coarse = chance.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((edge_px, edge_px), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=1)
    try:
        return {"picture": pictures.add_picture(buffer.getvalue()).pk}
    except OSError as error:
        return {"refused": str(error), "pictures": Picture.objects.count()}


def has_photo(picture: int) -> bool:
    return Picture.objects.filter(pk=picture).exists()


def damage_photo(picture: int) -> None:
    """Its original is no picture any more: what a disk may do to a file that was accepted."""
    path = Path(settings.ORIGINALS_FOLDER) / Picture.objects.get(pk=picture).original
    path.write_bytes(path.read_bytes()[:200])


def photo_now(picture: int) -> dict[str, Any]:
    """Its job and its files. holder: who works at it now, "" when nobody. damaged: renditions that cannot be read."""
    row = Picture.objects.get(pk=picture)
    job = OutboxRow.objects.filter(topic=PICTURE_ADDED, key=f"picture:{picture}").first()
    return {
        "is_done": set(pictures.planned_widths(row.width_px)) <= set(row.ready_widths),
        "is_failed": row.is_failed,
        "waits": job is not None and not job.is_dead,
        "holder": job.claimed_by if job else "",
        "attempts": job.attempts if job else 0,
        "error": job.error if job else "",
        "damaged": _damaged(row),
        "drafts": len(list(pictures.rendition_folder(row).glob(".*"))),
    }


def _damaged(picture: Picture) -> list[str]:
    """Names of renditions that should be there and cannot be read to their end."""
    wanted = [f"{width}.{kind}" for width in picture.ready_widths for kind in KINDS]
    folder = pictures.rendition_folder(picture)
    there = [path.name for path in folder.glob("[0-9]*")] if folder.exists() else []
    return [name for name in sorted({*wanted, *there}) if not _is_whole(folder / name)]


def _is_whole(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            image.load()
    except (OSError, SyntaxError, ValueError):
        return False
    return True


def photos_now(pictures_added: list[int]) -> dict[str, list[int]]:
    """Those of these pictures that are done, that failed, and whose job neither ended nor waits."""
    states = {pk: photo_now(pk) for pk in pictures_added}
    return {
        "done": [pk for pk, one in states.items() if one["is_done"]],
        "failed": [pk for pk, one in states.items() if one["is_failed"]],
        "lost": [pk for pk, one in states.items() if not (one["is_done"] or one["is_failed"] or one["waits"])],
    }
