"""The item on plain white, centred with a margin. No shadow is invented."""

from __future__ import annotations

from typing import Any

import numpy as np

from listings.photos.cutout.edge import Alpha, Area, extent_of, own_colours
from listings.photos.light import Photo

MARGIN_SHARE = 0.08


def on_white(photo: Photo, alpha: Alpha) -> Photo:
    """The photo with white where the item is not; the same size and place. Pixels of alpha 1 stay as they are."""
    share = alpha[:, :, None]
    mixed = own_colours(photo, alpha) * share + (1 - share)
    return np.where(share >= 1, photo, np.rint(255 * mixed).astype(np.uint8))


def centred(photo: Photo, alpha: Alpha) -> tuple[Photo, dict[str, Any]]:
    """The item with a margin of 8 % of its long side on white; none where the photo's own frame cuts it off.

    Returns the picture and where it comes from: left and top are what must be added to a place in the photo to find it
    in the picture.
    """
    extent = extent_of(alpha > 0.5)
    shape = (alpha.shape[0], alpha.shape[1])
    margin = max(8, round(MARGIN_SHARE * max(extent.right - extent.left, extent.bottom - extent.top)))
    margins = _margins(extent, shape, margin)
    area = extent.grown(margin, shape)
    picture = np.full(
        (
            extent.bottom - extent.top + margins["top"] + margins["bottom"],
            extent.right - extent.left + margins["left"] + margins["right"],
            3,
        ),
        255,
        dtype=np.uint8,
    )
    down, across = margins["top"] - extent.top, margins["left"] - extent.left
    top, left = max(0, area.top + down), max(0, area.left + across)
    bottom, right = min(picture.shape[0], area.bottom + down), min(picture.shape[1], area.right + across)
    picture[top:bottom, left:right] = photo[top - down : bottom - down, left - across : right - across]
    return picture, {"left": across, "top": down, "cut_off": [side for side, px in margins.items() if px == 0]}


def _margins(extent: Area, shape: tuple[int, int], margin: int) -> dict[str, int]:
    return {
        "left": 0 if extent.left == 0 else margin,
        "top": 0 if extent.top == 0 else margin,
        "right": 0 if extent.right == shape[1] else margin,
        "bottom": 0 if extent.bottom == shape[0] else margin,
    }
