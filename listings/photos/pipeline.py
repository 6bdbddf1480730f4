"""A photo made worth looking at: background, colour, light, focus, each only where it is safe, all of it told."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from listings.photos.colours import improve_colours
from listings.photos.cutout.backends import ClassicalBackend, CutoutBackend
from listings.photos.cutout.edge import soft_edge, upsampled
from listings.photos.cutout.find import Found, find_item
from listings.photos.cutout.gate import STRICT, Gate
from listings.photos.cutout.ground import centred, on_white
from listings.photos.light import Photo
from listings.photos.pixels import photo_of

VERSION = 1
CUTOUT_VERSION = 1

Alpha8 = NDArray[np.uint8]
"""uint8 (height, width) of the input, 255 = item."""


def enhance(
    image: Image.Image, *, backend: CutoutBackend | None = None, gate: Gate = STRICT
) -> tuple[Image.Image, Alpha8 | None, dict[str, Any]]:
    """The best that may be done unasked: (result, mask, report). The input stays as it was; same input, same output.

    image: as `normalise` gives it. mask: uint8 of the input's size, 255 = item, whose result stands on white, centred;
    None where the background was kept: then report["reason"] says why and report["candidate"] holds the mask that is
    not trusted. All else in the report is fit for JSON.
    """
    photo = photo_of(image)
    found = find_item(photo, backend=backend, gate=gate)
    coloured, lines = improve_colours(photo)
    report = _report(lines) | {
        "backend": (backend or ClassicalBackend()).name,
        "candidate_name": found.name,
        "confidence": found.features.as_report(),
        "reason": found.refusal,
    }
    full = upsampled(found.mask, (photo.shape[0], photo.shape[1]))
    if found.refusal is not None:
        report["candidate"] = np.where(full, 255, 0).astype(np.uint8)
        report["steps"].insert(0, _cutout_line(found))
        return Image.fromarray(coloured), None, report
    result, mask, place = _put_on_white(photo, coloured, full)
    report["steps"].insert(0, _cutout_line(found))
    return result, mask, report | {"published": True, "place": place}


def enhance_colours(image: Image.Image) -> tuple[Image.Image, None, dict[str, Any]]:
    """Colour, light and focus alone: (result of the input's size, None, report)."""
    coloured, lines = improve_colours(photo_of(image))
    return Image.fromarray(coloured), None, _report(lines)


def enhance_with_mask(image: Image.Image, mask: Alpha8) -> tuple[Image.Image, Alpha8, dict[str, Any]]:
    """As `enhance`, with the item that the seller showed. mask: as `cut_with_hand` gives it.

    Raises ValueError for an empty mask or one of another size.
    """
    photo = photo_of(image)
    if mask.shape != photo.shape[:2]:
        raise ValueError(f"the mask is {mask.shape}, the photo {photo.shape[:2]}")
    coloured, lines = improve_colours(photo)
    result, soft, place = _put_on_white(photo, coloured, mask > 127)
    report = _report(lines)
    report["steps"].insert(
        0, {"step": "cutout", "version": CUTOUT_VERSION, "applied": True, "strength": 1.0, "by": "hand"}
    )
    return result, soft, report | {"published": True, "place": place, "candidate_name": "hand"}


def _report(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {"version": VERSION, "published": False, "reason": None, "steps": list(lines)}


def _cutout_line(found: Found) -> dict[str, Any]:
    is_applied = found.refusal is None
    return {"step": "cutout", "version": CUTOUT_VERSION, "applied": is_applied, "strength": float(is_applied)}


def _put_on_white(photo: Photo, coloured: Photo, mask: NDArray[np.bool_]) -> tuple[Image.Image, Alpha8, dict[str, Any]]:
    alpha = soft_edge(photo, mask)
    picture, place = centred(on_white(coloured, alpha), alpha)
    return Image.fromarray(picture), np.rint(255 * alpha).astype(np.uint8), place
