"""The wear test: flaws drawn on the item must come through every step as they are, neither hidden nor exaggerated."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from listings.photos.colours import improve_colours
from listings.photos.cutout.edge import soft_edge
from listings.photos.cutout.ground import on_white
from listings.photos.cutout.working import Mask
from listings.photos.light import Photo

HIDDEN_BELOW, EXAGGERATED_ABOVE = 0.8, 1.5
FAINTEST = 0.5

Lab = NDArray[np.float32]
Draw = Callable[[Lab, Mask, np.random.Generator, float], None]


def _scratch(lab: Lab, item: Mask, random: np.random.Generator, scale: float, *, depth: float) -> None:
    start = _inside(item, random)
    angle, length = random.uniform(0, np.pi), 40 * scale
    end = (round(start[0] + length * np.cos(angle)), round(start[1] + length * np.sin(angle)))
    line = np.zeros(item.shape, np.uint8)
    cv2.line(line, start, end, 1, thickness=max(1, round(scale)))
    lab[(line > 0) & item, 0] += depth * random.choice([-1, 1])


def _spot(
    lab: Lab, item: Mask, random: np.random.Generator, scale: float, *, radius: float, shift: tuple[float, float, float]
) -> None:
    disc = np.zeros(item.shape, np.uint8)
    cv2.circle(disc, _inside(item, random), max(1, round(radius * scale)), 1, thickness=-1)
    lab[(disc > 0) & item] += np.array(shift, np.float32)


def _chip(lab: Lab, item: Mask, random: np.random.Generator, scale: float) -> None:
    outline = item & (cv2.erode(item.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    rows, columns = np.nonzero(outline)
    at = int(random.integers(len(rows)))
    disc = np.zeros(item.shape, np.uint8)
    cv2.circle(disc, (int(columns[at]), int(rows[at])), max(2, round(3 * scale)), 1, thickness=-1)
    lab[(disc > 0) & item, 0] += 18


FLAWS: Mapping[str, Draw] = {
    "scratch": lambda lab, item, random, scale: _scratch(lab, item, random, scale, depth=14),
    "faint scratch": lambda lab, item, random, scale: _scratch(lab, item, random, scale, depth=6),
    "stain": lambda lab, item, random, scale: _spot(lab, item, random, scale, radius=9, shift=(-4, 3, 7)),
    "hole": lambda lab, item, random, scale: _spot(
        lab, item, random, scale, radius=4, shift=(float(30 * random.choice([-1, 1])), 0, 0)
    ),
    "fading": lambda lab, item, random, scale: _spot(lab, item, random, scale, radius=28, shift=(5, 0, 0)),
    "edge chip": _chip,
}


def retained(photo: Photo, item: Mask, name: str, *, is_cut: bool) -> dict[str, float]:
    """For each kind of flaw: change of the result over change of the photo, mean over the flaw's pixels in Lab.

    item: where flaws are drawn, and what is cut out where is_cut. name: seeds the places.
    """
    clean, plain = _result(photo, item, is_cut=is_cut), _lab(photo)
    found = {}
    for kind, draw in FLAWS.items():
        lab = plain.copy()
        draw(lab, item, np.random.default_rng(zlib.crc32(f"{name}/{kind}".encode())), max(photo.shape) / 500)
        drawn = (lab != plain).any(axis=2)
        # all else stays as it was to the bit: there and back through Lab, a strong colour moves by more than a flaw
        painted = np.clip(np.rint(255 * cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)), 0, 255).astype(np.uint8)
        worn = np.where(drawn[:, :, None], painted, photo)
        before = np.linalg.norm(_lab(worn) - plain, axis=2)
        where = before > FAINTEST
        if where.sum() < 4:
            continue
        after = np.linalg.norm(_lab(_result(worn, item, is_cut=is_cut)) - _lab(clean), axis=2)
        found[kind] = float(after[where].mean() / before[where].mean())
    return found


def summary(rows: Iterable[Mapping[str, float]]) -> dict[str, Any]:
    """Shares of flaws that are hidden and exaggerated, over all kinds and for those that are ever hidden."""
    pairs = [(kind, value) for row in rows for kind, value in row.items()]
    values = np.array([value for _, value in pairs])
    hidden = [kind for kind, value in pairs if value < HIDDEN_BELOW]
    exaggerated = [kind for kind, value in pairs if value > EXAGGERATED_ABOVE]
    return {
        "flaws": len(pairs),
        "median": round(float(np.median(values)), 2),
        "hidden": round(len(hidden) / len(pairs), 4),
        "exaggerated": round(len(exaggerated) / len(pairs), 4),
        "hidden kinds": {kind: hidden.count(kind) for kind in sorted(set(hidden))},
        "exaggerated kinds": {kind: exaggerated.count(kind) for kind in sorted(set(exaggerated))},
    }


def _inside(item: Mask, random: np.random.Generator) -> tuple[int, int]:
    deep = cv2.erode(item.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    rows, columns = np.nonzero(deep if deep.any() else item)
    at = int(random.integers(len(rows)))
    return int(columns[at]), int(rows[at])


def _lab(photo: Photo) -> Lab:
    return cast("Lab", cv2.cvtColor(photo.astype(np.float32) / 255, cv2.COLOR_RGB2LAB))


def _result(photo: Photo, item: Mask, *, is_cut: bool) -> Photo:
    coloured = improve_colours(photo)[0]
    return on_white(coloured, soft_edge(photo, item)) if is_cut else coloured
