"""The nightly comparison finds whatever the index and the database say differently, and has it built again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from listings.models import Listing
from mall.catalogue.models import Offer, Product
from mall.core import outbox
from mall.core.models import OutboxRow
from search.engines.protocol import SearchEngine
from search.errors import EngineUnavailable
from search.indexing import drift as drifting
from search.indexing import registry
from search.indexing.changes import FALLBACK_TOPIC, TOPIC
from search.indexing.drift import Drift, repair_drift
from search.indexing.rebuild import iterate_documents, rebuild_index
from search.tasks import repair_drift_of_all
from tests.factories import ListingFactory, OfferFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def index(search_index: SearchEngine) -> SearchEngine:
    """Five products and three lone listings, all indexed, and nothing waits."""
    for number in range(5):
        OfferFactory(variant__product=ProductFactory(texts={"fr": f"Lampe {number}", "en": f"Lamp {number}"}))
    for number in range(3):
        ListingFactory(title=f"Bouilloire {number}")
    rebuild_index()
    OutboxRow.objects.all().delete()
    return search_index


def in_database() -> dict[str, int]:
    return {document.id: document.version for document in iterate_documents()}


def asked() -> list[str]:
    return sorted(OutboxRow.objects.values_list("key", flat=True))


def first_product() -> Product:
    found = Product.objects.order_by("pk").first()
    assert found is not None
    return found


def test_an_index_that_agrees_is_left_alone(index: SearchEngine) -> None:
    assert dict(index.stored_versions()) == in_database()

    assert repair_drift(index) == Drift(compared=8)
    assert asked() == []


def behind(index: SearchEngine) -> str:
    product = first_product()
    Product.objects.filter(pk=product.pk).update(search_version=product.search_version + 3)
    return f"product:{product.pk}"


def missing(index: SearchEngine) -> str:
    listing = Listing.objects.order_by("pk")[1]
    index.delete([f"listing:{listing.pk}"])
    return f"listing:{listing.pk}"


def surplus(index: SearchEngine) -> str:
    listing = Listing.objects.order_by("-pk")[0]
    Offer.objects.filter(pk=listing.offer_id).update(stock=0)
    return f"listing:{listing.pk}"


def surplus_in_the_middle(index: SearchEngine) -> str:
    product = Product.objects.order_by("pk")[2]
    Product.objects.filter(pk=product.pk).update(is_active=False)
    return f"product:{product.pk}"


FAULTS: dict[Callable[[SearchEngine], str], Drift] = {
    behind: Drift(compared=8, older=1),
    missing: Drift(compared=8, missing=1),
    surplus: Drift(compared=7, surplus=1),
    surplus_in_the_middle: Drift(compared=7, surplus=1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_differs_is_found_and_repaired(fault: Callable[[SearchEngine], str], index: SearchEngine) -> None:
    key = fault(index)

    assert repair_drift(index) == FAULTS[fault]
    assert asked() == [key]

    outbox.drain()
    assert dict(index.stored_versions()) == in_database()
    assert repair_drift(index).differing == 0


def test_several_faults_at_once_are_found_each(index: SearchEngine) -> None:
    keys = sorted(fault(index) for fault in (behind, missing, surplus, surplus_in_the_middle))

    assert repair_drift(index) == Drift(compared=6, missing=1, older=1, surplus=2)
    assert asked() == keys


def test_what_is_on_its_way_is_not_counted(index: SearchEngine) -> None:
    key = behind(index)
    outbox.publish(TOPIC, key, {"kind": "product", "id": int(key.partition(":")[2])})

    assert repair_drift(index) == Drift(compared=8)
    assert asked() == [key]


def test_an_index_ahead_of_a_restored_database_is_told_loudly(
    index: SearchEngine, caplog: pytest.LogCaptureFixture
) -> None:
    Product.objects.update(search_version=0)

    assert repair_drift(index) == Drift(compared=8, ahead=5)

    assert [record.levelname for record in caplog.records if "search.index_ahead" in record.getMessage()] == ["ERROR"]


@pytest.mark.parametrize(
    "stray", ["nonsense", "product:", "product:x", "product:007", "brand:1", "product:²", "product:1" + "0" * 30]
)
def test_ids_that_nothing_can_have_are_removed_at_once(
    stray: str, index: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed: list[str] = []
    stored = list(index.stored_versions())
    monkeypatch.setattr(index, "stored_versions", lambda: iter([*stored, (stray, 1)]))
    monkeypatch.setattr(index, "delete", removed.extend)

    assert repair_drift(index) == Drift(compared=8, stray=1)
    assert (removed, asked()) == ([stray], [])


def test_versions_are_compared_in_chunks_and_in_any_order(index: SearchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drifting, "CHUNK", 2)
    stored = list(index.stored_versions())
    monkeypatch.setattr(index, "stored_versions", lambda: reversed(stored))
    Product.objects.update(search_version=99)

    assert repair_drift(index) == Drift(compared=8, older=5)
    assert len(asked()) == 5


def test_a_source_that_knows_no_cheap_versions_is_built(index: SearchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, source in list(registry._sources.items()):
        monkeypatch.setitem(registry._sources, kind, replace(source, versions=None))
    monkeypatch.setattr(drifting, "CHUNK", 2)
    behind(index)

    assert repair_drift(index) == Drift(compared=8, older=1)


def test_an_empty_index_asks_for_everything(search_index: SearchEngine) -> None:
    OfferFactory()
    rebuild_index()
    product = ProductFactory()
    ListingFactory()
    OutboxRow.objects.all().delete()
    for identity, _version in list(search_index.stored_versions()):
        search_index.delete([identity])

    found = repair_drift(search_index)

    assert (found.compared, found.missing) == (3, 3)
    assert f"product:{product.pk}" in asked()


def test_the_drift_of_one_stream_is_repaired_in_that_stream(index: SearchEngine, settings: Any) -> None:
    settings.SEARCH_ENGINE = "opensearch"
    behind(index)

    repair_drift(index, FALLBACK_TOPIC)

    assert set(OutboxRow.objects.values_list("topic", flat=True)) == {FALLBACK_TOPIC}


def test_the_night_and_the_command_say_what_they_found(index: SearchEngine) -> None:
    assert repair_drift_of_all() == {TOPIC: 0}
    missing(index)
    said = StringIO()

    call_command("repair_drift", stdout=said)

    assert said.getvalue().strip() == f"{TOPIC}: 8 compared, 1 missing, 0 older, 0 ahead, 0 too many, 0 strays."
    outbox.drain()
    assert repair_drift_of_all() == {TOPIC: 0}


def test_an_engine_that_is_away_is_compared_another_night(index: SearchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Iterator[tuple[str, int]]:
        raise EngineUnavailable("away")

    monkeypatch.setattr(index, "stored_versions", away)

    assert repair_drift_of_all() == {}
    with pytest.raises(CommandError, match="the engine does not answer: away"):
        call_command("repair_drift")
