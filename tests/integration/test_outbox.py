"""The outbox: written with the change, done after it, at least once, never silently lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from mall.core import outbox
from mall.core.models import OutboxLease, OutboxRow

pytestmark = pytest.mark.django_db

TOPIC = "test.note"
Payloads = Sequence[dict[str, Any]]


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> list[list[dict[str, Any]]]:
    """Batches that the handler of TOPIC was given."""
    batches: list[list[dict[str, Any]]] = []
    monkeypatch.setitem(outbox._handlers, TOPIC, lambda payloads: batches.append(list(payloads)))
    return batches


@pytest.fixture
def handle_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[outbox.Handler], None]:
    return lambda handler: monkeypatch.setitem(outbox._handlers, TOPIC, handler)


def make_due() -> None:
    OutboxRow.objects.update(available_at=timezone.now())


def test_a_rolled_back_change_leaves_no_row() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        outbox.publish(TOPIC, "note:1", {"n": 1})
        raise RuntimeError

    assert OutboxRow.objects.count() == 0


def test_a_batch_holds_the_newest_payload_of_each_key_once(handled: list[list[dict[str, Any]]]) -> None:
    outbox.publish_many(TOPIC, [("note:1", {"n": 1}), ("note:2", {"n": 2}), ("note:1", {"n": 3})])

    assert outbox.drain() == 3

    assert handled == [[{"n": 3}, {"n": 2}]]
    assert OutboxRow.objects.count() == 0


def test_one_bad_row_holds_up_no_other(handle_with: Callable[[outbox.Handler], None]) -> None:
    done: list[int] = []

    def handle(payloads: Payloads) -> None:
        if any(payload["n"] == 2 for payload in payloads):
            raise ValueError("two is bad")
        done.extend(payload["n"] for payload in payloads)

    handle_with(handle)
    outbox.publish_many(TOPIC, ((f"note:{n}", {"n": n}) for n in (1, 2, 3)))

    assert outbox.drain() == 2

    assert done == [1, 3]
    row = OutboxRow.objects.get()
    assert (row.key, row.attempts, row.error, row.is_dead) == ("note:2", 1, "ValueError: two is bad", False)
    assert row.available_at > timezone.now()


def test_a_row_that_keeps_failing_waits_longer_each_time_and_is_set_aside_after_eight_attempts(
    handle_with: Callable[[outbox.Handler], None],
) -> None:
    def handle(payloads: Payloads) -> None:
        raise ValueError("never")

    handle_with(handle)
    outbox.publish(TOPIC, "note:1", {})

    waits = []
    for _attempt in range(outbox.MAX_ATTEMPTS):
        make_due()
        outbox.drain()
        waits.append(round((OutboxRow.objects.get().available_at - timezone.now()).total_seconds() / 2) * 2)

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256]
    assert OutboxRow.objects.get().is_dead
    make_due()
    assert outbox.drain() == 0
    assert outbox.status().dead == 1


def test_what_was_set_aside_is_done_after_a_replay(handled: list[list[dict[str, Any]]]) -> None:
    outbox.publish(TOPIC, "note:1", {"n": 1})
    OutboxRow.objects.update(is_dead=True, attempts=8)
    assert outbox.drain() == 0

    assert outbox.replay_dead() == 1

    assert outbox.drain() == 1
    assert handled == [[{"n": 1}]]


def test_a_busy_handler_costs_no_attempt(handle_with: Callable[[outbox.Handler], None]) -> None:
    def handle(payloads: Payloads) -> None:
        raise outbox.Busy

    handle_with(handle)
    outbox.publish(TOPIC, "note:1", {})

    assert outbox.drain() == 0

    row = OutboxRow.objects.get()
    assert (row.attempts, row.error, row.available_at > timezone.now()) == (0, "", True)


def test_a_topic_without_handler_says_so() -> None:
    outbox.publish("nobody.knows", "x", {})

    assert outbox.drain() == 0

    assert OutboxRow.objects.get().error == "no handler is registered for the topic nobody.knows"


def test_a_second_relay_is_turned_away_and_the_lease_of_a_dead_one_runs_out() -> None:
    with outbox.relay_lease(), pytest.raises(outbox.LeaseTaken), outbox.relay_lease():
        pass
    OutboxLease.objects.update(holder="dead:1", held_until=timezone.now() + timedelta(seconds=1))

    with pytest.raises(outbox.LeaseTaken):
        outbox.drain()

    OutboxLease.objects.update(held_until=timezone.now())
    assert outbox.drain() == 0


def test_a_relay_that_lost_its_lease_stops(handled: list[list[dict[str, Any]]]) -> None:
    with outbox.relay_lease() as prolong:
        OutboxLease.objects.update(holder="another:1", held_until=timezone.now() + timedelta(seconds=9))

        with pytest.raises(outbox.LeaseTaken):
            prolong()

    # and it does not take the other's lease away when it leaves
    assert OutboxLease.objects.get().holder == "another:1"


def test_the_status_tells_what_waits_and_when_a_relay_was_seen() -> None:
    assert outbox.status().relay_seen_at is None
    outbox.drain()
    outbox.publish(TOPIC, "note:1", {})
    OutboxRow.objects.update(created_at=timezone.now() - timedelta(seconds=90))

    status = outbox.status()

    assert (status.waiting, status.dead, round(status.lag_seconds)) == (1, 0, 90)
    assert status.relay_seen_at is not None
    assert (timezone.now() - status.relay_seen_at).total_seconds() < 5
