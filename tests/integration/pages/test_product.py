"""The page of a product: every offer, an honest choice, prices that are told in full, data equal to what is shown."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mall.catalogue.models import Offer, PriceHistory, Product, ProductPhoto, Variant
from mall.pages.selectors.products import reduction_in
from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from tests.factories import (
    CategoryFactory,
    ListingFactory,
    OfferFactory,
    PictureFactory,
    ProductFactory,
    SellerFactory,
    VariantFactory,
)
from tests.integration.pages.shelves import put_photo, stock_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def barista(search_index: SearchEngine) -> Variant:
    """Sold new for 499, refurbished for 379 with delivery, second-hand for 280."""
    product = ProductFactory(slug="barista", texts={"fr": "Machine Barista", "en": "Barista machine"})
    variant: Variant = VariantFactory(product=product)
    OfferFactory(variant=variant, price_minor=49900, seller=SellerFactory(brand=True, name="Caffelune"))
    OfferFactory(variant=variant, refurbished=True, price_minor=37310, delivery_minor=590)
    put_photo(ListingFactory(offer=OfferFactory(variant=variant, used=True, price_minor=28000)))
    return variant


def _address(product: Product, language: str = "en") -> str:
    return f"/{language}/p/{product.slug}-{product.pk}/"


def _get(client: Client, address: str, *, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def _chosen(page: str) -> str:
    """The words of the offer put forward."""
    part = page[page.index('class="pdp__offer') : page.index('class="pdp__rights"')]
    return " ".join(re.sub(r"<[^>]+>", " ", part).split())


def _data(page: str) -> list[dict[str, Any]]:
    return [json.loads(text) for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)]


def test_the_three_doors_name_the_lowest_totals(client: Client, barista: Variant) -> None:
    page = _get(client, _address(barista.product))

    doors = re.findall(
        r'class="door__name">([^<]+)</span><span class="door__price">(?:<span.*?</span> )?([^<]+)<', page
    )
    assert doors == [("New", "€499"), ("Refurbished", "€379"), ("Second-hand", "€280")]


def test_a_door_is_an_address(client: Client, barista: Variant) -> None:
    page = _get(client, f"{_address(barista.product)}?condition=refurbished")

    assert "€379" in _chosen(page)
    assert "€373.10 + €5.90 delivery" in _chosen(page)
    assert "€120 less than new (−24%)" in _chosen(page)
    assert "New at €499 from Caffelune today" in _chosen(page)


def test_without_a_live_new_offer_no_saving_is_told(client: Client, barista: Variant) -> None:
    Offer.objects.filter(family="new").update(stock=0)

    page = _get(client, f"{_address(barista.product)}?condition=refurbished")

    assert "less than new" not in page
    assert "vs new" not in page


def test_the_offer_put_forward_says_why(client: Client, barista: Variant) -> None:
    OfferFactory(variant=barista, price_minor=60000)

    page = _get(client, _address(barista.product))

    assert "It has the lowest total, delivery included. The next one costs €101 more." in _chosen(page)
    assert "No payment moves an offer." in _chosen(page)


def test_any_offer_can_be_put_forward_by_its_address(client: Client, barista: Variant) -> None:
    dear = OfferFactory(variant=barista, price_minor=60000, seller=SellerFactory(name="Maison Cuivre"))

    page = _get(client, f"{_address(barista.product)}?offer={dear.pk}")

    assert "€600" in _chosen(page)
    assert "Maison Cuivre" in _chosen(page)


@pytest.mark.parametrize("state", ["condition=worn", "offer=abc", "offer=99999999999999999999", "variant=7"])
def test_a_state_that_does_not_exist_is_passed_over(client: Client, barista: Variant, state: str) -> None:
    assert "€499" in _chosen(_get(client, f"{_address(barista.product)}?{state}"))


def test_offers_stand_in_groups_cheapest_first(client: Client, barista: Variant) -> None:
    OfferFactory(variant=barista, price_minor=47000, delivery_minor=4000)

    page = _get(client, _address(barista.product))

    groups = re.findall(r'class="offer-group [^"]*" id="(\w+)"', page)
    totals = re.findall(r'class="offer__total">([^<]+)<', page)
    assert groups == ["new", "refurbished", "used"]
    assert totals == ["€499", "€510", "€379", "€280"]


def test_a_second_hand_offer_shows_its_own_photos_and_nothing_else(client: Client, barista: Variant) -> None:
    makers = PictureFactory()
    ProductPhoto.objects.create(product=barista.product, picture=makers, position=0)

    page = _get(client, f"{_address(barista.product)}?condition=used")

    gallery = page[page.index('class="gallery"') : page.index('class="pdp__buy"')]
    used = page[page.index('id="used"') :].split("</section>")[0]
    assert makers.folder not in gallery
    assert makers.folder not in used
    assert "On the table" in gallery
    assert "Photos of this very thing" in gallery


def test_no_is_said_as_plainly_as_yes(client: Client, barista: Variant) -> None:
    private = _get(client, f"{_address(barista.product)}?condition=used")
    professional = _get(client, f"{_address(barista.product)}?condition=refurbished")

    assert '<li class="no">' in private
    assert "No right of withdrawal" in private
    assert "14 days to return it" in professional
    assert "Seller’s warranty of 12 months" in professional


def test_a_wrong_slug_leads_to_the_right_one_for_good(client: Client, barista: Variant) -> None:
    response = client.get(f"/en/p/anything-{barista.product_id}/?condition=used")

    assert response.status_code == 301
    assert response["Location"] == f"{_address(barista.product)}?condition=used"


def test_a_product_that_is_gone_for_good_answers_410_and_one_that_never_was_404(
    client: Client, search_index: SearchEngine
) -> None:
    gone = ProductFactory(is_active=False)

    assert client.get(_address(gone)).status_code == 410
    assert client.get("/en/p/nothing-999999/").status_code == 404


def test_sold_out_the_page_stays_with_things_to_compare(client: Client, search_index: SearchEngine) -> None:
    category = CategoryFactory()
    product = stock_product(category, title="Lampe")
    other = stock_product(category, title="Autre lampe")
    rebuild_index()
    Offer.objects.filter(variant__product=product).update(stock=0)

    page = _get(client, _address(product))

    assert "Nobody sells this product at the moment." in page
    assert _address(other) in page
    assert "See the offer" not in page


def test_a_variant_has_its_own_address_and_offers(client: Client, barista: Variant) -> None:
    steel = VariantFactory(product=barista.product, colour="steel", label_en="steel")
    OfferFactory(variant=steel, price_minor=52900)

    page = _get(client, f"{_address(barista.product)}?variant={steel.pk}")

    assert "<h1>Barista machine, steel</h1>" in page
    assert re.findall(r'class="offer__total">([^<]+)<', page) == ["€529"]


def test_the_data_for_crawlers_equals_the_offers_shown(client: Client, barista: Variant) -> None:
    page = _get(client, _address(barista.product))

    product, breadcrumb = _data(page)
    offers = {
        (offer["itemCondition"].rpartition("/")[2], offer["price"], offer["seller"]["@type"])
        for offer in product["offers"]
    }
    assert product["@type"] == "Product"
    assert offers == {
        ("NewCondition", "499", "Organization"),
        ("RefurbishedCondition", "373.10", "Organization"),
        ("UsedCondition", "280", "Person"),
    }
    assert all(offer["availability"] == "https://schema.org/InStock" for offer in product["offers"])
    assert breadcrumb["@type"] == "BreadcrumbList"


def test_no_text_can_end_the_data(client: Client, search_index: SearchEngine) -> None:
    product = ProductFactory(texts={"en": "</script><script>alert(1)</script>"})

    page = _get(client, _address(product))

    assert "<script>alert" not in page
    assert _data(page)[0]["name"] == "</script><script>alert(1)</script>"


def test_a_reduction_is_told_against_the_lowest_price_of_the_thirty_days_before(
    client: Client, barista: Variant
) -> None:
    now = timezone.now()
    offer = Offer.objects.get(family="new")
    PriceHistory.objects.filter(offer=offer).delete()
    for days, minor in ((90, 40000), (60, 55000), (20, 53000), (3, 49900)):
        PriceHistory.objects.create(offer=offer, price_minor=minor, starts_at=now - timedelta(days=days))

    page = _get(client, _address(barista.product))

    assert "Lowest price of the 30 days before: €530." in page


@pytest.mark.parametrize(
    ("prices", "lowest"),
    [
        ([(50, 5900)], None),
        ([(50, 5900), (4, 4900)], 5900),
        ([(50, 4900), (4, 5900)], None),
        ([(50, 5900), (20, 4500), (4, 4900)], None),
        ([(50, 4500), (40, 5900), (4, 4900)], 5900),
        ([(90, 5900), (45, 4900)], None),
    ],
)
def test_what_counts_as_a_reduction(prices: list[tuple[int, int]], lowest: int | None) -> None:
    now = timezone.now()
    history = [PriceHistory(price_minor=minor, starts_at=now - timedelta(days=days)) for days, minor in prices]

    found = reduction_in(history, now)

    assert (found.lowest_minor if found else None) == lowest


@pytest.mark.parametrize("count", [5, 24])
def test_queries_do_not_grow_with_offers(
    client: Client, barista: Variant, count: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(count):
        OfferFactory(variant=barista, price_minor=50000 + number)
        put_photo(ListingFactory(offer=OfferFactory(variant=barista, used=True, price_minor=30000 + number)))
        stock_product(barista.product.category)
    rebuild_index()
    client.get(_address(barista.product))

    with django_assert_max_num_queries(15):
        page = _get(client, _address(barista.product))

    assert f"The {2 * count + 3} offers, in all" in page
