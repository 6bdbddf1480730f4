"""The seller's hand: a box round the item, then strokes on what is item and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from listings.photos.cutout.edge import upsampled
from listings.photos.cutout.grabcut import cleaned, grab
from listings.photos.cutout.working import Mask, Working, frame_of, working_of
from listings.photos.errors import BrokenStroke
from listings.photos.pixels import photo_of

FRAME_SHARE = 0.004
BOX_ROUNDS, STROKE_ROUNDS = 5, 4
STROKE_PX = 5
BAND_PX, FINE_ROUNDS = 10, 2
LEAST_BOX_PX = 8
MOST_STROKES, MOST_POINTS = 40, 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """Round the item, in pixels of the photo; right and bottom not in it."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stroke:
    """kind: what lies beneath it. points: (x, y) in pixels of the photo, one for a tap, several for a line."""

    kind: Literal["item", "ground"]
    points: tuple[tuple[float, float], ...]


def cut_with_hand(image: Image.Image, box: Box, strokes: Sequence[Stroke] = ()) -> NDArray[np.uint8]:
    """uint8 (height, width) of the image, 255 = item: the box's cut, corrected by all strokes together.

    The same box and strokes give the same mask, in any order of the strokes. Where two disagree, "item" holds. Raises
    BrokenStroke for a box that is empty or outside the image, or strokes that cannot be meant.
    """
    _judge(image.size, box, strokes)
    working = working_of(photo_of(image))
    mask = _box_cut(working, box, image.size)
    if strokes:
        mask = _stroke_cut(working, mask, strokes, image.size)
    return np.where(upsampled(mask, (image.height, image.width)), 255, 0).astype(np.uint8)


def _judge(size: tuple[int, int], box: Box, strokes: Sequence[Stroke]) -> None:
    width, height = size
    inside = 0 <= box.left < box.right <= width and 0 <= box.top < box.bottom <= height
    if not inside or min(box.right - box.left, box.bottom - box.top) < LEAST_BOX_PX:
        raise BrokenStroke(
            f"The box must lie inside the photo of {width} × {height} pixels "
            f"and be at least {LEAST_BOX_PX} pixels wide and high."
        )
    if len(strokes) > MOST_STROKES or sum(len(stroke.points) for stroke in strokes) > MOST_POINTS:
        raise BrokenStroke(f"At most {MOST_STROKES} strokes with {MOST_POINTS} points in all: please begin again.")
    for stroke in strokes:
        if stroke.kind not in {"item", "ground"} or not stroke.points:
            raise BrokenStroke("A stroke says item or ground and has at least one point.")
        if not all(0 <= x < width and 0 <= y < height for x, y in stroke.points):
            raise BrokenStroke(f"A stroke must lie inside the photo of {width} × {height} pixels.")


def _box_cut(working: Working, box: Box, size: tuple[int, int]) -> Mask:
    height, width = working.shape
    across, down = width / size[0], height / size[1]
    inside = np.zeros(working.shape, dtype=np.bool_)
    inside[
        int(box.top * down) : max(1, round(box.bottom * down)),
        int(box.left * across) : max(1, round(box.right * across)),
    ] = True
    inside &= ~frame_of(working.shape, FRAME_SHARE)
    seeds = np.where(inside, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    cut = cleaned(grab(working.lab8, seeds, BOX_ROUNDS, band_px=BAND_PX, fine_rounds=FINE_ROUNDS))
    return cut if cut.any() else inside


def _stroke_cut(working: Working, mask: Mask, strokes: Sequence[Stroke], size: tuple[int, int]) -> Mask:
    height, width = working.shape
    scale = np.array([width / size[0], height / size[1]])
    marked = {kind: np.zeros(working.shape, dtype=np.uint8) for kind in ("item", "ground")}
    for stroke in strokes:
        points = np.rint(np.array(stroke.points) * scale).astype(np.int32)
        if len(points) == 1:
            points = np.repeat(points, 2, axis=0)
        cv2.polylines(marked[stroke.kind], [points.reshape(-1, 1, 2)], False, 1, thickness=STROKE_PX)
    seeds = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    seeds[frame_of(working.shape, FRAME_SHARE)] = cv2.GC_BGD
    seeds[marked["ground"] > 0] = cv2.GC_BGD
    seeds[marked["item"] > 0] = cv2.GC_FGD
    cut = cleaned(grab(working.lab8, seeds, STROKE_ROUNDS, band_px=BAND_PX, fine_rounds=FINE_ROUNDS))
    return cast("Mask", (cut | (marked["item"] > 0)) & ~((marked["ground"] > 0) & (marked["item"] == 0)))
