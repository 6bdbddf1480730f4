"""A mall on OpenSearch whose server is not there: shoppers are served by the embedded engine, and told so quietly."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from mall.catalogue import services
from mall.catalogue.models import Offer
from mall.core import outbox
from mall.core.models import OutboxRow
from mall.ops.preparation import build_index
from search.engines.failing_soft import FailingSoftEngine
from search.errors import EngineUnavailable
from search.indexing.changes import FALLBACK_TOPIC, TOPIC
from search.indexing.rebuild import rebuild_index_alone
from search.queries import SearchQuery
from search.service import engine_status, forget_engine, get_engine, get_fallback_engine, search
from search.tasks import heal
from tests.factories import CategoryFactory, OfferFactory, ProductFactory
from tests.services import free_port

pytestmark = pytest.mark.django_db

NOTICE = {"fr": "La recherche tourne sur son moteur de secours", "en": "Search is running on its stand-by engine"}


@pytest.fixture
def lonely(settings: Any, tmp_path: Path) -> Iterator[FailingSoftEngine]:
    """The settings of OpenSearch, and nobody listening at its address. No index of either engine yet."""
    settings.SEARCH_ENGINE = "opensearch"
    settings.OPENSEARCH_URLS = (f"http://127.0.0.1:{free_port()}",)
    settings.SEARCH_FOLDER = tmp_path / "search"
    forget_engine()
    engine = get_engine()
    assert isinstance(engine, FailingSoftEngine)
    yield engine
    forget_engine()


@pytest.fixture
def lamp(lonely: FailingSoftEngine) -> Offer:
    """On sale, and known to the engine that stands in."""
    category = CategoryFactory(slug="lampes", name_fr="Lampes", name_en="Lamps")
    product = ProductFactory(category=category, texts={"fr": "Lampe Opaline", "en": "Opaline lamp"})
    offer: Offer = OfferFactory(variant__product=product)
    rebuild_index_alone(topic=FALLBACK_TOPIC)
    return offer


def read(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_pages_are_served_with_a_quiet_notice(language: str, client: Client, lamp: Offer) -> None:
    for address in (f"/{language}/search/?q=opaline", f"/{language}/c/lampes/"):
        page = read(client, address)
        assert page.count('class="offer-card"') == 1
        assert page.count(NOTICE[language]) == 1


def test_programs_are_served_and_told(client: Client, lamp: Offer) -> None:
    answer = json.loads(read(client, "/api/search?q=opaline"))

    assert (answer["total"], answer["notices"]) == (1, ["fallback", "words_only"])


def test_suggestions_and_the_products_page_are_served_too(client: Client, lamp: Offer) -> None:
    assert lamp.variant is not None
    product = lamp.variant.product

    assert f"/fr/p/{product.slug}-{product.pk}/" in read(client, "/fr/suggest/?q=lampe+o")
    assert "Lampe Opaline" in read(client, f"/fr/p/{product.slug}-{product.pk}/")


def test_after_some_failures_the_server_is_left_alone_and_pages_cost_no_wait(
    client: Client, lamp: Offer, lonely: FailingSoftEngine
) -> None:
    for _ in range(5):
        read(client, "/fr/search/?q=opaline")
    assert lonely.breaker.state == "open"

    started = time.monotonic()
    search(SearchQuery(text="opaline", language="fr"))
    assert time.monotonic() - started < 0.5


def test_a_change_waits_for_the_server_and_reaches_the_other_engine(lamp: Offer) -> None:
    OutboxRow.objects.all().delete()
    services.change_price(offer_id=lamp.pk, price_minor=4400, delivery_minor=0, now=timezone.now())

    outbox.drain()

    (hit,) = search(SearchQuery(text="opaline", language="fr")).hits
    assert hit.offers["new"].from_minor == 4400
    waiting = outbox.status()
    assert (waiting.of(TOPIC).waiting, waiting.of(FALLBACK_TOPIC).waiting, waiting.dead) == (1, 0, 0)
    status = engine_status()
    assert status.fallback is not None
    assert (status.fallback.documents, status.fallback.lag_seconds) == (1, 0.0)
    assert status.lag_seconds is not None
    assert status.lag_seconds > 0


def test_without_any_index_departments_stay_open(client: Client, lonely: FailingSoftEngine) -> None:
    CategoryFactory(slug="lampes", name_fr="Lampes", name_en="Lamps")

    assert 'href="/fr/c/lampes/"' in read(client, "/fr/search/?q=lampe", status=503)
    assert json.loads(read(client, "/api/search?q=lampe", status=503))["status"] == 503
    read(client, "/fr/c/lampes/")


def test_the_index_of_the_engine_that_stands_in_is_built_by_itself(lonely: FailingSoftEngine) -> None:
    OfferFactory()
    assert not engine_status().can_answer

    built = heal()

    status = engine_status()
    assert status.fallback is not None
    assert status.fallback.generation == built != ""
    assert (status.generation, status.can_answer) == ("", True)
    assert heal() == ""


def test_rebuilding_builds_what_it_can_and_says_what_it_cannot(lonely: FailingSoftEngine) -> None:
    OfferFactory()

    with pytest.raises(CommandError, match="OpenSearch cannot be reached"):
        call_command("rebuild_search", quiet=True)
    fallback = get_fallback_engine()
    assert fallback is not None
    first = fallback.status().generation
    assert first

    with pytest.raises(CommandError, match="OpenSearch cannot be reached"):
        call_command("rebuild_search", quiet=True, engine="main")
    assert fallback.status().generation == first
    call_command("rebuild_search", quiet=True, engine="fallback")
    assert fallback.status().generation not in ("", first)


def test_a_mall_opens_without_its_server(lonely: FailingSoftEngine) -> None:
    OfferFactory()
    said: list[str] = []

    assert build_index(said.append)

    assert "OpenSearch cannot be reached" in " ".join(said)
    assert engine_status().can_answer


def test_with_one_engine_alone_there_is_no_other_to_build(search_index: object) -> None:
    assert get_fallback_engine() is None
    with pytest.raises(CommandError, match="MALL_SEARCH_ENGINE is not opensearch"):
        call_command("rebuild_search", engine="fallback")
    with pytest.raises(EngineUnavailable):
        rebuild_index_alone(topic=FALLBACK_TOPIC)
