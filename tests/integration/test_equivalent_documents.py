"""Which product a second-hand thing nobody linked is the equivalent of, and that the index hears when this changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from listings.models import Listing
from listings.search_documents import build_documents
from mall.catalogue import services
from mall.catalogue.models import Equivalent, Offer, Product, Variant
from mall.core import outbox
from mall.core.models import OutboxRow
from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from search.queries import SearchQuery
from search.service import search
from tests.factories import ListingFactory, OfferFactory, ProductFactory, SellerFactory, VariantFactory

pytestmark = pytest.mark.django_db

NEW_TERMS = services.OfferTerms(grade="new.sealed", price_minor=4900)


def near(listing: Listing, *products: Product) -> Listing:
    """The listing with these products as its equivalents, the nearest first."""
    for rank, product in enumerate(products, 1):
        Equivalent.objects.create(
            offer=listing.offer, product=product, rank=rank, score=1 - rank / 10, model_version="test"
        )
    return listing


def sold(**offer: Any) -> Product:
    product: Product = OfferFactory(**offer).variant.product
    return product


def equivalent_of(listing: Listing) -> str:
    (document,) = build_documents([listing.pk])
    return document.equivalent_of


def test_a_listing_is_the_equivalent_of_its_nearest_product_that_is_sold_new() -> None:
    used_only, withdrawn, sold_out = sold(used=True), sold(withdrawn=True), sold(sold_out=True)
    closed, hidden = sold(seller__is_active=False), sold()
    Product.objects.filter(pk=hidden.pk).update(is_active=False)
    first, second = sold(), sold()
    not_new = (used_only, withdrawn, sold_out, closed, hidden)

    assert equivalent_of(near(ListingFactory(), *not_new[:4], first)) == f"product:{first.pk}"
    assert equivalent_of(near(ListingFactory(), hidden, second, first)) == f"product:{second.pk}"
    assert equivalent_of(near(ListingFactory(), *not_new)) == ""
    assert equivalent_of(ListingFactory()) == ""


def test_codes_that_a_seller_typed_are_found_by_search(search_index: SearchEngine) -> None:
    listing = ListingFactory(gtin="4006381333931", model_code="SV-10 / b")
    ListingFactory()
    rebuild_index()

    for typed in ("4006381333931", "sv10b"):
        hits = search(SearchQuery(text=typed, language="fr")).hits
        assert hits[0].id == f"listing:{listing.pk}"
        assert hits[0].reasons[0].kind == "identifier"


def test_documents_take_as_many_queries_for_ten_listings_as_for_one() -> None:
    product = sold()
    ids = [near(ListingFactory(), product).pk for _ in range(10)]
    counts = []
    for some in (ids[:1], ids):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert {document.equivalent_of for document in build_documents(some)} == {f"product:{product.pk}"}
        counts.append(len(queries))

    assert counts[0] == counts[1] == 3


def heard() -> set[int]:
    """Offers whose listing is asked to be indexed again."""
    keys = OutboxRow.objects.filter(topic=services.OFFER_CHANGED).values_list("key", flat=True)
    return {int(key.partition(":")[2]) for key in keys}


def withdraw(offer: Offer) -> None:
    services.withdraw_offer(offer_id=offer.pk, now=timezone.now())


def sell_all(offer: Offer) -> None:
    services.change_stock(offer_id=offer.pk, by=-offer.stock)


def restock(offer: Offer) -> None:
    services.change_stock(offer_id=offer.pk, by=3)


def publish(offer: Offer) -> None:
    services.publish_offer(seller=SellerFactory(), variant=offer.variant, terms=NEW_TERMS, now=timezone.now())


def publish_again(offer: Offer) -> None:
    services.publish_offer(
        seller=offer.seller, variant=offer.variant, terms=NEW_TERMS, now=timezone.now(), source_key=offer.source_key
    )


def publish_as_opened(offer: Offer) -> None:
    services.publish_offer(
        seller=offer.seller,
        variant=offer.variant,
        terms=services.OfferTerms(grade="used.good", price_minor=4900),
        now=timezone.now(),
        source_key=offer.source_key,
    )


def move(offer: Offer) -> None:
    services.link_offer(
        offer=offer, variant=VariantFactory(), method="operator", evidence=[], score=None, now=timezone.now()
    )


def change_price(offer: Offer) -> None:
    services.change_price(offer_id=offer.pk, price_minor=1, delivery_minor=0, now=timezone.now())


def sell_one(offer: Offer) -> None:
    services.change_stock(offer_id=offer.pk, by=-1)


FLIPS: list[tuple[Callable[[Offer], None], dict[str, Any]]] = [
    (withdraw, {}),
    (sell_all, {}),
    (move, {}),
    (publish_as_opened, {}),
    (restock, {"sold_out": True}),
    (publish, {"withdrawn": True}),
    (publish, {"used": True}),
    (publish_again, {"withdrawn": True}),
    (publish_again, {"sold_out": True}),
]
NO_FLIPS: list[tuple[Callable[[Offer], None], dict[str, Any]]] = [
    (change_price, {}),
    (sell_one, {}),
    (restock, {}),
    (publish, {}),
    (publish_again, {}),
    (withdraw, {"used": True}),
    (withdraw, {"sold_out": True}),
    (withdraw, {"withdrawn": True}),
    (restock, {"withdrawn": True}),
]


@pytest.mark.parametrize(("change", "offer"), FLIPS)
def test_listings_near_hear_when_a_product_is_sold_new_no_more_or_again(
    change: Callable[[Offer], None], offer: dict[str, Any]
) -> None:
    changed = OfferFactory(source_key="feed:1", **offer)
    variant = VariantFactory(product=changed.variant.product)
    here, there = near(ListingFactory(), sold(), changed.variant.product), near(ListingFactory(), sold())
    linked = near(ListingFactory(offer__variant=variant), changed.variant.product)
    gone = near(ListingFactory(offer__withdrawn_at=timezone.now()), changed.variant.product)
    OutboxRow.objects.all().delete()

    change(changed)

    assert heard() & {one.offer_id for one in (here, there, linked, gone)} == {here.offer_id}


@pytest.mark.parametrize(("change", "offer"), NO_FLIPS)
def test_listings_near_are_left_alone_by_other_changes(change: Callable[[Offer], None], offer: dict[str, Any]) -> None:
    changed = OfferFactory(source_key="feed:1", **offer)
    listing = near(ListingFactory(), changed.variant.product)
    OutboxRow.objects.all().delete()

    change(changed)

    assert listing.offer_id not in heard()


def test_a_second_new_offer_keeps_the_product_new() -> None:
    first = OfferFactory()
    second = OfferFactory(variant=VariantFactory(product=first.variant.product))
    listing = near(ListingFactory(), first.variant.product)
    OutboxRow.objects.all().delete()

    withdraw(first)
    assert listing.offer_id not in heard()

    sell_all(second)
    assert listing.offer_id in heard()


def test_the_product_that_gains_a_new_offer_by_a_link_tells_its_listings() -> None:
    moved, variant = OfferFactory(), VariantFactory()
    listing = near(ListingFactory(), variant.product)
    OutboxRow.objects.all().delete()

    services.link_offer(offer=moved, variant=variant, method="operator", evidence=[], score=None, now=timezone.now())

    assert listing.offer_id in heard()


def test_a_new_offer_costs_one_query_more_where_nothing_is_near() -> None:
    variant: Variant = VariantFactory()
    seller = SellerFactory()

    def queries(terms: services.OfferTerms) -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            services.publish_offer(seller=seller, variant=variant, terms=terms, now=timezone.now())
        return [query["sql"] for query in seen]

    new, used = queries(NEW_TERMS), queries(services.OfferTerms(grade="used.good", price_minor=4900))

    assert len(new) == len(used) + 1


def test_search_follows_what_is_sold_new(search_index: SearchEngine) -> None:
    product = ProductFactory(texts={"fr": "Lampe Opaline", "en": "Opaline lamp"})
    offer = OfferFactory(variant__product=product)
    listing = near(ListingFactory(title="Lampe Opaline ancienne"), product)
    rebuild_index()

    def cards() -> list[tuple[str, list[str]]]:
        hits = search(SearchQuery(text="opaline", language="fr")).hits
        return sorted((hit.id, [under.id for under in hit.equivalents]) for hit in hits)

    together = [(f"product:{product.pk}", [f"listing:{listing.pk}"])]
    assert cards() == together

    withdraw(offer)
    outbox.drain()
    assert cards() == [(f"listing:{listing.pk}", []), (f"product:{product.pk}", [])]

    publish(offer)
    outbox.drain()
    assert cards() == together
