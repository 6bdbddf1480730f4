"""Sitemaps in both languages, each address with its twin in the other language."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Exists, Max, Min, OuterRef, QuerySet
from django.urls import reverse
from django.utils.text import slugify

from listings.models import Listing
from mall.catalogue.models import Category, Offer, Product
from mall.pages.addresses import category_url, listing_url, product_url, seller_url
from mall.pages.selectors.browse import live_listings
from mall.sellers.models import Seller


class MallSitemap(Sitemap):  # type: ignore[type-arg]
    """One part of the sitemap; addresses are the mall's public ones whatever host was asked."""

    i18n = True
    alternates = True
    x_default = True
    limit = 2500

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.MALL_PUBLIC_URL).netloc

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.MALL_PUBLIC_URL).scheme

    def get_urls(self, page: Any = 1, site: Any = None, protocol: str | None = None) -> list[dict[str, Any]]:
        """As Django makes them, but x-default names the page in the mall's first language, as the page itself does."""
        urls: list[dict[str, Any]] = super().get_urls(page, site, protocol)
        for url in urls:
            by_code = {twin["lang_code"]: twin for twin in url["alternates"]}
            by_code["x-default"]["location"] = by_code[settings.LANGUAGE_CODE]["location"]
        return urls


class ByIds(Sequence[tuple[Any, str]]):
    """Each row in each language, at a place that its id gives: a page is a range of ids.

    Nothing is counted, and no more is read than one page: Django would make a list of all rows for each page of 2,500.
    Rows that are missing between the ids make their page shorter; what is new shifts none of the pages before it.
    """

    def __init__(self, rows: QuerySet[Any], languages: Sequence[str]) -> None:
        self._rows, self._languages = rows, languages

    @cached_property
    def _ends(self) -> tuple[int, int]:
        """Lowest and highest id of the table; (1, 0) for an empty one."""
        found = self._rows.model._default_manager.aggregate(first=Min("pk"), last=Max("pk"))
        return (found["first"], found["last"]) if found["last"] is not None else (1, 0)

    def __len__(self) -> int:
        first, last = self._ends
        return (last - first + 1) * len(self._languages)

    def __getitem__(self, wanted: Any) -> Any:
        if not isinstance(wanted, slice):
            raise TypeError("a place may be empty: only slices can be read")
        first, count = self._ends[0], len(self._languages)
        start, stop, _step = wanted.indices(len(self))
        rows = self._rows.filter(pk__gte=first + start // count, pk__lte=first + (stop - 1) // count)
        places = (
            ((row.pk - first) * count + number, row, one) for row in rows for number, one in enumerate(self._languages)
        )
        return [(row, language) for place, row, language in places if start <= place < stop]


class SitemapByIds(MallSitemap):
    """A part with very many rows: `items` is a queryset ordered by primary key."""

    def _items(self) -> ByIds:
        rows: Any = self.items()
        return ByIds(rows, [language for language, _name in settings.LANGUAGES])


class StaticSitemap(MallSitemap):
    def items(self) -> list[str]:
        return ["home", "shops", "ranking", "help", "accessibility", "legal", "privacy"]

    def location(self, item: str) -> str:
        return reverse(item)


class CategorySitemap(MallSitemap):
    def items(self) -> Any:
        return Category.objects.order_by("path").values_list("path", flat=True)

    def location(self, item: str) -> str:
        return category_url(item)


class ProductSitemap(SitemapByIds):
    """Products that somebody offers now."""

    def items(self) -> Any:
        offers = Offer.objects.live().filter(variant__product=OuterRef("pk"))
        on_sale = Product.objects.filter(Exists(offers), is_active=True)
        return on_sale.order_by("pk").only("pk", "slug")

    def location(self, item: Product) -> str:
        return product_url(item.pk, item.slug)


class ListingSitemap(SitemapByIds):
    def items(self) -> Any:
        return live_listings().order_by("pk").only("pk", "title", "title_other", "language")

    def location(self, item: Listing) -> str:
        return listing_url(item.pk, slugify(item.title) or "item")


class SellerSitemap(MallSitemap):
    """Professional sellers; private persons are not put into search engines."""

    def items(self) -> Any:
        open_sellers = Seller.objects.filter(is_active=True).exclude(kind=Seller.Kind.PRIVATE)
        return open_sellers.order_by("slug").values_list("slug", flat=True)

    def location(self, item: str) -> str:
        return seller_url(item)


SITEMAPS: dict[str, type[MallSitemap]] = {
    "pages": StaticSitemap,
    "categories": CategorySitemap,
    "products": ProductSitemap,
    "things": ListingSitemap,
    "sellers": SellerSitemap,
}
