"""A seller's page: who sells, what is on sale, which rights; and the list of shops."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from mall.pages.selectors import browse
from mall.pages.selectors.browse import browse_seller
from tests.factories import CategoryFactory, ListingFactory, OfferFactory, SellerFactory
from tests.integration.pages.shelves import put_photo, stock_product

pytestmark = pytest.mark.django_db


def test_a_professional_shows_what_the_law_asks_for(client: Client) -> None:
    seller = SellerFactory(
        rated=True, slug="atelier-lune", name="Atelier Lune", vat_number="FR00000000000", return_days=30
    )

    page = client.get("/en/seller/atelier-lune/").content.decode()

    facts = dict(re.findall(r"<dt>([^<]+)</dt>\s*<dd>(?:<a [^>]*>)?([^<]+)", page))
    assert facts["Kind of seller"] == "Professional"
    assert facts["Company"] == "Atelier Lune SAS"
    assert facts["Address"] == seller.company_address
    assert facts["Register number"] == seller.register_number
    assert facts["VAT number"] == "FR00000000000"
    assert facts["E-mail"] == seller.contact_email
    assert facts["Rating"] == "4.7 out of 5, 120 reviews"
    assert facts["Sales on the mall"] == "340"
    assert "30 days to change your mind" in page
    assert "Legal guarantee of 24 months" in page


def test_a_private_person_gives_no_consumer_rights_and_the_page_says_so(client: Client) -> None:
    SellerFactory(private=True, slug="nadia")

    page = client.get("/en/seller/nadia/").content.decode()

    assert "No right of withdrawal" in page
    assert "No legal guarantee of conformity" in page
    assert '<meta name="robots" content="noindex">' in page
    assert "<dt>Company</dt>" not in page


def test_a_private_seller_shows_the_very_things_on_sale(client: Client) -> None:
    seller = SellerFactory(private=True, slug="nadia")
    offer = OfferFactory(used=True, seller=seller, variant=None)
    put_photo(ListingFactory(offer=offer, title="Fauteuil Fjall"))
    sold = OfferFactory(used=True, sold_out=True, seller=seller, variant=None)
    put_photo(ListingFactory(offer=sold, title="Lampe vendue"))

    page = client.get("/fr/seller/nadia/").content.decode()

    assert "Fauteuil Fjall" in page
    assert "Lampe vendue" not in page
    assert "1 objet en vente" in page


def test_a_seller_page_needs_a_fixed_number_of_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    shop = SellerFactory(brand=True, slug="boutique")
    category = CategoryFactory()
    for _ in range(10):
        stock_product(category, shop=shop)
    client.get("/fr/seller/boutique/")

    with django_assert_max_num_queries(10):
        client.get("/fr/seller/boutique/")


@pytest.mark.parametrize("path", ["/fr/seller/personne/", "/fr/seller/boutique/?page=2", "/fr/seller/boutique/?page=x"])
def test_a_seller_or_page_that_does_not_exist_is_not_found(client: Client, path: str) -> None:
    SellerFactory(slug="boutique")

    assert client.get(path).status_code == 404


def test_what_a_seller_sells_stands_newest_first_over_all_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browse, "PAGE_SIZE", 2)
    shop, category = SellerFactory(brand=True), CategoryFactory()
    products = [stock_product(category, shop=shop) for _number in range(3)]
    stock_product(category)

    pages = [browse_seller(shop.pk, number=number, is_private=False) for number in (1, 2, 3)]

    ids = [[hit.source_id for hit in page.hits] if page else None for page in pages]
    assert ids == [[products[2].pk, products[1].pk], [products[0].pk], None]
    assert pages[0] is not None and pages[0].total == 3


def test_only_a_long_list_is_counted_less_often_than_it_is_shown(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    shop, category = SellerFactory(brand=True), CategoryFactory()
    stock_product(category, shop=shop)
    assert browse_seller(shop.pk, number=1, is_private=False)
    stock_product(category, shop=shop)

    short = browse_seller(shop.pk, number=1, is_private=False)
    monkeypatch.setattr(browse, "LONG_LIST", 2)
    browse_seller(shop.pk, number=1, is_private=False)
    with django_assert_num_queries(2):
        long = browse_seller(shop.pk, number=1, is_private=False)

    assert short == long and short is not None and short.total == 2


def test_shops_lists_brands_and_professionals_that_sell_something(client: Client) -> None:
    stock_product(CategoryFactory(), shop=SellerFactory(brand=True, name="Boutique Ouverte"))
    SellerFactory(brand=True, name="Boutique Vide")

    page = client.get("/fr/shops/").content.decode()

    assert "Boutique Ouverte" in page
    assert "Boutique Vide" not in page
