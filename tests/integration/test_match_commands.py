"""match_run, equivalents_run, make_listings, train_matcher: what they write, what they print, what they refuse."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as mall_settings
from django.core.management import CommandError, call_command

from mall.catalogue.matching.judging import OUTCOMES
from mall.catalogue.matching.model import match_model
from mall.catalogue.matching.training import SETS
from mall.catalogue.matching_report import OWN_NAME, find_report

JUDGED_PAIRS = mall_settings.BASE_DIR.parent / "shared" / "data" / "matching"
HEADPHONES = {"title": "Sony WH-1000XM4 wireless headphones", "brand": "Sony", "mpn": "WH-1000XM4"}
KETTLE = {"title": "Lumo LK-210 electric kettle 1.7 l", "brand": "Lumo", "mpn": "LK-210"}
PAIRS = [
    {"left": HEADPHONES, "right": HEADPHONES, "label": 1},
    {"left": HEADPHONES, "right": KETTLE, "label": 0},
    {"left": KETTLE, "right": HEADPHONES, "label": 0},
    {"left": KETTLE, "right": KETTLE, "label": 1},
    {"left": {"title": "Lot de 2 Sony WH-1000XM4 wireless headphones"}, "right": HEADPHONES, "label": 0},
    {"left": {"title": ""}, "right": KETTLE, "label": 0},
]
PRODUCTS = [
    {"id": f"p{number}", "title": title, "brand": title.split()[0], "price_cents": 10_000 + number}
    for number, title in enumerate(
        [
            "Sony WH-1000XM4 wireless headphones black",
            "Sony WH-1000XM3 wireless headphones black",
            "Lumo LK-210 electric kettle steel",
            "Lumo LK-310 electric kettle glass",
            "Nordal DR-18 cordless drill 18 V",
            "Nordal SA-40 jigsaw 400 W",
            "Askel CM-77 camera tripod carbon",
            "Askel CB-12 camera bag grey",
            "Veldo T-55 desk lamp oak",
            "Veldo T-75 floor lamp oak",
        ]
    )
]
LISTINGS = [
    {"id": "l0", "title": "casque Sony WH-1000XM4 TBE", "language": "fr", "product_id": "p0"},
    {"id": "l1", "title": "Lumo kettle LK 210", "language": "en", "product_id": "p2"},
    {"id": "l2", "title": "perceuse Nordal DR-18", "language": "fr", "product_id": "p4"},
    {"id": "l3", "title": "Veldo T-75 floor lamp", "language": "en", "product_id": "p9"},
    {"id": "l4", "title": "", "language": "fr", "product_id": "p1"},
]
HEADER_OF_PAIRS = ["row", "probability", "decision"]
HEADER_OF_LISTINGS = ["listing_id", "rank", "product_id", "probability", "decision"]


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def run(name: str, *words: str | Path) -> str:
    printed = StringIO()
    call_command(name, *map(str, words), stdout=printed, stderr=StringIO())
    return printed.getvalue()


def table(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def data_folder(settings: Any, tmp_path: Path) -> Path:
    """An operator's folder of its own, where a report would be kept."""
    folder = tmp_path / "data"
    folder.mkdir()
    settings.DATA_FOLDER = folder
    return folder


def test_match_run_writes_one_row_a_pair_and_prints_what_it_cost(tmp_path: Path, data_folder: Path) -> None:
    out = tmp_path / "decisions.tsv"

    printed = run("match_run", write(tmp_path / "pairs.jsonl", PAIRS), "--out", out)

    header, *rows = table(out)
    assert header == HEADER_OF_PAIRS
    assert [row for row, _, _ in rows] == ["0", "1", "2", "3", "4", "5"]
    assert all(0 <= float(probability) <= 1 and len(probability) == 8 for _, probability, _ in rows)
    assert {decision for _, _, decision in rows} <= set(OUTCOMES)
    assert [rows[place][2] for place in (1, 2, 5)] == ["different"] * 3
    assert rows[4][2] != "linked"
    assert float(rows[0][1]) > float(rows[1][1])
    line = json.loads(printed)
    assert printed.count("\n") == 1
    assert line.keys() == {
        "pairs", "cpu_ms", "cpu_ms_of_the_text_model", "model", "encoder", "linked", "proposed",
        "precision", "recall", "f1", "threshold", "linked_precision", "linked_recall",
    }  # fmt: skip
    assert (line["pairs"], line["model"], line["encoder"]) == (6, match_model().version, "")
    assert line["cpu_ms"] > 0
    assert (line["linked"], line["proposed"]) == tuple(
        sum(decision == wanted for _, _, decision in rows) for wanted in ("linked", "proposed")
    )
    assert list(data_folder.iterdir()) == []


def test_match_run_reads_packed_files_alike(tmp_path: Path) -> None:
    plain = write(tmp_path / "pairs.jsonl", PAIRS)
    packed = tmp_path / "pairs.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    run("match_run", plain, "--out", tmp_path / "one.tsv")
    run("match_run", packed, "--out", tmp_path / "two.tsv")

    assert (tmp_path / "one.tsv").read_bytes() == (tmp_path / "two.tsv").read_bytes()


def test_match_run_keeps_its_figures_for_the_admin_when_asked(tmp_path: Path, data_folder: Path) -> None:
    printed = run("match_run", write(tmp_path / "pairs.jsonl", PAIRS), "--out", tmp_path / "decisions.tsv", "--report")

    found, line = find_report(), json.loads(printed)
    assert found.is_own
    assert found.problem == ""
    assert found.report is not None
    assert (found.report.set, found.report.pairs, found.report.same) == ("pairs.jsonl", 6, 2)
    assert (found.report.f1, found.report.linked.count) == (line["f1"], line["linked"])
    assert [path.name for path in data_folder.iterdir()] == [OWN_NAME]


def test_match_run_without_labels_has_no_figures_and_keeps_none(tmp_path: Path, data_folder: Path) -> None:
    pairs = write(tmp_path / "pairs.jsonl", [{"left": pair["left"], "right": pair["right"]} for pair in PAIRS])
    out = tmp_path / "decisions.tsv"

    line = json.loads(run("match_run", pairs, "--out", out))
    assert {"pairs", "cpu_ms", "linked", "proposed"} <= line.keys()
    assert not {"f1", "precision", "recall", "linked_precision"} & line.keys()
    assert len(table(out)) == 7

    with pytest.raises(CommandError, match=r"pairs\.jsonl has no labels: .* label 0 or 1 on every line"):
        run("match_run", pairs, "--out", out, "--report")
    assert list(data_folder.iterdir()) == []


def test_match_run_over_an_empty_file_writes_the_header(tmp_path: Path) -> None:
    out = tmp_path / "decisions.tsv"

    line = json.loads(run("match_run", write(tmp_path / "pairs.jsonl", []), "--out", out))

    assert table(out) == [HEADER_OF_PAIRS]
    assert (line["pairs"], line["linked"], line["proposed"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{"left": {"title": "a"}, "right": {"title": "a"}}\n{"left": {}}\n',
            r"pairs\.jsonl, line 2: .*mend or drop it",
        ),
        ('{"left": {"title"\n', r"pairs\.jsonl, line 1: not JSON .*mend or drop it"),
        (None, r"pairs\.jsonl"),
    ],
)
def test_match_run_refuses_a_file_that_it_cannot_read(tmp_path: Path, content: str | None, message: str) -> None:
    pairs = tmp_path / "pairs.jsonl"
    if content is not None:
        pairs.write_text(content, encoding="utf-8")

    with pytest.raises(CommandError, match=message):
        run("match_run", pairs, "--out", tmp_path / "decisions.tsv")

    assert not (tmp_path / "decisions.tsv").exists()


def run_equivalents(tmp_path: Path, listings: Iterable[Mapping[str, Any]], *words: str) -> tuple[Any, list[list[str]]]:
    """The line printed, and the rows of the table without its header."""
    out = tmp_path / "equivalents.tsv"
    printed = run(
        "equivalents_run",
        write(tmp_path / "products.jsonl", PRODUCTS),
        write(tmp_path / "listings.jsonl", listings),
        "--out",
        out,
        *words,
    )
    header, *rows = table(out)
    assert header == HEADER_OF_LISTINGS
    return json.loads(printed), rows


def test_equivalents_run_ranks_the_products_of_each_listing(tmp_path: Path) -> None:
    line, rows = run_equivalents(tmp_path, LISTINGS)

    by_listing: dict[str, list[list[str]]] = {}
    for key, *rest in rows:
        by_listing.setdefault(key, []).append(rest)
    assert by_listing.keys() == {"l0", "l1", "l2", "l3"}  # l4 has no title
    for found in by_listing.values():
        assert [rank for rank, *_ in found] == [str(rank) for rank in range(1, len(found) + 1)]
        assert len({product for _, product, *_ in found}) == len(found) <= 10
        assert all(0 <= float(probability) <= 1 for _, _, probability, _ in found)
        assert {decision for *_, decision in found} <= set(OUTCOMES)
    assert {key: found[0][1] for key, found in by_listing.items()} == {"l0": "p0", "l1": "p2", "l2": "p4", "l3": "p9"}
    assert (line["listings"], line["products"], line["encoder"]) == (5, 10, "")
    assert line["cpu_ms"].keys() == {"p50", "p95"}
    assert 0 <= line["cpu_ms"]["p50"] <= line["cpu_ms"]["p95"]
    assert line["listings_a_second"] > 0
    assert 1 <= line["learned"] <= 4


def test_equivalents_run_measures_where_the_right_product_is_known(tmp_path: Path) -> None:
    line, rows = run_equivalents(tmp_path, LISTINGS)

    # four of five come first; the one without a title finds nothing
    assert (line["first"], line["in_five"]) == (0.8, 0.8)
    linked = [row for row in rows if row[4] == "linked"]
    assert line["linked"] == len(linked) / 5
    assert line["linked_right"] == 1.0


def test_equivalents_run_does_not_measure_what_it_does_not_know(tmp_path: Path) -> None:
    line, rows = run_equivalents(tmp_path, [{"id": "l0", "title": "casque Sony WH-1000XM4"}])

    assert not {"first", "in_five", "linked", "linked_right"} & line.keys()
    assert rows[0][:3] == ["l0", "1", "p0"]


def test_equivalents_run_writes_no_more_than_its_limit(tmp_path: Path) -> None:
    line, rows = run_equivalents(tmp_path, LISTINGS, "--limit", "1")

    assert [row[:3] for row in sorted(rows)] == [
        ["l0", "1", "p0"], ["l1", "1", "p2"], ["l2", "1", "p4"], ["l3", "1", "p9"],
    ]  # fmt: skip
    assert line["in_five"] == 0.8


def test_equivalents_run_without_listings_writes_the_header(tmp_path: Path) -> None:
    line, rows = run_equivalents(tmp_path, [])

    assert rows == []
    assert (line["listings"], line["cpu_ms"]) == (0, {"p50": 0.0, "p95": 0.0})


@pytest.mark.parametrize("limit", ["0", "51", "-1"])
def test_equivalents_run_refuses_a_limit_that_it_cannot_keep(tmp_path: Path, limit: str) -> None:
    with pytest.raises(CommandError, match=f"from 1 to 50, not {limit}"):
        run_equivalents(tmp_path, LISTINGS, f"--limit={limit}")

    assert not (tmp_path / "equivalents.tsv").exists()


def test_equivalents_run_refuses_files_that_it_cannot_read(tmp_path: Path) -> None:
    listings = write(tmp_path / "listings.jsonl", LISTINGS)
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"id": "p1"\n', encoding="utf-8")

    with pytest.raises(CommandError, match=r"broken\.jsonl, line 1: not JSON"):
        run("equivalents_run", broken, listings, "--out", tmp_path / "out.tsv")
    with pytest.raises(CommandError, match=r"missing\.jsonl"):
        run("equivalents_run", tmp_path / "missing.jsonl", listings, "--out", tmp_path / "out.tsv")

    assert not (tmp_path / "out.tsv").exists()


def test_make_listings_writes_the_same_file_for_the_same_seed(tmp_path: Path) -> None:
    products = write(tmp_path / "products.jsonl", PRODUCTS)
    files = [tmp_path / name for name in ("one.jsonl", "two.jsonl", "three.jsonl")]

    for path, seed in zip(files, ("4", "4", "5"), strict=True):
        assert run("make_listings", products, "--count", "8", "--seed", seed, "--out", path) == "8 listings\n"

    one, two, three = (path.read_bytes() for path in files)
    assert one == two
    assert one != three
    rows = [json.loads(line) for line in one.splitlines()]
    assert {row["product_id"] for row in rows} <= {row["id"] for row in PRODUCTS}
    assert all(row["title"] for row in rows)


def test_what_make_listings_writes_equivalents_run_reads(tmp_path: Path) -> None:
    products = write(tmp_path / "products.jsonl", PRODUCTS)
    run("make_listings", products, "--count", "10", "--out", tmp_path / "listings.jsonl")

    line = json.loads(
        run("equivalents_run", products, tmp_path / "listings.jsonl", "--out", tmp_path / "equivalents.tsv")
    )

    assert line["listings"] == 10
    assert line["in_five"] >= line["first"] > 0.5


def test_make_listings_refuses_a_catalogue_that_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"missing\.jsonl"):
        run("make_listings", tmp_path / "missing.jsonl", "--out", tmp_path / "listings.jsonl")

    assert not (tmp_path / "listings.jsonl").exists()


def test_train_matcher_refuses_to_train_without_its_text_model(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="switched off"):
        run("train_matcher", tmp_path, "--model", "none", "--out", tmp_path / "model")

    assert not (tmp_path / "model").exists()


@pytest.mark.skipif(not JUDGED_PAIRS.is_dir(), reason=f"the judged pairs of {', '.join(SETS)} are not here")
def test_the_shipped_model_judges_real_pairs_as_well_as_it_says(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl.gz"
    with gzip.open(JUDGED_PAIRS / "abt-buy" / "valid.jsonl.gz", "rb") as file:
        pairs.write_bytes(gzip.compress(b"".join(islice(file, 300))))

    line = json.loads(run("match_run", pairs, "--out", tmp_path / "decisions.tsv"))

    assert line["pairs"] == 300
    assert line["threshold"] == match_model().thresholds.best_f1
    assert line["f1"] >= 0.85
    assert line["linked_precision"] >= 0.98
    assert line["linked"] >= 5
