"""The 57 uploads of the intake's acceptance list, made in memory: what a stranger may send."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageCms

from listings.photos.errors import Reason

CORNERS = ((200, 40, 40), (40, 160, 40), (40, 60, 200), (220, 200, 40))
SIZE = (96, 64)

_TO_TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One file. refusal: why it must be refused; None: it must become the four-coloured picture, upright.

    size: of the result; mode: of the result; is_grey: the colours came as greys.
    """

    label: str
    name: str
    data: bytes
    refusal: Reason | None = None
    size: tuple[int, int] = SIZE
    mode: str = "RGB"
    is_grey: bool = False
    shows_corners: bool = True


def quarters(size: tuple[int, int] = SIZE) -> Image.Image:
    """Red, green / blue, yellow: which way is up can be told."""
    image = Image.new("RGB", size)
    half = (size[0] // 2, size[1] // 2)
    for colour, corner in zip(CORNERS, ((0, 0), (half[0], 0), (0, half[1]), half), strict=True):
        image.paste(colour, (*corner, corner[0] + half[0], corner[1] + half[1]))
    return image


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _exif(orientation: int, *, with_place: bool = False) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    if with_place:
        exif[0x010F] = "SecretCamera"
        exif.get_ifd(0x8825)[2] = (48.0, 51.0, 29.0)
    return exif.tobytes()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def blank_png(edge_px: int, *, bits: int, colour_type: int) -> bytes:
    """A complete black PNG of edge_px squared; its deflate stream repeats one block, so making it costs nothing."""
    row_bytes = 1 + (edge_px * bits * (3 if colour_type == 2 else 1) + 7) // 8
    total = row_bytes * edge_px
    block_bytes = 1 << 20
    packer = zlib.compressobj(9)
    first = packer.compress(bytes(block_bytes)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(block_bytes)) + packer.flush(zlib.Z_FULL_FLUSH)
    whole, rest = divmod(total, block_bytes)
    tail = packer.compress(bytes(rest)) + packer.flush()
    adler = struct.pack(">I", (total % 65521) << 16 | 1)
    stream = first + block * (whole - 1) + tail[:-4] + adler
    head = struct.pack(">IIBBBBB", edge_px, edge_px, bits, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", stream) + chunk(b"IEND", b"")


def _with_chunk(png: bytes, extra: bytes) -> bytes:
    return png[:33] + extra + png[33:]


def _turned() -> Iterator[Upload]:
    for orientation in (*range(1, 9), 77):
        turn = _TO_TURNED.get(orientation)
        image = quarters() if turn is None else quarters().transpose(turn)
        data = saved(image, "JPEG", quality=95, exif=_exif(orientation))
        yield Upload(label=f"orientation {orientation}", name="turned.jpg", data=data)


def _modes() -> Iterator[Upload]:
    plain = quarters()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    see_through = plain.convert("RGBA")
    see_through.paste((0, 0, 0, 0), (40, 24, 56, 40))
    palette = plain.quantize(8)
    sixteen = Image.new("I;16", SIZE, 51_400)
    yield Upload(label="GPS", name="a.jpg", data=saved(plain, "JPEG", quality=95, exif=_exif(1, with_place=True)))
    yield Upload(
        label="garbage EXIF", name="a.jpg", data=saved(plain, "JPEG", quality=95, exif=b"Exif\x00\x00II*\x00\xff" * 9)
    )
    yield Upload(label="CMYK", name="a.jpg", data=saved(plain.convert("CMYK"), "JPEG", quality=95))
    yield Upload(label="grey", name="a.jpg", data=saved(plain.convert("L"), "JPEG", quality=95), is_grey=True)
    yield Upload(label="Lab profile", name="a.jpg", data=saved(plain, "JPEG", quality=95, icc_profile=lab))
    yield Upload(label="broken profile", name="a.jpg", data=saved(plain, "JPEG", quality=95, icc_profile=b"icc" * 99))
    yield Upload(label="16-bit", name="a.png", data=saved(sixteen, "PNG"), shows_corners=False)
    yield Upload(label="1-bit", name="a.png", data=saved(plain.convert("1"), "PNG"), shows_corners=False)
    yield Upload(label="palette, transparent", name="a.png", data=saved(palette, "PNG", transparency=0), mode="RGBA")
    yield Upload(label="alpha PNG", name="a.png", data=saved(see_through, "PNG"), mode="RGBA")
    yield Upload(label="alpha WebP", name="a.webp", data=saved(see_through, "WEBP", lossless=True), mode="RGBA")


def _animations() -> Iterator[Upload]:
    frames = [quarters(), Image.new("RGB", SIZE, "white")]
    options: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": 40}
    many = [Image.new("P", (40, 40), index % 7) for index in range(2_000)]
    yield Upload(
        label="animated GIF", name="a.gif", data=saved(frames[0], "GIF", **options), refusal=Reason.NOT_A_PHOTO
    )
    yield Upload(label="animated WebP", name="a.webp", data=saved(frames[0], "WEBP", lossless=True, **options))
    yield Upload(label="APNG", name="a.png", data=saved(frames[0], "PNG", **options))
    yield Upload(
        label="2,000-frame GIF",
        name="a.gif",
        data=saved(many[0], "GIF", save_all=True, append_images=many[1:]),
        refusal=Reason.NOT_A_PHOTO,
    )


def _broken() -> Iterator[Upload]:
    large = Image.effect_noise((400, 300), 80).convert("RGB")
    jpeg = saved(large, "JPEG", quality=90)
    no = Reason.NOT_A_PHOTO
    yield Upload(label="truncated", name="a.jpg", data=jpeg[: len(jpeg) // 2], refusal=Reason.DAMAGED)
    yield Upload(label="header only", name="a.png", data=saved(quarters(), "PNG")[:33], refusal=Reason.DAMAGED)
    yield Upload(label="empty", name="a.jpg", data=b"", refusal=Reason.EMPTY)
    yield Upload(label="text", name="a.jpg", data=b"Hello, this is no picture.\n" * 40, refusal=no)
    yield Upload(label="random bytes", name="a.jpg", data=random.Random(7).randbytes(20_000), refusal=no)
    yield Upload(label="wrong name", name="invoice.pdf", data=saved(quarters(), "PNG"))


def _shapes() -> Iterator[Upload]:
    for label, size, reason in (
        ("1 x 1", (1, 1), Reason.TOO_SMALL),
        ("4000 x 2", (4_000, 2), Reason.TOO_SMALL),
        ("12,000 x 800", (12_000, 800), Reason.TOO_NARROW),
    ):
        yield Upload(label=label, name="a.png", data=saved(Image.new("RGB", size), "PNG"), refusal=reason)
    for edge_px, bits, colour_type in ((11_000, 8, 2), (20_000, 8, 0), (30_000, 1, 0), (60_000, 1, 0)):
        yield Upload(
            label=f"PNG bomb {edge_px}",
            name="a.png",
            data=blank_png(edge_px, bits=bits, colour_type=colour_type),
            refusal=Reason.TOO_MANY_PIXELS,
        )
    text = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(120_000_000), 9))
    png = saved(quarters(), "PNG")
    yield Upload(label="120 MB zTXt", name="a.png", data=_with_chunk(png, text), refusal=Reason.DAMAGED)


def _documents() -> Iterator[Upload]:
    script = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    entity = b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg><text>&x;</text></svg>'
    jpeg = saved(quarters(), "JPEG", quality=95)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("run.sh", "echo secret-payload")
    remark = b"\xff\xfe" + struct.pack(">H", 2 + 24) + b"*/alert('secret');/*    "
    php = saved(quarters(), "JPEG", quality=95, comment=b"<?php system($_GET['secret']); ?>")
    for label, name, data in (
        ("SVG script", "a.svg", script),
        ("SVG XXE", "a.svg", entity),
        ("SVG named .png", "a.png", script),
    ):
        yield Upload(label=label, name=name, data=data, refusal=Reason.NOT_A_PHOTO)
    yield Upload(label="HTML polyglot", name="a.html", data=jpeg + b"<script>secret()</script>")
    yield Upload(label="ZIP polyglot", name="a.jpg", data=jpeg + archive.getvalue())
    yield Upload(label="JS polyglot", name="a.js", data=jpeg[:2] + remark + jpeg[2:])
    yield Upload(label="PHP comment", name="a.php.jpg", data=php)


def _other_kinds() -> Iterator[Upload]:
    plain = quarters()
    for kind in ("BMP", "TIFF", "ICO", "PPM", "TGA", "PCX", "SGI", "DDS", "JPEG2000", "EPS"):
        yield Upload(label=kind, name="a.jpg", data=saved(plain, kind), refusal=Reason.NOT_A_PHOTO)
    yield Upload(label="AVIF", name="a.avif", data=saved(plain, "AVIF", quality=95, exif=_exif(1, with_place=True)))
    # a HEIC of whatever Pillow can read: only its brands are looked at before the decoder, which may be absent
    heic = struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(400)
    yield Upload(label="HEIC, damaged", name="a.heic", data=heic, refusal=Reason.DAMAGED)


def uploads() -> list[Upload]:
    """All 57."""
    makers = (_turned, _modes, _animations, _broken, _shapes, _documents, _other_kinds)
    return [upload for maker in makers for upload in maker()]
