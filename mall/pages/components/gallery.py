"""The views of a thing, one beside the other; small pictures below are links to them, so nothing needs a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from listings.models import ListingPhoto
from mall.catalogue.models import ProductPhoto
from mall.core.components import MallComponent
from mall.core.pictures import sources_of
from mall.pages.components.picture import HERO_SIZES, THUMB_SIZES, PhotoView, photo_view


@dataclass(frozen=True, kw_only=True, slots=True)
class GalleryView:
    """One view. large_url: the widest JPEG."""

    number: int
    photo: PhotoView
    thumb: PhotoView
    large_url: str
    alt: str


@dataclass(frozen=True, kw_only=True)
class Gallery(MallComponent):
    """note: whose photos these are. Empty of views: a tile that says so."""

    template_name = "components/gallery.html"

    views: tuple[GalleryView, ...]
    tint: str
    is_own: bool
    note: str


def gallery_of(
    photos: Sequence[ProductPhoto] | Sequence[ListingPhoto], *, language: str, title: str, tint: str, is_own: bool
) -> Gallery:
    """is_own: the seller's photos of the very thing; otherwise the maker's, of the model."""
    ready = [(photo, sources) for photo in photos if (sources := sources_of(photo.picture)) is not None]
    views = []
    for number, (photo, sources) in enumerate(ready, start=1):
        alt = photo.alt(language) or title
        thumb_alt = _("View %(number)s of %(count)s: %(alt)s") % {"number": number, "count": len(ready), "alt": alt}
        main = photo_view(photo.picture, alt=alt, sizes=HERO_SIZES, is_first=number == 1)
        thumb = photo_view(photo.picture, alt=thumb_alt, sizes=THUMB_SIZES, is_eager=True)
        if main and thumb:
            large = sources.jpeg_srcset.rpartition(", ")[2].partition(" ")[0]
            views.append(GalleryView(number=number, photo=main, thumb=thumb, large_url=large, alt=alt))
    note = _("Photos of this very thing, by its seller.") if is_own else _("Photos of the model, by its maker.")
    return Gallery(views=tuple(views), tint=tint, is_own=is_own, note=note if views else "")
