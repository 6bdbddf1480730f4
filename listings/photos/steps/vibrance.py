"""Vibrance: a dull photo's muted colours gain a little; greys stay grey and vivid colours stay as they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from listings.photos.light import Photo, check_photo, shrink, to_linear, to_photo
from listings.photos.steps.step import Change, Step

DULL_BELOW = 0.06
MOST = 0.12
GREY_UP_TO, COLOUR_FROM = 0.012, 0.032
VIVID_FROM = 0.20
MEASURE_PX = 256
TINTED_FROM = 0.018

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    dtype=np.float32,
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    dtype=np.float32,
)
_FROM_OKLAB = np.linalg.inv(_TO_OKLAB).astype(np.float32)
_FROM_LMS = np.linalg.inv(_TO_LMS).astype(np.float32)


def oklab_of(photo: Photo) -> NDArray[np.float32]:
    """float32 (height, width, 3): L 0..1, a and b about -0.4..0.4. Source: Björn Ottosson 2020, OKLab."""
    return np.asarray(np.cbrt(to_linear(photo) @ _TO_LMS.T) @ _TO_OKLAB.T, dtype=np.float32)


def add_vibrance(photo: Photo) -> Change:
    """Up to 12 % more chroma for muted colours, where the mean chroma is below 0.06.

    Not where the mean colour is further than 0.018 from grey: there the chroma may be a cast, which would grow.
    strength: mean relative gain of chroma over all pixels, 0..0.12. Raises ValueError for what is no photo.
    """
    check_photo(photo)
    small = oklab_of(shrink(photo, MEASURE_PX))
    mean = float(np.hypot(small[:, :, 1], small[:, :, 2]).mean())
    tint = float(np.hypot(small[:, :, 1].mean(), small[:, :, 2].mean()))
    seen = {"mean_chroma": mean, "tint": tint}
    if mean >= DULL_BELOW or tint > TINTED_FROM:
        return Change(photo=photo, seen=seen)
    lab = oklab_of(photo)
    chroma = np.hypot(lab[:, :, 1], lab[:, :, 2])
    ramp = np.clip((chroma - GREY_UP_TO) / (COLOUR_FROM - GREY_UP_TO), 0, 1)
    gain = MOST * ramp * np.clip(1 - chroma / VIVID_FROM, 0, 1)
    lab[:, :, 1:] *= (1 + gain)[:, :, None]
    linear = (lab @ _FROM_OKLAB.T) ** 3 @ _FROM_LMS.T
    return Change(photo=to_photo(linear.astype(np.float32)), strength=float(gain.mean()), seen=seen)


STEP = Step(name="vibrance", version=1, apply=add_vibrance)
