"""The page of one second-hand thing: its own photos, its flaws, plain rights, and what it would cost new."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.utils.text import slugify

from listings.models import Listing
from mall.catalogue.models import Offer
from search.indexing.rebuild import rebuild_index
from tests.factories import CategoryFactory, ListingFactory, OfferFactory, VariantFactory
from tests.integration.pages.shelves import put_photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("search_index")]


def _address(listing: Listing, language: str = "en") -> str:
    return f"/{language}/item/{slugify(listing.title_in(language))}-{listing.pk}/"


def _get(client: Client, address: str, *, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def test_the_thing_is_shown_with_flaws_condition_seller_and_rights(client: Client) -> None:
    listing = put_photo(ListingFactory(offer__delivery_minor=590))

    page = _get(client, _address(listing, "fr"))

    assert "Rayure de 2 cm sur le socle" in page
    assert "Occasion, bon état" in page
    assert "29,90\u00a0€" in page
    assert "Particulier" in page
    assert "Pas de droit de rétractation" in page
    assert 'alt="Sur la table"' in page


def test_words_without_a_translation_are_marked_as_the_original(client: Client) -> None:
    listing = ListingFactory(title_other="", description_other="")

    page = _get(client, _address(listing))

    assert "Original text, not translated." in page
    assert '<h1 lang="fr">' in page


def test_translated_words_are_shown_in_the_readers_language(client: Client) -> None:
    listing = ListingFactory()

    page = _get(client, _address(listing))

    assert "Bought in 2022, descaled every month." in page
    assert "Original text" not in page


def test_the_price_new_stands_only_against_a_live_new_offer(client: Client) -> None:
    variant = VariantFactory()
    new = OfferFactory(variant=variant, price_minor=5900)
    listing = ListingFactory(offer=OfferFactory(variant=variant, used=True, price_minor=2400))
    page = _get(client, _address(listing))
    assert "New today from €59" in page
    assert "€35 less than new (−59%)" in page

    Offer.objects.filter(pk=new.pk).update(stock=0)

    page = _get(client, _address(listing))
    assert "New today" not in page
    assert "less than new" not in page
    assert "All offers of this product" in page


def test_a_sold_thing_says_so_and_shows_others(client: Client) -> None:
    category = CategoryFactory()
    listing, other = ListingFactory(category=category), ListingFactory(category=category)
    rebuild_index()
    Offer.objects.filter(pk=listing.offer_id).update(stock=0)

    page = _get(client, _address(listing))

    assert "It is sold." in page
    assert _address(other) in page
    assert '"availability":"https://schema.org/OutOfStock"' in page


def test_a_thing_taken_back_answers_410(client: Client) -> None:
    listing = ListingFactory(offer__withdrawn=True)

    assert "taken it off sale" in _get(client, _address(listing), status=410)


def test_a_wrong_slug_leads_to_the_right_one(client: Client) -> None:
    listing = ListingFactory()

    response = client.get(f"/en/item/anything-{listing.pk}/")

    assert (response.status_code, response["Location"]) == (301, _address(listing))
    assert client.get("/en/item/nothing-999999/").status_code == 404


def test_its_data_is_a_product_of_its_own(client: Client) -> None:
    listing = put_photo(ListingFactory())

    page = _get(client, _address(listing))

    texts = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    product = json.loads(texts[0])
    (offer,) = product["offers"]
    assert (product["@type"], offer["price"], offer["itemCondition"]) == (
        "Product",
        "24",
        "https://schema.org/UsedCondition",
    )
    assert offer["hasMerchantReturnPolicy"]["returnPolicyCategory"].endswith("MerchantReturnNotPermitted")


def test_flaws_cannot_write_markup(client: Client) -> None:
    listing = ListingFactory(defects=["<img src=x onerror=alert(1)>"], description="<b>x</b>", language="en")

    page = _get(client, _address(listing))

    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_the_page_costs_few_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    listing = put_photo(ListingFactory(offer=OfferFactory(used=True)))
    client.get(_address(listing))

    with django_assert_max_num_queries(10):
        client.get(_address(listing))
