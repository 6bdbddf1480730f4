"""GrabCut from seeds, and what is cleaned of its mask.

Source: GrabCut, Rother, Kolmogorov and Blake 2004, doi:10.1145/1015706.1015720, as OpenCV has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from listings.photos.cutout.working import Mask, Saliency, frame_of

SURE_FRAME_SHARE = 0.012
SURE_ABOVE = 1.3
SMALL_PART, SMALL_HOLE = 0.04, 0.01
CLOSING_SHARE = 0.015
BAND_PX = 4
SEED = 20_262

Seeds = NDArray[np.uint8]
"""uint8 (h, w) of cv2.GC_BGD, GC_FGD, GC_PR_BGD, GC_PR_FGD."""


def square(edge_px: int) -> NDArray[np.uint8]:
    """A square brush for morphology."""
    return np.ones((edge_px, edge_px), dtype=np.uint8)


def otsu_of(saliency: Saliency) -> float:
    """Otsu's threshold of a plane, in its own unit. Source: Otsu 1979, doi:10.1109/TSMC.1979.4310076."""
    low, high = float(saliency.min()), float(saliency.max())
    if high - low < 1e-9:
        return high
    levels = np.rint((saliency - low) / (high - low) * 255).astype(np.uint8)
    level, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return low + (float(level) + 0.5) / 255 * (high - low)


def seeds_of(saliency: Saliency) -> Seeds:
    """Probable and sure item and ground by Otsu's threshold of a map of 0..1."""
    threshold = otsu_of(saliency)
    above = saliency > threshold
    seeds = np.where(above, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    sure = (saliency > min(0.98, SURE_ABOVE * threshold)).astype(np.uint8)
    seeds[cv2.erode(sure, square(5)) > 0] = cv2.GC_FGD
    seeds[frame_of(above.shape, SURE_FRAME_SHARE) & ~above] = cv2.GC_BGD
    return seeds


def grab(
    picture: NDArray[np.uint8], seeds: Seeds, rounds: int, *, band_px: int = BAND_PX, fine_rounds: int = 1
) -> Mask:
    """bool (h, w). picture: uint8 (h, w, 3). Where there is no item or no ground to learn from, what the seeds say.

    All rounds run at half the size, fine_rounds again at full size within band_px of the outline: a fifth of the time.
    """
    item = (seeds == cv2.GC_FGD) | (seeds == cv2.GC_PR_FGD)
    if item.sum() < 40 or (~item).sum() < 40:
        return np.asarray(item, dtype=np.bool_)
    height, width = item.shape
    half = (max(1, width // 2), max(1, height // 2))
    coarse_seeds = np.asarray(cv2.resize(seeds, half, interpolation=cv2.INTER_NEAREST), np.uint8)
    coarse_picture = np.asarray(cv2.resize(picture, half, interpolation=cv2.INTER_AREA), np.uint8)
    coarse = _cut(coarse_picture, coarse_seeds, rounds).astype(np.float32)
    upsampled = (cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5).astype(np.uint8)
    fine = np.where(upsampled > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    fine[cv2.erode(upsampled, square(2 * band_px + 1), borderValue=1) > 0] = cv2.GC_FGD
    fine[cv2.dilate(upsampled, square(2 * band_px + 1)) == 0] = cv2.GC_BGD
    for sure in (cv2.GC_FGD, cv2.GC_BGD):
        fine[seeds == sure] = sure
    return _cut(picture, fine, fine_rounds)


def _cut(picture: NDArray[np.uint8], seeds: Seeds, rounds: int) -> Mask:
    item = (seeds == cv2.GC_FGD) | (seeds == cv2.GC_PR_FGD)
    if item.sum() < 10 or (~item).sum() < 10:
        return np.asarray(item, dtype=np.bool_)
    cv2.setRNGSeed(SEED)
    models = (np.zeros((1, 65)), np.zeros((1, 65)))
    labels, *_ = cv2.grabCut(picture, seeds.copy(), (0, 0, 0, 0), *models, rounds, cv2.GC_INIT_WITH_MASK)
    return np.asarray((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD), dtype=np.bool_)


def cleaned(mask: Mask) -> Mask:
    """Specks, small parts and pinholes gone, a handle left open, the outline closed by 1.5 % of the long side."""
    plane: Any = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, square(3))
    plane = cv2.morphologyEx(plane, cv2.MORPH_OPEN, square(3))
    plane = without_small_parts(plane > 0, SMALL_PART).astype(np.uint8)
    area = int(plane.sum())
    if area == 0:
        return np.zeros(mask.shape, dtype=np.bool_)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - plane, connectivity=4)
    edge_labels = set(np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])).tolist())
    for index in range(1, count):
        if index not in edge_labels and stats[index, cv2.CC_STAT_AREA] < SMALL_HOLE * area:
            plane[labels == index] = 1
    radius = max(1, round(CLOSING_SHARE * max(mask.shape)))
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    padded = np.pad(plane, radius + 1, mode="edge")
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, brush)[radius + 1 : -radius - 1, radius + 1 : -radius - 1]
    return np.asarray(closed > 0, dtype=np.bool_)


def without_small_parts(mask: Mask, share: float) -> Mask:
    """The parts of at least this share of the largest."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if len(areas) == 0:
        return mask
    kept = 1 + np.flatnonzero(areas >= share * areas.max())
    return np.asarray(np.isin(labels, kept), dtype=np.bool_)


def vote(picture: NDArray[np.uint8], masks: Sequence[Mask]) -> Mask:
    """GrabCut from the votes of four masks: two make a probable item, four a sure one. picture: uint8 Lab."""
    votes = np.sum(masks, axis=0)
    seeds = np.where(votes >= 2, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    near = cv2.dilate((votes > 0).astype(np.uint8), square(15)) > 0
    seeds[~near] = cv2.GC_BGD
    seeds[cv2.erode((votes == len(masks)).astype(np.uint8), square(5)) > 0] = cv2.GC_FGD
    return cleaned(grab(picture, seeds, 3))
