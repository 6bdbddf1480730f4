"""From a change in the database to what search finds, and back to health when the index is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from listings.models import Listing
from mall.catalogue import services
from mall.catalogue.models import Offer
from mall.core import outbox
from mall.core.models import OutboxRow
from search import tasks
from search.documents import SearchDocument
from search.engines.embedded.engine import EmbeddedEngine
from search.engines.protocol import SearchEngine
from search.errors import DocumentsRefused, EngineUnavailable, IndexRebuilding
from search.indexing import handlers
from search.indexing.changes import TOPIC, mark_changed
from search.indexing.rebuild import rebuild_index, rebuild_index_alone
from search.queries import SearchQuery
from search.service import engine_status, search
from search.tasks import heal
from tests.factories import ListingFactory, OfferFactory, ProductFactory, SellerFactory, VariantFactory

pytestmark = pytest.mark.django_db


def found(words: str) -> list[str]:
    return [hit.id for hit in search(SearchQuery(text=words, language="fr")).hits]


def lamp_on_sale(**offer: Any) -> Offer:
    product = ProductFactory(texts={"fr": "Lampe Opaline", "en": "Opaline lamp"})
    sold: Offer = OfferFactory(variant__product=product, **offer)
    return sold


CHANGES: dict[str, Callable[[Offer], Any]] = {
    "price": lambda offer: services.change_price(
        offer_id=offer.pk, price_minor=1234, delivery_minor=0, now=timezone.now()
    ),
    "stock": lambda offer: services.change_stock(offer_id=offer.pk, by=-1),
    "withdrawal": lambda offer: services.withdraw_offer(offer_id=offer.pk, now=timezone.now()),
    "publication": lambda offer: services.publish_offer(
        seller=SellerFactory(),
        variant=offer.variant,
        terms=services.OfferTerms(grade="new.sealed", price_minor=999),
        now=timezone.now(),
    ),
    "product": lambda offer: services.touch_products([offer.variant.product_id]),  # type: ignore[union-attr]
    "link": lambda offer: services.link_offer(
        offer=offer, variant=VariantFactory(), method="seller", evidence=[], score=None, now=timezone.now()
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_writes_its_outbox_row_in_its_own_transaction(change: str) -> None:
    offer = lamp_on_sale()
    product_key = f"product:{offer.variant.product_id}"  # type: ignore[union-attr]
    OutboxRow.objects.all().delete()

    with pytest.raises(RuntimeError), transaction.atomic():
        CHANGES[change](offer)
        raise RuntimeError
    assert OutboxRow.objects.count() == 0

    CHANGES[change](Offer.objects.get(pk=offer.pk))
    assert product_key in OutboxRow.objects.filter(topic="search.changed").values_list("key", flat=True)


def test_a_drained_change_is_found_and_a_withdrawn_listing_is_gone(search_index: SearchEngine) -> None:
    rebuild_index()
    listing: Listing = ListingFactory(title="Bouilloire à sifflet", title_other="")
    services.touch_offer(listing.offer)

    outbox.drain()
    assert found("bouilloire sifflet") == [f"listing:{listing.pk}"]

    services.withdraw_offer(offer_id=listing.offer_id, now=timezone.now())
    outbox.drain()
    assert engine_status().documents == 0
    assert found("bouilloire sifflet") == []


def test_the_price_that_search_knows_follows_the_database(search_index: SearchEngine) -> None:
    offer = lamp_on_sale(price_minor=5900)
    rebuild_index()

    services.change_price(offer_id=offer.pk, price_minor=4400, delivery_minor=100, now=timezone.now())
    outbox.drain()

    (hit,) = search(SearchQuery(text="opaline", language="fr")).hits
    assert hit.offers["new"].from_minor == 4500


def test_searches_go_on_during_a_rebuild_and_changes_made_meanwhile_follow(search_index: SearchEngine) -> None:
    lamp = lamp_on_sale()
    rebuild_index_alone()
    OutboxRow.objects.all().delete()
    ListingFactory(title="Lampe Opaline ancienne")
    seen: list[int] = []

    def meanwhile(read: int, total: int) -> None:
        seen.append(len(found("opaline")))
        if read == 1:
            services.withdraw_offer(offer_id=lamp.pk, now=timezone.now())
            outbox.drain()
            assert OutboxRow.objects.filter(topic="search.changed").count() == 1

    before = engine_status().generation
    rebuild_index_alone(meanwhile)

    assert set(seen) == {1}
    assert engine_status().generation != before
    assert len(found("opaline")) == 2
    outbox.drain()
    (listing_hit, product_hit) = search(SearchQuery(text="opaline", language="fr")).hits
    assert {listing_hit.kind, product_hit.kind} == {"listing", "product"}
    assert sum(range_.count for hit in (listing_hit, product_hit) for range_ in hit.offers.values()) == 1


def damage_current(folder: Path) -> None:
    (folder / "CURRENT").write_text("nonsense")


def damage_segments(folder: Path) -> None:
    for path in folder.glob("gen-*/*.segment"):
        path.write_bytes(b"not a segment at all")
    for path in folder.glob("gen-*/manifest.json"):
        path.touch()


def remove_everything(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder)


@pytest.mark.parametrize("damage", [damage_current, damage_segments, remove_everything])
def test_a_damaged_index_says_so_and_is_rebuilt_by_itself(
    damage: Callable[[Path], None], search_index: SearchEngine, settings: Any
) -> None:
    lamp_on_sale()
    rebuild_index()
    OutboxRow.objects.all().delete()

    damage(settings.SEARCH_FOLDER)

    with pytest.raises(IndexRebuilding):
        found("opaline")
    assert engine_status().generation == ""
    assert heal() == engine_status().generation != ""
    assert len(found("opaline")) == 1
    assert heal() == ""


def test_a_change_that_meets_a_lost_index_waits_for_the_new_one(search_index: SearchEngine, settings: Any) -> None:
    offer = lamp_on_sale()
    rebuild_index()
    damage_current(settings.SEARCH_FOLDER)

    services.change_stock(offer_id=offer.pk, by=1)
    outbox.drain()
    row = OutboxRow.objects.get(topic="search.changed")
    assert (row.attempts, row.waits, row.is_dead) == (0, 1, False)
    assert "damaged" in row.error

    assert heal() != ""
    assert len(found("opaline")) == 1
    assert OutboxRow.objects.filter(topic="search.changed").count() == 0


def test_an_engine_that_is_away_costs_no_attempt(search_index: SearchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = lamp_on_sale()
    rebuild_index()
    OutboxRow.objects.all().delete()

    def away(documents: object) -> int:
        raise EngineUnavailable("away")

    monkeypatch.setattr(search_index, "upsert", away)
    services.change_stock(offer_id=offer.pk, by=1)
    outbox.drain()

    row = OutboxRow.objects.get(topic="search.changed")
    assert (row.attempts, row.is_dead, row.error) == (0, False, "away")


def test_a_rebuild_that_cannot_begin_is_tried_again_later(
    search_index: SearchEngine, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index is lost and another process rebuilds it, or holds its stream."""
    lamp_on_sale()
    rebuild_index()
    damage_current(settings.SEARCH_FOLDER)

    monkeypatch.setattr(tasks, "PATIENCE_SECONDS", 0.0)
    with outbox.alone(TOPIC):
        assert heal() == ""
    with monkeypatch.context() as patched:
        patched.setattr(search_index, "rebuild", lambda documents: (_ for _ in ()).throw(EngineUnavailable("another")))
        assert heal() == ""

    assert heal() == engine_status().generation != ""


def test_documents_that_the_engine_refuses_become_dead_letters_and_the_others_are_found(
    search_index: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = lamp_on_sale().variant.product, lamp_on_sale().variant.product  # type: ignore[union-attr]
    rebuild_index()
    OutboxRow.objects.all().delete()
    services.touch_products([bad.pk, good.pk])
    upsert = search_index.upsert

    def refuse(documents: Iterable[SearchDocument]) -> int:
        upsert(document for document in documents if document.id != f"product:{bad.pk}")
        raise DocumentsRefused({f"product:{bad.pk}": "mapper_parsing_exception: no number"})

    monkeypatch.setattr(search_index, "upsert", refuse)
    assert outbox.drain() == 1

    row = OutboxRow.objects.get()
    assert (row.key, row.is_dead, row.attempts) == (f"product:{bad.pk}", True, 1)
    assert row.error == "mapper_parsing_exception: no number"

    monkeypatch.setattr(search_index, "upsert", upsert)
    services.touch_products([bad.pk])
    outbox.drain()
    assert not OutboxRow.objects.exists()


def test_a_mall_on_a_server_keeps_the_embedded_engine_fresh_by_a_stream_of_its_own(
    search_index: SearchEngine, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stands_in = EmbeddedEngine(tmp_path / "stands-in", None)
    monkeypatch.setattr(handlers, "get_fallback_engine", lambda: stands_in)
    settings.SEARCH_ENGINE = "opensearch"
    product = lamp_on_sale().variant.product  # type: ignore[union-attr]
    rebuild_index()
    OutboxRow.objects.all().delete()

    def away(documents: object) -> int:
        raise EngineUnavailable("away")

    monkeypatch.setattr(search_index, "upsert", away)
    services.touch_products([product.pk])
    outbox.drain()

    assert list(OutboxRow.objects.values_list("topic", flat=True)) == [TOPIC]
    assert list(stands_in.stored_versions()) == [(f"product:{product.pk}", product.search_version + 1)]


def test_a_mall_with_one_engine_has_one_stream(search_index: SearchEngine) -> None:
    OutboxRow.objects.all().delete()
    mark_changed("product", [1])

    assert list(OutboxRow.objects.values_list("topic", "key")) == [(TOPIC, "product:1")]
    handlers.index_changes_of_fallback([{"kind": "product", "id": 1}])
