"""Sharpen: a soft photo is deconvolved by the blur that its own edges show, a few damped rounds and no more."""

from __future__ import annotations

import math

import cv2
import numpy as np

from listings.photos.light import Photo, Plane, check_photo, luma_of, noise_of
from listings.photos.steps.step import Change, Step

SOFT_FROM_PX = 1.05
NOISE_UP_TO = 6.0
PRE_BLUR_PX, RE_BLUR_PX = 0.6, 1.0
STRONGEST_SHARE = 4
LEAST_EDGES = 30
SHARP_PX = 0.8
SIGMA_PX = (0.6, 2.0)
ROUNDS, ROUNDS_IF_NOISY, NOISY_FROM = 6, 3, 2.0
DAMPED_UNDER = 2.0


def edge_blur_of(luma: Plane) -> float:
    """Standard deviation of the blur that edges show, pixels; 0 where there are too few edges to tell.

    luma: float32 (height, width), 0..255. Source: re-blur ratio, Zhuo and Sim 2011, doi:10.1016/j.patcog.2011.03.009.
    """
    first = _blurred(luma, PRE_BLUR_PX)
    strength = _gradient(first)
    again = _gradient(_blurred(first, RE_BLUR_PX))
    peaks = (strength >= cv2.dilate(strength, np.ones((3, 3), np.uint8))) & (
        strength > np.percentile(strength, 100 - STRONGEST_SHARE)
    )
    ratio = strength[peaks] / np.maximum(again[peaks], 1e-6)
    ratio = ratio[ratio > 1.01]
    if len(ratio) < LEAST_EDGES:
        return 0.0
    return float(np.median(RE_BLUR_PX / np.sqrt(ratio**2 - 1)))


def sharpen(photo: Photo) -> Change:
    """Damped Richardson-Lucy on luma where edges are blurred by 1.05 px and more and noise is at most 6 of 255.

    strength: the blur that is undone, pixels, 0.6..2. Raises ValueError for what is no photo.
    Source: Richardson 1972, doi:10.1364/JOSA.62.000055; Lucy 1974, doi:10.1086/111605.
    """
    check_photo(photo)
    luma = luma_of(photo)
    noise, blur = noise_of(luma), edge_blur_of(luma)
    seen = {"noise": noise, "edge_blur_px": blur}
    if blur < SOFT_FROM_PX or noise > NOISE_UP_TO:
        return Change(photo=photo, seen=seen)
    sigma = min(max(math.sqrt(blur**2 - SHARP_PX**2), SIGMA_PX[0]), SIGMA_PX[1])
    rounds = ROUNDS_IF_NOISY if noise >= NOISY_FROM else ROUNDS
    planes = cv2.cvtColor(photo, cv2.COLOR_RGB2YCrCb)
    sharp = _deconvolved(luma, sigma_px=sigma, rounds=rounds, noise=noise)
    planes[:, :, 0] = np.clip(np.rint(sharp), 0, 255).astype(np.uint8)
    return Change(photo=np.asarray(cv2.cvtColor(planes, cv2.COLOR_YCrCb2RGB), np.uint8), strength=sigma, seen=seen)


def _blurred(plane: Plane, sigma_px: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma_px), np.float32)


def _gradient(plane: Plane) -> Plane:
    across = cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=3)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _deconvolved(luma: Plane, *, sigma_px: float, rounds: int, noise: float) -> Plane:
    observed = luma + 1.0
    estimate = observed.copy()
    threshold = max(DAMPED_UNDER * noise, 1e-3)
    for _ in range(rounds):
        seen = cv2.GaussianBlur(estimate, (0, 0), sigma_px)
        residual = observed - seen
        weight = np.minimum(1.0, (residual / threshold) ** 2)
        estimate *= cv2.GaussianBlur(1 + weight * residual / np.maximum(seen, 1.0), (0, 0), sigma_px)
    return estimate - 1.0


STEP = Step(name="sharpen", version=1, apply=sharpen)
