"""Measure how photos are enhanced, on photos whose truth is known; what is measured is kept, so it can go on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from numpy.typing import NDArray
from PIL import Image

from listings.photos.evaluation import colours, cutouts, hand, wear
from listings.photos.pixels import photo_of

PARTS = ("cutouts", "hand", "colours", "wear", "wear_cut")


@dataclass(frozen=True, kw_only=True)
class Known:
    """A photo and its mask. kind: "real" or "drawn". clean: the same without spoiling, where there is one."""

    kind: str
    name: str
    photo: Path
    mask: Path
    clean: Path | None = None

    def truth(self) -> NDArray[np.bool_]:
        return np.asarray(Image.open(self.mask).convert("L")) > 127


class Command(BaseCommand):
    help = "Cut-outs, the seller's hand, colours and wear, measured on real and drawn photos with masks."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="holds photos/ (images, masks) and demo_photos/ (phone, masks)")
        parser.add_argument(
            "--cache", type=Path, required=True, help="folder that keeps a file for each photo and part"
        )
        parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
        parser.add_argument("--seconds", type=float, default=1e9, help="stop after so long; the next call goes on")

    def handle(self, *args: Any, folder: Path, cache: Path, parts: list[str], seconds: float, **_: Any) -> None:
        photos = list(_known(folder))
        if not photos:
            raise CommandError(f"{folder} holds neither photos/masks nor demo_photos/masks")
        cache.mkdir(parents=True, exist_ok=True)
        ends_at = time.monotonic() + seconds
        for part in parts:
            rows = {}
            for known in photos:
                row = _measured(part, known, cache, may_work=time.monotonic() < ends_at)
                if row is not None:
                    rows[(known.kind, known.name)] = row
            self.stdout.write(json.dumps({"part": part, "of": len(photos), **_summary(part, rows)}, ensure_ascii=False))


def _known(folder: Path) -> Iterator[Known]:
    for kind, images, masks, clean in (
        ("real", folder / "photos" / "images", folder / "photos" / "masks", None),
        (
            "drawn",
            folder / "demo_photos" / "phone",
            folder / "demo_photos" / "masks",
            folder / "demo_photos" / "phone_clean",
        ),
    ):
        for path in sorted(images.glob("*.jpg")):
            mask = masks / f"{path.stem}.png"
            twin = clean / path.name if clean is not None else None
            if mask.exists():
                yield Known(
                    kind=kind, name=path.stem, photo=path, mask=mask, clean=twin if twin and twin.exists() else None
                )


def _measured(part: str, known: Known, cache: Path, *, may_work: bool) -> dict[str, Any] | None:
    """From the cache, else measured and kept; None where that is not wanted or may not be done now."""
    kept = cache / f"{part}-{known.kind}-{known.name}.json"
    if kept.exists():
        row: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        return row
    if not may_work:
        return None
    measured = _MEASURES[part](known)
    kept.write_text(json.dumps(measured), encoding="utf-8")
    return measured


def _cutouts(known: Known) -> dict[str, Any]:
    return cutouts.judged(Image.open(known.photo).convert("RGB"), known.truth())


def _hand(known: Known) -> dict[str, Any]:
    return hand.judged(Image.open(known.photo).convert("RGB"), known.truth())


def _colours(known: Known) -> dict[str, Any]:
    photo = photo_of(Image.open(known.photo))
    row: dict[str, Any] = {}
    if known.name in colours.GOOD_PHOTOS:
        row = {**colours.moved(photo), "spoiled": colours.mended(photo, known.name)}
    if known.clean is not None:
        row["twin"] = colours.twin_mended(photo, photo_of(Image.open(known.clean)))
    return row


def _wear(known: Known, *, is_cut: bool) -> dict[str, Any]:
    if known.kind == "drawn":
        return {}
    return wear.retained(photo_of(Image.open(known.photo)), known.truth(), known.name, is_cut=is_cut)


_MEASURES: dict[str, Callable[[Known], dict[str, Any]]] = {
    "cutouts": _cutouts,
    "hand": _hand,
    "colours": _colours,
    "wear": lambda known: _wear(known, is_cut=False),
    "wear_cut": lambda known: _wear(known, is_cut=True),
}


def _summary(part: str, rows: dict[tuple[str, str], dict[str, Any]]) -> dict[str, Any]:
    if part == "colours":
        return colours.summary({name: row for (_, name), row in rows.items()})
    by_kind: dict[str, Any] = {}
    summaries: dict[str, Callable[[Any], dict[str, Any]]] = {
        "cutouts": cutouts.summary,
        "hand": hand.summary,
        "wear": wear.summary,
        "wear_cut": wear.summary,
    }
    for kind in ("real", "drawn"):
        of_kind = [row for (its_kind, _), row in rows.items() if its_kind == kind and row]
        if of_kind:
            by_kind[kind] = summaries[part](of_kind)
    return by_kind
