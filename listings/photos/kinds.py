"""What kind of picture a file is, by its first bytes and never by its name or content type."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The kinds that are taken. The value is Pillow's name of the format."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    AVIF = "AVIF"
    HEIC = "HEIF"


ALWAYS_TAKEN = frozenset({Kind.JPEG, Kind.PNG, Kind.WEBP})
ALL_KINDS = frozenset(Kind)

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"heif"})
_MOST_BRANDS = 64


def kind_of(data: bytes) -> Kind | None:
    """The kind that the magic bytes name, None for everything else. Says nothing about what follows them."""
    if data[:2] == b"\xff\xd8":
        return Kind.JPEG
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return Kind.PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Kind.WEBP
    if data[4:8] == b"ftyp":
        return _kind_of_brands(data)
    return None


def _kind_of_brands(data: bytes) -> Kind | None:
    """A `ftyp` box (ISO/IEC 14496-12, section 4.3): length, "ftyp", major brand, version, compatible brands."""
    end = min(int.from_bytes(data[:4], "big"), len(data), 16 + 4 * _MOST_BRANDS)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return Kind.AVIF
    return Kind.HEIC if brands & _HEIC_BRANDS else None
