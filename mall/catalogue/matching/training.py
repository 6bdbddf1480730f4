"""Making the model from pairs files: the train parts teach, the valid parts calibrate and set the thresholds.

The same data gives the same files: seeds are fixed, one thread, cosines to three decimals. Data card: model/README.md.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mall.catalogue.matching.evaluation.figures import (
    at_threshold,
    best_threshold,
    calibration_bins,
    outcome_figures,
)
from mall.catalogue.matching.evaluation.pairs import BrokenPairs, Pairs, outcomes_of, read_pairs, rivals_of
from mall.catalogue.matching.features import FEATURES, as_row, named, pair_features
from mall.catalogue.matching.judging import has_code, may_link
from mall.catalogue.matching.model import (
    CLASSIFIER,
    RANKER,
    SETTINGS,
    Calibration,
    MatchModel,
    Thresholds,
    candidate_columns,
)
from mall.catalogue.matching.reading import Statistics, read
from mall.catalogue.matching.rewording import retold
from mall.catalogue.matching.things import Thing, search_text, thing_of_row
from search.embeddings.protocol import TextEncoder
from search.evaluation.catalogue_files import read_rows
from search.evaluation.runs import throwaway_index

SETS = ("abt-buy", "amazon-google", "walmart-amazon")
REPORT = "report.json"
ALGORITHM = 1
SEED = 11
_SHARE_WITHOUT_COSINE = 0.2
_CANDIDATES = 40
_COMMON = {
    "extra_trees": True, "lambda_l2": 5.0, "feature_fraction": 0.4, "verbose": -1, "num_threads": 1, "seed": SEED,
    "deterministic": True, "force_row_wise": True,
}  # fmt: skip
_CLASSIFIER = {
    **_COMMON, "objective": "binary", "learning_rate": 0.03, "num_leaves": 15, "min_data_in_leaf": 20,
    "bagging_fraction": 0.8, "bagging_freq": 1,
}  # fmt: skip
_RANKER = {
    **_COMMON, "objective": "lambdarank", "learning_rate": 0.05, "num_leaves": 15, "min_data_in_leaf": 50,
    "label_gain": [0, 1], "lambdarank_truncation_level": 8,
}  # fmt: skip
_CLASSIFIER_ROUNDS, _RANKER_ROUNDS = 1200, 600
_LEAST_PRECISION = {"linked": 0.99, "linked_by_words": 0.975}  # together above .98
# identical words are often another edition: out of fold over the train parts the precision falls below this
_LEAST_BY_WORDS = 0.9
_LEAD, _PROPOSED = 4.0, 0.2
Tell = Callable[[str], None]
Floats = NDArray[np.float64]


def train(
    data: Path, out: Path, encoder: TextEncoder | None, *, tell: Tell, today: date, keeps_forests: bool = False
) -> dict[str, Any]:
    """Write the model to the folder `out`; returns its report. data: a folder with one of SETS each.

    keeps_forests: calibrate and set thresholds only.

    Raises FileNotFoundError, BrokenPairs.
    """
    out.mkdir(parents=True, exist_ok=True)
    parts: dict[tuple[str, str], Pairs] = {}
    for name in SETS:
        for part in ("valid",) if keeps_forests else ("train", "valid"):
            parts[name, part] = read_pairs(data / name / f"{part}.jsonl.gz", encoder)
            tell(f"{name} {part}: {len(parts[name, part].listings)} pairs, {parts[name, part].cpu_ms:.2f} ms each")
    if not keeps_forests:
        _fit_classifier([parts[name, "train"] for name in SETS], out)
        tell("classifier trained")
        _fit_ranker(data, out, encoder, tell)
        tell("ranker trained")
    valid = {name: parts[name, "valid"] for name in SETS}
    settings = _settings(valid, out)
    _write(out / SETTINGS, settings)
    report = _report(valid, MatchModel(out), today)
    _write(out / REPORT, report)
    return report


def _fit_classifier(sets: Sequence[Pairs], out: Path) -> None:
    import lightgbm

    rows = _some_without_cosine(np.concatenate([pairs.rows for pairs in sets]))
    labels = np.concatenate([_labels(pairs) for pairs in sets])
    data = lightgbm.Dataset(rows, labels, feature_name=list(FEATURES))
    lightgbm.train(_CLASSIFIER, data, _CLASSIFIER_ROUNDS).save_model(str(out / CLASSIFIER))


def _labels(pairs: Pairs) -> NDArray[np.int64]:
    if pairs.labels is None:
        raise BrokenPairs("training needs pairs with a label, 0 or 1, on every line")
    return pairs.labels


def _some_without_cosine(rows: Floats) -> Floats:
    """A mall without a text model is no stranger to the model: a fifth of the rows has no cosine."""
    changed = rows.copy()
    hidden = np.random.default_rng(SEED).random(len(rows)) < _SHARE_WITHOUT_COSINE
    changed[hidden, FEATURES.index("cosine")] = np.nan
    return changed


def _fit_ranker(data: Path, out: Path, encoder: TextEncoder | None, tell: Tell) -> None:
    """Listings with their candidates from a real index over the right sides of the train parts."""
    import lightgbm

    products, listings = _ranking_data(data)
    with tempfile.TemporaryDirectory() as folder:
        catalogue = Path(folder) / "products.jsonl"
        catalogue.write_text("\n".join(json.dumps(_catalogue_row(key, thing)) for key, thing in products.items()))
        readings = {key: read(thing) for key, thing in products.items()}
        weights = Statistics(readings.values())
        rows, labels, groups = [], [], []
        with throwaway_index([catalogue], encoder, language="en") as built:
            tell(f"ranker: {built.docs} products, {len(listings)} listings")
            for thing, right in listings:
                near = built.engine.nearest_products(search_text(thing), codes=(), language="en", limit=_CANDIDATES)
                if not right & {one.id for one in near}:
                    continue
                listing = read(thing)
                found = [pair_features(listing, readings[one.id], weights, round(one.cosine, 3)) for one in near]
                features = np.stack([as_row(one) for one in found])
                rows.append(np.concatenate([features, candidate_columns([one.score for one in near])], axis=1))
                labels += [int(one.id in right) for one in near]
                groups.append(len(near))
    matrix = _some_without_cosine(np.concatenate(rows))
    names = [*FEATURES, "score", "score_gap", "rank"]
    dataset = lightgbm.Dataset(matrix, np.array(labels), group=groups, feature_name=names)
    lightgbm.train(_RANKER, dataset, _RANKER_ROUNDS).save_model(str(out / RANKER))


def _ranking_data(data: Path) -> tuple[dict[str, Thing], list[tuple[Thing, set[str]]]]:
    """Products by key, and listings with the keys of their right products: real ones, then products told otherwise."""
    keys: dict[str, str] = {}
    products: dict[str, Thing] = {}
    right: dict[str, set[str]] = {}
    for row in _train_rows(data):
        text = json.dumps(row["right"], sort_keys=True)
        key = keys.setdefault(text, f"p{len(keys)}")
        products.setdefault(key, thing_of_row(row["right"]))
        if row["label"]:
            right.setdefault(json.dumps(row["left"], sort_keys=True), set()).add(key)
    listings = [(thing_of_row(json.loads(text)), found) for text, found in right.items()]
    draw = random.Random(SEED)  # noqa: S311  (repeatable, not secret)
    for key, thing in products.items():
        if len(thing.title.split()) >= 3:
            price = thing.price_low * draw.uniform(0.25, 0.9) if thing.price_low and draw.random() < 0.7 else None
            told = Thing(title=retold(thing.title, thing.brand, draw), price_low=price, price_high=price)
            listings.append((told, {key}))
    return products, listings


def _train_rows(data: Path) -> Iterator[Mapping[str, Any]]:
    for name in SETS:
        yield from read_rows(data / name / "train.jsonl.gz")


def _catalogue_row(key: str, thing: Thing) -> dict[str, str]:
    return {
        "id": key,
        "title": thing.title,
        "brand": thing.brand,
        "description": thing.description,
        "mpn": thing.model_code,
    }


def _settings(valid: Mapping[str, Pairs], folder: Path) -> dict[str, Any]:
    import lightgbm

    forest = lightgbm.Booster(model_file=str(folder / CLASSIFIER))
    raw = {name: np.asarray(forest.predict(pairs.rows, raw_score=True, num_threads=1)) for name, pairs in valid.items()}
    labels = np.concatenate([_labels(pairs) for pairs in valid.values()])
    calibration = fit_calibration(np.concatenate(list(raw.values())), labels)
    everything = calibration.probability(np.concatenate(list(raw.values())))
    settings: dict[str, Any] = {
        "version": f"boosted-{ALGORITHM}.{len(FEATURES)}",
        "features": list(FEATURES),
        "calibration": {name: round(value, 6) for name, value in asdict(calibration).items()},
    }
    start = Thresholds(
        linked=1.0,
        linked_by_words=1.0,
        proposed=_PROPOSED,
        lead=_LEAD,
        best_f1=floor(best_threshold(labels, everything) * 1e4) / 1e4,
    )
    settings["thresholds"] = asdict(start)
    probabilities = {name: calibration.probability(values) for name, values in raw.items()}
    settings["thresholds"] |= _safe_thresholds(valid, probabilities, start)
    return settings


def fit_calibration(raw: Floats, labels: NDArray[np.int64]) -> Calibration:
    """Platt scaling by Newton steps on the log loss, with his softened targets."""
    same = int(labels.sum())
    targets = np.where(labels == 1, (same + 1) / (same + 2), 1 / (len(labels) - same + 2))
    columns = np.stack([raw, np.ones_like(raw)], axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(50):
        probabilities = 1 / (1 + np.exp(-columns @ weights))
        gradient = columns.T @ (probabilities - targets)
        curvature = (columns * (probabilities * (1 - probabilities))[:, None]).T @ columns + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-9:
            break
    return Calibration(slope=float(weights[0]), offset=float(weights[1]))


def _safe_thresholds(
    valid: Mapping[str, Pairs], probabilities: Mapping[str, Floats], start: Thresholds
) -> dict[str, float]:
    """For pairs with a shared code, and for those with words alone: the lowest at which, over all sets together, the
    linked pairs keep the precision asked for.
    """
    labels = np.concatenate([_labels(pairs) for pairs in valid.values()])
    sure = np.concatenate([probabilities[name] for name in valid])
    allowed = np.concatenate([_allowed(pairs, probabilities[name], start) for name, pairs in valid.items()])
    coded = np.concatenate([_coded(pairs) for pairs in valid.values()])
    found = {}
    for kind, of_kind in (("linked", coded), ("linked_by_words", ~coded)):
        found[kind] = 1.0
        for threshold in np.round(np.arange(0.995, _LEAST_BY_WORDS - 0.001 if kind != "linked" else 0.5, -0.005), 3):
            links = allowed & of_kind & (sure >= threshold)
            count, right = int(links.sum()), int(labels[links].sum())
            if count and right >= _LEAST_PRECISION[kind] * count:
                found[kind] = float(threshold)
    return found


def _allowed(pairs: Pairs, probabilities: Floats, thresholds: Thresholds) -> NDArray[np.bool_]:
    rivals = rivals_of(pairs.listings, probabilities)
    return np.array(
        [
            may_link(left, right, named(row), float(probability), rival, thresholds)
            for left, right, row, probability, rival in zip(
                pairs.lefts, pairs.rights, pairs.rows, probabilities, rivals, strict=True
            )
        ],
        bool,
    )


def _coded(pairs: Pairs) -> NDArray[np.bool_]:
    return np.array([has_code(named(row)) for row in pairs.rows], bool)


def _report(valid: Mapping[str, Pairs], model: MatchModel, today: date) -> dict[str, Any]:
    probabilities = {name: model.probabilities(pairs.rows) for name, pairs in valid.items()}
    outcomes = {name: outcomes_of(pairs, probabilities[name], model) for name, pairs in valid.items()}
    labels = np.concatenate([_labels(pairs) for pairs in valid.values()])
    everything = np.concatenate(list(probabilities.values()))
    all_outcomes = [one for name in valid for one in outcomes[name]]
    return {
        **report_of("valid parts of " + ", ".join(valid), labels, everything, all_outcomes, model, today),
        "sets": [_set_figures(name, _labels(valid[name]), probabilities[name], outcomes[name]) for name in valid],
    }


def report_of(
    name: str,
    labels: NDArray[np.int64],
    probabilities: Floats,
    outcomes: Sequence[Any],
    model: MatchModel,
    today: date,
) -> dict[str, Any]:
    """As `mall.catalogue.matching_report` reads it."""
    figures = at_threshold(labels, probabilities, model.thresholds.best_f1)
    precision, recall, count = outcome_figures(labels, outcomes, "linked")
    share_same, _, proposed = outcome_figures(labels, outcomes, "proposed")
    return {
        "model_version": model.version,
        "set": name,
        "pairs": len(labels),
        "same": int(labels.sum()),
        "created_on": today.isoformat(),
        "f1": round(figures.f1, 4),
        "precision": round(figures.precision, 4),
        "recall": round(figures.recall, 4),
        "threshold": figures.threshold,
        "linked": {
            "threshold": model.thresholds.linked,
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "count": count,
        },
        "proposed": {
            "threshold": model.thresholds.proposed,
            "count": proposed,
            "share_same": round(share_same, 4),
        },
        "bins": calibration_bins(labels, probabilities),
    }


def _set_figures(
    name: str, labels: NDArray[np.int64], probabilities: Floats, outcomes: Sequence[Any]
) -> dict[str, Any]:
    """F1 at the set's own best threshold over these pairs."""
    figures = at_threshold(labels, probabilities, best_threshold(labels, probabilities))
    precision, recall, _ = outcome_figures(labels, outcomes, "linked")
    return {
        "name": name,
        "pairs": len(labels),
        "f1": round(figures.f1, 4),
        "precision": round(figures.precision, 4),
        "recall": round(figures.recall, 4),
        "linked_precision": round(precision, 4),
        "linked_recall": round(recall, 4),
    }


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
