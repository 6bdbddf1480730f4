"""Training: repeatable to the byte, calibrated, and told titles that still say something."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mall.catalogue.matching import training
from mall.catalogue.matching.evaluation.pairs import BrokenPairs, read_pairs
from mall.catalogue.matching.features import FEATURES
from mall.catalogue.matching.model import CLASSIFIER, RANKER, SETTINGS, MatchModel
from mall.catalogue.matching.rewording import retold
from mall.catalogue.matching.training import REPORT, SETS, fit_calibration, train
from mall.catalogue.matching_report import read_report
from tests.tiny_encoder import TinyEncoder

TODAY = date(2026, 3, 2)
FILES = (CLASSIFIER, RANKER, SETTINGS, REPORT)
KINDS = ("headphones", "kettle", "drill", "lamp", "camera")
Row = Mapping[str, Any]


def pairs_of_a_set(name: str, count: int) -> list[Row]:
    """`count` pairs, every other of them the same thing in a shorter title, the others its neighbour."""
    rows: list[Row] = []
    for number in range(count):
        kind, other = KINDS[number % 5], number if number % 2 == 0 else number + 1
        left = {"title": f"{name} {kind} LM-{1000 + number}", "price": 100 + number}
        right = {
            "title": f"{name} {kind} LM-{1000 + other} black wireless edition",
            "brand": name,
            "price": 100 + other,
        }
        rows.append({"left": left, "right": right, "label": int(other == number)})
    return rows


def write_set(folder: Path, part: str, rows: Sequence[Row]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / f"{part}.jsonl.gz").write_bytes(gzip.compress(text.encode()))


@pytest.fixture
def pairs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """200 pairs in three sets, and forests of a few trees."""
    monkeypatch.setattr(training, "_CLASSIFIER_ROUNDS", 12)
    monkeypatch.setattr(training, "_RANKER_ROUNDS", 6)
    monkeypatch.setattr(training, "_CANDIDATES", 6)
    for name, (taught, checked) in zip(SETS, ((50, 20), (46, 20), (44, 20)), strict=True):
        write_set(tmp_path / "pairs" / name, "train", pairs_of_a_set(name, taught))
        write_set(tmp_path / "pairs" / name, "valid", pairs_of_a_set(name, checked))
    return tmp_path / "pairs"


def _say_nothing(_: str) -> None:
    """For tests that read no progress."""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_pairs_train_the_same_model_to_the_byte(pairs_folder: Path, tmp_path: Path) -> None:
    told: list[str] = []

    first = train(pairs_folder, tmp_path / "one", TinyEncoder(), tell=told.append, today=TODAY)
    second = train(pairs_folder, tmp_path / "two", TinyEncoder(), tell=told.append, today=TODAY)

    assert contents(tmp_path / "one").keys() == set(FILES)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert first == second
    assert told[0].startswith(f"{SETS[0]} train: 50 pairs")
    assert told.count("ranker trained") == 2


def test_a_trained_model_tells_the_same_from_its_neighbour_and_is_calibrated_again(
    pairs_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    report = train(pairs_folder, out, None, tell=_say_nothing, today=TODAY)
    trained = contents(out)
    model = MatchModel(out)

    assert model.features == FEATURES
    assert model.calibration.slope > 0
    checked = read_pairs(pairs_folder / SETS[0] / "valid.jsonl.gz", None)
    probabilities = model.probabilities(checked.rows)
    assert probabilities[::2].min() > probabilities[1::2].max()
    assert (report["pairs"], report["same"], report["created_on"]) == (60, 30, "2026-03-02")
    assert [one["name"] for one in report["sets"]] == list(SETS)
    assert read_report(out / REPORT).model_dump(by_alias=True, mode="json") == report

    for name in SETS:
        (pairs_folder / name / "train.jsonl.gz").unlink()  # kept forests need no teaching
    (out / SETTINGS).unlink()
    (out / REPORT).unlink()
    train(pairs_folder, out, None, tell=_say_nothing, today=TODAY, keeps_forests=True)

    assert contents(out) == trained


def test_training_without_its_files_says_which_is_missing(pairs_folder: Path, tmp_path: Path) -> None:
    (pairs_folder / SETS[1] / "valid.jsonl.gz").unlink()

    with pytest.raises(FileNotFoundError, match=r"valid\.jsonl\.gz"):
        train(pairs_folder, tmp_path / "model", None, tell=_say_nothing, today=TODAY)

    assert contents(tmp_path / "model") == {}


def test_training_needs_a_label_on_every_pair(pairs_folder: Path, tmp_path: Path) -> None:
    rows = [dict(row) for row in pairs_of_a_set("abt", 10)]
    del rows[4]["label"]
    write_set(pairs_folder / SETS[0], "train", rows)

    with pytest.raises(BrokenPairs, match="a label, 0 or 1, on every line"):
        train(pairs_folder, tmp_path / "model", None, tell=_say_nothing, today=TODAY)

    assert contents(tmp_path / "model") == {}


def test_calibration_finds_the_curve_that_made_the_labels() -> None:
    draw = np.random.default_rng(3)
    raw = draw.normal(size=20_000) * 2
    labels = (draw.random(20_000) < 1 / (1 + np.exp(-(1.5 * raw - 0.7)))).astype(np.int64)

    found = fit_calibration(raw, labels)

    assert (found.slope, found.offset) == pytest.approx((1.5, -0.7), abs=0.06)
    assert (np.diff(found.probability(np.linspace(-8, 8, 200))) > 0).all()


def test_calibration_of_pairs_that_a_forest_parts_cleanly_stays_within_reason() -> None:
    raw = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])

    found = fit_calibration(raw, np.array([0, 0, 0, 1, 1, 1], np.int64))

    # softened targets of three and three: 0.2 and 0.8
    assert 0 < found.slope < 2
    assert found.offset == pytest.approx(0, abs=1e-9)
    assert found.probability(raw[-1:])[0] < 0.95


def test_calibration_says_nothing_where_there_is_nothing_to_learn() -> None:
    untouched = fit_calibration(np.array([], np.float64), np.array([], np.int64))

    assert (untouched.slope, untouched.offset) == (1.0, 0.0)


WORDS = st.sampled_from("Lumo LM-4X 12/b wireless headphones a 128GB é-2/b ÉTÉ12 paper mouse 😀 -".split(" "))


@given(
    words=st.lists(WORDS, min_size=1, max_size=12),
    brand=st.sampled_from(["", "Lumo", "lumo LM-4X"]),
    seed=st.integers(),
)
@settings(max_examples=200, deadline=None)
def test_a_title_told_otherwise_is_never_empty(words: list[str], brand: str, seed: int) -> None:
    told = retold(" ".join(words), brand, random.Random(seed))

    assert told.strip()
    assert told == " ".join(told.split())
    assert told == retold(" ".join(words), brand, random.Random(seed))


def test_titles_are_told_in_many_ways() -> None:
    title = "Lumo LM-4410X wireless headphones black 128GB foldable"

    told = {retold(title, "Lumo", random.Random(seed)) for seed in range(100)}

    assert len(told) > 60
    assert any("Lumo" not in one for one in told)
    assert any("LM4410X" in one or "LM 4410X" in one for one in told)
    assert all(len(one.split()) >= 2 for one in told)
