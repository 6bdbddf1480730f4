"""The page where a member says that an offer is not of its product."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from mall.accounts.models import Member
from mall.catalogue.models import CatalogueMatch, Offer, ProductPhoto, Variant
from mall.catalogue.services import link_offer
from search.engines.protocol import SearchEngine
from tests.factories import (
    ListingFactory,
    OfferFactory,
    PictureFactory,
    ProductFactory,
    SellerFactory,
    VariantFactory,
)
from tests.factories.catalogue import PUBLISHED
from tests.integration.pages.shelves import put_photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def kettle(search_index: SearchEngine) -> Variant:
    product = ProductFactory(slug="kr17", texts={"fr": "Bouilloire KR17", "en": "KR17 kettle"})
    ProductPhoto.objects.create(product=product, picture=PictureFactory())
    variant: Variant = VariantFactory(product=product)
    return variant


@pytest.fixture
def thing(kettle: Variant) -> Offer:
    """A second-hand thing with a photo, on the kettle's page."""
    listing = put_photo(ListingFactory(title="Bouilloire verte", title_other="Green kettle"))
    link_offer(offer=listing.offer, variant=kettle, method="model", evidence=[], score=0.9, now=PUBLISHED)
    return listing.offer


@pytest.fixture
def buyer(client: Client) -> Member:
    """Signed in."""
    member = Member.objects.create_user("lea@example.org")
    client.force_login(member, "django.contrib.auth.backends.ModelBackend")
    return member


def _address(offer: Offer | int, language: str = "en") -> str:
    return f"/{language}/offers/{getattr(offer, 'pk', offer)}/contest/"


def _send(client: Client, offer: Offer, *, language: str = "en", follow: bool = True, **words: Any) -> Any:
    page = client.get(_address(offer, language)).content.decode()
    seen = re.search(r'name="product" value="(\d+)"', page)
    data = {"ground": "model", "words": "", "product": seen[1] if seen else "", **words}
    return client.post(_address(offer, language), data, follow=follow)


def _states() -> list[str]:
    return list(CatalogueMatch.objects.order_by("pk").values_list("state", flat=True))


def test_rows_of_used_and_refurbished_offers_lead_to_it_and_new_ones_do_not(
    client: Client, kettle: Variant, thing: Offer
) -> None:
    new, refurbished = OfferFactory(variant=kettle), OfferFactory(variant=kettle, refurbished=True)

    page = client.get(f"/fr/p/kr17-{kettle.product_id}/").content.decode()

    assert "Pas le même produit" in page
    assert f'href="{_address(thing, "fr")}"' in page
    assert f'href="{_address(refurbished, "fr")}"' in page
    assert _address(new, "fr") not in page


def test_strangers_sign_in_first_and_come_back(client: Client, thing: Offer) -> None:
    response = client.get(_address(thing))

    assert response["Location"] == f"/en/accounts/login/?next={_address(thing)}"
    assert client.post(_address(thing), {"ground": "model"})["Location"] == response["Location"]
    assert _states() == ["confirmed"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Not the same product?", "KR17 kettle", "Green kettle", "It is a set of several things"]),
        ("fr", ["Pas le même produit", "Bouilloire KR17", "Bouilloire verte", "Un lot de plusieurs choses"]),
    ],
)
def test_both_stand_side_by_side(client: Client, thing: Offer, buyer: Member, language: str, words: list[str]) -> None:
    response = client.get(_address(thing, language))

    page = response.content.decode()
    assert response.status_code == 200
    assert [word for word in words if word not in page] == []
    assert page.count('class="versus__side"') == 2
    assert "no-store" in response["Cache-Control"]
    assert '<meta name="robots" content="noindex">' in page


def test_a_contest_leads_to_the_things_own_page_and_says_what_happened(
    client: Client, kettle: Variant, thing: Offer, buyer: Member
) -> None:
    response = _send(client, thing, ground="size", words="Elle fait 1 L.\r\nPas 1,7 L.")

    page = response.content.decode()
    assert response.redirect_chain[0][0].startswith("/en/item/green-kettle-")
    assert "Thank you. This thing no longer stands with “KR17 kettle”" in page
    row = CatalogueMatch.objects.get(state="contested")
    assert (row.actor, row.role, row.ground, row.reason) == (buyer, "buyer", "size", "Elle fait 1 L.\nPas 1,7 L.")
    product_page = client.get(f"/en/p/kr17-{kettle.product_id}/").content.decode()
    assert f'id="offer-{thing.pk}"' not in product_page
    assert "Thank you" not in product_page


def test_an_offer_without_a_page_of_its_own_leads_back_to_the_product(
    client: Client, kettle: Variant, buyer: Member
) -> None:
    offer = OfferFactory(variant=kettle, refurbished=True)

    response = _send(client, offer)

    assert response.redirect_chain == [(f"/en/p/kr17-{kettle.product_id}/", 302)]
    assert "That offer has left this page" in response.content.decode()


def test_its_seller_sees_that_nothing_is_lost(client: Client, kettle: Variant, buyer: Member) -> None:
    offer = OfferFactory(variant=kettle, refurbished=True, seller=SellerFactory(member=buyer))
    _send(client, offer)

    page = client.get(_address(offer)).content.decode()

    assert CatalogueMatch.objects.get(state="contested").role == "seller"
    assert "KR17 kettle" in page
    assert "shoppers do not see it" in page
    assert "its price, its stock and its history stay as they are" in page


def test_contested_twice_it_waits_as_before(client: Client, thing: Offer, buyer: Member) -> None:
    _send(client, thing)

    response = client.post(_address(thing), {"ground": "model"})

    assert response.status_code == 200
    assert "A person is comparing the two" in response.content.decode()
    assert _states() == ["confirmed", "contested"]


def test_no_ground_is_told_above_the_form_and_nothing_happens(client: Client, thing: Offer, buyer: Member) -> None:
    page = client.post(_address(thing), {"words": "Hm"}).content.decode()

    assert '<a href="#id_ground_0">Choose what is different.</a>' in page
    assert 'id="id_ground_0"' in page
    assert ">\nHm</textarea>" in page
    assert re.search(r"<title>Error: ", page)
    assert _states() == ["confirmed"]


@pytest.mark.parametrize(
    "words",
    [{"ground": "worn"}, {"words": "é" * 10_000}, {"words": "a\x00b"}, {"ground": ""}],
)
def test_bad_words_are_refused(client: Client, thing: Offer, buyer: Member, words: dict[str, Any]) -> None:
    response = _send(client, thing, **words)

    assert response.status_code == 200
    assert 'class="error-summary' in response.content.decode()
    assert _states() == ["confirmed"]


@pytest.mark.parametrize("seen", ["7", "abc", "-1", "9" * 30])
def test_a_form_shown_with_another_product_changes_nothing(
    client: Client, thing: Offer, buyer: Member, seen: str
) -> None:
    response = _send(client, thing, product=seen)

    assert "Nothing was changed" in response.content.decode()
    assert _states() == ["confirmed"]


def test_new_and_unknown_offers_have_no_such_page(client: Client, kettle: Variant, buyer: Member) -> None:
    for offer in (OfferFactory(variant=kettle), 987654321):
        assert client.get(_address(offer)).status_code == 404
        assert client.post(_address(offer), {"ground": "model"}).status_code == 404

    assert _states() == []


def test_a_withdrawn_offer_is_gone(client: Client, thing: Offer, buyer: Member) -> None:
    Offer.objects.filter(pk=thing.pk).update(withdrawn_at=PUBLISHED)

    assert client.post(_address(thing), {"ground": "model"}).status_code == 410
    assert _states() == ["confirmed"]


def test_a_thing_that_stands_alone_shows_its_own_page(client: Client, buyer: Member, search_index: object) -> None:
    listing = ListingFactory()

    response = client.get(_address(listing.offer), follow=True)

    assert "Nothing was changed" in response.content.decode()
    assert f"-{listing.pk}/" in response.redirect_chain[0][0]


def test_stock_that_stands_alone_has_no_page(client: Client, buyer: Member, search_index: object) -> None:
    assert client.get(_address(OfferFactory(variant=None, refurbished=True))).status_code == 404


def test_a_buyer_who_contests_without_end_is_told_when_to_come_back(
    client: Client, kettle: Variant, buyer: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mall.catalogue.match_services.CONTESTS_AN_HOUR", 1)
    _send(client, OfferFactory(variant=kettle, refurbished=True))

    response = _send(client, OfferFactory(variant=kettle, refurbished=True))

    assert response.status_code == 429
    assert 3500 < int(response["Retry-After"]) <= 3600
    assert "Please come back in 60 min." in response.content.decode()
    assert _states().count("contested") == 1


def test_the_form_needs_its_token(thing: Offer, buyer: Member) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(buyer, "django.contrib.auth.backends.ModelBackend")

    assert strict.post(_address(thing), {"ground": "model"}).status_code == 403
    assert _states() == ["confirmed"]


def test_the_page_costs_few_queries(
    client: Client, thing: Offer, buyer: Member, django_assert_max_num_queries: Any
) -> None:
    client.get(_address(thing))

    with django_assert_max_num_queries(9):
        client.get(_address(thing))
