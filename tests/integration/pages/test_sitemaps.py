"""What crawlers are told."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mall.pages.sitemaps import ProductSitemap
from tests.factories import CategoryFactory, ListingFactory, ProductFactory, SellerFactory
from tests.integration.pages.shelves import put_photo, stock_product

pytestmark = pytest.mark.django_db
HOST = "http://127.0.0.1:8000"


def _places(client: Client, section: str, *, page: int = 1) -> list[str]:
    return re.findall(r"<loc>([^<]+)</loc>", client.get(f"/sitemap-{section}.xml?p={page}").content.decode())


def test_robots_keeps_sorting_page_size_and_prices_closed(client: Client) -> None:
    text = client.get("/robots.txt").content.decode()

    assert "Disallow: /*?*sort=" in text
    assert "Disallow: /*?*page_size=" in text
    assert "Disallow: /*?*price_min=" in text
    assert "Disallow: /*?*price_max=" in text
    assert f"Sitemap: {HOST}/sitemap.xml" in text


def test_the_index_names_every_part(client: Client) -> None:
    parts = re.findall(r"/sitemap-(\w+)\.xml", client.get("/sitemap.xml").content.decode())

    assert parts == ["pages", "categories", "products", "things", "sellers"]


def test_products_on_sale_stand_in_both_languages_with_their_twin(client: Client) -> None:
    product = stock_product(CategoryFactory())
    ProductFactory()

    xml = client.get("/sitemap-products.xml").content.decode()

    path = f"p/{product.slug}-{product.pk}/"
    assert _places(client, "products") == [f"{HOST}/fr/{path}", f"{HOST}/en/{path}"]
    assert xml.count(f'hreflang="x-default" href="{HOST}/fr/{path}"') == 2
    assert xml.count(f'hreflang="en" href="{HOST}/en/{path}"') == 2


def test_categories_things_and_professionals_are_listed_and_private_persons_are_not(client: Client) -> None:
    category = CategoryFactory(slug="maison")
    listing = put_photo(ListingFactory(category=category, title="Fauteuil Fjall"))
    SellerFactory(slug="atelier")

    assert f"{HOST}/fr/c/maison/" in _places(client, "categories")
    assert f"{HOST}/fr/item/fauteuil-fjall-{listing.pk}/" in _places(client, "things")
    assert _places(client, "sellers") == [f"{HOST}/fr/seller/atelier/", f"{HOST}/en/seller/atelier/"]


def test_every_product_on_sale_stands_on_one_page_and_no_page_reads_the_others(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ProductSitemap, "limit", 3)
    category = CategoryFactory()
    products = [stock_product(category) for _number in range(5)]
    products.pop(3).variants.get().offers.update(stock=0)

    index = client.get("/sitemap.xml").content.decode()
    with CaptureQueriesContext(connection) as captured:
        pages = [_places(client, "products", page=number) for number in (1, 2, 3, 4)]

    assert re.findall(r"/sitemap-products\.xml(?:\?p=)?(\d*)", index) == ["", "2", "3", "4"]
    assert [len(page) for page in pages] == [3, 3, 1, 1]
    paths = [f"{HOST}/{language}/p/{one.slug}-{one.pk}/" for one in products for language in ("fr", "en")]
    assert [path for page in pages for path in page] == paths
    assert len([one for one in captured.captured_queries if "catalogue_product" in one["sql"]]) == 8
    assert client.get("/sitemap-products.xml?p=5").status_code == 404


def test_an_empty_mall_has_a_sitemap_too(client: Client) -> None:
    assert _places(client, "products") == _places(client, "things") == []
