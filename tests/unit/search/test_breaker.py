"""When the breaker opens, who may probe, and what closes it, on a clock that the test moves."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from search.engines.breaker import Breaker, BreakerRules


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock=clock)
    for _ in range(5):
        breaker.failed(waited_seconds=0.0)
    return breaker


def test_the_fifth_failure_of_ten_seconds_opens_it(clock: Clock) -> None:
    breaker = Breaker(clock=clock)

    told = []
    for _ in range(5):
        told.append(breaker.failed(waited_seconds=0.01))
        clock.now += 2.0

    assert told == [False, False, False, False, True]
    assert (breaker.state, breaker.opened_at, breaker.failures) == ("open", 1008.0, 5)


def test_failures_that_are_far_apart_do_not_open_it(clock: Clock) -> None:
    breaker = Breaker(clock=clock)

    for _ in range(50):
        breaker.failed(waited_seconds=0.1)
        clock.now += 2.6

    assert (breaker.state, breaker.opened_at) == ("closed", None)
    assert breaker.failures == 3


def test_two_seconds_of_waiting_open_it_at_once(clock: Clock) -> None:
    breaker = Breaker(clock=clock)

    assert not breaker.failed(waited_seconds=1.2)
    assert breaker.failed(waited_seconds=0.8)

    assert (breaker.state, breaker.failures) == ("open", 2)


def test_failures_after_it_opened_are_counted_but_do_not_open_it_again(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now += 1

    assert not breaker.failed(waited_seconds=2.0)

    assert (breaker.opened_at, breaker.failures) == (1000.0, 6)


def test_a_probe_is_due_every_five_seconds_and_is_given_to_one_only(clock: Clock) -> None:
    breaker = opened(clock)
    assert (breaker.take_probe(), breaker.seconds_to_probe) == (False, 5.0)

    clock.now += 5
    assert [breaker.take_probe() for _ in range(3)] == [True, False, False]
    assert breaker.state == "half-open"

    assert not breaker.probe_ended(is_answered=False)
    assert (breaker.state, breaker.failures) == ("open", 6)
    clock.now += 4.9
    assert not breaker.take_probe()
    clock.now += 0.2
    assert breaker.take_probe()


def test_of_many_threads_one_gets_the_probe(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now += 5
    together = threading.Barrier(16)

    def take(_number: int) -> bool:
        together.wait()
        return breaker.take_probe()

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(take, range(16))) == 1


def test_of_many_failures_at_once_one_opens_it(clock: Clock) -> None:
    breaker = Breaker(clock=clock)
    together = threading.Barrier(16)

    def fail(_number: int) -> bool:
        together.wait()
        return breaker.failed(waited_seconds=2.5)

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(fail, range(16))) == 1
    assert breaker.failures == 16


def test_an_answered_probe_closes_it_with_nothing_held_against_the_server(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now += 5
    breaker.take_probe()

    assert breaker.probe_ended(is_answered=True)

    assert (breaker.state, breaker.opened_at, breaker.failures) == ("closed", None, 0)
    assert not breaker.failed(waited_seconds=1.9)
    assert not breaker.take_probe()


def test_a_probe_that_says_nothing_is_given_up(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now += 5
    assert breaker.take_probe()

    clock.now += 5

    assert breaker.take_probe()


def test_the_rules_can_be_others(clock: Clock) -> None:
    breaker = Breaker(BreakerRules(failures=1, probe_seconds=0.5), clock=clock)

    assert breaker.failed(waited_seconds=0.0)
    clock.now += 0.5
    assert breaker.take_probe()
