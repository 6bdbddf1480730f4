"""One photo in the widths that are ready."""

from __future__ import annotations

from dataclasses import dataclass

from mall.core.models import Picture
from mall.core.pictures import sources_of


@dataclass(frozen=True, kw_only=True, slots=True)
class PhotoView:
    """What components/picture.html writes. is_first: the page's largest picture, asked for at once."""

    avif_srcset: str
    jpeg_srcset: str
    src: str
    width: int
    height: int
    sizes: str
    alt: str
    is_eager: bool = False
    is_first: bool = False


CARD_SIZES = "(min-width: 60rem) 15rem, (min-width: 34rem) 45vw, 7.5rem"
RAIL_SIZES = "(min-width: 48rem) 20rem, 15rem"
HERO_SIZES = "(min-width: 60rem) 44rem, 100vw"
THUMB_SIZES = "6.5rem"


def photo_view(
    picture: Picture | None, *, alt: str, sizes: str, is_eager: bool = False, is_first: bool = False
) -> PhotoView | None:
    """None while no rendition is ready: the tile stays empty, at the same size."""
    sources = sources_of(picture) if picture is not None else None
    if sources is None:
        return None
    return PhotoView(
        avif_srcset=sources.avif_srcset,
        jpeg_srcset=sources.jpeg_srcset,
        src=sources.src,
        width=sources.width,
        height=sources.height,
        sizes=sizes,
        alt=alt,
        is_eager=is_eager or is_first,
        is_first=is_first,
    )
