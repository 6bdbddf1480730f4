"""Shop fronts and category tiles: the two ways into the mall beside search."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mall.core.components import MallComponent
from mall.core.pictures import PictureSources
from mall.pages.addresses import category_url, seller_url
from mall.pages.components.picture import PhotoView
from mall.pages.components.wording import number_text
from mall.pages.selectors.categories import CategoryFigures, CategoryNode
from mall.pages.selectors.sellers import Shop

SHOPFRONT_SIZES = "(min-width: 48rem) 13rem, 9.5rem"
EAGER_SHOPS = 2
TILE_SIZES = "(min-width: 60rem) 15rem, 45vw"


@dataclass(frozen=True, kw_only=True)
class ShopFront(MallComponent):
    """A shop as an arch in the arcade. theme: slug of its brand's colours. heading: level of its title."""

    template_name = "components/shopfront.html"

    name: str
    sign: str
    url: str
    theme: str
    line: str
    photo: PhotoView | None
    heading: int = 3

    @classmethod
    def of(cls, shop: Shop, language: str, *, heading: int = 3, place: int | None = None) -> ShopFront:
        """place: among the first of a page, from 0; its picture then does not wait."""
        return cls(
            name=shop.name,
            sign=shop.sign,
            url=seller_url(shop.slug),
            theme=shop.theme,
            line=_shop_line(shop, language),
            photo=sized(
                shop.picture,
                alt=shop.picture_alt(language),
                sizes=SHOPFRONT_SIZES,
                is_eager=place is not None and place < EAGER_SHOPS,
                is_first=place == 0,
            ),
            heading=heading,
        )


@dataclass(frozen=True, kw_only=True)
class CategoryTile(MallComponent):
    """A category with the number of its live offers, on the colour of its department."""

    template_name = "components/category_tile.html"

    name: str
    url: str
    tint: str
    count: str
    photo: PhotoView | None

    @classmethod
    def of(cls, node: CategoryNode, figures: CategoryFigures, language: str, *, tint: str = "") -> CategoryTile:
        return cls(
            name=node.name(language),
            url=category_url(node.path),
            tint=tint or node.tint,
            count=offer_count_text(figures.offer_counts.get(node.path, 0), language),
            photo=sized(figures.pictures.get(node.path), alt="", sizes=TILE_SIZES),
        )


def sized(
    sources: PictureSources | None, *, alt: str, sizes: str, is_eager: bool = False, is_first: bool = False
) -> PhotoView | None:
    """A picture as components/picture.html writes it; None where there is none."""
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
        is_eager=is_eager,
        is_first=is_first,
    )


def offer_count_text(count: int, language: str) -> str:
    return ngettext("%(count)s offer", "%(count)s offers", count) % {"count": number_text(count, language)}


def product_count_text(count: int, language: str) -> str:
    return ngettext("%(count)s product", "%(count)s products", count) % {"count": number_text(count, language)}


def _shop_line(shop: Shop, language: str) -> str:
    products = product_count_text(shop.product_count, language)
    subject = shop.subject(language)
    return _("%(subject)s, %(products)s") % {"subject": subject, "products": products} if subject else products
