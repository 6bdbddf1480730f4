"""A text model that hangs, fails or finds no memory: words alone, soon, and the model again when it is well."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import numpy as np
import pytest

from search.embeddings.protocol import Vectors
from search.embeddings.soft import SoftEncoder, softened
from search.engines.breaker import Breaker, BreakerRules
from search.errors import EncoderUnavailable
from tests.tiny_encoder import TinyEncoder

SECONDS = 0.2
RULES = BreakerRules(failures=3, waited_seconds=1.0, window_seconds=30.0, probe_seconds=0.1)


class Model(TinyEncoder):
    """One with a switch. asked: texts of queries that reached it."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: Exception | None = None
        self.wakes = threading.Event()
        self.wakes.set()
        self.asked: list[str] = []

    def encode_query(self, text: str) -> Vectors:
        self.asked.append(text)
        self._meet()
        return super().encode_query(text)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        self._meet()
        return super().encode_documents(texts)

    def _meet(self) -> None:
        self.wakes.wait(30)
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def soft(model: Model) -> SoftEncoder:
    return SoftEncoder(model, Breaker(RULES), query_seconds=SECONDS)


def fail(soft: SoftEncoder, times: int) -> list[str]:
    said = []
    for _ in range(times):
        with pytest.raises(EncoderUnavailable) as caught:
            soft.encode_query("lampe")
        said.append(str(caught.value))
    return said


def test_a_model_that_is_well_is_heard_as_it_is(soft: SoftEncoder, model: Model) -> None:
    assert np.array_equal(soft.encode_query("lampe"), model.encode_query("lampe"))
    assert np.array_equal(soft.encode_documents(["a", "b"]), model.encode_documents(["a", "b"]))
    assert (soft.name, soft.dimensions, soft.fault) == (model.name, model.dimensions, "")


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("a graph broke"), OSError("gone"), ValueError("shape")])
def test_whatever_a_model_raises_means_words_alone(error: Exception, soft: SoftEncoder, model: Model) -> None:
    model.fault = error

    said = fail(soft, 1)
    with pytest.raises(EncoderUnavailable):
        soft.encode_documents(["lampe"])

    assert said == [f"The text model failed ({type(error).__name__}); words alone are searched meanwhile."]
    assert soft.fault == said[0]

    model.fault = None
    assert soft.encode_query("lampe").any()
    assert soft.fault == ""


def test_a_model_that_hangs_costs_its_time_a_few_times_and_nothing_then(soft: SoftEncoder, model: Model) -> None:
    model.wakes.clear()
    started = time.monotonic()
    said = fail(soft, 3)
    waited = time.monotonic() - started

    started = time.monotonic()
    fail(soft, 50)

    assert said[0] == "The text model has not answered within 0.2 s; words alone are searched meanwhile."
    assert 3 * SECONDS <= waited < 3 * SECONDS + 1
    assert time.monotonic() - started < 0.2
    assert soft.fault == said[0]
    model.wakes.set()


def test_a_model_that_is_well_again_is_asked_again(soft: SoftEncoder, model: Model) -> None:
    model.fault = MemoryError()
    fail(soft, 4)
    assert soft.fault

    model.fault = None
    ends_at = time.monotonic() + 10
    while soft.fault and time.monotonic() < ends_at:
        time.sleep(0.05)
        fail(soft, 1) if soft.fault else None

    assert soft.fault == ""
    assert soft.encode_query("lampe").any()


def test_it_is_probed_with_a_text_that_no_cache_holds(soft: SoftEncoder, model: Model) -> None:
    model.fault = MemoryError()
    fail(soft, 3)
    for _ in range(3):
        time.sleep(0.15)
        fail(soft, 1)
    time.sleep(0.1)

    probes = model.asked[3:]
    assert len(probes) >= 2
    assert len(set(probes)) == len(probes)


def test_all_who_ask_share_what_is_known_of_a_model(model: Model) -> None:
    assert softened(model) is softened(model)
