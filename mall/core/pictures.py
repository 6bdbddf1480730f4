"""Photos on their way in and out: checked, kept, and made into the widths that pages use.

The original is kept as it came, below ORIGINALS_FOLDER, and never served. Renditions are turned upright, converted
to sRGB, freed of all metadata (place, camera, thumbnails) and written below MEDIA_ROOT as `<folder>/<width>.avif`
and `.jpg`. A page names only widths that `ready_widths` lists.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from mall.core import outbox
from mall.core.models import Picture
from mall.core.picture_vectors import LOOK_WANTED

log = structlog.get_logger(__name__)

PICTURE_ADDED = "picture.added"
RENDITION_WIDTHS = (240, 480, 960, 1440)
FORMATS = ("JPEG", "PNG", "WEBP")
MAX_BYTES = 30 * 1024 * 1024
MAX_PIXELS = 60_000_000
MAX_EDGE_PX = 16_000
AVIF_QUALITY = 60
AVIF_SPEED = 8
JPEG_QUALITY = 80
SRC_WIDTH = 480

# Searches wait behind pictures in the outbox, so one turn stays short; the rest goes on in the next one.
TURN_SECONDS = 5.0


class PictureRefused(ValueError):
    """The file is no picture that the mall takes; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureSources:
    """What `<picture>` needs. srcset: "url 240w, url 480w". src: a JPEG. width, height: of the largest ready file."""

    avif_srcset: str
    jpeg_srcset: str
    src: str
    width: int
    height: int


def add_picture(data: bytes | Path) -> Picture:
    """Keep this photo and ask for its renditions and the vector of its look; the same bytes again give the same row.

    Raises PictureRefused for anything but a sound JPEG, PNG or WebP within the limits, OSError when it cannot be
    stored; then nothing is left behind.
    """
    content = data if isinstance(data, bytes) else _read(data)
    if len(content) > MAX_BYTES:
        raise PictureRefused(f"the file has {len(content)} bytes; the most is {MAX_BYTES}")
    digest = hashlib.sha256(content).hexdigest()
    known = Picture.objects.filter(sha256=digest).first()
    if known is not None:
        return known
    extension, (width, height) = _inspect(content)
    original = f"{digest[:2]}/{digest}.{extension}"
    _write_whole(Path(settings.ORIGINALS_FOLDER) / original, content)
    with transaction.atomic():
        picture, is_new = Picture.objects.get_or_create(
            sha256=digest, defaults={"width_px": width, "height_px": height, "original": original}
        )
        if is_new:
            for topic in (PICTURE_ADDED, LOOK_WANTED):
                outbox.publish(topic, f"picture:{picture.pk}", {"picture_id": picture.pk})
    return picture


def _read(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise PictureRefused(f"{path.name} has {path.stat().st_size} bytes; the most is {MAX_BYTES}")
    return path.read_bytes()


def _inspect(content: bytes) -> tuple[str, tuple[int, int]]:
    """File extension and upright size of a picture that decodes to its end."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS or max(width, height) > MAX_EDGE_PX:
                raise PictureRefused(f"the picture is {width} x {height} pixels; the most is {MAX_PIXELS} in all")
            extension = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}[str(image.format)]
            image.load()
            return extension, ImageOps.exif_transpose(image).size
    except UnidentifiedImageError as error:
        raise PictureRefused("the file is no JPEG, PNG or WebP picture") from error
    except PictureRefused:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureRefused(f"the picture is damaged: {error}") from error


def planned_widths(own_width: int, widths: Iterable[int] = RENDITION_WIDTHS) -> list[int]:
    """Widths to be made of a picture, ascending; none above its own."""
    return sorted({min(width, own_width) for width in widths})


def make_renditions(picture: Picture, widths: Sequence[int] = RENDITION_WIDTHS) -> list[int]:
    """Make the missing renditions and list them. Returns all ready widths; a second call changes nothing."""
    wanted = planned_widths(picture.width_px, widths)
    if set(wanted) <= set(picture.ready_widths):
        return list(picture.ready_widths)
    write_renditions(Path(settings.ORIGINALS_FOLDER) / picture.original, rendition_folder(picture), wanted)
    return record_renditions(picture, wanted)


def read_photo(picture: Picture, *, longest_needed: int) -> NDArray[np.uint8]:
    """uint8 (height, width, 3), upright and in sRGB, on white where it was transparent.

    longest_needed: pixels; a larger JPEG may be decoded at a half, quarter or eighth of its size, but stays at least
    this long. Raises PictureRefused for a damaged original, OSError when it cannot be read.
    """
    content = (Path(settings.ORIGINALS_FOLDER) / picture.original).read_bytes()
    return np.asarray(_decode(content, longest_needed=longest_needed), dtype=np.uint8)


def rendition_folder(picture: Picture) -> Path:
    return Path(settings.MEDIA_ROOT) / picture.folder


def record_renditions(picture: Picture, widths: Iterable[int]) -> list[int]:
    """Add `widths`, whose files are there, to the picture's ready ones."""
    with transaction.atomic():
        row = Picture.objects.select_for_update().get(pk=picture.pk)
        row.ready_widths = sorted({*row.ready_widths, *widths})
        row.save(update_fields=["ready_widths"])
    picture.ready_widths = row.ready_widths
    return list(row.ready_widths)


def write_renditions(original: Path, folder: Path, widths: Sequence[int]) -> None:
    """Write the AVIF and JPEG files of these widths that are missing. Touches no database: fit for a process pool.

    widths: pixels, none above the upright picture's own. Raises PictureRefused for a damaged original, OSError.
    """
    missing = [w for w in widths if not all((folder / f"{w}.{kind}").exists() for kind in ("avif", "jpg"))]
    if not missing:
        return
    source = _decode(original.read_bytes(), longest_needed=max(missing))
    for width in sorted(missing, reverse=True):
        height = max(1, round(source.height * width / source.width))
        scaled = source.resize((width, height), Image.Resampling.LANCZOS) if width < source.width else source
        _save(scaled, folder / f"{width}.avif", format="AVIF", quality=AVIF_QUALITY, speed=AVIF_SPEED, max_threads=1)
        _save(scaled, folder / f"{width}.jpg", format="JPEG", quality=JPEG_QUALITY, progressive=True, optimize=True)


def _decode(content: bytes, *, longest_needed: int) -> Image.Image:
    """The upright picture in sRGB, on white where it was transparent, without metadata."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            opened.draft("RGB", (longest_needed * 2, longest_needed * 2))
            image = _in_srgb(ImageOps.exif_transpose(opened))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureRefused(f"the picture is damaged: {error}") from error
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        rgba = image.convert("RGBA")
        image = Image.new("RGB", rgba.size, "white")
        image.paste(rgba, mask=rgba.getchannel("A"))
    clean = image.convert("RGB") if image.mode != "RGB" else image.copy()
    clean.info.clear()
    return clean


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "CMYK"}:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image  # an unreadable profile: the numbers are taken as sRGB, as browsers do
    return converted if converted is not None else image


def _save(image: Image.Image, target: Path, **options: Any) -> None:
    buffer = io.BytesIO()
    image.save(buffer, **options)
    _write_whole(target, buffer.getvalue())


def _write_whole(target: Path, content: bytes) -> None:
    """`content` under its name, whole or not at all, whoever else writes the same file."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        draft.write_bytes(content)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def sources_of(picture: Picture) -> PictureSources | None:
    """The addresses of the ready renditions; None while there is none. No query."""
    widths: list[int] = sorted(picture.ready_widths)
    if not widths:
        return None
    base = f"{settings.MEDIA_URL}{picture.folder}"
    largest = widths[-1]
    return PictureSources(
        avif_srcset=", ".join(f"{base}/{width}.avif {width}w" for width in widths),
        jpeg_srcset=", ".join(f"{base}/{width}.jpg {width}w" for width in widths),
        src=f"{base}/{max((w for w in widths if w <= SRC_WIDTH), default=widths[0])}.jpg",
        width=largest,
        height=max(1, round(picture.height_px * largest / picture.width_px)),
    )


@outbox.handles(PICTURE_ADDED, at_once=20, is_slow=True)
def make_renditions_of_added(payloads: Sequence[dict[str, Any]]) -> None:
    """Make renditions for TURN_SECONDS at most; raises Unfinished while some are left, and the next turn goes on.

    Different pictures may be made at once: each has files of its own, written whole, and a lock on its row.
    """
    ends_at = time.monotonic() + TURN_SECONDS
    pictures = Picture.objects.filter(pk__in=[payload["picture_id"] for payload in payloads], is_failed=False)
    for picture in pictures.order_by("pk"):
        if time.monotonic() > ends_at:
            raise outbox.Unfinished
        try:
            make_renditions(picture)
        except PictureRefused as error:
            log.warning("picture.failed", picture_id=picture.pk, error=str(error))
            Picture.objects.filter(pk=picture.pk).update(is_failed=True)
