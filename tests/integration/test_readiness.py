"""`/ready`: each part on its own, in two seconds whatever hangs; `/metrics` for allowed addresses; the JSON log."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from mall.core import outbox
from mall.core.observability import REGISTRY
from mall.ops import readiness
from mall.ops.health import Reading
from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from tests.conftest import MallOfItsOwn
from tests.factories import OfferFactory
from tests.services import PROJECT, free_port

# readings are taken by threads, which see what was committed
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_question_is_open() -> Iterator[None]:
    readiness._askers.clear()
    yield
    readiness._askers.clear()


@pytest.fixture
def open_mall(search_index: SearchEngine) -> None:
    OfferFactory()
    rebuild_index()
    outbox.drain()


def ask(client: Client) -> tuple[int, dict[str, Any]]:
    response = client.get("/ready")
    assert "no-store" in response["Cache-Control"]
    return response.status_code, json.loads(response.content)


def sound(name: str) -> Reading:
    return Reading(name=name, state="ok", message="it answers")


def test_an_open_mall_is_ready_part_by_part(open_mall: None, client: Client) -> None:
    status, answer = ask(client)

    assert (status, answer["ready"]) == (200, True)
    assert list(answer["parts"]) == ["database", "search", "text model", "outbox", "worker"]
    assert set(answer["parts"]["database"]) == {"state", "message", "remedy", "facts"}
    assert answer["parts"]["search"]["facts"]["documents"] == 1


def test_without_an_index_no_shopper_is_sent_here(search_index: SearchEngine, client: Client) -> None:
    status, answer = ask(client)

    assert (status, answer["ready"], answer["parts"]["search"]["state"]) == (503, False, "down")
    assert "rebuild_search" in answer["parts"]["search"]["remedy"]


def test_a_redis_that_is_away_is_told_and_shoppers_are_served(open_mall: None, client: Client, settings: Any) -> None:
    settings.CELERY_BROKER_URL = f"redis://:hunter2@127.0.0.1:{free_port()}/0"

    status, answer = ask(client)

    assert (status, answer["parts"]["redis"]["state"]) == (200, "degraded")
    assert "MALL_REDIS_URL" in answer["parts"]["redis"]["remedy"]
    assert "hunter2" not in json.dumps(answer)


@pytest.mark.parametrize(("hanging", "status"), [("worker", 200), ("database", 503)])
def test_a_part_that_hangs_is_told_after_two_seconds_and_keeps_one_thread_busy(
    hanging: str, status: int, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_over = threading.Event()
    asked = []

    def hang() -> Reading:
        asked.append(time.monotonic())
        is_over.wait(30)
        return sound(hanging)

    questions = {name: (lambda name=name: sound(name)) for name in ("database", "search", "worker")}
    monkeypatch.setattr(readiness, "parts", lambda now: {**questions, hanging: hang})
    try:
        started = time.monotonic()
        answers = [ask(client) for _time in range(2)]
        seconds = time.monotonic() - started
    finally:
        is_over.set()

    assert [answer[0] for answer in answers] == [status, status]
    assert answers[0][1]["parts"][hanging]["message"] == "no answer within 2 s"
    assert 3.9 < seconds < 6
    assert len(asked) == 1


def test_a_part_that_fails_is_told_by_the_kind_of_failure_alone(
    open_mall: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Reading:
        raise OperationalError("could not connect to postgresql://mall:hunter2@db")

    monkeypatch.setattr(readiness, "parts", lambda now: {"database": fail, "search": lambda: sound("search")})

    status, answer = ask(client)

    assert (status, answer["parts"]["database"]["state"]) == (503, "down")
    assert answer["parts"]["database"]["message"] == "it does not answer (OperationalError)"


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.1.2.3", {}, 404),
        # a proxy on this machine that the settings do not know: everybody seems to ask from here
        ("127.0.0.1", {"X-Forwarded-For": "198.51.100.7"}, 404),
        ("", {}, 404),
    ],
)
def test_metrics_are_for_allowed_addresses(address: str, headers: dict[str, str], status: int, client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code == status


def test_behind_a_known_proxy_the_address_before_it_counts(client: Client, settings: Any) -> None:
    settings.PROXY_COUNT = 1
    settings.METRICS_ALLOWED = ("10.0.0.0/8",)

    seen = [
        client.get("/metrics", headers={"X-Forwarded-For": forwarded}).status_code
        for forwarded in ("10.1.2.3", "198.51.100.7", "10.1.2.3, 198.51.100.7")
    ]

    assert seen == [200, 404, 404]


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_requests_are_counted_by_route_and_never_by_address(open_mall: None, client: Client) -> None:
    before = value("mall_requests_total", route="search", method="GET", status="200")
    timed = value("mall_search_seconds_count", engine="embedded")
    client.get("/fr/search/?q=bouilloire+secrete")
    client.get("/fr/nowhere/")

    text = client.get("/metrics").content.decode()

    assert value("mall_requests_total", route="search", method="GET", status="200") == before + 1
    assert value("mall_search_seconds_count", engine="embedded") == timed + 1
    assert 'route="none",status="404"' in text
    assert "secrete" not in text
    assert "nowhere" not in text


def test_the_outbox_is_shown_by_topic(open_mall: None, client: Client) -> None:
    outbox.publish("test.note", "a", {})

    text = client.get("/metrics").content.decode()

    assert 'mall_outbox_waiting{topic="test.note"} 1.0' in text
    assert 'mall_outbox_dead{topic="test.note"} 0.0' in text
    assert "mall_worker_seen_seconds " in text
    assert "mall_database_up 1.0" in text


VISIT = """
from django.test import Client, override_settings
from django.conf import settings
plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}, ALLOWED_HOSTS=["*"]).enable()
client = Client(headers={"X-Request-ID": "quoted-by-a-shopper"})
for path in ("/en/search/?q=private+words", "/health", "/en/nowhere/", "/ready"):
    client.get(path)
"""


def test_the_json_log_has_one_object_a_line_with_route_and_request_id(sqlite_mall: MallOfItsOwn) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{VISIT}"],
        cwd=PROJECT,
        env={**sqlite_mall.environment, "MALL_LOG_FORMAT": "json"},
        capture_output=True,
        text=True,
        check=True,
    )

    lines = [json.loads(line) for line in done.stderr.splitlines()]
    asked = [line for line in lines if line["event"] == "request"]
    assert [(line["route"], line["status"]) for line in asked] == [("search", 503), ("none", 404)]
    assert all(line["request_id"] == "quoted-by-a-shopper" and line["ms"] > 0 for line in asked)
    assert "private" not in done.stderr
