"""Between Pillow's images and arrays."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from listings.photos.light import Photo

# one thread for one photo: the worker runs several photos at once, and results stay the same
cv2.setNumThreads(1)


def photo_of(image: Image.Image) -> Photo:
    """uint8 (height, width, 3); on white where something shows through."""
    if image.mode == "RGBA":
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, mask=image.getchannel("A"))
        image = flat
    return np.array(image.convert("RGB"), dtype=np.uint8)
