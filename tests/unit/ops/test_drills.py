"""The drills' own tools: buyers who see what happens to them, reports that say what did not hold."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mall.ops.drills.catalogue import DRILLS
from mall.ops.drills.crowd import NO_ANSWER, Asked, Buyer, Crowd, figures_of, p95_ms
from mall.ops.drills.report import Report


class Handler(BaseHTTPRequestHandler):
    """/well answers, /away is 503, /lost hangs up, /stand-in is answered by the other engine."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/lost":
            self.close_connection = True
            return
        body = b'{"notices": ["fallback"]}' if self.path == "/stand-in" else b"{}"
        self.send_response(503 if self.path == "/away" else 200)
        self.send_header("X-Request-ID", "abcdefgh")
        if self.path == "/away":
            self.send_header("Retry-After", "10")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture
def place() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_buyer_sees_the_answer_its_id_and_when_to_come_again(place: str) -> None:
    buyer = Buyer(place)
    well, away, lost = (buyer.ask("api", path) for path in ("/well", "/away", "/lost"))
    stand_in = buyer.ask("api", "/stand-in")
    buyer.close()

    assert (well.status, well.request_id, well.says_when, well.has_failed) == (200, "abcdefgh", False, False)
    assert (away.status, away.says_when, away.has_failed) == (503, True, True)
    assert (lost.status, lost.has_failed) == (NO_ANSWER, True)
    assert (stand_in.is_stand_in, well.is_stand_in) == (True, False)


def test_a_crowd_asks_for_the_kinds_it_was_given_until_it_leaves(place: str) -> None:
    with Crowd(
        f"http://{place}", {"search": ["/well"], "product": ["/away"], "browse": []}, pause_seconds=0.01
    ) as them:
        time.sleep(0.3)
    asked = them.asked()
    time.sleep(0.1)

    assert {one.kind for one in asked} == {"search", "product"}
    assert len(them.asked()) == len(asked) > 20
    assert them.asked(until=min(one.at for one in asked)) == []


def test_a_crowd_keeps_the_rate_it_was_given(place: str) -> None:
    with Crowd(f"http://{place}", {"search": ["/well"]}, buyers=4, per_second=40) as crowd:
        time.sleep(1.0)

    assert 30 <= len(crowd.asked()) <= 46


def asked(kind: str, ms: float, *, at: float = 0.0, status: int = 200) -> Asked:
    return Asked(at=at, kind=kind, path="/", status=status, ms=ms)


def test_figures_are_of_searches_during_the_fault_and_beside_it() -> None:
    seen = [asked("search", 10.0 * n, at=n) for n in range(10)] + [asked("product", 5000.0, at=2, status=503)]

    figures = figures_of(seen, lambda one: one.at >= 5)

    assert (figures["requests"], figures["requests_during"]) == (11, 5)
    assert figures["statuses"] == {"200": 10, "503": 1}
    assert figures["search_slowest_ms_during"] == 90
    assert figures["search_p95_ms"] < 60 < figures["search_p95_ms_during"]
    assert p95_ms([asked("search", 1.0)]) is None


def test_a_report_keeps_what_did_not_hold() -> None:
    report = Report(drill="F00", figures={"requests": 3})
    report.expect(True, "the sun rises")
    assert report.has_passed

    report.expect(0, "a unit was sold")

    assert json.loads(report.as_json()) == {
        "drill": "F00",
        "passed": False,
        "requests": 3,
        "broken": ["a unit was sold"],
    }


def test_every_drill_is_listed_with_a_sentence() -> None:
    out = io.StringIO()
    call_command("fault_drill", list=True, stdout=out)

    lines = dict(line.split(maxsplit=1) for line in out.getvalue().splitlines())
    assert list(lines) == list(DRILLS)
    assert all(len(sentence) > 20 for sentence in lines.values())
    wanted = {"F01", "F02", "F03", "F03-stop", "F04", "F05", "F06", "F11", "F12", "F14", "F15", "F18"}
    assert wanted | {"rebuild", "nodes"} == set(DRILLS)


@pytest.mark.parametrize(("names", "words"), [((), "without a name"), (("F05", "F99"), "F99")])
def test_an_unknown_drill_is_refused(names: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("fault_drill", *names)
