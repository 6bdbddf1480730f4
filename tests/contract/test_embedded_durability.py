"""What the embedded engine promises about files: kills, rebuilds, other processes, damage, a full disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from search.engines.embedded.container import read_arrays, write_arrays
from search.engines.embedded.engine import EmbeddedEngine
from search.engines.embedded.store import Store
from search.errors import EngineUnavailable, IndexRebuilding
from search.queries import SearchQuery
from tests.search_documents import document, listing, offer
from tests.tiny_encoder import TinyEncoder

ROOT = Path(__file__).parents[2]
LAMPS = SearchQuery(text="lampe", language="fr", page_size=96)

WRITE_FOREVER = """
import sys
from pathlib import Path
from search.engines.embedded.engine import EmbeddedEngine
from tests.search_documents import document, offer
from tests.tiny_encoder import TinyEncoder
engine = EmbeddedEngine(Path(sys.argv[1]), TinyEncoder())
version = 1
while True:
    version += 1
    engine.upsert([document(n, "Lampe", offer(n, total_minor=version), version=version) for n in range(1, 21)])
    print(version, flush=True)
"""


def ids(engine: EmbeddedEngine) -> list[str]:
    return [hit.id for hit in engine.retrieve(LAMPS).hits]


@pytest.mark.parametrize("delay_ms", [0, 3, 11, 29])
def test_killed_writer_loses_nothing_and_doubles_nothing(tmp_path: Path, delay_ms: int) -> None:
    engine = EmbeddedEngine(tmp_path, TinyEncoder())
    engine.upsert([document(n, "Lampe", offer(n, total_minor=1)) for n in range(1, 21)])
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE_FOREVER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert writer.stdout is not None
    told = 0
    while told < 4:
        told = int(writer.stdout.readline())

    time.sleep(delay_ms / 1000)
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.stdout.read().split()
    writer.wait()
    writer.stdout.close()

    told = int(rest[-1]) if rest else told
    reopened = EmbeddedEngine(tmp_path, TinyEncoder())
    assert sorted(ids(reopened)) == sorted(f"product:{n}" for n in range(1, 21))
    # one commit is wholly there: the last one told, or the one after it
    prices = {hit.offers["new"].from_minor for hit in reopened.retrieve(LAMPS).hits}
    assert prices in ({told}, {told + 1})
    assert reopened.upsert([document(1, "Lampe", offer(1), version=told + 9)]) == 1


def test_rebuild_switches_at_once_while_searches_go_on(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path, TinyEncoder())
    engine.rebuild([document(n, "Lampe", offer(n)) for n in range(1, 31)])
    reader = EmbeddedEngine(tmp_path, TinyEncoder())
    seen: set[int] = set()
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            seen.add(reader.retrieve(LAMPS).total)

    thread = threading.Thread(target=read)
    thread.start()
    name = engine.rebuild([document(n, "Lampe", offer(n)) for n in range(1, 61)])
    time.sleep(0.05)
    is_over.set()
    thread.join()

    assert seen <= {30, 60}
    assert reader.retrieve(LAMPS).total == 60
    assert reader.status().generation == name


def test_only_the_live_generation_and_the_one_before_stay(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path, None)
    names = [engine.rebuild([document(1, "Lampe")]) for _ in range(4)]

    assert sorted(path.name for path in tmp_path.glob("gen-*")) == names[-2:]


def test_other_process_sees_a_commit(tmp_path: Path) -> None:
    writer, reader = EmbeddedEngine(tmp_path, None), EmbeddedEngine(tmp_path, None)
    writer.upsert([document(1, "Lampe")])
    assert ids(reader) == ["product:1"]

    writer.upsert([document(2, "Lampe")])
    writer.delete(["product:1"])

    assert ids(reader) == ["product:2"]


def test_second_writer_is_told_to_come_back(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path, None)
    engine.upsert([document(1, "Lampe")])

    with Store(tmp_path).locked("writer.lock", "busy"), pytest.raises(EngineUnavailable, match="stays in the outbox"):
        engine.upsert([document(2, "Lampe")])

    assert ids(engine) == ["product:1"]
    assert engine.upsert([document(2, "Lampe")]) == 1


def test_missing_index_says_so(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path / "nothing", None)

    with pytest.raises(IndexRebuilding):
        engine.retrieve(LAMPS)
    assert engine.status().message


@pytest.mark.parametrize("damage", ["cut", "noise", "manifest", "gone", "current"])
def test_damaged_index_says_so_and_a_rebuild_heals_it(tmp_path: Path, damage: str) -> None:
    engine = EmbeddedEngine(tmp_path, TinyEncoder())
    name = engine.rebuild([document(1, "Lampe")])
    segment = next((tmp_path / name).glob("*.segment"))
    whole = segment.read_bytes()
    if damage == "cut":
        segment.write_bytes(whole[: len(whole) // 2])
    elif damage == "noise":
        segment.write_bytes(b"noise" * 100)
    elif damage == "manifest":
        (tmp_path / name / "manifest.json").write_text("{broken")
    elif damage == "gone":
        segment.unlink()
    else:
        (tmp_path / "CURRENT").write_text("../../etc")

    reopened = EmbeddedEngine(tmp_path, TinyEncoder())
    with pytest.raises(IndexRebuilding):
        reopened.retrieve(LAMPS)
    with pytest.raises(EngineUnavailable):
        reopened.upsert([document(2, "Lampe")])
    assert reopened.status().message

    reopened.rebuild([document(1, "Lampe"), document(2, "Lampe")])
    assert sorted(ids(reopened)) == ["product:1", "product:2"]


def test_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = EmbeddedEngine(tmp_path, None)
    engine.upsert([document(1, "Lampe")])

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("search.engines.embedded.container.os.fsync", full)
    with pytest.raises(EngineUnavailable, match="nothing was changed"):
        engine.upsert([document(2, "Lampe")])
    monkeypatch.undo()

    assert ids(engine) == ["product:1"]
    assert engine.upsert([document(2, "Lampe")]) == 1


def test_vectors_are_made_again_only_when_the_text_changed(tmp_path: Path) -> None:
    encoder = TinyEncoder()
    engine = EmbeddedEngine(tmp_path, encoder)
    engine.rebuild([document(n, f"Lampe {n}", offer(n)) for n in range(1, 6)])
    assert encoder.encoded == 5

    engine.upsert([document(1, "Lampe 1", offer(1, total_minor=5), version=2)])
    assert encoder.encoded == 5
    engine.upsert([document(1, "Lampe neuve", offer(1), version=3)])
    assert encoder.encoded == 6
    engine.rebuild([document(n, f"Lampe {n}", offer(n)) for n in range(2, 6)])
    assert encoder.encoded == 6


def test_vectors_of_another_model_are_not_compared(tmp_path: Path) -> None:
    EmbeddedEngine(tmp_path, TinyEncoder("tiny/1")).rebuild([document(1, "Sofa")])
    other = EmbeddedEngine(tmp_path, TinyEncoder("tiny/2"))

    assert other.retrieve(SearchQuery(text="sofa", language="fr")).is_words_only
    assert "tiny/1" in other.status().message


def test_model_that_breaks_while_building_leaves_words(tmp_path: Path) -> None:
    encoder = TinyEncoder()
    encoder.is_broken = True
    engine = EmbeddedEngine(tmp_path, encoder)

    engine.rebuild([document(1, "Lampe")])

    assert ids(engine) == ["product:1"]
    assert not engine.status().has_vectors


def test_progress_counts_documents_up_to_all(tmp_path: Path) -> None:
    told: list[int] = []

    EmbeddedEngine(tmp_path, TinyEncoder()).rebuild([document(n, f"Lampe {n}") for n in range(1, 1201)], told.append)

    assert told == sorted(told)
    assert told[-1] == 1200
    assert len(told) > 2


def test_an_index_from_before_listings_knew_their_product_is_read_and_written_on(tmp_path: Path) -> None:
    EmbeddedEngine(tmp_path, TinyEncoder()).rebuild([document(1, "Lampe", offer(1)), listing(2, "Lampe", 1)])
    (segment,) = tmp_path.glob("gen-*/*.segment")
    arrays, meta = read_arrays(segment)
    write_arrays(segment, {name: array for name, array in arrays.items() if "equivalent" not in name}, meta)

    engine = EmbeddedEngine(tmp_path, TinyEncoder())

    assert ids(engine) == ["listing:2", "product:1"]
    for number in range(3, 15):
        engine.upsert([listing(number, "Lampe", 1)])
    (alone, card) = engine.retrieve(LAMPS).hits
    assert (alone.id, alone.equivalent_count, card.id, card.equivalent_count) == ("listing:2", 0, "product:1", 12)
