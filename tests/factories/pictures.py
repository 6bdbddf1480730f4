"""Pictures, as rows and as real bytes."""

from __future__ import annotations

import hashlib
import io

import factory
from factory.django import DjangoModelFactory
from PIL import Image

from mall.core.models import Picture


class PictureFactory(DjangoModelFactory):
    """A row with ready widths and no files behind it. Trait: waiting (nothing ready yet)."""

    class Meta:
        model = Picture

    class Params:
        waiting = factory.Trait(ready_widths=[])

    sha256 = factory.Sequence(lambda n: hashlib.sha256(str(n).encode()).hexdigest())
    width_px = 900
    height_px = 900
    original = factory.LazyAttribute(lambda picture: f"{picture.sha256[:2]}/{picture.sha256}.jpg")
    ready_widths = factory.LazyFunction(lambda: [240, 480, 900])


def photo_bytes(
    width: int = 300, height: int = 200, *, kind: str = "JPEG", colour: str = "teal", exif: bytes | None = None
) -> bytes:
    """A real picture of one colour. exif: raw EXIF block to put in."""
    buffer = io.BytesIO()
    options = {"exif": exif} if exif else {}
    Image.new("RGB", (width, height), colour).save(buffer, format=kind, **options)
    return buffer.getvalue()
