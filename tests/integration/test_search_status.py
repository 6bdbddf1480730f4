"""`manage.py search_status` tells people and programs how search is, and ends with 1 when somebody must look."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone, translation

from mall.core import outbox
from mall.core.models import OutboxRow
from search.engines.protocol import EngineStatus, SearchEngine
from search.errors import EngineUnavailable
from search.indexing import state
from search.indexing.changes import FALLBACK_TOPIC, TOPIC
from search.indexing.rebuild import rebuild_index
from search.indexing.state import read_state
from tests.factories import OfferFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def index(search_index: SearchEngine) -> SearchEngine:
    OfferFactory()
    rebuild_index()
    OutboxRow.objects.all().delete()
    return search_index


def run(*words: str) -> tuple[str, int]:
    said = StringIO()
    try:
        call_command("search_status", *words, stdout=said)
    except SystemExit as end:
        return said.getvalue(), int(str(end.code))
    return said.getvalue(), 0


def test_a_healthy_search_ends_well(index: SearchEngine) -> None:
    text, code = run()

    assert code == 0
    assert text.splitlines() == [
        "search.changed",
        "  engine       embedded",
        f"  generation   {index.status().generation}",
        "  documents    1 with 1 offers",
        "  text model   none: words alone",
        "  says         The index has no vectors: search uses words alone.",
        "  waiting      0, the oldest for 0 s",
        "  dead letters 0",
        "  recall       exact: every vector is compared",
        "",
        "All is well.",
    ]


def late() -> None:
    outbox.publish(TOPIC, "product:1", {})
    OutboxRow.objects.update(created_at=timezone.now() - timedelta(minutes=6))


def dead() -> None:
    outbox.publish(TOPIC, "product:1", {})
    OutboxRow.objects.update(is_dead=True, error="bad")


NEEDS: dict[str, tuple[Callable[[], None], str]] = {
    "late": (late, "Search index: 6 minutes late. Is a worker running, and does the server answer?"),
    "dead": (dead, "Search index: 1 dead letter. Look at its error, then try it again or discard it."),
}


@pytest.mark.parametrize("kind", NEEDS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_needs_a_person_is_said_and_ends_with_one(kind: str, language: str, index: SearchEngine) -> None:
    """In English, whatever the language of the machine."""
    arrange, sentence = NEEDS[kind]
    arrange()

    with translation.override(language):
        text, code = run()
        facts, code_of_json = run("--json")

    assert (code, code_of_json) == (1, 1)
    assert text.splitlines()[-1] == f"Needs a person: {sentence}"
    assert json.loads(facts)["problems"] == [{"kind": kind, "topic": TOPIC, "text": sentence}]


STATES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no index": ({"generation": "", "message": "Nothing there."}, ["away"]),
    "open breaker": ({"generation": "", "breaker": "open", "message": "refused"}, ["breaker"]),
    "being tried": ({"breaker": "half-open"}, ["breaker"]),
    "closed breaker": ({"breaker": "closed"}, []),
    "another model": ({"has_vectors": True, "encoder": "b", "message": "made with a"}, ["message"]),
    "words alone on purpose": ({"has_vectors": False, "encoder": "", "message": "no vectors"}, []),
    "vectors lost": ({"has_vectors": False, "encoder": "b", "message": "no vectors"}, ["message"]),
}


@pytest.mark.parametrize("name", STATES)
def test_the_state_of_the_engine_is_judged(name: str, index: SearchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    changes, kinds = STATES[name]
    well = replace(index.status(), message="")
    monkeypatch.setattr(index, "status", lambda: replace(well, **changes))

    assert [problem.kind for problem in read_state().problems] == kinds


@pytest.mark.parametrize(("share", "code", "words"), [(0.987, 0, "98.7 %"), (1.0, 0, "100.0 %"), (0.9, 1, "90.0 %")])
def test_recall_is_measured_and_judged(
    share: float, code: int, words: str, index: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples: list[int] = []
    monkeypatch.setattr(index, "vector_recall", lambda sample: samples.append(sample) or share)  # type: ignore[func-returns-value]

    text, ended = run("--sample", "7")

    assert (ended, samples) == (code, [7])
    assert f"  recall       {words} of the ten nearest" in text
    assert run("--sample", "0")[0].count(words) >= 1
    assert samples == [7]


def test_an_engine_that_goes_away_while_recall_is_measured_is_no_crash(
    index: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(sample: int) -> float:
        raise EngineUnavailable("away")

    monkeypatch.setattr(index, "vector_recall", away)

    assert "recall       not measured" in run()[0]


def test_both_engines_of_a_mall_on_a_server_are_told(index: SearchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    status: EngineStatus = replace(index.status(), engine="opensearch", index="passage-1a2b-20261125", breaker="closed")
    monkeypatch.setattr(state, "live_streams", lambda: [(TOPIC, index), (FALLBACK_TOPIC, index)])
    monkeypatch.setattr(index, "status", lambda: status)
    outbox.publish(FALLBACK_TOPIC, "product:1", {})
    OutboxRow.objects.update(is_dead=True)

    text, code = run()

    assert code == 1
    assert "search.changed.fallback (stands in)" in text
    assert text.count("  index        passage-1a2b-20261125") == 2
    assert text.splitlines()[-1].startswith("Needs a person: Search index that stands in: 1 dead letter.")
