"""Pairs files, {"left": …, "right": …} a line, through the production features, model and outcomes."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mall.catalogue.matching.features import FEATURES, as_row, named, pair_features
from mall.catalogue.matching.judging import Outcome, outcome_of
from mall.catalogue.matching.model import MatchModel
from mall.catalogue.matching.reading import Reading, Statistics, read
from mall.catalogue.matching.things import Thing, thing_of_row
from search.embeddings.protocol import TextEncoder
from search.embeddings.text import document_text
from search.evaluation.catalogue_files import read_rows

_EMBEDDED_CHARACTERS = 200
Floats = NDArray[np.float64]


class BrokenPairs(ValueError):
    """The file cannot be read as pairs; the message names the line and the remedy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pairs:
    """Pairs of one file in its order. listings: number of the left side, the same for the same text.

    rows: float64 (n, features). labels: 1 same, 0 not, None where the file has none. cpu_ms: of one pair, reading and
    comparing; encoder_cpu_ms: the text model's share of one pair.
    """

    lefts: tuple[Reading, ...]
    rights: tuple[Reading, ...]
    listings: tuple[int, ...]
    rows: Floats
    labels: NDArray[np.int64] | None
    cpu_ms: float
    encoder_cpu_ms: float


def read_pairs(path: Path, encoder: TextEncoder | None) -> Pairs:
    """Raises BrokenPairs, BrokenCatalogue. encoder: None leaves the cosines out."""
    rows = list(read_rows(path))
    for number, row in enumerate(rows, 1):
        if not isinstance(row.get("left"), dict) or not isinstance(row.get("right"), dict):
            raise BrokenPairs(f"{path.name}, line {number}: a pair has the objects left and right; mend or drop it")
    started = time.process_time()
    known: dict[str, Reading] = {}
    keys = [tuple(json.dumps(row[side], sort_keys=True) for side in ("left", "right")) for row in rows]
    for row, pair in zip(rows, keys, strict=True):
        for side, key in zip(("left", "right"), pair, strict=True):
            known.setdefault(key, read(thing_of_row(row[side])))
    spent = time.process_time() - started
    started = time.process_time()
    cosines = pair_cosines([(known[left].thing, known[right].thing) for left, right in keys], encoder)
    encoding = time.process_time() - started
    started = time.process_time()
    weights = Statistics(known.values())
    matrix = np.array(
        [
            as_row(pair_features(known[left], known[right], weights, cosine))
            for (left, right), cosine in zip(keys, cosines, strict=True)
        ],
        np.float64,
    ).reshape(len(rows), len(FEATURES))
    spent += time.process_time() - started
    numbers: dict[str, int] = {}
    return Pairs(
        lefts=tuple(known[left] for left, _ in keys),
        rights=tuple(known[right] for _, right in keys),
        listings=tuple(numbers.setdefault(left, len(numbers)) for left, _ in keys),
        rows=matrix,
        labels=_labels(rows),
        cpu_ms=1000 * spent / max(1, len(rows)),
        encoder_cpu_ms=1000 * encoding / max(1, len(rows)),
    )


def _labels(rows: Sequence[dict[str, Any]]) -> NDArray[np.int64] | None:
    if not rows or any(row.get("label") not in (0, 1) for row in rows):
        return None
    return np.array([row["label"] for row in rows], np.int64)


def embedded_text(thing: Thing) -> str:
    """What the text model reads of a thing, as search does of a document."""
    return document_text(thing.title, brand=thing.brand, leaf_category=thing.category)[:_EMBEDDED_CHARACTERS]


def pair_cosines(pairs: Sequence[tuple[Thing, Thing]], encoder: TextEncoder | None) -> list[float]:
    """Cosine of each pair, to three decimals so that a last bit changes no model; NaN without a text model."""
    if encoder is None:
        return [nan] * len(pairs)
    texts = sorted({embedded_text(thing) for pair in pairs for thing in pair})
    vectors: dict[str, NDArray[np.float32]] = {}
    for start in range(0, len(texts), 256):
        part = texts[start : start + 256]
        vectors |= dict(zip(part, encoder.encode_documents(part), strict=True))
    return [
        round(float(vectors[embedded_text(left)] @ vectors[embedded_text(right)]), 3)
        if left.title and right.title
        else nan
        for left, right in pairs
    ]


def outcomes_of(pairs: Pairs, probabilities: Floats, model: MatchModel) -> list[Outcome]:
    """As in the mall: pairs with the same left side are the candidates of one listing."""
    rivals = rivals_of(pairs.listings, probabilities)
    return [
        outcome_of(
            pairs.lefts[place],
            pairs.rights[place],
            named(pairs.rows[place]),
            float(probabilities[place]),
            rivals[place],
            model.thresholds,
        )
        for place in range(len(pairs.listings))
    ]


def rivals_of(listings: Iterable[int], probabilities: Floats) -> list[float]:
    """Per pair the highest probability among the other pairs of its listing, 0 without any."""
    places: dict[int, list[int]] = defaultdict(list)
    order = list(listings)
    for place, listing in enumerate(order):
        places[listing].append(place)
    return [
        max((float(probabilities[other]) for other in places[listing] if other != place), default=0.0)
        for place, listing in enumerate(order)
    ]
