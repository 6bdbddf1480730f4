"""The small picture that cutting works on, in the colour spaces that its parts need."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from listings.photos.light import Photo, check_photo, shrink

WORKING_PX = 400
BLUR_PX = 1.3

Mask = NDArray[np.bool_]
"""bool (height, width), True = item."""
Saliency = NDArray[np.float32]
"""float32 (height, width), 0..1, high = item."""


@dataclass(frozen=True, kw_only=True)
class Working:
    """photo: uint8 (h, w, 3), long side at most 400 px. lab: float32, L 0..100, blurred. lab8: OpenCV's 8-bit Lab."""

    photo: Photo
    lab: NDArray[np.float32]
    lab8: NDArray[np.uint8]

    @property
    def shape(self) -> tuple[int, int]:
        return (self.photo.shape[0], self.photo.shape[1])

    @property
    def longest_px(self) -> int:
        return max(self.shape)


def working_of(photo: Photo) -> Working:
    """The photo averaged down to 400 px. Raises ValueError for what is no photo."""
    check_photo(photo)
    small = np.ascontiguousarray(shrink(photo, WORKING_PX))
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return Working(
        photo=small,
        lab=cv2.GaussianBlur(lab, (0, 0), BLUR_PX).astype(np.float32),
        lab8=cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.uint8),
    )


def scaled(plane: NDArray[np.float32], *, top_percentile: float = 100) -> Saliency:
    """The plane clipped at a percentile and moved to 0..1; zero everywhere where it is flat."""
    top = float(np.percentile(plane, top_percentile)) if top_percentile < 100 else float(plane.max())
    low = float(plane.min())
    if top - low < 1e-9:
        return np.zeros_like(plane, dtype=np.float32)
    return ((np.minimum(plane, top) - low) / (top - low)).astype(np.float32)


def frame_of(shape: tuple[int, int], share: float) -> Mask:
    """True on the frame whose width is this share of the long side, at least one pixel."""
    width = max(1, round(share * max(shape)))
    frame = np.ones(shape, dtype=np.bool_)
    frame[width:-width, width:-width] = False
    return frame


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union, 0..1; 0 where both are empty."""
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else 0.0
