"""A database that is locked, full or away: a clear word, a time to come again, nothing half-written."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from mall.catalogue import services
from mall.catalogue.models import Offer, PriceHistory
from mall.core.models import OutboxRow
from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from tests.factories import OfferFactory

pytestmark = pytest.mark.django_db


def locked(*args: object, **options: object) -> None:
    raise OperationalError("database is locked")


@pytest.mark.parametrize("path", ["/fr/search/?q=bouilloire", "/api/search?q=bouilloire"])
def test_a_locked_database_is_answered_with_a_time_to_come_again(
    path: str, client: Client, search_index: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    OfferFactory()
    rebuild_index()
    monkeypatch.setattr("mall.pages.selectors.cards._offers_of_products", locked)

    response = client.get(path)

    assert (response.status_code, "Retry-After" in response) == (503, True)
    assert b"database is locked" not in response.content
    if path.startswith("/api"):
        assert json.loads(response.content)["status"] == 503


def test_a_write_that_fails_in_the_middle_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    offer = OfferFactory(price_minor=5900)
    OutboxRow.objects.all().delete()
    monkeypatch.setattr("mall.catalogue.services.touch_offer", locked)

    with pytest.raises(OperationalError):
        services.change_price(offer_id=offer.pk, price_minor=100, delivery_minor=0, now=timezone.now())

    assert Offer.objects.get(pk=offer.pk).price_minor == 5900
    assert PriceHistory.objects.filter(offer=offer).count() == 1
    assert OutboxRow.objects.count() == 0


def test_a_reader_is_not_held_up_by_a_writer(tmp_path: Path) -> None:
    """The journal mode of the embedded database: a page is served while the worker writes."""
    from mall.settings.databases import SQLITE_OPTIONS

    path = tmp_path / "mall.sqlite3"
    writer, reader = sqlite3.connect(path, isolation_level=None), sqlite3.connect(path, isolation_level=None)
    for connection in (writer, reader):
        connection.executescript(str(SQLITE_OPTIONS["init_command"]))
    writer.execute("CREATE TABLE offer (price INTEGER)")
    writer.execute("INSERT INTO offer VALUES (5900)")

    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE offer SET price = 100")

    assert reader.execute("SELECT price FROM offer").fetchall() == [(5900,)]
    writer.execute("COMMIT")
    assert reader.execute("SELECT price FROM offer").fetchall() == [(100,)]
    writer.close()
    reader.close()
