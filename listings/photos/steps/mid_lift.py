"""Mid lift: an under-exposed photo whose middle tones are still dark gets a mild gamma, colour ratios kept."""

from __future__ import annotations

import math

import numpy as np

from listings.photos.light import Photo, check_photo, luminance_of, shrink, to_linear, to_photo
from listings.photos.steps.exposure import MEASURE_PX
from listings.photos.steps.step import Change, Step

MEDIAN_WANTED = 0.11
LIT_GROUND_FROM = 0.74
LEAST_GAMMA = 0.8


def lift_mids(photo: Photo, *, bright_before: float) -> Change:
    """Gamma on luminance that takes a median below 0.11 (linear) towards it, at least 0.8.

    bright_before: 98th percentile of luminance before the exposure was lifted, sRGB 0..1; from 0.74 on nothing is done,
    for a dark item on a lit ground is not under-exposed. strength: 1 - gamma, 0..0.2. Raises ValueError for no photo.
    """
    check_photo(photo)
    median = float(np.median(luminance_of(to_linear(shrink(photo, MEASURE_PX)))))
    seen = {"median": median}
    if bright_before >= LIT_GROUND_FROM or not 1e-4 < median < MEDIAN_WANTED:
        return Change(photo=photo, seen=seen)
    gamma = max(LEAST_GAMMA, math.log(MEDIAN_WANTED) / math.log(median))
    linear = to_linear(photo)
    luminance = np.maximum(luminance_of(linear), 1e-4)
    return Change(
        photo=to_photo(linear * (luminance ** np.float32(gamma - 1))[:, :, None]), strength=1 - gamma, seen=seen
    )


def step_for(bright_before: float) -> Step:
    """The step for a photo whose 98th percentile was bright_before (sRGB 0..1) before any light was added."""
    return Step(name="mid_lift", version=1, apply=lambda photo: lift_mids(photo, bright_before=bright_before))
