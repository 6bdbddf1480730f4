"""The outbox: written with the change, done after it, at least once, never silently lost."""

from __future__ import annotations

import errno
import smtplib
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from mall.core import outbox, outbox_claims, outbox_turn
from mall.core.models import OutboxLease, OutboxRow
from mall.core.outbox_leases import Keeper, new_holder

pytestmark = pytest.mark.django_db

TOPIC = "test.note"
Payloads = Sequence[dict[str, Any]]


@pytest.fixture(autouse=True)
def _whole_batches() -> Iterator[None]:
    outbox_turn.forget_caution()
    yield
    outbox_turn.forget_caution()


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
    handle_with: Callable[[outbox.Handler], None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def handle(payloads: Payloads) -> None:
        raise ValueError("never")

    handle_with(handle)
    monkeypatch.setattr("mall.core.outbox_claims.random.uniform", lambda least, most: most)
    outbox.publish(TOPIC, "note:1", {})

    waits = []
    for _attempt in range(outbox.MAX_ATTEMPTS):
        make_due()
        outbox.drain()
        waits.append(round((OutboxRow.objects.get().available_at - timezone.now()).total_seconds()))

    assert waits[:-1] == [2, 4, 8, 16, 32, 60, 60]
    row = OutboxRow.objects.get()
    assert (row.is_dead, row.attempts, row.error, row.claimed_by) == (True, 8, "ValueError: never", "")
    assert row.set_aside_at is not None
    assert [record.levelname for record in caplog.records if "outbox.set_aside" in record.getMessage()] == ["ERROR"]
    make_due()
    assert outbox.drain() == 0
    assert outbox.status().dead == 1


def test_waits_are_spread_evenly_and_end_at_a_minute() -> None:
    first = [outbox_claims.back_off_seconds(1) for _ in range(300)]
    late = [outbox_claims.back_off_seconds(40) for _ in range(300)]

    assert 1 <= min(first) < 1.1 < 1.9 < max(first) <= 2
    assert 1 <= min(late) < 5 < 55 < max(late) <= 60


def test_what_was_set_aside_is_done_after_a_replay(handled: list[list[dict[str, Any]]]) -> None:
    outbox.publish(TOPIC, "note:1", {"n": 1})
    OutboxRow.objects.update(is_dead=True, attempts=8, created_at=timezone.now() - timedelta(days=3))
    assert outbox.drain() == 0

    assert outbox.replay_dead() == 1
    assert outbox.status().lag_seconds < 60

    assert outbox.drain() == 1
    assert handled == [[{"n": 1}]]


@pytest.mark.parametrize(
    "error",
    [
        outbox.Busy("the server is away"),
        ConnectionResetError("gone"),
        TimeoutError("too late"),
        OperationalError("database is locked"),
        OSError(errno.ENOSPC, "no room"),
        smtplib.SMTPServerDisconnected("gone"),
        smtplib.SMTPDataError(451, b"later"),
        smtplib.SMTPAuthenticationError(535, b"wrong password"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_hours_of_what_passes_cost_no_attempt(error: Exception, handle_with: Callable[[outbox.Handler], None]) -> None:
    calls: list[int] = []

    def handle(payloads: Payloads) -> None:
        calls.append(1)
        if len(calls) <= 100:
            raise error

    handle_with(handle)
    outbox.publish(TOPIC, "note:1", {})
    for _ in range(100):
        outbox.drain()
        make_due()

    row = OutboxRow.objects.get()
    assert (row.attempts, row.waits, row.is_dead, row.claimed_by) == (0, 100, False, "")
    assert str(error) in row.error
    assert outbox.drain() == 1


@pytest.mark.parametrize(
    "error", [FileNotFoundError("no such photo"), smtplib.SMTPDataError(554, b"spam"), MemoryError()]
)
def test_what_will_not_pass_counts(error: Exception, handle_with: Callable[[outbox.Handler], None]) -> None:
    def handle(payloads: Payloads) -> None:
        raise error

    handle_with(handle)
    outbox.publish(TOPIC, "note:1", {})
    outbox.drain()

    assert OutboxRow.objects.get().attempts == 1


def test_what_is_away_is_asked_once_a_turn_with_ever_smaller_batches_and_then_with_whole_ones_again(
    handle_with: Callable[[outbox.Handler], None],
) -> None:
    sizes: list[int] = []
    is_away = True

    def handle(payloads: Payloads) -> None:
        sizes.append(len(payloads))
        if is_away:
            raise outbox.Busy

    handle_with(handle)
    outbox.publish_many(TOPIC, ((f"note:{n}", {"n": n}) for n in range(2000)))
    for _ in range(11):
        outbox.drain()
    assert sizes == [500, 250, 125, 62, 31, 15, 7, 3, 1, 1, 1]

    is_away = False
    sizes.clear()
    make_due()
    assert outbox.drain() == 2000
    assert sizes == [1, 2, 4, 8, 16, 32, 64, 128, 256, 500, 500, 489]


def test_a_row_that_only_waits_holds_up_no_other(handle_with: Callable[[outbox.Handler], None]) -> None:
    done: set[int] = set()

    def handle(payloads: Payloads) -> None:
        if any(payload["n"] == 7 for payload in payloads):
            raise outbox.Busy("seven waits")
        done.update(payload["n"] for payload in payloads)

    handle_with(handle)
    outbox.publish_many(TOPIC, ((f"note:{n}", {"n": n}) for n in range(40)))
    for _ in range(12):
        outbox.drain()
        OutboxRow.objects.exclude(key="note:7").update(available_at=timezone.now())

    assert done == set(range(40)) - {7}
    assert OutboxRow.objects.get().error == "seven waits"


def test_an_unfinished_batch_comes_again_soon_without_an_attempt(handle_with: Callable[[outbox.Handler], None]) -> None:
    def handle(payloads: Payloads) -> None:
        raise outbox.Unfinished

    handle_with(handle)
    outbox.publish(TOPIC, "note:1", {})

    assert outbox.drain() == 0

    row = OutboxRow.objects.get()
    assert (row.attempts, row.waits, row.error) == (0, 0, "")
    assert 0 < (row.available_at - timezone.now()).total_seconds() <= 1


def test_refused_rows_are_set_aside_with_their_reasons_and_the_others_are_done(
    handle_with: Callable[[outbox.Handler], None],
) -> None:
    def handle(payloads: Payloads) -> None:
        raise outbox.Refused({"note:2": "no good", "note:9": "not asked"})

    handle_with(handle)
    outbox.publish_many(TOPIC, ((f"note:{n}", {"n": n}) for n in (1, 2, 3)))

    assert outbox.drain() == 2

    row = OutboxRow.objects.get()
    assert (row.key, row.is_dead, row.attempts, row.error) == ("note:2", True, 1, "no good")


def test_the_next_change_of_a_dead_thing_is_tried_and_takes_the_letter_with_it(
    handled: list[list[dict[str, Any]]],
) -> None:
    outbox.publish(TOPIC, "note:1", {"n": 1})
    outbox.publish(TOPIC, "note:2", {"n": 2})
    OutboxRow.objects.update(is_dead=True, attempts=8, error="bad")
    outbox.publish(TOPIC, "note:1", {"n": 3})

    assert outbox.drain() == 1

    assert handled == [[{"n": 3}]]
    assert list(OutboxRow.objects.values_list("key", flat=True)) == ["note:2"]


def test_a_thing_has_one_letter_however_often_it_fails(handle_with: Callable[[outbox.Handler], None]) -> None:
    def handle(payloads: Payloads) -> None:
        raise outbox.Refused({"note:1": f"bad {payloads[0]['n']}"})

    handle_with(handle)
    for n in (1, 2):
        outbox.publish(TOPIC, "note:1", {"n": n})
        outbox.drain()

    row = OutboxRow.objects.get()
    assert (row.is_dead, row.error) == (True, "bad 2")


def test_a_change_of_a_thing_that_waits_is_tried_at_once_and_both_are_one(handled: list[list[dict[str, Any]]]) -> None:
    outbox.publish(TOPIC, "note:1", {"n": 1})
    long_ago = timezone.now() - timedelta(hours=1)
    OutboxRow.objects.update(available_at=timezone.now() + timedelta(seconds=50), attempts=3, created_at=long_ago)
    outbox.publish(TOPIC, "note:1", {"n": 2})

    assert outbox.drain() == 2
    assert handled == [[{"n": 2}]]


def test_why_a_thing_waits_is_told_while_it_is_tried_again_for_a_newer_change(
    handle_with: Callable[[outbox.Handler], None],
) -> None:
    told: list[str] = []

    def handle(payloads: Payloads) -> None:
        told.append(outbox.status().of(TOPIC).paused_by)
        raise outbox.Busy("the index is blocked")

    handle_with(handle)
    outbox.publish(TOPIC, "note:1", {"n": 1})
    outbox.drain()
    outbox.publish(TOPIC, "note:1", {"n": 2})
    outbox.drain()

    assert told == ["", "the index is blocked"]
    assert OutboxRow.objects.count() == 1
    assert outbox.status().of(TOPIC).paused_by == "the index is blocked"


@pytest.mark.parametrize(
    ("older", "newer", "kept"),
    [
        ({"waits": 2, "error": "away"}, {"error": "bad"}, "away"),
        ({"waits": 2, "error": "away"}, {"waits": 1, "error": "blocked"}, "blocked"),
        ({"attempts": 3, "error": "bad"}, {}, "bad"),
        ({}, {}, ""),
    ],
)
def test_of_rows_that_become_one_the_reason_to_wait_stays(
    older: dict[str, Any], newer: dict[str, Any], kept: str
) -> None:
    for facts in (older, newer):
        OutboxRow.objects.create(topic=TOPIC, key="note:1", **facts)

    outbox_claims.claim(TOPIC, holder="one", seconds=60, limit=10)

    assert OutboxRow.objects.get().error == kept


def test_a_thing_in_one_hand_is_not_given_to_another(handled: list[list[dict[str, Any]]]) -> None:
    outbox.publish_many(TOPIC, [("note:1", {"n": 1}), ("note:2", {"n": 2})])
    first = outbox_claims.claim(TOPIC, holder="one", seconds=60, limit=1)
    outbox.publish(TOPIC, "note:1", {"n": 3})

    second = outbox_claims.claim(TOPIC, holder="two", seconds=60, limit=10)

    assert ([row.payload for row in first], [row.payload for row in second]) == ([{"n": 1}], [{"n": 2}])
    outbox_claims.finish(first, "one")
    assert [row.payload for row in outbox_claims.claim(TOPIC, holder="two", seconds=60, limit=10)] == [{"n": 3}]


def test_the_database_lets_nobody_claim_one_thing_twice() -> None:
    outbox.publish_many(TOPIC, [("note:1", {}), ("note:1", {})])

    with (
        pytest.raises(IntegrityError, match=r"outbox_thing_is_claimed_once|core_outboxrow.topic"),
        transaction.atomic(),
    ):
        OutboxRow.objects.update(claimed_by="one")


def test_rows_of_a_dead_worker_come_back_one_by_one_with_the_attempt_counted(
    handled: list[list[dict[str, Any]]],
) -> None:
    outbox.publish_many(TOPIC, ((f"note:{n}", {"n": n}) for n in range(4)))
    outbox_claims.claim(TOPIC, holder="killed", seconds=60, limit=3)
    assert outbox.drain() == 1

    OutboxRow.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
    outbox.publish(TOPIC, "note:0", {"n": 10})
    assert outbox.drain() == 4

    assert handled == [[{"n": 3}], [{"n": 10}], [{"n": 1}], [{"n": 2}]]


def test_a_row_that_keeps_ending_its_worker_is_set_aside(handled: list[list[dict[str, Any]]]) -> None:
    outbox.publish(TOPIC, "note:1", {"n": 1})
    for _ in range(outbox.MAX_ATTEMPTS):
        rows = outbox_claims.claim(TOPIC, holder="killed", seconds=60, limit=9)
        rows += outbox_claims.claim_left(TOPIC, holder="killed", seconds=60)
        assert len(rows) == 1
        OutboxRow.objects.update(locked_until=timezone.now() - timedelta(seconds=1))

    outbox.drain()

    row = OutboxRow.objects.get()
    assert (row.is_dead, row.claimed_by) == (True, "")
    assert row.error == "its worker ended in the middle of it, 8 times"


@pytest.mark.parametrize("end", [SystemExit, KeyboardInterrupt, SoftTimeLimitExceeded])
def test_a_handler_that_ends_its_worker_leaves_the_rows_to_the_next(
    end: type[BaseException], handle_with: Callable[[outbox.Handler], None]
) -> None:
    seen: list[int] = []

    def handle(payloads: Payloads) -> None:
        seen.append(len(payloads))
        if any(payload["n"] == 1 for payload in payloads):
            raise end

    handle_with(handle)
    outbox.publish_many(TOPIC, ((f"note:{n}", {"n": n}) for n in range(3)))
    with pytest.raises(end):
        outbox.drain()
    OutboxRow.objects.filter(key="note:1").update(locked_until=timezone.now() + timedelta(seconds=60))

    assert outbox.drain() == 2
    assert seen == [3, 1, 1]
    row = OutboxRow.objects.get()
    assert (row.key, row.attempts) == ("note:1", 1)


def test_a_serial_topic_is_left_alone_while_another_worker_is_at_it(
    handled: list[list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(outbox._rules, TOPIC, outbox.TopicRules(is_serial=lambda: True))
    outbox.publish(TOPIC, "note:1", {"n": 1})
    with Keeper(new_holder(), 60) as other:
        other.take(f"topic:{TOPIC}")
        assert outbox.drain() == 0

    assert outbox.drain() == 1


def test_whoever_wants_a_topic_alone_keeps_workers_out_of_it_and_of_no_other(
    handled: list[list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(outbox._handlers, "test.other", lambda payloads: None)
    outbox.publish(TOPIC, "note:1", {"n": 1})
    outbox.publish("test.other", "a", {})
    with outbox.alone(TOPIC):
        with pytest.raises(outbox.LeaseTaken), outbox.alone(TOPIC):
            pass
        assert outbox.drain() == 1

    assert OutboxRow.objects.get().attempts == 0
    assert outbox.drain() == 1


def test_whoever_wants_a_topic_alone_waits_for_what_is_in_hand(handled: list[list[dict[str, Any]]]) -> None:
    outbox.publish(TOPIC, "note:1", {"n": 1})
    rows = outbox_claims.claim(TOPIC, holder="one", seconds=60, limit=1)

    with pytest.raises(outbox.LeaseTaken), outbox.alone(TOPIC, wait_seconds=0.2):
        pass

    outbox_claims.finish(rows, "one")
    with outbox.alone(TOPIC) as prolong:
        prolong()


def test_a_claim_made_in_the_moment_a_topic_was_taken_is_given_back(
    handled: list[list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.publish(TOPIC, "note:1", {"n": 1})
    claim = outbox_claims.claim

    def claim_and_be_overtaken(topic: str, **how: Any) -> list[outbox_claims.ClaimedRow]:
        rows = claim(topic, **how)
        other.take(f"topic:{TOPIC}")
        return rows

    monkeypatch.setattr(outbox_claims, "claim", claim_and_be_overtaken)
    with Keeper(new_holder(), 60) as other:
        assert outbox.drain() == 0

    row = OutboxRow.objects.get()
    assert (handled, row.claimed_by, row.attempts) == ([], "", 0)


def test_batches_of_quick_topics_go_before_slow_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    monkeypatch.setitem(outbox._handlers, "test.slow", lambda payloads: order.append("slow"))
    monkeypatch.setitem(outbox._rules, "test.slow", outbox.TopicRules(at_once=1, is_slow=True))
    monkeypatch.setitem(outbox._handlers, TOPIC, lambda payloads: order.append("quick"))
    monkeypatch.setitem(outbox._rules, TOPIC, outbox.TopicRules(at_once=1))
    outbox.publish_many("test.slow", ((f"a{n}", {}) for n in range(3)))
    outbox.publish_many(TOPIC, ((f"b{n}", {}) for n in range(12)))

    assert outbox.drain() == 15

    assert order == [*["quick"] * 10, "slow", "quick", "quick", "slow", "slow"]


def test_a_topic_without_handler_waits_for_a_worker_that_knows_it_and_says_so() -> None:
    outbox.publish("nobody.knows", "x", {})

    assert outbox.drain() == 0

    row = OutboxRow.objects.get()
    assert (row.attempts, row.waits, row.is_dead) == (0, 1, False)
    assert row.error == "no handler is registered for the topic nobody.knows"


def test_where_one_relay_is_allowed_a_second_is_turned_away_and_the_lease_of_a_dead_one_runs_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "has_one_relay_only", lambda: True)
    with outbox.relay_lease(), pytest.raises(outbox.LeaseTaken), outbox.relay_lease():
        pass
    OutboxLease.objects.update(holder="dead:1", held_until=timezone.now() + timedelta(seconds=1))

    with pytest.raises(outbox.LeaseTaken):
        outbox.drain()

    OutboxLease.objects.update(held_until=timezone.now() - timedelta(seconds=1))
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

    outbox.publish("test.other", "a", {})
    OutboxRow.objects.filter(topic="test.other").update(is_dead=True)

    status = outbox.status()

    assert (status.waiting, status.dead, round(status.lag_seconds)) == (1, 1, 90)
    assert (status.of(TOPIC).waiting, status.of(TOPIC).dead, round(status.of(TOPIC).lag_seconds)) == (1, 0, 90)
    assert status.of("test.other") == outbox.TopicStatus(dead=1)
    assert status.of("nothing.waits") == outbox.TopicStatus()
    assert status.relay_seen_at is not None
    assert (timezone.now() - status.relay_seen_at).total_seconds() < 5
