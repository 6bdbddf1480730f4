"""An index that has stopped following: what is shown of price and stock is the database's, whatever search remembers.

Nothing drains the outbox here, so the index stays as it was built.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.text import slugify
from pytest_django import DjangoAssertNumQueries

from listings.models import Listing
from mall.catalogue import services
from mall.catalogue.models import Category, Offer, Product
from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from tests.factories import (
    CategoryFactory,
    EquivalentFactory,
    ListingFactory,
    OfferFactory,
    ProductFactory,
    SellerFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db

QUERIES_OF_A_PAGE = 15
LISTS = {
    "words": "/en/search/?q=opaline",
    "a condition": "/en/search/?q=opaline&condition=used&condition=new",
    "a price": "/en/search/?q=opaline&price_max=900",
    "a seller": "/en/search/?q=opaline&seller_kind=professional&seller_kind=private",
    "a saving": "/en/search/?q=opaline&saving=20",
    "an order": "/en/search/?q=opaline&sort=price",
    "a category": "/en/c/lampes/",
}


@pytest.fixture
def category(search_index: SearchEngine) -> Category:
    lamps: Category = CategoryFactory(slug="lampes", name_fr="Lampes", name_en="Lamps")
    return lamps


@pytest.fixture
def lamp(category: Category) -> Product:
    """Sold new at 500, refurbished at 300, used at 200; the index is built and stays so."""
    product: Product = ProductFactory(category=category, texts={"fr": "Lampe Opaline", "en": "Opaline lamp"})
    variant = VariantFactory(product=product)
    OfferFactory(variant=variant, price_minor=50000)
    OfferFactory(variant=variant, refurbished=True, price_minor=30000)
    OfferFactory(variant=variant, used=True, price_minor=20000)
    rebuild_index()
    return product


@pytest.fixture
def old_lamp(category: Category) -> Listing:
    """A second-hand thing of its own, at 90."""
    listing: Listing = ListingFactory(
        category=category, title="Lampe Opaline", title_other="Opaline lamp", offer__price_minor=9000
    )
    rebuild_index()
    return listing


def change_price(family: str, price_minor: int) -> None:
    offer = Offer.objects.get(family=family)
    services.change_price(offer_id=offer.pk, price_minor=price_minor, delivery_minor=0, now=timezone.now())


def sell_out(family: str) -> None:
    offer = Offer.objects.get(family=family)
    services.change_stock(offer_id=offer.pk, by=-offer.stock)


def read(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, response.content.decode()[:2000]
    return response.content.decode()


def rows(page: str) -> dict[str, str]:
    """Price by condition on the page's first card."""
    card = page[page.index('class="offer-card') :].split("</article>", maxsplit=1)[0]
    found = re.findall(r'<div class="ladder__row.*?</div>', card, re.DOTALL)
    words = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]
    return {label: price for label, _, price in (row.partition(" ") for row in words)}


def told(client: Client, address: str = "/api/search?q=opaline&language=en") -> dict[str, int]:
    """Lowest total by condition of the first result that programs get."""
    (result, *_others) = json.loads(read(client, address))["results"]
    return {family: facts["from_minor"] for family, facts in result["offers"].items()}


@pytest.mark.parametrize("list_of", LISTS)
def test_a_price_that_fell_or_rose_is_shown_at_once(list_of: str, client: Client, lamp: Product) -> None:
    change_price("new", 45000)
    change_price("refurbished", 32000)
    change_price("used", 15000)

    assert rows(read(client, LISTS[list_of])) == {"New": "€450", "Refurbished": "€320", "Second-hand": "€150"}


@pytest.mark.parametrize("list_of", LISTS)
def test_a_condition_that_is_sold_out_has_no_price_any_more(list_of: str, client: Client, lamp: Product) -> None:
    sell_out("used")

    assert rows(read(client, LISTS[list_of]))["Second-hand"] == "no offer"


@pytest.mark.parametrize("list_of", LISTS)
def test_a_product_that_is_sold_out_says_so(list_of: str, client: Client, lamp: Product) -> None:
    for family in ("new", "refurbished", "used"):
        sell_out(family)

    page = read(client, LISTS[list_of])

    assert "Sold or withdrawn" in page
    assert "€" not in page[page.index('class="offer-card') :].split("</article>")[0]


def test_of_several_offers_the_next_one_takes_the_place_of_what_was_sold(client: Client, lamp: Product) -> None:
    OfferFactory(variant=lamp.variants.get(), price_minor=52000, seller=SellerFactory(brand=True))
    Offer.objects.filter(price_minor=50000).update(stock=0)

    assert rows(read(client, "/en/search/?q=opaline&price_max=900"))["New"] == "€520"
    assert told(client)["new"] == 52000


def test_an_offer_that_meets_the_filters_no_longer_is_not_put_forward(client: Client, lamp: Product) -> None:
    change_price("used", 40000)

    page = read(client, "/en/search/?q=opaline&price_max=350")

    best = re.findall(r'ladder__row--best".*?</div>', page, re.DOTALL)
    assert rows(page)["Second-hand"] == "€400"
    assert len(best) == 1
    assert "Refurbished" in best[0]


def test_a_saving_is_against_the_new_price_of_now(client: Client, lamp: Product) -> None:
    change_price("new", 22000)

    page = read(client, LISTS["words"])

    assert "−9% vs new" in page
    assert "−60% vs new" not in page


def test_programs_get_the_prices_of_now(client: Client, lamp: Product) -> None:
    change_price("new", 45000)
    sell_out("used")

    assert told(client) == {"new": 45000, "refurbished": 30000}
    assert told(client, "/api/search?q=opaline&language=en&price_max=900") == {"new": 45000, "refurbished": 30000}
    product = json.loads(read(client, f"/api/products/{lamp.pk}?language=en"))
    assert {family: facts["from_minor"] for family, facts in product["offers"].items()} == {
        "new": 45000,
        "refurbished": 30000,
    }
    assert [offer["condition"] for offer in product["live_offers"]] == ["new", "refurbished"]


def test_the_products_page_shows_the_prices_of_now(client: Client, lamp: Product) -> None:
    change_price("new", 52000)
    sell_out("used")

    page = read(client, f"/en/p/{lamp.slug}-{lamp.pk}/")

    assert "€520" in page
    assert "€500" not in page
    assert "€200" not in page


def test_suggestions_show_the_prices_of_now(client: Client, lamp: Product) -> None:
    change_price("new", 45000)
    sell_out("used")

    part = read(client, "/en/suggest/?q=opaline+l")

    assert "new €450" in part
    assert "second-hand" not in part


def test_a_sold_thing_is_shown_as_sold_and_can_not_be_had(client: Client, old_lamp: Listing) -> None:
    services.change_stock(offer_id=old_lamp.offer_id, by=-1)

    for address in (LISTS["words"], "/en/search/?q=opaline&price_max=100", LISTS["a category"]):
        page = read(client, address)
        assert "Sold or withdrawn" in page
        assert "€90" not in page[page.index('class="offer-card') :].split("</article>")[0]
    assert told(client) == {}
    page = read(client, f"/en/item/{slugify(old_lamp.title_in('en'))}-{old_lamp.pk}/")
    assert "It is sold." in page
    assert "pdp__cta" not in page


def test_things_to_compare_with_show_the_prices_of_now(client: Client, lamp: Product, old_lamp: Listing) -> None:
    change_price("new", 45000)
    Offer.objects.filter(family="used", variant__isnull=False).update(stock=0)

    page = read(client, f"/en/item/{slugify(old_lamp.title_in('en'))}-{old_lamp.pk}/")

    assert rows(page) == {"New": "€450", "Refurbished": "€300", "Second-hand": "no offer"}


def test_an_equivalent_shows_the_prices_of_now_and_goes_when_it_is_sold(client: Client, lamp: Product) -> None:
    listing = ListingFactory(
        category=lamp.category, title="Lampe ancienne", title_other="Older lamp", offer__price_minor=9000
    )
    EquivalentFactory(offer=listing.offer, product=lamp)
    rebuild_index()
    change_price("new", 45000)
    services.change_price(offer_id=listing.offer_id, price_minor=8000, delivery_minor=0, now=timezone.now())

    page = read(client, "/en/search/?q=opaline")
    assert "€370 less than new" in page
    assert "€80" in page

    services.change_stock(offer_id=listing.offer_id, by=-1)
    assert f"listing-{listing.pk}" not in read(client, "/en/search/?q=opaline")


@pytest.mark.parametrize("list_of", LISTS)
def test_reading_prices_again_costs_few_queries(
    list_of: str, client: Client, category: Category, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(24):
        product = ProductFactory(category=category, texts={"fr": "Lampe Opaline", "en": "Opaline lamp"})
        variant: Any = VariantFactory(product=product)
        OfferFactory(variant=variant, price_minor=50000)
        OfferFactory(variant=variant, used=True, price_minor=20000)
    rebuild_index()
    client.get(LISTS[list_of])

    with django_assert_max_num_queries(QUERIES_OF_A_PAGE):
        assert read(client, LISTS[list_of]).count('class="offer-card"') == 24
