"""A file that somebody sent becomes clean pixels, or is refused in plain words.

Whatever the file holds besides pixels (place, camera, comments, thumbnails, colour profile, a second file behind the
picture) stays behind, because the pixels are pasted into a new image. Limits are judged before anything is decoded.
Run it through `listings.photos.confined` where the file comes from a stranger: that adds limits of memory and time.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Collection

from PIL import Image, ImageCms

from listings.photos.errors import PhotoRefused, Reason
from listings.photos.kinds import ALL_KINDS, Kind, kind_of

MAX_BYTES = 25 * 1024 * 1024
MAX_PIXELS = 60_000_000
MIN_EDGE_PX = 32
MAX_EDGE_PX = 16_000
MAX_RATIO = 8
LONGEST_PX = 2048
ADVISED_EDGE_PX = 500

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def normalise(data: bytes, name: str, *, kinds: Collection[Kind] = ALL_KINDS) -> Image.Image:
    """The photo upright, in sRGB, "RGB" or (where something shows through) "RGBA", at most 2048 px long, no metadata.

    name: the sender's name of the file, for messages only. kinds: those that are taken. Of an animation the first
    frame. Raises PhotoRefused, a ValueError, for everything that is no sound photo within the limits.
    """
    kind = _taken_kind(data, name, kinds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", category=UserWarning)
            _prepare(kind)
            with Image.open(io.BytesIO(data), formats=[kind.value]) as opened:
                _judge_size(opened.size)
                return _clean(opened, kind)
    except PhotoRefused:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _too_many_pixels() from error
    except Exception as error:  # decoders raise whatever they meet; none of it is the sender's business
        raise PhotoRefused(
            Reason.DAMAGED, "The picture is damaged or not complete. Please send it again, or take a new photo."
        ) from error


def advice_for(size: tuple[int, int]) -> str | None:
    """What the seller should hear about a photo that was taken, None where all is well. size: (width, height), px."""
    if max(size) >= ADVISED_EDGE_PX:
        return None
    width, height = size
    return (
        f"The photo is small ({width} × {height} pixels). Buyers see more on one of at least {ADVISED_EDGE_PX} pixels."
    )


def _taken_kind(data: bytes, name: str, kinds: Collection[Kind]) -> Kind:
    if not data:
        raise PhotoRefused(Reason.EMPTY, "The file is empty. Please choose the photo again.")
    if len(data) > MAX_BYTES:
        raise PhotoRefused(
            Reason.TOO_MANY_BYTES,
            f"The file has {len(data) / 1024**2:.0f} MB; the most is {MAX_BYTES // 1024**2} MB. "
            "Please send a smaller copy of the photo.",
        )
    kind = kind_of(data)
    if kind is None:
        raise PhotoRefused(
            Reason.NOT_A_PHOTO, "The file is no photo that can be read here. Please send a JPEG, PNG or WebP picture."
        )
    if kind not in kinds:
        raise PhotoRefused(Reason.KIND_TURNED_OFF, f"{kind.name} pictures are not taken here. Please send a JPEG.")
    return kind


def _prepare(kind: Kind) -> None:
    """Teach Pillow HEIC where its package is installed."""
    if kind is not Kind.HEIC:
        return
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise PhotoRefused(Reason.KIND_TURNED_OFF, "HEIC pictures are not taken here. Please send a JPEG.") from error
    register_heif_opener(thumbnails=False)


def _judge_size(size: tuple[int, int]) -> None:
    short, long = sorted(size)
    if long > MAX_EDGE_PX or short * long > MAX_PIXELS:
        raise _too_many_pixels()
    if short < MIN_EDGE_PX:
        raise PhotoRefused(
            Reason.TOO_SMALL,
            f"The picture is {size[0]} × {size[1]} pixels; both sides need at least {MIN_EDGE_PX}. "
            "Please send the photo as the camera took it.",
        )
    if long > short * MAX_RATIO:
        raise PhotoRefused(
            Reason.TOO_NARROW,
            f"The picture is {size[0]} × {size[1]} pixels, more than {MAX_RATIO} times as long as wide. "
            "Please send a photo of the usual shape.",
        )


def _too_many_pixels() -> PhotoRefused:
    return PhotoRefused(
        Reason.TOO_MANY_PIXELS,
        f"The picture has too many pixels; the most is {MAX_PIXELS // 1_000_000} million, "
        f"{MAX_EDGE_PX} on a side. Please send a smaller copy of the photo.",
    )


def _clean(opened: Image.Image, kind: Kind) -> Image.Image:
    if kind is Kind.JPEG:
        opened.draft(None, (LONGEST_PX, LONGEST_PX))
    opened.load()
    turn = _TURNS.get(_orientation(opened))
    profile = opened.info.get("icc_profile")
    image = _shrunk(_plain(opened))
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = _in_srgb(image.convert("RGB") if alpha else image, profile)
    if alpha and alpha.getextrema()[0] == 255:
        alpha = None
    clean = Image.new("RGBA" if alpha else "RGB", colours.size)
    clean.paste(colours)
    if alpha:
        clean.putalpha(alpha)
    return clean if turn is None else clean.transpose(turn)


def _orientation(image: Image.Image) -> int:
    """1 to 8 (Exif 2.32, tag 0112); 1 for whatever cannot be read."""
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # a broken tag turns no photo away
        return 1


def _plain(image: Image.Image) -> Image.Image:
    """The same picture as L, RGB, CMYK or RGBA with 8 bits a channel."""
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image)
    if image.mode in {"P", "PA", "LA", "La", "RGBa"} or "transparency" in image.info:
        see_through = image.mode != "P" or "transparency" in image.info
        return image.convert("RGBA" if see_through else "RGB")
    return image if image.mode in {"L", "RGB", "CMYK", "RGBA"} else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    import numpy as np

    return Image.fromarray(np.clip(np.asarray(image, dtype=np.float64) / 256, 0, 255).astype(np.uint8))


def _shrunk(image: Image.Image) -> Image.Image:
    scale = LONGEST_PX / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Relative colorimetric; a profile that is broken or of another colour model is dropped, as browsers do."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if _PROFILE_MODES.get(source.profile.xcolor_space.strip()) == image.mode:
                converted = ImageCms.profileToProfile(
                    image,
                    source,
                    ImageCms.createProfile("sRGB"),
                    renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                    outputMode="RGB",
                )
                if converted is not None:
                    return converted
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
    return image.convert("RGB")
