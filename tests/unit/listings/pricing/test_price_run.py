"""The command and its files: every bad line named, every thing answered."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from listings.pricing.reading import minor_of, whole_of

DATA = Path(__file__).resolve().parents[4].parent / "shared" / "data" / "prices"
SALE: dict[str, Any] = {
    "category": "Lampe",
    "brand": "Clair",
    "model": "Arc",
    "title": "Lampe Arc – très propre",
    "condition": "used",
    "attrs": {"year": "2020"},
    "currency": "EUR",
    "sold": True,
}


def rows(count: int) -> list[str]:
    return [
        json.dumps(SALE | {"id": f"s{n}", "price": 30 + n % 7, "date": f"2026-0{n % 9 + 1}-02"}) for n in range(count)
    ]


def write(path: Path, lines: list[str]) -> Path:
    content = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def price_run(train: Path, test: Path, out: Path) -> tuple[list[dict[str, str]], dict[str, Any], str]:
    said, complained = io.StringIO(), io.StringIO()
    call_command("price_run", train, test, out=out, stdout=said, stderr=complained)
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t")), json.loads(said.getvalue()), complained.getvalue()


def test_each_thing_gets_its_row_in_whole_units(tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl.gz", rows(40))
    test = write(
        tmp_path / "test.jsonl", [json.dumps(SALE | {"id": "a"}), json.dumps(SALE | {"id": "b", "brand": "B"})]
    )

    found, summary, complaints = price_run(train, test, tmp_path / "out.tsv")

    assert [row["id"] for row in found] == ["a", "b"]
    assert list(found[0]) == ["id", "low", "median", "high", "n_sales", "reason"]
    assert 30 <= float(found[0]["low"]) <= float(found[0]["median"]) <= float(found[0]["high"]) <= 36
    assert (found[0]["n_sales"], found[0]["reason"]) == ("40", "sales of the model and grade")
    assert (summary["sales"], summary["things"], summary["silent"], complaints) == (40, 2, {}, "")


def test_bad_lines_are_named_by_number_and_left_out(tmp_path: Path) -> None:
    bad = [
        "{not json",
        "[1, 2]",
        json.dumps(SALE | {"id": "x1", "price": 0}),
        json.dumps(SALE | {"id": "x2", "price": -3}),
        json.dumps(SALE | {"id": "x3", "price": "dear"}),
        json.dumps(SALE | {"id": "x4", "price": 9, "date": "2999-01-01"}),
        json.dumps(SALE | {"id": "x5", "price": 9, "date": "yesterday"}),
        json.dumps(SALE | {"id": "x6", "price": 9, "category": ""}),
        json.dumps(SALE | {"id": "x7", "price": 9, "currency": "euro"}),
        json.dumps(SALE | {"id": "s3", "price": 9}),
        json.dumps({k: v for k, v in SALE.items() if k != "id"} | {"price": 9}),
        '{"id": "x8", "price": NaN, "category": "Lampe", "currency": "EUR"}',
        '{"id": "x9", "price": 1e400, "category": "Lampe", "currency": "EUR"}',
        "[" * 100_000,
    ]
    train = write(tmp_path / "train.jsonl", [*rows(20), "", *bad])
    test = write(tmp_path / "test.jsonl", [json.dumps(SALE | {"id": "a", "price": "never read"}), "nonsense"])

    found, summary, complaints = price_run(train, test, tmp_path / "out.tsv")

    named = complaints.splitlines()
    assert [line.split(":")[0] for line in named[:-1]] == [f"train.jsonl, line {n}" for n in range(22, 22 + len(bad))]
    assert named[-1].startswith("test.jsonl, line 2:")
    assert (summary["sales"], len(found)) == (20, 1)
    assert found[0]["median"] != ""


def test_without_sales_every_answer_is_silence(tmp_path: Path) -> None:
    test = write(tmp_path / "test.jsonl", [json.dumps(SALE | {"id": "a"})])
    for lines, sold in (([], "0"), (rows(1), "1")):
        train = write(tmp_path / "train.jsonl", lines)

        found, summary, _ = price_run(train, test, tmp_path / "out.tsv")

        silent = {"id": "a", "low": "", "median": "", "high": "", "n_sales": sold, "reason": ""}
        assert (found, summary["silent"]) == ([silent], {"few sales": 1})


def test_currencies_teach_nothing_about_each_other(tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl", rows(20))
    test = write(tmp_path / "test.jsonl", [json.dumps(SALE | {"id": "a", "currency": "JPY"})])

    found, _, _ = price_run(train, test, tmp_path / "out.tsv")

    assert found[0]["median"] == ""


def test_a_missing_or_torn_file_is_told(tmp_path: Path) -> None:
    test = write(tmp_path / "test.jsonl", rows(1))
    torn = write(tmp_path / "torn.jsonl.gz", rows(50))
    torn.write_bytes(torn.read_bytes()[:-20])
    for train in (tmp_path / "none.jsonl", torn):
        with pytest.raises(CommandError, match=train.name):
            price_run(train, test, tmp_path / "out.tsv")


def test_amounts_go_to_minor_units_and_back_by_currency() -> None:
    assert [minor_of(19.99, "EUR"), minor_of("450000", "INR"), minor_of(1200, "JPY")] == [1999, 45_000_000, 1200]
    assert [whole_of(1999, "EUR"), whole_of(1200, "JPY")] == ["19.99", "1200"]


@pytest.mark.skipif(not DATA.is_dir(), reason="the evaluation data are not beside the checkout: ../shared/data/prices")
def test_auctions_of_a_video_game_are_foretold_within_a_tenth(tmp_path: Path) -> None:
    with gzip.open(DATA / "ebay_mariokart_sold.jsonl.gz", "rt", encoding="utf-8") as file:
        sold = [line.strip() for line in file]
    train = write(tmp_path / "train.jsonl", [line for place, line in enumerate(sold) if place % 3])
    held = {json.loads(line)["id"]: json.loads(line)["price"] for line in sold[::3]}
    test = write(tmp_path / "test.jsonl", sold[::3])

    found, _, _ = price_run(train, test, tmp_path / "out.tsv")

    errors = [abs(float(row["median"]) / held[row["id"]] - 1) for row in found]
    assert len(errors) == len(held)
    assert sum(errors) / len(errors) < 0.12
