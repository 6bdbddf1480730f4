"""Whatever stands at the address of OpenSearch, and however it behaves: pages are answered, soon, without an error."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as mall_settings
from django.core.management import call_command
from django.test import Client

from mall.core import outbox
from mall.core.observability import REGISTRY
from mall.ops.opensearch.cluster import Cluster
from mall.ops.opensearch.errors import NotToBeHad
from search import tasks
from search.engines.opensearch.engine import OpenSearchEngine
from search.engines.protocol import OTHER_MODEL
from search.indexing.changes import FALLBACK_TOPIC
from search.indexing.rebuild import rebuild_index_alone
from search.indexing.registry import all_sources
from search.service import engine_status, forget_engine, get_fallback_engine, get_primary_engine
from tests.conftest import miss
from tests.factories import OfferFactory, ProductFactory
from tests.secured_front import Secured
from tests.tiny_encoder import TinyEncoder

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


def ready_part(client: Client) -> dict[str, Any]:
    """What /ready says of search; shoppers are served."""
    response = client.get("/ready")
    assert response.status_code == 200, response.content
    part: dict[str, Any] = json.loads(response.content)["parts"]["search"]
    return part


def problems_told() -> list[str]:
    """What `search_status` says needs a person, in lines; it ends with 1."""
    said = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("search_status", "--sample", "0", stdout=said)
    assert end.value.code == 1
    return [line for line in said.getvalue().splitlines() if line.startswith("Needs a person: ")]


@pytest.fixture(scope="module")
def opensearch_without_knn() -> Iterator[str]:
    """Address of an OpenSearch 3 whose k-NN plugin somebody forgot."""
    try:
        cluster = Cluster(heap="512m", is_short_lived=True, without=("opensearch-knn",))
    except NotToBeHad as error:
        miss(str(error))
    with cluster:
        yield cluster.url


@pytest.mark.service
@pytest.mark.parametrize("model", [None, TinyEncoder()], ids=["words alone", "a text model"])
def test_a_server_without_knn_is_told_with_what_to_do_and_the_embedded_engine_answers(
    model: TinyEncoder | None,
    client: Client,
    opensearch_at: Callable[..., None],
    opensearch_without_knn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("search.service._encoder", lambda: model)
    opensearch_at(opensearch_without_knn, seconds=10)

    assert tasks.heal() == ""

    for _time in range(4):
        answer = answer_to(client)
        assert (answer["total"], answer["notices"][0]) == (1, "fallback")
    assert client.get("/fr/search/?q=opaline").status_code == 200
    part = ready_part(client)
    assert part["state"] == "degraded"
    (told,) = problems_told()
    for line in (part["message"], told):
        assert "has no k-NN plugin" in line
        assert "install opensearch-knn, or set MALL_SEARCH_ENGINE=embedded" in line
        assert "\n" not in line


@pytest.mark.service
@pytest.mark.parametrize("model", [None, TinyEncoder("tiny/2")], ids=["no text model", "another text model"])
def test_an_index_of_another_model_is_searched_by_words_and_told(
    model: TinyEncoder | None,
    client: Client,
    opensearch_at: Callable[..., None],
    opensearch_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("search.service._encoder", lambda: model)
    opensearch_at(opensearch_url, seconds=10)
    other = OpenSearchEngine([opensearch_url], TinyEncoder("tiny/1"), name=mall_settings.OPENSEARCH_INDEX)
    other.rebuild(one for source in all_sources() for one in source.build(list(source.iterate_ids())))
    try:
        answer = answer_to(client)
        part, told = ready_part(client), problems_told()
    finally:
        other.remove()

    assert (answer["total"], answer["notices"]) == (1, ["words_only"])
    assert part["state"] == "degraded"
    (line,) = told
    for words in (part["message"], line):
        assert OTHER_MODEL.format(model="tiny/1") in words
        assert "\n" not in words


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
