"""White balance: a mild cast is weakened; a strong or doubtful one may be the thing's own and is left to the seller."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from listings.photos.light import LUMINANCE, Photo, check_photo, linear_of, luminance_of, shrink, to_linear, to_photo
from listings.photos.steps.step import Change, Step

NORM = 6
DARKEST, BRIGHTEST = 13, 249
FROM_DEGREES, FULL_DEGREES, UP_TO_DEGREES = 5.0, 10.0, 18.0
SHARE = 0.7
MOST_TINT = 0.5
BRIGHT_PERCENTILE = 97
ESTIMATE_PX = 400
LEAST_PIXELS = 100
MOST_GAIN = 3.0

Light = NDArray[np.float64]
"""float64 (3,), linear: the colour of the light, to a factor."""


def balance_white(photo: Photo) -> Change:
    """Divide by part of the light's colour where three estimates agree on one; luminance stays.

    The estimates (sixth-power mean of the pixels, the same of the edges, mean of the brightest) must all call the light
    warm, or all cool, and none of them green or magenta, which no lamp is and many a bedspread. The mildest is taken:
    nothing below 5 degrees from grey, 70 % from 10 on, and beyond 18 nothing, with "tap_white" offered.
    strength: share of the cast taken away, 0..0.7. Raises ValueError for what is no photo.
    Sources: shades of grey, Finlayson and Trezzi 2004; grey edge, van de Weijer, Gevers and Gijsenij 2007,
    doi:10.1109/TIP.2007.901808.
    """
    check_photo(photo)
    lights = estimates_of(shrink(photo, ESTIMATE_PX))
    light = min(lights, key=_degrees_from_grey)
    degrees = _degrees_from_grey(light)
    seen = {"cast_degrees": degrees}
    if degrees <= FROM_DEGREES:
        return Change(photo=photo, seen=seen)
    if degrees > UP_TO_DEGREES or not _is_lamp(lights):
        return Change(photo=photo, seen=seen, offer="tap_white")
    share = SHARE * min(1.0, (degrees - FROM_DEGREES) / (FULL_DEGREES - FROM_DEGREES))
    return Change(photo=_with_gains(photo, (light.mean() / light) ** share), strength=share, seen=seen)


def estimates_of(photo: Photo) -> list[Light]:
    """The light's colour by all pixels, by edges, by the brightest; grey where too little can be seen."""
    brightest = photo.max(axis=2)
    usable = (brightest >= DARKEST) & (brightest <= BRIGHTEST)
    if usable.sum() < LEAST_PIXELS:
        return [np.ones(3)]
    linear = to_linear(photo)
    smooth = cv2.GaussianBlur(linear, (0, 0), 1.0)
    edges = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    luminance = luminance_of(linear)
    bright = usable & (luminance >= np.percentile(luminance[usable], BRIGHT_PERCENTILE))
    found = [_norm(linear[usable]), _norm(edges[usable]), linear[bright].mean(axis=0, dtype=np.float64)]
    return [np.maximum(light, 1e-6) for light in found]


def _norm(colours: NDArray[np.float32]) -> Light:
    return np.asarray((colours.astype(np.float64) ** NORM).mean(axis=0) ** (1 / NORM), dtype=np.float64)


def _is_lamp(lights: list[Light]) -> bool:
    """All warm or all cool, and near the line from candle to sky, on which red and blue go against each other."""
    red, blue = (np.array([np.log(light[channel] / light[1]) for light in lights]) for channel in (0, 2))
    warmth, tint = red - blue, red + blue
    agree = (warmth > 0).all() or (warmth < 0).all()
    return bool(agree and (np.abs(tint) <= MOST_TINT * np.abs(warmth)).all())


def white_here(photo: Photo, x: int, y: int, *, reach_px: int = 4) -> Change:
    """The seller says that the place (x, y) is white or grey: what shows there becomes grey, luminance kept.

    x, y: pixels of the photo. Gains stay within 1/3 to 3. Raises ValueError outside the photo.
    """
    check_photo(photo)
    height, width = photo.shape[:2]
    if not (0 <= x < width and 0 <= y < height):
        raise ValueError(f"the place ({x}, {y}) is outside the photo of {width} × {height} pixels")
    patch = photo[max(0, y - reach_px) : y + reach_px + 1, max(0, x - reach_px) : x + reach_px + 1]
    light = np.maximum(np.median(to_linear(patch).reshape(-1, 3), axis=0).astype(np.float64), linear_of(2 / 255))
    gains = np.clip(light.mean() / light, 1 / MOST_GAIN, MOST_GAIN)
    return Change(photo=_with_gains(photo, gains), strength=1.0, seen={"cast_degrees": _degrees_from_grey(light)})


def _degrees_from_grey(light: NDArray[np.float64]) -> float:
    cosine = float(light.sum() / (np.sqrt(3) * np.linalg.norm(light)))
    return float(np.degrees(np.arccos(min(1.0, cosine))))


def _with_gains(photo: Photo, gains: NDArray[np.float64]) -> Photo:
    linear = to_linear(photo)
    mean = linear.mean(axis=(0, 1), dtype=np.float64)
    before, after = float(mean @ LUMINANCE), float((mean * gains) @ LUMINANCE)
    return to_photo((linear * (gains * before / max(after, 1e-9))).astype(np.float32))


STEP = Step(name="white_balance", version=1, apply=balance_white)
