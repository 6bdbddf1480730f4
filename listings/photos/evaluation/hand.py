"""The seller's hand, simulated: a box with some slack, then strokes where the mask is most wrong."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from listings.photos.cutout.edge import extent_of
from listings.photos.cutout.hand import Box, Stroke, cut_with_hand
from listings.photos.cutout.working import Mask, overlap

SLACK_SHARE = 0.03
STROKES_OF_A_KIND = 2
STROKE_POINTS = 9


def judged(image: Image.Image, truth: Mask) -> dict[str, Any]:
    """One photo: IoU with the box, after up to two strokes of each kind, and the slowest step's CPU seconds."""
    box = _box_round(truth)
    strokes: list[Stroke] = []
    seconds = []
    best = first = 0.0
    while True:
        started = time.process_time()
        mask = cut_with_hand(image, box, strokes) > 127
        seconds.append(time.process_time() - started)
        best = max(best, overlap(mask, truth))
        first = first or best
        stroke = _next_stroke(mask, truth, strokes)
        if stroke is None or best >= 0.97:
            return {"box": first, "strokes": overlap(mask, truth), "n": len(strokes), "step_s": max(seconds)}
        strokes.append(stroke)


def summary(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """IoU in the mean and shares of at least .9, with the box alone and after the strokes."""
    found = list(rows)
    lines: dict[str, Any] = {"photos": len(found)}
    for key in ("box", "strokes"):
        values = np.array([row[key] for row in found])
        lines[key] = {"iou": round(float(values.mean()), 3), "iou >= .9": round(float((values >= 0.9).mean()), 3)}
    lines["strokes used"] = round(float(np.mean([row["n"] for row in found])), 2)
    lines["slowest step, cpu_s p95"] = round(float(np.percentile([row["step_s"] for row in found], 95)), 2)
    return lines


def _box_round(truth: Mask) -> Box:
    extent = extent_of(truth)
    height, width = truth.shape
    across = round(SLACK_SHARE * (extent.right - extent.left))
    down = round(SLACK_SHARE * (extent.bottom - extent.top))
    return Box(
        left=max(0, extent.left - across),
        top=max(0, extent.top - down),
        right=min(width, extent.right + across),
        bottom=min(height, extent.bottom + down),
    )


def _next_stroke(mask: Mask, truth: Mask, made: list[Stroke]) -> Stroke | None:
    """Through the thickest wrong part, of a kind that is not used up; None where nothing is left to say."""
    kinds: tuple[tuple[Literal["item", "ground"], Mask], ...] = (("item", truth & ~mask), ("ground", mask & ~truth))
    best: tuple[float, Literal["item", "ground"], Mask] | None = None
    for kind, wrong in kinds:
        if sum(stroke.kind == kind for stroke in made) >= STROKES_OF_A_KIND or not wrong.any():
            continue
        count, labels, stats, _ = cv2.connectedComponentsWithStats(wrong.astype(np.uint8), connectivity=8)
        largest = 1 + int(np.argmax(stats[1:count, cv2.CC_STAT_AREA]))
        area = float(stats[largest, cv2.CC_STAT_AREA])
        if best is None or area > best[0]:
            best = (area, kind, labels == largest)
    if best is None or best[0] < 0.002 * truth.sum():
        return None
    return Stroke(kind=best[1], points=_through(best[2]))


def _through(part: Mask) -> tuple[tuple[float, float], ...]:
    """Points along the part's long axis, each the deepest of its slice: a finger drawn through its middle."""
    depth = cv2.distanceTransform(np.pad(part.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    core = depth >= 0.35 * depth.max()
    rows, columns = np.nonzero(core)
    places: NDArray[np.float64] = np.stack([columns, rows], axis=1).astype(np.float64)
    axis = np.linalg.svd(places[:: max(1, len(places) // 500)] - places.mean(axis=0), full_matrices=False)[2][0]
    along = places @ axis
    edges = np.linspace(along.min(), along.max() + 1e-6, STROKE_POINTS + 1)
    points = []
    for low, high in pairwise(edges):
        inside = np.flatnonzero((along >= low) & (along < high))
        if len(inside):
            deepest = inside[np.argmax(depth[rows[inside], columns[inside]])]
            points.append((float(columns[deepest]), float(rows[deepest])))
    return tuple(points)
