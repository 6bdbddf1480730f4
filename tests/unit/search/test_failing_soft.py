"""Two engines as one: in time, marked, coherent, and back by itself. The server is a fake at the engine's protocol."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from search.answering import answer
from search.engines.breaker import Breaker, BreakerRules
from search.engines.deadline import Deadline, DeadlinePassed
from search.engines.embedded.engine import EmbeddedEngine
from search.engines.failing_soft import FailingSoftEngine
from search.engines.protocol import EngineStatus, Retrieval
from search.errors import EngineUnavailable, IndexRebuilding, QuestionRefused
from search.queries import Filters, SearchQuery
from search.query.vocabulary import Vocabulary
from tests.search_documents import document, offer

LAMP = SearchQuery(text="lampe", language="fr")


class Server(EmbeddedEngine):
    """An engine with a switch: well, away (at once), hanging (never answers), refusing (this question), faulty, bare
    (without an index, and it knows why).

    asked: how many questions reached it.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, None)
        self.state, self.asked, self.wakes = "well", 0, threading.Event()

    def _meet(self) -> None:
        self.asked += 1
        if self.state == "away":
            raise EngineUnavailable("nobody is at home")
        if self.state == "bare":
            raise IndexRebuilding("no index yet")
        if self.state == "faulty":
            raise KeyError("_source")
        if self.state == "refusing":
            raise QuestionRefused("400: no such field")
        if self.state == "hanging":
            self.wakes.wait(30)
            raise EngineUnavailable("woken")

    def retrieve(self, query: SearchQuery, *, with_facets: bool = True, at_least: int = 0) -> Retrieval:
        self._meet()
        return super().retrieve(query, with_facets=with_facets, at_least=at_least)

    def vocabulary(self) -> Vocabulary:
        self._meet()
        return super().vocabulary()

    def status(self) -> EngineStatus:
        with suppress(EngineUnavailable):
            self._meet()
        status = super().status()
        return replace(status, generation="", message="the plugin is missing") if self.state == "bare" else status


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    engine = Server(tmp_path / "server")
    engine.rebuild([document(1, "Lampe neuve", offer(1)), document(2, "Lampe du matin", offer(2))])
    yield engine
    engine.state = "away"
    engine.wakes.set()


@pytest.fixture
def stand_by(tmp_path: Path) -> EmbeddedEngine:
    """It has not heard of the newest lamp yet."""
    engine = EmbeddedEngine(tmp_path / "stand-by", None)
    engine.rebuild([document(1, "Lampe neuve", offer(1))])
    return engine


SoftEngine = Callable[..., FailingSoftEngine]


@pytest.fixture
def soft(server: Server, stand_by: EmbeddedEngine) -> Iterator[SoftEngine]:
    made = []

    def make(fallback: EmbeddedEngine | None = stand_by, **rules: Any) -> FailingSoftEngine:
        breaker = Breaker(BreakerRules(**rules))
        made.append(FailingSoftEngine(server, fallback, breaker, deadline_seconds=0.2))
        return made[-1]

    yield make
    server.state = "well"
    server.wakes.set()
    for engine in made:
        engine.close()


def wait_until(is_so: Callable[[], bool], *, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_server_answers_while_it_is_well(soft: SoftEngine) -> None:
    found = soft().retrieve(LAMP)

    assert (found.total, found.is_fallback) == (2, False)


@pytest.mark.parametrize("state", ["away", "hanging", "refusing", "faulty"])
def test_a_server_that_does_not_answer_is_stood_in_for_and_the_answer_says_so(
    state: str, server: Server, soft: SoftEngine
) -> None:
    engine = soft()
    server.state = state

    started = time.monotonic()
    found = engine.retrieve(LAMP)

    assert (found.total, found.is_fallback) == (1, True)
    assert time.monotonic() - started < 1.0


def test_a_page_of_the_stand_by_engine_carries_the_notice(server: Server, soft: SoftEngine) -> None:
    engine = soft()
    server.state = "away"

    assert answer(engine, LAMP).notices == ("fallback", "words_only")


def test_after_five_failures_the_server_is_left_alone(server: Server, soft: SoftEngine) -> None:
    engine = soft()
    server.state = "away"

    for _ in range(20):
        assert engine.retrieve(LAMP).is_fallback

    assert (server.asked, engine.breaker.state) == (5, "open")


def test_once_it_is_open_a_server_that_hangs_costs_no_wait(server: Server, soft: SoftEngine) -> None:
    engine = soft(waited_seconds=0.2)
    server.state = "hanging"
    engine.retrieve(LAMP)

    started = time.monotonic()
    for _ in range(20):
        engine.retrieve(LAMP)

    assert server.asked == 1
    assert time.monotonic() - started < 0.5


def test_a_question_of_several_calls_has_one_deadline_and_one_engine(server: Server, soft: SoftEngine) -> None:
    engine = soft()
    seen: list[object] = []

    def three_calls(one: Any) -> int:
        for _ in range(3):
            seen.append(one)
            time.sleep(0.09 if one is server else 0)
        return len(seen)

    answered = engine.ask(three_calls)

    assert answered.is_fallback
    assert seen[-3:] == [engine.fallback] * 3


@pytest.mark.parametrize("state", ["refusing", "faulty"])
def test_what_lies_with_the_question_is_no_failure_of_the_server(state: str, server: Server, soft: SoftEngine) -> None:
    engine = soft()
    server.state = state

    for _ in range(10):
        engine.retrieve(LAMP)

    assert (engine.breaker.state, engine.breaker.failures) == ("closed", 0)


def test_it_comes_back_by_itself_without_a_shopper_who_tries(server: Server, soft: SoftEngine) -> None:
    engine = soft(failures=1, probe_seconds=0.05)
    server.state = "away"
    engine.retrieve(LAMP)
    wait_until(lambda: server.asked >= 3)  # probes that fail
    assert engine.breaker.state != "closed"

    server.state = "well"

    wait_until(lambda: engine.breaker.is_closed)
    assert not engine.retrieve(LAMP).is_fallback


def test_a_probe_that_hangs_keeps_nobody_waiting_and_ends(server: Server, soft: SoftEngine) -> None:
    engine = soft(failures=1, probe_seconds=0.05)
    server.state = "hanging"
    engine.retrieve(LAMP)
    wait_until(lambda: engine.breaker.state == "half-open")

    started = time.monotonic()
    assert engine.retrieve(LAMP).is_fallback
    assert time.monotonic() - started < 0.15

    server.state = "well"
    server.wakes.set()
    wait_until(lambda: engine.breaker.is_closed)


def test_when_both_are_away_the_error_is_the_servers(server: Server, soft: SoftEngine, tmp_path: Path) -> None:
    engine = soft(fallback=EmbeddedEngine(tmp_path / "nothing", None))
    server.state = "away"

    with pytest.raises(EngineUnavailable, match="nobody is at home") as raised:
        engine.retrieve(LAMP)
    assert isinstance(raised.value.__cause__, IndexRebuilding)

    for _ in range(5):
        with pytest.raises(EngineUnavailable, match="nobody is at home"):
            engine.retrieve(LAMP)
    assert engine.breaker.state == "open"


def test_without_a_stand_by_engine_a_failure_is_a_failure_but_quick(server: Server, soft: SoftEngine) -> None:
    engine = soft(fallback=None, waited_seconds=0.2)
    server.state = "hanging"

    for _ in range(3):
        with pytest.raises(EngineUnavailable):
            engine.retrieve(LAMP)

    assert server.asked == 1


def test_writes_go_to_the_server_alone(soft: SoftEngine, stand_by: EmbeddedEngine, server: Server) -> None:
    engine = soft()

    assert engine.upsert([document(3, "Lampe de poche")]) == 1
    assert engine.delete(["product:1"]) == 1

    assert (server.status().documents, stand_by.status().documents) == (2, 1)
    engine.rebuild([document(9, "Chaise")])
    assert (server.status().documents, stand_by.status().documents) == (1, 1)


def test_the_names_that_the_server_gave_last_serve_on_while_it_is_away(server: Server, soft: SoftEngine) -> None:
    """Those of the embedded engine take a second to gather in a large catalogue."""
    engine = soft(failures=1)
    known = engine.vocabulary()
    server.state = "away"

    assert engine.vocabulary() is known  # the failure that opens the breaker
    assert engine.vocabulary() is known
    assert server.asked == 2


def test_names_that_take_long_to_gather_hold_up_no_search(
    server: Server, soft: SoftEngine, stand_by: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = soft(failures=1)
    server.state = "away"
    gathered = stand_by.vocabulary()
    may_end = threading.Event()

    def slowly() -> Vocabulary:
        may_end.wait(10)
        return gathered

    monkeypatch.setattr(stand_by, "vocabulary", slowly)

    assert engine.vocabulary() == Vocabulary()
    may_end.set()
    wait_until(lambda: engine.vocabulary() is gathered)


def test_the_other_questions_are_stood_in_for_too(server: Server, soft: SoftEngine) -> None:
    engine = soft(failures=1)
    server.state = "away"
    engine.retrieve(LAMP)

    assert [one.text for one in engine.suggest("lampe n", language="fr", limit=9)] == ["lampe neuve", "Lampe neuve"]
    assert engine.correct("lamqe", language="fr")[0] == "lampe"
    assert engine.similar("product:1", filters=Filters(), limit=3) == ()
    assert [one.id for one in engine.nearest_products("lampe", codes=(), language="fr", limit=9)] == ["product:1"]
    assert engine.frequencies(("lamp",), language="fr").documents == 1
    assert engine.vocabulary() is not None


def test_the_state_tells_of_both_engines_and_of_the_breaker(server: Server, soft: SoftEngine) -> None:
    engine = soft(failures=1)
    status = engine.status()
    assert (status.documents, status.breaker, status.can_answer) == (2, "closed", True)
    assert status.fallback is not None
    assert status.fallback.documents == 1

    server.state = "away"
    engine.retrieve(LAMP)
    asked = server.asked
    status = engine.status()

    assert (status.generation, status.message, status.breaker) == ("", "nobody is at home", "open")
    assert status.can_answer
    assert server.asked == asked


def test_a_server_without_an_index_is_asked_why_while_the_breaker_is_open(server: Server, soft: SoftEngine) -> None:
    engine = soft(failures=1, probe_seconds=60)
    server.state = "bare"
    assert engine.retrieve(LAMP).is_fallback

    status = engine.status()
    assert (status.generation, status.message, status.breaker) == ("", "the plugin is missing", "open")

    server.state = "hanging"
    started = time.monotonic()
    assert engine.status().message == "no index yet"
    assert time.monotonic() - started < 3


def test_the_state_of_a_server_that_hangs_is_told_in_time(
    server: Server, soft: SoftEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.engines.failing_soft.STATUS_SECONDS", 0.1)
    engine = soft(fallback=None)
    server.state = "hanging"

    status = engine.status()

    assert (status.engine, status.generation, status.can_answer) == ("primary", "", False)
    assert "not answered within 0.1 s" in status.message


def test_what_is_done_in_time_comes_back_as_it_is() -> None:
    deadline = Deadline("test")

    def fail() -> None:
        raise TimeoutError("its own")

    assert deadline.within(5, lambda: 7) == 7
    with pytest.raises(TimeoutError, match="its own"):
        deadline.within(5, fail)
    woken = threading.Event()
    with pytest.raises(DeadlinePassed):
        deadline.within(0.05, lambda: woken.wait(10))
    woken.set()


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")  # from Python 3.12 on
def test_a_forked_process_has_threads_of_its_own() -> None:
    deadline = Deadline("test")
    assert deadline.within(5, lambda: 1) == 1
    reader, writer = os.pipe()

    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            os.write(writer, b"%d" % deadline.within(5, lambda: 2))
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reader, 1) == b"2"
    os.close(reader)
    os.close(writer)
