"""Arrays of pixels and what is measured of them: linear light, luminance, noise."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Photo = NDArray[np.uint8]
"""uint8 (height, width, 3), sRGB."""
Plane = NDArray[np.float32]
"""float32 (height, width)."""

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
_LEVELS = 65_536
_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
_BLOCK_PX = 16
_STILL_SHARE = 20


def check_photo(photo: NDArray[Any]) -> None:
    """Raises ValueError for anything but uint8 (height, width, 3)."""
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or photo.size == 0:
        raise ValueError(f"a photo is uint8 (height, width, 3), not {photo.dtype} {photo.shape}")


def linear_of(coded: Any) -> Any:
    """sRGB 0..1 to linear light 0..1. Source: IEC 61966-2-1."""
    return np.where(coded <= 0.04045, coded / 12.92, ((np.maximum(coded, 0) + 0.055) / 1.055) ** 2.4)


def coded_of(linear: Any) -> Any:
    """Linear light 0..1 to sRGB 0..1. Source: IEC 61966-2-1."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)


@cache
def _to_linear() -> NDArray[np.float32]:
    return np.asarray(linear_of(np.arange(256) / 255), dtype=np.float32)


@cache
def _to_coded() -> NDArray[np.uint8]:
    return np.asarray(np.rint(255 * coded_of(np.arange(_LEVELS) / (_LEVELS - 1))), dtype=np.uint8)


def to_linear(photo: Photo) -> NDArray[np.float32]:
    """float32 (height, width, 3), linear light 0..1."""
    return np.asarray(_to_linear()[photo], dtype=np.float32)


def to_photo(linear: NDArray[np.float32]) -> Photo:
    """uint8 (height, width, 3); what lies outside 0..1 is clipped."""
    levels = np.clip(linear, 0, 1) * (_LEVELS - 1) + 0.5
    return np.asarray(_to_coded()[levels.astype(np.uint16)], dtype=np.uint8)


def luminance_of(linear: NDArray[np.float32]) -> Plane:
    """float32 (height, width), linear light 0..1."""
    return np.asarray(linear @ LUMINANCE, dtype=np.float32)


def luma_of(photo: Photo) -> Plane:
    """float32 (height, width), 0..255: Y' of YCbCr."""
    return cv2.cvtColor(photo, cv2.COLOR_RGB2YCrCb)[:, :, 0].astype(np.float32)


def shrink(photo: Photo, longest_px: int) -> Photo:
    """The photo averaged down to at most longest_px on its long side; smaller ones stay as they are."""
    height, width = photo.shape[:2]
    scale = longest_px / max(height, width)
    if scale >= 1:
        return photo
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def noise_of(luma: Plane) -> float:
    """Standard deviation of the luma's noise, 8-bit units, in the quietest fifth of blocks of 16 px.

    luma: float32 (height, width), 0..255. Source: Immerkaer 1996, doi:10.1006/cviu.1996.0060.
    """
    height, width = (side // _BLOCK_PX * _BLOCK_PX for side in luma.shape)
    if height == 0 or width == 0:
        return 0.0
    response = np.abs(cv2.filter2D(luma, cv2.CV_32F, _IMMERKAER))[:height, :width]
    blocks = response.reshape(height // _BLOCK_PX, _BLOCK_PX, width // _BLOCK_PX, _BLOCK_PX).mean(axis=(1, 3))
    return float(np.percentile(blocks, _STILL_SHARE) * np.sqrt(np.pi / 2) / 6)
