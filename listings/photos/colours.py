"""Colour, light and focus in their order, with the report that the page puts into words."""

from __future__ import annotations

from typing import Any

from listings.photos.light import Photo, check_photo
from listings.photos.steps import chroma_denoise, exposure, mid_lift, sharpen, vibrance, white_balance


def improve_colours(photo: Photo) -> tuple[Photo, list[dict[str, Any]]]:
    """The photo after all steps, and a line a step: step, version, applied, strength, what its gate saw.

    photo: uint8 (height, width, 3), sRGB; stays as it was. Raises ValueError for another shape or dtype.
    """
    check_photo(photo)
    steps = (
        white_balance.STEP,
        exposure.STEP,
        mid_lift.step_for(exposure.bright_level(photo)),
        chroma_denoise.STEP,
        sharpen.STEP,
        vibrance.STEP,
    )
    lines = []
    for step in steps:
        change = step.apply(photo)
        lines.append(step.line(change))
        photo = change.photo
    return photo, lines
