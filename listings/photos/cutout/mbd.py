"""Saliency by minimum barrier distance to the frame, helped by how far colours are from the frame's strips."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from listings.photos.cutout.working import Saliency, Working, scaled

PASSES = 4
TOP_PERCENTILE = 99
STRIP_SHARE = 0.08
COLOUR_SLACK = 4.0
CENTRE_SIGMA = 0.38


def barrier_saliency(working: Working, *, is_centred: bool = True) -> Saliency:
    """float32 (h, w), 0..about 2. is_centred: weighted by a Gaussian on the middle of the frame.

    Source: minimum barrier salient object detection, Zhang et al. 2015, doi:10.1109/ICCV.2015.165.
    """
    barrier = np.zeros(working.shape, dtype=np.float32)
    for channel in range(3):
        barrier += barrier_distance(np.ascontiguousarray(working.lab[:, :, channel]))
    saliency = scaled(barrier, top_percentile=TOP_PERCENTILE) + _strips(working)
    return (saliency * _centre(working.shape)).astype(np.float32) if is_centred else saliency


def barrier_distance(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """For each pixel the smallest (highest - lowest value) on a path to the frame; raster scans from both corners."""
    return np.asarray(_scan(plane, PASSES), dtype=np.float32)


@njit("float32[:,:](float32[:,::1],int64)", cache=True)
def _scan(plane: NDArray[np.float32], passes: int) -> NDArray[np.float32]:  # pragma: no cover
    height, width = plane.shape
    distance = np.full((height, width), np.float32(1e9), dtype=np.float32)
    highest = plane.copy()
    lowest = plane.copy()
    distance[0, :] = distance[-1, :] = 0
    distance[:, 0] = distance[:, -1] = 0
    for turn in range(passes):
        step = 1 if turn % 2 == 0 else -1
        for row in range(1, height - 1):
            y = row if step == 1 else height - 1 - row
            for column in range(1, width - 1):
                x = column if step == 1 else width - 1 - column
                here = plane[y, x]
                for side in range(2):
                    ny, nx = (y - step, x) if side == 0 else (y, x - step)
                    high = max(highest[ny, nx], here)
                    low = min(lowest[ny, nx], here)
                    if high - low < distance[y, x]:
                        distance[y, x] = high - low
                        highest[y, x] = high
                        lowest[y, x] = low
    return distance


def _strips(working: Working) -> Saliency:
    """Distance to the colours of three of the four border strips: the item may touch one side."""
    height, width = working.shape
    deep = max(2, round(STRIP_SHARE * working.longest_px))
    strips = (working.lab[:deep], working.lab[-deep:], working.lab[:, :deep], working.lab[:, -deep:])
    distances = np.stack([scaled(colour_distance(working.lab, strip.reshape(-1, 3), COLOUR_SLACK)) for strip in strips])
    return scaled((distances.sum(axis=0) - distances.max(axis=0)).reshape(height, width))


def colour_distance(lab: NDArray[np.float32], sample: NDArray[np.float32], slack: float) -> NDArray[np.float32]:
    """float32 (h, w): Mahalanobis distance to the sample (n, 3) of colours, its covariance + slack x identity."""
    mean = sample.mean(axis=0, dtype=np.float64)
    covariance = np.cov(sample.T.astype(np.float64)) + slack * np.eye(3)
    rest = (lab - mean.astype(np.float32)).reshape(-1, 3)
    whitened = rest @ np.linalg.cholesky(np.linalg.inv(covariance)).astype(np.float32)
    return np.asarray(np.sqrt((whitened**2).sum(axis=1)).reshape(lab.shape[:2]), dtype=np.float32)


def _centre(shape: tuple[int, int]) -> NDArray[np.float32]:
    down = (np.arange(shape[0]) + 0.5) / shape[0] - 0.5
    across = (np.arange(shape[1]) + 0.5) / shape[1] - 0.5
    return np.exp(-(down[:, None] ** 2 + across[None, :] ** 2) / (2 * CENTRE_SIGMA**2)).astype(np.float32)
