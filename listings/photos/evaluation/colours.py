"""Colour, light and focus against photos that were spoiled on purpose, and against good ones that need nothing."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from listings.photos.colours import improve_colours
from listings.photos.light import Photo, to_linear, to_photo

WORSE_BY = 0.5

# of ../shared/data/photos, chosen by eye: neutral light, well exposed, in focus. Each photo's own figures were known
# by then, and the steps were tuned on these very photos: what they are moved by is optimistic.
GOOD_PHOTOS = (
    "cloth_dress_a65dc730 cloth_hat_51f52902 cloth_hat_98daa3f5 cloth_hoodie_16356499 cloth_hoodie_69e7ec12 "
    "cloth_other_38812460 cloth_other_6e69b257 cloth_outwear_a801e237 cloth_pants_511cbfa4 cloth_shirt_66f2df55 "
    "cloth_shoes_1d887da7 cloth_shoes_34c94dfc cloth_shoes_3cf61c2b cloth_shoes_578688ef cloth_shoes_cf846233 "
    "cloth_shoes_e2dfcb33 cloth_shoes_e3f2266a cloth_shoes_e92b0f2e cloth_top_773a4ad1 cloth_tshirt_91b1ab10 "
    "cloth_tshirt_a8fbce59 cloth_tshirt_e84c82c0"
).split()

Spoil = Callable[[Photo, np.random.Generator], Photo]


def _cast(photo: Photo, _random: np.random.Generator, *, gains: tuple[float, float, float]) -> Photo:
    return to_photo(to_linear(photo) * np.array(gains, np.float32))


def _dimmed(photo: Photo, _random: np.random.Generator, *, stops: float) -> Photo:
    return to_photo(to_linear(photo) * np.float32(2**-stops))


def _noisy(photo: Photo, random: np.random.Generator, *, sigma: float) -> Photo:
    return np.clip(np.rint(photo + random.normal(0, sigma, photo.shape)), 0, 255).astype(np.uint8)


def _blurred(photo: Photo, random: np.random.Generator, *, sigma_px: float) -> Photo:
    linear = cv2.GaussianBlur(to_linear(photo), (0, 0), sigma_px).astype(np.float32)
    return _noisy(to_photo(linear), random, sigma=1)


def _mixed(photo: Photo, random: np.random.Generator) -> Photo:
    photo = _dimmed(_cast(photo, random, gains=(1.18, 1, 0.8)), random, stops=1)
    linear = cv2.GaussianBlur(to_linear(photo), (0, 0), 1.0).astype(np.float32)
    buffer = io.BytesIO()
    Image.fromarray(_noisy(to_photo(linear), random, sigma=3)).save(buffer, "JPEG", quality=85)
    return np.asarray(Image.open(buffer), dtype=np.uint8)


SPOILED: Mapping[str, Spoil] = {
    "warm": partial(_cast, gains=(1.25, 1, 0.72)),
    "cool": partial(_cast, gains=(0.78, 1, 1.25)),
    "tungsten": partial(_cast, gains=(1.5, 1, 0.5)),
    "-1 EV": partial(_dimmed, stops=1),
    "-2 EV": partial(_dimmed, stops=2),
    "blur 2": partial(_blurred, sigma_px=2),
    "noise 8": partial(_noisy, sigma=8),
    "mixed": _mixed,
}


def difference(one: Photo, other: Photo) -> NDArray[np.float64]:
    """CIEDE2000 of each pixel, (height, width). Source: CIE 142-2001."""
    between: Callable[[Any, Any], Any] = deltaE_ciede2000
    to_lab: Callable[[Any], Any] = rgb2lab
    return np.asarray(between(to_lab(one), to_lab(other)), dtype=np.float64)


def moved(photo: Photo) -> dict[str, float]:
    """How far the steps move a photo: mean of CIEDE2000."""
    return {"moved": float(difference(photo, improve_colours(photo)[0]).mean())}


def mended(photo: Photo, name: str) -> dict[str, dict[str, float]]:
    """For each way of spoiling: mean CIEDE2000 from the photo before and after the steps. name: seeds the noise."""
    result = {}
    for label, spoil in SPOILED.items():
        spoiled = spoil(photo, np.random.default_rng(zlib.crc32(f"{name}/{label}".encode())))
        after = improve_colours(spoiled)[0]
        result[label] = {
            "before": float(difference(photo, spoiled).mean()),
            "after": float(difference(photo, after).mean()),
        }
    return result


def twin_mended(photo: Photo, clean: Photo) -> dict[str, float]:
    """Mean CIEDE2000 of a phone photo from its clean twin, before and after."""
    return {
        "before": float(difference(clean, photo).mean()),
        "after": float(difference(clean, improve_colours(photo)[0]).mean()),
    }


def summary(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """rows: by photo, each with "moved", "spoiled" and perhaps "twin"."""
    good = [rows[name]["moved"] for name in GOOD_PHOTOS if name in rows]
    lines: dict[str, Any] = {}
    if good:
        lines["good photos moved by"] = {
            "photos": len(good),
            "mean": round(float(np.mean(good)), 2),
            "p95": round(float(np.percentile(good, 95)), 2),
        }
    pairs: dict[str, list[Mapping[str, float]]] = {}
    for name, row in rows.items():
        for label, pair in row.get("spoiled", {}).items():
            if name in GOOD_PHOTOS:
                pairs.setdefault(label, []).append(pair)
        if "twin" in row:
            pairs.setdefault("drawn twins", []).append(row["twin"])
    for label, found in pairs.items():
        before, after = (np.array([pair[key] for pair in found]) for key in ("before", "after"))
        lines[label] = {
            "photos": len(found),
            "before": round(float(before.mean()), 2),
            "after": round(float(after.mean()), 2),
            "made worse": round(float((after > before + WORSE_BY).mean()), 3),
        }
    return lines
