"""The edge at full size: alpha in a narrow band along the outline, and the item's own colours beneath it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from listings.photos.cutout.grabcut import square
from listings.photos.cutout.working import Mask
from listings.photos.light import Photo

BAND_SHARE = 0.006
LEAST_BAND_PX = 2
EPSILON = 1e-5
# Inside the outline the item is whole but for its last pixel, and that one nearly: a chip of the edge lies there, and
# must stay as visible as it is (decision 19).
EDGE_PX = 1
LEAST_INSIDE = 0.85
MOST_ROUNDS = 400
MARGIN_PX = 12

Alpha = NDArray[np.float32]
"""float32 (height, width), 0..1: share of the item in each pixel."""


@dataclass(frozen=True, kw_only=True)
class Area:
    """A rectangle of pixels, right and bottom not in it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return (slice(self.top, self.bottom), slice(self.left, self.right))

    def grown(self, by_px: int, shape: tuple[int, int]) -> Area:
        """The area with a margin, within the picture."""
        return Area(
            left=max(0, self.left - by_px),
            top=max(0, self.top - by_px),
            right=min(shape[1], self.right + by_px),
            bottom=min(shape[0], self.bottom + by_px),
        )


def extent_of(mask: Mask) -> Area:
    """The smallest area that holds the mask. Raises ValueError for an empty one."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        raise ValueError("an empty mask has no extent")
    return Area(left=int(columns[0]), top=int(rows[0]), right=int(columns[-1]) + 1, bottom=int(rows[-1]) + 1)


def upsampled(mask: Mask, shape: tuple[int, int]) -> Mask:
    """The mask of the working size at full size, its outline smooth."""
    plane = cv2.resize(mask.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(plane > 0.5, dtype=np.bool_)


def soft_edge(photo: Photo, mask: Mask) -> Alpha:
    """Alpha of the mask's outline: closed form inside a band of 0.6 % of the long side on both sides, 0 and 1 beyond;
    within the mask at least LEAST_INSIDE on its last EDGE_PX, and 1 deeper.

    photo: uint8 (h, w, 3); mask: bool (h, w). Where the equations do not converge the outline is blurred instead.
    Source: Levin, Lischinski and Weiss 2008, doi:10.1109/TPAMI.2007.1177, as pymatting has it.
    """
    from pymatting import estimate_alpha_cf

    alpha = mask.astype(np.float32)
    band = max(LEAST_BAND_PX, round(BAND_SHARE * max(mask.shape)))
    area = extent_of(mask).grown(band + MARGIN_PX, (mask.shape[0], mask.shape[1]))
    plane = mask[area.slices].astype(np.uint8)
    brush = square(2 * band + 1)
    trimap = np.full(plane.shape, 0.5)
    trimap[cv2.erode(plane, brush) > 0] = 1
    trimap[cv2.dilate(plane, brush) == 0] = 0
    if not ((trimap == 0).any() and (trimap == 1).any() and (trimap == 0.5).any()):
        return alpha
    try:
        found = estimate_alpha_cf(
            photo[area.slices] / 255,
            trimap,
            laplacian_kwargs={"epsilon": EPSILON},
            cg_kwargs={"maxiter": MOST_ROUNDS, "rtol": 1e-5},
        )
    except ValueError:  # pymatting's way to say that it did not converge
        found = np.where(trimap == 0.5, cv2.GaussianBlur(plane.astype(np.float64), (0, 0), 1.0), trimap)
    deep = cv2.erode(plane, square(2 * EDGE_PX + 1)) > 0
    least = np.where(deep, 1.0, np.where(plane > 0, LEAST_INSIDE, 0.0))
    alpha[area.slices] = np.maximum(found, least)
    return alpha


def own_colours(photo: Photo, alpha: Alpha) -> NDArray[np.float32]:
    """float32 (h, w, 3), 0..1: the item's colours, freed of the ground that shines through at its edge.

    Source: fast multi-level foreground estimation, Germer et al. 2020, arXiv:2006.14970, as pymatting has it.
    """
    from pymatting import estimate_foreground_ml

    colours = np.asarray(photo / 255, dtype=np.float32)
    soft = (alpha > 0) & (alpha < 1)
    if not soft.any():
        return colours
    area = extent_of(alpha > 0).grown(MARGIN_PX, (alpha.shape[0], alpha.shape[1]))
    found = estimate_foreground_ml(colours[area.slices].astype(np.float64), alpha[area.slices].astype(np.float64))
    inside = soft[area.slices]
    part = colours[area.slices]
    part[inside] = np.clip(found[inside], 0, 1)
    return colours
