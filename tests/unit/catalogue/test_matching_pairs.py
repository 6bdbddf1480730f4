"""Pairs files read through the production features: order, labels, cosines, and what is wrong with a broken one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mall.catalogue.matching.evaluation.pairs import (
    BrokenPairs,
    Pairs,
    embedded_text,
    outcomes_of,
    pair_cosines,
    read_pairs,
    rivals_of,
)
from mall.catalogue.matching.features import FEATURES, named
from mall.catalogue.matching.model import match_model
from mall.catalogue.matching.things import Thing
from search.evaluation.catalogue_files import BrokenCatalogue
from tests.tiny_encoder import TinyEncoder

HEADPHONES = {"title": "Sony WH-1000XM4 wireless headphones", "brand": "Sony", "price": "279.00"}
OTHER = {"name": "Sony WH-1000XM3 wireless headphones", "manufacturer": "Sony", "price": 199}
PAN = {"title": "Lumo frying pan 28 cm"}


def pairs_file(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def read_rows_of(path: Path, *rows: Mapping[str, Any]) -> Pairs:
    return read_pairs(pairs_file(path / "pairs.jsonl", rows), None)


def test_pairs_keep_the_order_of_the_file(tmp_path: Path) -> None:
    found = read_rows_of(
        tmp_path,
        {"left": HEADPHONES, "right": PAN, "label": 0},
        {"left": PAN, "right": PAN, "label": 1},
        {"left": HEADPHONES, "right": OTHER, "label": 0},
    )

    assert [one.thing.title for one in found.lefts] == [HEADPHONES["title"], PAN["title"], HEADPHONES["title"]]
    assert [one.thing.title for one in found.rights] == [PAN["title"], PAN["title"], OTHER["name"]]
    assert found.listings == (0, 1, 0)
    assert found.labels is not None
    assert found.labels.tolist() == [0, 1, 0]
    assert found.rows.shape == (3, len(FEATURES))
    assert named(found.rows[1])["title_jaccard"] == 1.0
    assert named(found.rows[0])["title_jaccard"] == 0.0
    assert found.cpu_ms >= 0


def test_both_spellings_of_the_fields_are_known(tmp_path: Path) -> None:
    found = read_rows_of(tmp_path, {"left": HEADPHONES, "right": OTHER})

    assert (found.rights[0].thing.brand, found.rights[0].thing.price_low) == ("Sony", 199.0)
    assert found.lefts[0].thing.price_low == 279.0


@pytest.mark.parametrize("label", [None, "1", 2, ""])
def test_a_file_of_which_one_pair_has_no_label_has_no_labels(tmp_path: Path, label: object) -> None:
    found = read_rows_of(
        tmp_path, {"left": PAN, "right": PAN, "label": 1}, {"left": PAN, "right": OTHER, "label": label}
    )

    assert found.labels is None
    assert len(found.rows) == 2


def test_an_empty_file_has_no_pairs(tmp_path: Path) -> None:
    found = read_rows_of(tmp_path)

    assert (found.rows.shape, found.labels, found.listings) == ((0, len(FEATURES)), None, ())


@pytest.mark.parametrize("broken", [{"left": PAN}, {"left": "pan", "right": PAN}, {"right": None, "left": PAN}, {}])
def test_a_line_without_two_sides_is_named_with_its_remedy(tmp_path: Path, broken: dict[str, Any]) -> None:
    with pytest.raises(BrokenPairs, match=r"pairs\.jsonl, line 2: .*left and right; mend or drop it"):
        read_rows_of(tmp_path, {"left": PAN, "right": PAN}, broken)


def test_a_line_that_is_no_json_is_named_with_its_remedy(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps({"left": PAN, "right": PAN}) + '\n{"left": \n', encoding="utf-8")

    with pytest.raises(BrokenCatalogue, match=r"pairs\.jsonl, line 2: not JSON .*; mend or drop it"):
        read_pairs(path, None)


def test_packed_files_are_read_alike(tmp_path: Path) -> None:
    rows = [{"left": HEADPHONES, "right": OTHER, "label": 0}]
    plain = pairs_file(tmp_path / "pairs.jsonl", rows)
    packed = tmp_path / "pairs.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert np.array_equal(read_pairs(packed, None).rows, read_pairs(plain, None).rows, equal_nan=True)


def test_the_words_that_some_files_put_for_a_missing_price_are_cut(tmp_path: Path) -> None:
    flawed = {"name": "Lumo frying pan 28 cm", "description": "frying pan silver finish COL price VAL"}
    clean = {"name": "Lumo frying pan 28 cm", "description": "frying pan silver finish"}

    found = read_rows_of(tmp_path, {"left": flawed, "right": PAN}, {"left": clean, "right": PAN})

    assert found.lefts[0].thing == found.lefts[1].thing
    assert found.lefts[0].everything.isdisjoint({"col", "price", "val"})
    assert np.array_equal(found.rows[0], found.rows[1], equal_nan=True)


def test_those_words_within_a_text_are_the_text(tmp_path: Path) -> None:
    found = read_rows_of(tmp_path, {"left": {"title": "COL price VAL pan"}, "right": PAN})

    assert found.lefts[0].thing.title == "COL price VAL pan"


def test_without_a_text_model_no_pair_has_a_cosine(tmp_path: Path) -> None:
    found = read_rows_of(tmp_path, {"left": HEADPHONES, "right": OTHER}, {"left": PAN, "right": PAN})

    cosines = found.rows[:, FEATURES.index("cosine")]
    assert np.isnan(cosines).all()
    probabilities = match_model().probabilities(found.rows)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_cosines_have_three_decimals_and_each_text_is_encoded_once(tmp_path: Path) -> None:
    encoder = TinyEncoder()
    path = pairs_file(
        tmp_path / "pairs.jsonl",
        [{"left": HEADPHONES, "right": OTHER}, {"left": HEADPHONES, "right": HEADPHONES}, {"left": {}, "right": PAN}],
    )

    cosines = read_pairs(path, encoder).rows[:, FEATURES.index("cosine")]

    assert cosines[0] == round(float(cosines[0]), 3)
    assert 0.3 < cosines[0] < 1
    assert cosines[1] == 1.0
    assert np.isnan(cosines[2])
    assert encoder.encoded == 4


def test_many_texts_are_encoded_in_parts() -> None:
    encoder = TinyEncoder()
    things = [Thing(title=f"Lumo lamp {chr(97 + n % 26)}{n}") for n in range(300)]

    found = pair_cosines([(one, one) for one in things], encoder)

    assert found == [1.0] * 300
    assert encoder.encoded == 300


def test_the_text_model_reads_title_brand_and_category_not_more_than_200_characters() -> None:
    text = embedded_text(Thing(title="Frying pan", brand="Lumo", category="Kitchen", description="never read"))

    assert {"Frying", "Lumo", "Kitchen"} <= set(text.replace(",", " ").replace(".", " ").split())
    assert "never" not in text
    assert len(embedded_text(Thing(title="pan " * 99))) <= 200


def test_the_rival_of_a_pair_is_the_best_other_pair_of_its_listing() -> None:
    assert rivals_of([0, 1, 0, 0, 2], np.array([0.9, 0.8, 0.7, 0.1, 0.6])) == [0.7, 0.0, 0.9, 0.9, 0.0]
    assert rivals_of([3, 3], np.array([0.5, 0.5])) == [0.5, 0.5]
    assert rivals_of([], np.array([])) == []


def test_pairs_of_one_left_side_are_each_others_rivals(tmp_path: Path) -> None:
    # two products of the same name, told apart by their descriptions, and the first again for a listing of its own
    one, two = {**HEADPHONES, "description": "white"}, {**HEADPHONES, "description": "grey"}
    found = read_rows_of(
        tmp_path,
        {"left": HEADPHONES, "right": one},
        {"left": HEADPHONES, "right": two},
        {"left": {**HEADPHONES, "title": HEADPHONES["title"].upper()}, "right": one},
        {"left": PAN, "right": one},
    )

    outcomes = outcomes_of(found, np.array([0.999, 0.998, 0.999, 0.01]), match_model())

    assert outcomes == ["proposed", "proposed", "linked", "different"]
