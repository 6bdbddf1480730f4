"""The home page: real figures, real products, a fixed number of queries."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from mall.sellers.models import Seller
from tests.factories import BrandFactory, CategoryFactory, ListingFactory, SellerFactory
from tests.integration.pages.shelves import put_photo, stock_product

pytestmark = pytest.mark.django_db


def test_an_empty_mall_has_a_home_page_with_search_and_no_empty_rows(client: Client) -> None:
    response = client.get("/fr/")

    page = response.content.decode()
    assert response.status_code == 200
    assert page.count("<h1>") == 1
    assert 'name="q"' in page
    assert 'class="hero__doors"' not in page
    assert 'id="shops"' not in page
    assert 'id="things"' not in page


def test_the_three_doors_are_one_real_product_with_its_prices_of_today(client: Client) -> None:
    stock_product(CategoryFactory(), title="Lampe Lune")

    page = client.get("/fr/").content.decode()

    doors = page[page.index('class="hero__doors"') : page.index('class="hero__cap"')]
    prices = re.findall(r'<span class="hero-door__price">(.*?)</span>', doors)
    assert prices == ["59\u00a0€", "39\u00a0€", "24\u00a0€"]
    assert re.findall(r'href="[^"]*-\d+/#(\w+)"', doors) == ["new", "refurbished", "used"]
    assert "<b>Lampe Lune.</b>" in page


def test_a_second_hand_door_never_shows_the_picture_of_the_catalogue(client: Client) -> None:
    product = stock_product(CategoryFactory())

    page = client.get("/fr/").content.decode()

    used_door = page[page.index("hero-door--used") : page.index('class="hero__cap"')]
    catalogue_picture = product.photos.get().picture
    assert catalogue_picture.folder not in used_door
    assert "tile--photo" in used_door


def test_figures_count_what_is_on_sale(client: Client) -> None:
    category = CategoryFactory()
    shop = SellerFactory(brand=True)
    stock_product(category, shop=shop)
    stock_product(category, shop=shop)
    put_photo(ListingFactory(category=category))

    page = client.get("/en/").content.decode()

    figures = re.findall(r"</svg>\s*([^<]+)</b>", page[page.index('class="wrap facts"') :].split("</section>")[0])
    assert [figure.strip() for figure in figures] == [
        "1 brand shop",
        "7 offers compared",
        "3 one-off things",
        "No place is for sale",
    ]


def test_a_brand_shop_wears_its_theme_and_counts_its_products(client: Client) -> None:
    shop = SellerFactory(brand=True, name="Boutique Auralune")
    BrandFactory(name="Auralune", slug="auralune", shop=shop)
    stock_product(CategoryFactory(name_fr="Audio"), shop=shop)

    page = client.get("/fr/").content.decode()

    assert 'data-brand="auralune"' in page
    assert '<span class="shopfront__sign" aria-hidden="true">Auralune</span>' in page
    assert "Audio, 1\u00a0produit" in page or "Audio, 1 produit" in page


def test_a_closed_seller_is_not_on_the_home_page(client: Client) -> None:
    shop = SellerFactory(brand=True, name="Boutique Fermée")
    stock_product(CategoryFactory(), shop=shop)
    Seller.objects.filter(pk=shop.pk).update(is_active=False)

    assert "Boutique Fermée" not in client.get("/fr/").content.decode()


def test_warm_home_needs_eight_queries_however_many_products(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        category = CategoryFactory()
        stock_product(category)
        put_photo(ListingFactory(category=category))
    client.get("/fr/")

    with django_assert_max_num_queries(8):
        client.get("/fr/")


def test_the_first_door_alone_is_loaded_with_priority(client: Client) -> None:
    stock_product(CategoryFactory())

    page = client.get("/fr/").content.decode()

    assert page.count('fetchpriority="high"') == 1
    pictures = re.findall(r"<img [^>]*>", page)
    assert pictures
    assert all('width="' in picture and 'height="' in picture and 'alt="' in picture for picture in pictures)
