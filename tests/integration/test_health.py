"""`/health` says what works, what does not and what to do, and tells no secrets."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from mall.core import outbox
from mall.core.models import OutboxLease, OutboxRow
from search.embeddings import forget_encoders
from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from tests.factories import OfferFactory

pytestmark = pytest.mark.django_db


def parts(client: Client, status: int = 200) -> tuple[str, dict[str, dict[str, Any]]]:
    response = client.get("/health")
    assert response.status_code == status, response.content
    answer = json.loads(response.content)
    return answer["state"], {part["name"]: part for part in answer["parts"]}


@pytest.fixture
def open_mall(search_index: SearchEngine) -> None:
    OfferFactory()
    rebuild_index()
    outbox.drain()


def test_every_part_is_reported(open_mall: None, client: Client) -> None:
    _state, found = parts(client)

    assert list(found) == ["database", "search", "text model", "outbox", "worker"]
    assert found["database"]["state"] == "ok"
    assert (found["search"]["facts"]["documents"], found["search"]["facts"]["offers"]) == (1, 1)
    assert found["outbox"]["facts"] == {"waiting": 0, "lag_seconds": 0, "dead": 0}
    assert found["worker"]["state"] == "ok"


def test_a_text_model_that_is_off_or_missing_is_told_with_its_remedy_and_search_goes_on(
    open_mall: None, client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.SEARCH_MODEL = str(tmp_path / "nothing-here")
    settings.SEARCH_MODEL_FOLDER = tmp_path / "models"
    forget_encoders()

    state, found = parts(client)

    assert (state, found["text model"]["state"]) == ("degraded", "degraded")
    assert found["text model"]["message"].startswith("words only")
    assert "prepare_models" in found["text model"]["remedy"]


def test_without_an_index_the_mall_is_down_and_the_remedy_is_named(search_index: SearchEngine, client: Client) -> None:
    state, found = parts(client, status=503)

    assert (state, found["search"]["state"]) == ("down", "down")
    assert "rebuild_search" in found["search"]["remedy"]


def test_a_database_that_does_not_answer_is_told_without_its_address(
    open_mall: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OperationalError("could not connect to postgresql://mall:hunter2@db")

    monkeypatch.setattr("mall.ops.health._database", fail)

    response = client.get("/health")

    assert response.status_code == 503
    assert b"hunter2" not in response.content
    assert json.loads(response.content)["parts"][0]["state"] == "down"


def test_what_was_set_aside_and_what_lags_is_told(open_mall: None, client: Client) -> None:
    outbox.publish("test.note", "a", {})
    outbox.publish("test.note", "b", {})
    OutboxRow.objects.filter(key="a").update(is_dead=True)
    OutboxRow.objects.filter(key="b").update(created_at=timezone.now() - timedelta(minutes=10))

    state, found = parts(client)

    assert (state, found["outbox"]["state"]) == ("degraded", "degraded")
    assert (found["outbox"]["facts"]["waiting"], found["outbox"]["facts"]["dead"]) == (1, 1)
    assert 595 < found["outbox"]["facts"]["lag_seconds"] < 660
    assert "outbox --replay" in found["outbox"]["remedy"]


def test_a_silent_worker_is_told(open_mall: None, client: Client) -> None:
    OutboxLease.objects.update(held_until=timezone.now() - timedelta(minutes=5), holder="")

    _state, found = parts(client)

    assert found["worker"]["state"] == "degraded"
    assert found["worker"]["message"].startswith("silent for 3")


def test_a_person_gets_lines_and_a_program_gets_json(open_mall: None, client: Client) -> None:
    lines = client.get("/health", headers={"Accept": "text/html,application/xhtml+xml"})

    assert lines["Content-Type"] == "text/plain; charset=utf-8"
    assert lines.content.decode().startswith("Passage: degraded\n\nok        database: ")
    assert "no-store" in lines["Cache-Control"]


def test_no_folder_of_this_machine_is_told(search_index: SearchEngine, client: Client, settings: Any) -> None:
    assert str(settings.BASE_DIR) not in client.get("/health").content.decode()
