"""Exposure: a photo without any bright place gets more light, with a soft shoulder so that nothing burns out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from listings.photos.light import Photo, check_photo, coded_of, linear_of, luminance_of, shrink, to_linear, to_photo
from listings.photos.steps.step import Change, Step

BRIGHT_PERCENTILE = 98
DULL_BELOW = 0.62
BRIGHT_WANTED = 0.80
MOST_GAIN = 2.2
FULL_BELOW = 0.57
SHOULDER = 0.9
MEASURE_PX = 512


def bright_level(photo: Photo) -> float:
    """98th percentile of luminance, as an sRGB value 0..1."""
    luminance = luminance_of(to_linear(shrink(photo, MEASURE_PX)))
    return float(coded_of(np.percentile(luminance, BRIGHT_PERCENTILE)))


def lift_exposure(photo: Photo) -> Change:
    """Gain in linear light that takes the 98th percentile from below sRGB 0.57 to 0.80, at most 2.2.

    From there to 0.62 the gain fades to none, so that two photos that differ by a hair are not treated differently.
    strength: stops, 0..1.14. Raises ValueError for what is no photo.
    """
    check_photo(photo)
    level = bright_level(photo)
    if level >= DULL_BELOW:
        return Change(photo=photo, seen={"bright_level": level})
    gain = min(MOST_GAIN, float(linear_of(BRIGHT_WANTED) / max(linear_of(level), 1e-4)))
    gain **= min(1.0, (DULL_BELOW - level) / (DULL_BELOW - FULL_BELOW))
    lit = to_photo(_with_shoulder(to_linear(photo) * np.float32(gain)))
    return Change(photo=lit, strength=float(np.log2(gain)), seen={"bright_level": level})


def _with_shoulder(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    rest = np.float32(1 - SHOULDER)
    bent = SHOULDER + rest * (1 - np.exp(-(np.maximum(linear, SHOULDER) - SHOULDER) / rest))
    return np.where(linear > SHOULDER, bent, linear).astype(np.float32)


STEP = Step(name="exposure", version=1, apply=lift_exposure)
