"""Whatever stands at the address of OpenSearch, and however it behaves: pages are answered, soon, without an error."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from mall.core import outbox
from mall.core.observability import REGISTRY
from search import tasks
from search.engines.opensearch.engine import OpenSearchEngine
from search.indexing.changes import FALLBACK_TOPIC
from search.indexing.rebuild import rebuild_index_alone
from search.service import engine_status, forget_engine, get_fallback_engine, get_primary_engine
from tests.factories import OfferFactory, ProductFactory
from tests.secured_front import Secured

pytestmark = pytest.mark.django_db

DEADLINE_SECONDS = 0.5


class _Handler(BaseHTTPRequestHandler):
    """Answers everything with the same words."""

    status, kind, words = 200, "application/json", b"{}"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.status)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.words)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(self.words)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_words: Any) -> None:
        """Quiet."""


@contextmanager
def answering(status: int, words: bytes, kind: str = "application/json") -> Iterator[str]:
    handler = type("Handler", (_Handler,), {"status": status, "words": words, "kind": kind})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def hanging() -> Iterator[str]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def hanging_up() -> Iterator[str]:
    """Closes each connection at once."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def close_all() -> None:
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return

        thread = threading.Thread(target=close_all)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


SERVERS: dict[str, Callable[[], Any]] = {
    "hangs": hanging,
    "hangs up": hanging_up,
    "is overloaded": lambda: answering(503, b'{"error": "too many requests"}'),
    "has an error": lambda: answering(500, b'{"error": {"type": "null_pointer_exception"}, "status": 500}'),
    "is another web site": lambda: answering(200, b"<html>Welcome to nginx!</html>", "text/html"),
    "answers half a word": lambda: answering(200, b'{"hits": {"to'),
    "answers something else": lambda: answering(200, b"{}"),
    "says it is too much": lambda: answering(413, b"", "text/plain"),
}


@pytest.fixture
def opensearch_at(settings: Any, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Set the mall on OpenSearch at an address, with a lamp that the engine that stands in knows."""

    def set_on(
        url: str, *, user: str = "", password: str = "", ca_file: str = "", seconds: float = DEADLINE_SECONDS
    ) -> None:
        settings.SEARCH_ENGINE = "opensearch"
        settings.SEARCH_FOLDER = tmp_path / "search"
        settings.OPENSEARCH_URLS, settings.OPENSEARCH_INDEX = (url,), f"soft-{abs(hash(tmp_path))}"
        settings.OPENSEARCH_USER, settings.OPENSEARCH_PASSWORD = user, password
        settings.OPENSEARCH_CA_FILE = ca_file
        settings.OPENSEARCH_TIMEOUT_SECONDS = seconds
        forget_engine()
        OfferFactory(variant__product=ProductFactory(texts={"fr": "Lampe Opaline", "en": "Opaline lamp"}))
        rebuild_index_alone(topic=FALLBACK_TOPIC)

    yield set_on
    forget_engine()


def answer_to(client: Client) -> dict[str, Any]:
    response = client.get("/api/search?q=opaline")
    assert response.status_code == 200, response.content
    found: dict[str, Any] = json.loads(response.content)
    return found


@pytest.mark.parametrize("how", SERVERS)
def test_a_server_that_behaves_badly_is_stood_in_for(
    how: str, client: Client, opensearch_at: Callable[..., None]
) -> None:
    with SERVERS[how]() as url:
        opensearch_at(url)
        before = REGISTRY.get_sample_value("mall_search_fallbacks_total") or 0

        started = time.monotonic()
        answers = [answer_to(client) for _ in range(8)]
        seconds = time.monotonic() - started
        page = client.get("/fr/search/?q=opaline")

        assert [(one["total"], one["notices"][0]) for one in answers] == [(1, "fallback")] * 8
        assert page.status_code == 200
        assert REGISTRY.get_sample_value("mall_search_fallbacks_total") == before + 9
        # some questions wait until the breaker opens, never each of them
        assert seconds < 6 * DEADLINE_SECONDS + 2
        status = engine_status()
        assert status.can_answer
        assert "\n" not in status.message


@pytest.mark.parametrize("fault", ["password", "certificate"])
def test_a_wrong_password_or_certificate_is_told_in_one_line_and_shoppers_are_served(
    fault: str, client: Client, opensearch_at: Callable[..., None], secured_opensearch: Secured
) -> None:
    right = secured_opensearch
    if fault == "password":
        opensearch_at(right.url, user=right.user, password="guessed", ca_file=str(right.ca_file), seconds=5)
    else:
        opensearch_at(right.url, user=right.user, password=right.password, seconds=5)

    assert (answer_to(client)["total"], answer_to(client)["notices"][0]) == (1, "fallback")
    ready = client.get("/ready")
    part = json.loads(ready.content)["parts"]["search"]
    assert (ready.status_code, part["state"]) == (200, "degraded")
    assert ("password" if fault == "password" else "certificate") in part["message"]
    assert "\n" not in part["message"]
    assert right.password not in ready.content.decode()


def test_both_indexes_are_built_by_themselves_and_the_first_waits_for_no_other(
    client: Client, opensearch_at: Callable[..., None], opensearch_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opensearch_at(opensearch_url, seconds=10)
    primary, fallback = get_primary_engine(), get_fallback_engine()
    assert isinstance(primary, OpenSearchEngine)
    assert fallback is not None
    monkeypatch.setattr(tasks, "PATIENCE_SECONDS", 0.0)
    (fallback_folder,) = Path(fallback._store.folder).glob("CURRENT")  # type: ignore[attr-defined]
    fallback_folder.unlink()
    try:
        with outbox.alone(FALLBACK_TOPIC):  # somebody builds the other one
            built = tasks.heal()
        assert primary.status().generation == built != ""
        assert fallback.status().generation == ""

        assert tasks.heal() == fallback.status().generation != ""
        assert tasks.heal() == ""
    finally:
        primary.remove()
