"""Sellers as pages show them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Min, Q

from mall.catalogue.models import Brand, ProductPhoto
from mall.core.pictures import PictureSources, sources_of
from mall.pages.selectors.kept import kept
from mall.sellers.models import Seller

SHOPS_SECONDS = 120

_LIVE = Q(offers__withdrawn_at__isnull=True, offers__stock__gt=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shop:
    """A seller's front. sign: the brand's name where it is a brand's shop, else its own. theme: slug of the brand
    whose colours it wears, "" for none. subject_*: category of what its picture shows.

    product_count: products with a live offer of this seller.
    """

    slug: str
    name: str
    kind: str
    city: str
    sign: str
    theme: str
    product_count: int
    subject_fr: str = ""
    subject_en: str = ""
    picture: PictureSources | None = None
    picture_alt_fr: str = ""
    picture_alt_en: str = ""

    def subject(self, language: str) -> str:
        return self.subject_en if language == "en" else self.subject_fr

    def picture_alt(self, language: str) -> str:
        return self.picture_alt_en if language == "en" else self.picture_alt_fr


def find_seller(slug: str) -> Seller | None:
    return Seller.objects.filter(slug=slug, is_active=True).first()


def shops(kind: str) -> tuple[Shop, ...]:
    """Open sellers of one kind that sell something now, by name; at most SHOPS_SECONDS old."""
    return kept(f"shops:{kind}", lambda: _read_shops(kind), seconds=SHOPS_SECONDS)


def theme_of(seller: Seller) -> str:
    """Slug of the brand whose colours a brand's shop wears."""
    if seller.kind != Seller.Kind.BRAND:
        return ""
    return Brand.objects.filter(shop=seller).order_by("pk").values_list("slug", flat=True).first() or ""


def _read_shops(kind: str) -> tuple[Shop, ...]:
    sellers = (
        Seller.objects.filter(kind=kind, is_active=True)
        .annotate(product_count=Count("offers__variant__product_id", distinct=True, filter=_LIVE))
        .filter(product_count__gt=0)
    )
    rows = list(sellers)
    brands = {brand.shop_id: brand for brand in Brand.objects.filter(shop__in=rows).order_by("-pk")}
    photos = _first_photos([seller.pk for seller in rows])
    return tuple(_shop(seller, brands.get(seller.pk), photos.get(seller.pk)) for seller in rows)


def _shop(seller: Seller, brand: Brand | None, photo: ProductPhoto | None) -> Shop:
    category = photo.product.category if photo else None
    return Shop(
        slug=seller.slug,
        name=seller.name,
        kind=seller.kind,
        city=seller.city,
        sign=brand.name if brand else seller.name,
        theme=brand.slug if brand else "",
        product_count=seller.product_count,  # type: ignore[attr-defined]
        subject_fr=category.name_fr if category else "",
        subject_en=category.name_en if category else "",
        picture=sources_of(photo.picture) if photo else None,
        picture_alt_fr=photo.alt("fr") if photo else "",
        picture_alt_en=photo.alt("en") if photo else "",
    )


def _first_photos(seller_ids: list[int]) -> dict[int, ProductPhoto]:
    """The first ready catalogue picture of what each seller sells."""
    first = dict(
        ProductPhoto.objects.filter(
            position=0,
            product__is_active=True,
            product__variants__offers__seller_id__in=seller_ids,
            product__variants__offers__withdrawn_at__isnull=True,
            product__variants__offers__stock__gt=0,
        )
        .exclude(picture__ready_widths=[])
        .order_by()
        .values_list("product__variants__offers__seller_id")
        .annotate(Min("pk"))
    )
    photos = ProductPhoto.objects.select_related("picture", "product__category").in_bulk(set(first.values()))
    return {seller_id: photos[photo_id] for seller_id, photo_id in first.items()}
