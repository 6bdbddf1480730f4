"""Chroma denoise: coloured specks go, brightness stays. Luma is never smoothed, for that is what hides scratches."""

from __future__ import annotations

import cv2
import numpy as np

from listings.photos.light import Photo, check_photo, luma_of, noise_of
from listings.photos.steps.step import Change, Step

NOISY_FROM = 2.5
DIAMETER_PX = 7
RANGE_PER_NOISE = 3.0
MOST_RANGE = 40.0
SPACE_PX = 2.5


def denoise_chroma(photo: Photo) -> Change:
    """Bilateral filter on Cr and Cb alone where the luma's noise is at least 2.5 of 255; Y' stays as it is.

    strength: the filter's range, 8-bit units, 7.5..40. Raises ValueError for what is no photo.
    """
    check_photo(photo)
    noise = noise_of(luma_of(photo))
    if noise < NOISY_FROM:
        return Change(photo=photo, seen={"noise": noise})
    reach = min(MOST_RANGE, RANGE_PER_NOISE * noise)
    planes = cv2.cvtColor(photo, cv2.COLOR_RGB2YCrCb)
    for index in (1, 2):
        planes[:, :, index] = cv2.bilateralFilter(planes[:, :, index].copy(), DIAMETER_PX, reach, SPACE_PX)
    return Change(
        photo=np.asarray(cv2.cvtColor(planes, cv2.COLOR_YCrCb2RGB), np.uint8), strength=reach, seen={"noise": noise}
    )


STEP = Step(name="chroma_denoise", version=1, apply=denoise_chroma)
