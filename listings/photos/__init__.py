"""Listing photos: taken in, made worth looking at, cut out where that is safe.

    normalise(data, name) -> image                       clean pixels, or PhotoRefused
    normalise_confined(data, name) -> image              the same in a process with limits
    enhance(image) -> (image, mask or None, report)      background, colour, light and focus
    enhance_colours(image) -> (image, None, report)      colour, light and focus alone
    cut_with_hand(image, box, strokes) -> mask           the seller shows what the item is

Nothing here reads a setting, a clock or a file. OpenCV and numba are loaded at the first call that needs them, so web
processes may import this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from listings.photos.confined import normalise_confined
    from listings.photos.cutout.hand import cut_with_hand
    from listings.photos.errors import PhotoRefused
    from listings.photos.intake import normalise
    from listings.photos.pipeline import enhance, enhance_colours

_HOMES = {
    "normalise_confined": "confined",
    "cut_with_hand": "cutout.hand",
    "PhotoRefused": "errors",
    "normalise": "intake",
    "enhance": "pipeline",
    "enhance_colours": "pipeline",
}

__all__ = ["PhotoRefused", "cut_with_hand", "enhance", "enhance_colours", "normalise", "normalise_confined"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
