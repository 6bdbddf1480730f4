"""Small drawn photos with known items."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from listings.photos.cutout.working import Mask
from listings.photos.light import Photo


def item_on_ground(
    *,
    size: tuple[int, int] = (200, 260),
    ground: tuple[int, int, int] = (205, 200, 190),
    item: tuple[int, int, int] = (30, 70, 160),
    noise: float = 1.5,
    seed: int = 3,
) -> tuple[Photo, Mask]:
    """An ellipse in the middle of a plain ground. size: (height, width), pixels. Returns the photo and the ellipse."""
    height, width = size
    plane = np.zeros(size, np.uint8)
    cv2.ellipse(plane, (width // 2, height // 2), (width // 4, height // 3), 20, 0, 360, 1, thickness=-1)
    mask = plane > 0
    photo = np.where(mask[:, :, None], np.array(item), np.array(ground)).astype(np.float64)
    photo += np.random.default_rng(seed).normal(0, noise, photo.shape)
    return np.clip(np.rint(photo), 0, 255).astype(np.uint8), mask


def textured(*, size: tuple[int, int] = (192, 256), seed: int = 5) -> Photo:
    """Patches of many colours with hard edges, neutral in the mean: a photo that needs nothing."""
    random = np.random.default_rng(seed)
    height, width = size
    greys = random.integers(40, 200, (height // 16, width // 16, 1)).astype(np.float64)
    patches = np.clip(greys + random.normal(0, 5, (*greys.shape[:2], 3)), 20, 248)
    grown: Photo = np.repeat(np.repeat(patches, 16, axis=0), 16, axis=1).astype(np.uint8)
    return grown


def as_image(photo: Photo) -> Image.Image:
    return Image.fromarray(photo)
