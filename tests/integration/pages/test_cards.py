"""Cards show the truth of the database: lowest totals, live offers only, own photos of second-hand things."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from listings.models import Listing
from mall.catalogue.models import Offer, Product, ProductPhoto
from mall.pages.components.cards import OfferCard, cards_for
from search.queries import Filters
from search.results import Hit
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


@pytest.fixture(autouse=True)
def _in_english() -> Any:
    with translation.override("en"):
        yield


def _card(product: Product, **options: Any) -> OfferCard:
    hit = Hit(id=f"product:{product.pk}", kind="product", score=1.0)
    (card,) = cards_for([hit], "en", **options)
    return card


def _prices(card: OfferCard) -> dict[str, str]:
    return {row.label: f"from {row.price}" if row.has_more else row.price for row in card.rows}


def test_a_card_names_the_lowest_total_of_each_condition() -> None:
    variant = VariantFactory()
    OfferFactory(variant=variant, price_minor=49900)
    OfferFactory(variant=variant, price_minor=49000, delivery_minor=2000)
    OfferFactory(variant=variant, used=True, price_minor=28000, delivery_minor=690)

    card = _card(variant.product)

    assert _prices(card) == {"New": "from €499", "Refurbished": "", "Second-hand": "€286.90"}
    assert "no offer" in card.render_html()


def test_a_card_counts_only_what_can_be_had_now() -> None:
    variant = VariantFactory()
    OfferFactory(variant=variant, price_minor=5900)
    OfferFactory(variant=variant, price_minor=100, sold_out=True)
    OfferFactory(variant=variant, price_minor=200, withdrawn=True)
    OfferFactory(variant=variant, price_minor=300, seller=SellerFactory(is_active=False))

    assert _prices(_card(variant.product))["New"] == "€59"


def test_a_hit_that_was_sold_meanwhile_says_so() -> None:
    listing = ListingFactory()
    hit = Hit(id=f"listing:{listing.pk}", kind="listing", score=1.0)
    Offer.objects.update(stock=0)

    (card,) = cards_for([hit], "en")

    assert card.is_gone
    assert "Sold or withdrawn" in card.render_html()


def test_a_hit_whose_source_is_gone_is_left_out() -> None:
    product = ProductFactory(is_active=False)
    hits = [
        Hit(id=f"product:{product.pk}", kind="product", score=1.0),
        Hit(id="listing:999", kind="listing", score=1.0),
    ]

    assert cards_for(hits, "en") == []


def test_the_saving_stands_only_against_a_live_new_offer() -> None:
    variant = VariantFactory()
    new = OfferFactory(variant=variant, price_minor=50000)
    OfferFactory(variant=variant, used=True, price_minor=28000)
    assert _card(variant.product).saving == "−44% vs new"

    Offer.objects.filter(pk=new.pk).update(stock=0)

    assert _card(variant.product).saving == ""


def test_a_card_under_filters_shows_the_offer_that_meets_them() -> None:
    product = ProductFactory()
    red, blue = VariantFactory(product=product, colour="red"), VariantFactory(product=product, colour="blue")
    OfferFactory(variant=red, used=True, price_minor=18000)
    OfferFactory(variant=blue, used=True, price_minor=21000)

    card = _card(product, filters=Filters(colours=frozenset({"blue"})))

    assert _prices(card)["Second-hand"] == "from €210"


def test_a_product_that_is_second_hand_only_never_shows_the_makers_picture() -> None:
    variant = VariantFactory()
    makers, own = PictureFactory(), PictureFactory()
    ProductPhoto.objects.create(product=variant.product, picture=makers)
    listing = ListingFactory(offer=OfferFactory(variant=variant, used=True))
    card = _card(variant.product)
    assert card.photo is None

    put_photo(listing)

    card = _card(variant.product)
    assert card.photo is not None
    assert card.is_own_photo
    assert makers.folder not in card.photo.src
    assert own.folder not in card.photo.src


def test_a_listing_keeps_its_own_words_and_names_its_seller() -> None:
    listing: Listing = put_photo(ListingFactory(offer__seller__name="Nadia", title="Lampe", title_other=""))
    hit = Hit(id=f"listing:{listing.pk}", kind="listing", score=1.0)

    (card,) = cards_for([hit], "en")

    assert (card.title, card.sellers) == ("Lampe", "Nadia, private person")
    assert [row.label for row in card.rows] == ["Second-hand"]


def test_a_title_cannot_write_markup() -> None:
    product = ProductFactory(texts={"en": '<script>alert("x")</script>'})

    html = _card(product).render_html()

    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("count", [5, 24])
def test_queries_do_not_grow_with_cards(count: int, django_assert_max_num_queries: Any) -> None:
    category = CategoryFactory()
    products = [stock_product(category) for _ in range(count)]
    used_only = VariantFactory()
    put_photo(ListingFactory(offer=OfferFactory(variant=used_only, used=True)))
    listing = put_photo(ListingFactory())
    hits = [
        *(Hit(id=f"product:{product.pk}", kind="product", score=1.0) for product in products),
        Hit(id=f"product:{used_only.product_id}", kind="product", score=1.0),
        Hit(id=f"listing:{listing.pk}", kind="listing", score=1.0),
    ]

    with django_assert_max_num_queries(7):
        cards = cards_for(hits, "en")

    assert len(cards) == count + 2
