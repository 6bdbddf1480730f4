"""The shipped model: its files belong together, its probabilities are probabilities, and a broken one says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mall.catalogue.matching.features import FEATURES
from mall.catalogue.matching.model import (
    CLASSIFIER,
    MODEL_FOLDER,
    RANKER,
    SETTINGS,
    Calibration,
    Floats,
    MatchModel,
    ModelUnreadable,
    candidate_columns,
    match_model,
)
from mall.catalogue.matching_report import SHIPPED, read_report

CANDIDATE_COLUMNS = ("score", "score_gap", "rank")


def random_rows(count: int) -> Floats:
    """float64 (count, features): numbers of all sizes, a third of them missing."""
    draw = np.random.default_rng(5)
    rows = draw.normal(size=(count, len(FEATURES))) * 10.0 ** draw.integers(-2, 4, size=(count, len(FEATURES)))
    rows[draw.random(rows.shape) < 1 / 3] = np.nan
    return rows


def names_of_forest(name: str) -> tuple[str, ...]:
    """The columns that a forest was grown on, as its text file tells."""
    with (MODEL_FOLDER / name).open(encoding="utf-8") as file:
        line = next(line for line in file if line.startswith("feature_names="))
    return tuple(line.strip().removeprefix("feature_names=").split(" "))


def test_the_shipped_model_was_trained_on_the_features_of_today() -> None:
    assert match_model().features == FEATURES, "the features have changed: run `manage.py train_matcher`"
    assert names_of_forest(CLASSIFIER) == FEATURES
    assert names_of_forest(RANKER) == (*FEATURES, *CANDIDATE_COLUMNS)


def test_the_shipped_report_is_of_the_shipped_model() -> None:
    report, model = read_report(SHIPPED), match_model()

    assert report.model_version == model.version
    assert (report.threshold, report.linked.threshold, report.proposed.threshold) == (
        model.thresholds.best_f1,
        model.thresholds.linked,
        model.thresholds.proposed,
    )
    assert sum(one.count for one in report.bins) == report.pairs == sum(one.pairs for one in report.sets)
    assert 0 < report.linked.count + report.proposed.count < report.pairs


def test_a_link_asks_for_more_than_a_proposal_and_words_alone_for_more_than_a_code() -> None:
    thresholds = match_model().thresholds

    assert 0 < thresholds.proposed < thresholds.linked <= thresholds.linked_by_words <= 1
    assert 0 < thresholds.best_f1 < thresholds.linked
    assert thresholds.lead > 0


def test_probabilities_lie_between_none_and_all_whatever_is_missing() -> None:
    rows = np.concatenate([random_rows(300), np.full((1, len(FEATURES)), np.nan), np.zeros((1, len(FEATURES)))])

    probabilities = match_model().probabilities(rows)

    assert probabilities.shape == (302,)
    assert probabilities.dtype == np.float64
    assert np.isfinite(probabilities).all()
    assert (probabilities >= 0).all()
    assert (probabilities <= 1).all()
    assert len(np.unique(probabilities)) > 100


def test_a_row_is_judged_alike_alone_and_among_others() -> None:
    rows = random_rows(20)
    wide = np.concatenate([rows, candidate_columns([20.0 - place for place in range(20)])], axis=1)
    model = match_model()

    alone = [model.probabilities(row[None])[0] for row in rows]

    assert model.probabilities(rows).tolist() == alone
    assert model.order(wide).tolist() == [model.order(row[None])[0] for row in wide]


@given(st.floats(0.01, 5), st.floats(-5, 5), st.lists(st.floats(-50, 50), min_size=2, max_size=20))
@settings(max_examples=60, deadline=None)
def test_calibration_keeps_the_order_of_the_forest(slope: float, offset: float, raw: list[float]) -> None:
    found = Calibration(slope=slope, offset=offset).probability(np.array(sorted(raw)))

    assert (np.diff(found) >= 0).all()
    assert (found >= 0).all()
    assert (found <= 1).all()


def test_calibration_by_hand() -> None:
    found = Calibration(slope=2.0, offset=-1.0).probability(np.array([0.0, 0.5, 1.0]))

    assert found == pytest.approx([0.268941, 0.5, 0.731059], abs=1e-6)
    assert match_model().calibration.slope > 0


def test_candidates_are_told_by_score_distance_from_the_best_and_rank() -> None:
    assert candidate_columns([9.0, 7.5, 7.5]).tolist() == [[9.0, 0.0, 0.0], [7.5, -1.5, 1.0], [7.5, -1.5, 2.0]]
    assert candidate_columns([]).shape == (0, 3)


def test_a_missing_model_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(ModelUnreadable, match=r"nowhere.*train_matcher"):
        MatchModel(tmp_path / "nowhere")


@pytest.mark.parametrize("name", [SETTINGS, CLASSIFIER, RANKER])
def test_a_model_without_one_of_its_files_is_refused(tmp_path: Path, name: str) -> None:
    folder = _copy_of_the_model(tmp_path)
    (folder / name).unlink()

    with pytest.raises(ModelUnreadable, match="train_matcher"):
        MatchModel(folder)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "{}",
        "[]",
        '{"version": "boosted-1.1", "features": ["cosine"], "calibration": {"slope": 1}, "thresholds": {}}',
    ],
)
def test_a_model_with_other_settings_is_refused(tmp_path: Path, content: str) -> None:
    folder = _copy_of_the_model(tmp_path)
    (folder / SETTINGS).write_text(content, encoding="utf-8")

    with pytest.raises(ModelUnreadable, match="train_matcher"):
        MatchModel(folder)


def test_a_model_of_other_features_is_refused(tmp_path: Path) -> None:
    folder = _copy_of_the_model(tmp_path)
    told = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    told["features"][1], told["features"][2] = told["features"][2], told["features"][1]
    (folder / SETTINGS).write_text(json.dumps(told), encoding="utf-8")

    with pytest.raises(ModelUnreadable, match=r"other features.*train_matcher"):
        MatchModel(folder)


def _copy_of_the_model(tmp_path: Path) -> Path:
    """A folder of the test's own, to break."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name in (SETTINGS, CLASSIFIER, RANKER):
        shutil.copyfile(MODEL_FOLDER / name, folder / name)
    return folder
