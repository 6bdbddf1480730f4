"""Catalogue files: what lands, what is refused, and that the same file again changes nothing."""

from __future__ import annotations

import csv
import errno
import gzip
import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from mall.catalogue.imports import rows, write
from mall.catalogue.imports.classify import category_of
from mall.catalogue.models import Identifier, Offer, PriceHistory, Product, ProductText, Variant
from mall.core.models import OutboxRow
from mall.sellers.models import Seller
from search.indexing.changes import TOPIC

pytestmark = pytest.mark.django_db(transaction=True)


def row(**changes: Any) -> dict[str, Any]:
    """A sound row, with changes; a value of None takes the field away."""
    full = {
        "id": "1",
        "title": "Theora Rivage kettle 1.7 L",
        "name": "Rivage",
        "brand": "Theora",
        "description": "A kettle for the whole family.<br />It stops by itself.",
        "ean": "4006381333931",
        "price_cents": 5900,
        "released": "2024-05-02",
        "attrs": {"product_colour": "Navy,Black", "ram_capacity": 2.0, "wi_fi": False, "pallet_weight": 40.0},
    }
    return {key: value for key, value in (full | changes).items() if value is not None}


def write_file(path: Path, *lines: dict[str, Any] | bytes) -> Path:
    whole = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    path.write_bytes(gzip.compress(whole) if path.suffix == ".gz" else whole)
    return path


def run(path: Path, **options: Any) -> str:
    out = StringIO()
    call_command("import_catalogue", str(path), brand="Mon Flux", stdout=out, stderr=out, **options)
    return out.getvalue()


def report_of(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(line["line"], line["field"]) for line in csv.DictReader(file, dialect="excel-tab")]


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    return tmp_path / "feed.jsonl"


def test_a_row_lands_as_product_text_variant_code_and_offer(feed: Path) -> None:
    run(write_file(feed, row()))

    product = Product.objects.get()
    text = ProductText.objects.get()
    offer = Offer.objects.get()
    assert (product.source_key, product.category.path) == ("mon-flux:1", "kitchen/kitchen-accessories")
    assert product.brand is not None
    assert product.brand.name == "Theora"
    assert (text.language, text.title) == ("en", "Theora Rivage kettle 1.7 L")
    assert text.summary == "A kettle for the whole family. It stops by itself."
    assert text.facts == [["Product colour", "Navy, Black"], ["RAM capacity", "2"], ["Wi-Fi", "No"]]
    assert Identifier.objects.get().value == "04006381333931"
    assert (offer.price_minor, offer.grade, offer.seller.name) == (5900, "new.sealed", "Mon Flux")
    assert PriceHistory.objects.get().price_minor == 5900
    assert OutboxRow.objects.get(topic=TOPIC).key == f"product:{product.pk}"
    assert Variant.objects.get().colour == "blue"


def test_the_same_file_again_changes_nothing_and_asks_for_no_work(feed: Path) -> None:
    write_file(feed, row(), row(id="2", ean=None))
    run(feed)
    OutboxRow.objects.all().delete()
    before = list(Product.objects.order_by("pk").values_list("pk", "search_version"))

    out = run(feed)

    assert "0 products new, 0 changed, 2 as before" in out
    assert list(Product.objects.order_by("pk").values_list("pk", "search_version")) == before
    assert not OutboxRow.objects.exists()


def test_what_changed_in_the_feed_changes_here_and_only_that(feed: Path) -> None:
    run(write_file(feed, row(), row(id="2", ean=None)))
    OutboxRow.objects.all().delete()

    out = run(write_file(feed, row(price_cents=4900, title="Theora Rivage kettle"), row(id="2", ean=None)))

    assert "0 products new, 1 changed, 1 as before" in out
    assert OutboxRow.objects.count() == 1
    assert list(PriceHistory.objects.filter(offer__source_key="mon-flux:1").values_list("price_minor", flat=True)) == [
        5900,
        4900,
    ]
    assert ProductText.objects.get(product__source_key="mon-flux:1").title == "Theora Rivage kettle"


def test_a_row_that_loses_its_price_goes_off_sale_and_comes_back_with_one(feed: Path) -> None:
    run(write_file(feed, row()))

    run(write_file(feed, row(price_cents=None)))
    assert Offer.objects.get().withdrawn_at is not None

    run(write_file(feed, row()))
    assert Offer.objects.get().withdrawn_at is None


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (b'{"id": "9", "title": ', "line"),
        (b"[1, 2]", "line"),
        (b'{"id": "9", "title": "x", "price_cents": NaN}', "line"),
        ("Écran à 27 pouces".encode("latin-1"), "line"),
        (b'{"id":"9","title":"' + b"x" * 1_000_000 + b'"}', "line"),
        (b"[" * 100_000, "line"),
        (row(title=None), "title"),
        (row(title="   "), "title"),
        (row(title=7), "title"),
        (row(title="y" * 301), "title"),
        (b'{"id": "9", "title": "half \\ud800 pair"}', "title"),
        (row(id=None), "id"),
        (row(attrs="none"), "attrs"),
        (row(), "id"),
    ],
    ids=[
        "cut json", "a list", "NaN", "latin-1", "1 MB", "deep", "no title", "blank title", "number as title",
        "long title", "surrogate", "no id", "attrs no object", "an id twice",
    ],
)  # fmt: skip
def test_a_broken_line_is_reported_and_skipped_and_the_rest_lands(
    feed: Path, tmp_path: Path, line: dict[str, Any] | bytes, field: str
) -> None:
    write_file(feed, row(), line, row(id="3"))

    run(feed, report=tmp_path / "report.tsv")

    assert report_of(tmp_path / "report.tsv") == [("2", field)]
    assert set(Product.objects.values_list("source_key", flat=True)) == {"mon-flux:1", "mon-flux:3"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price_cents": -5}, "price_cents"),
        ({"price_cents": 0}, "price_cents"),
        ({"price_cents": 10**30}, "price_cents"),
        ({"price_cents": "59"}, "price_cents"),
        ({"price_cents": None}, "price_cents"),
        ({"title": "Refurbished kettle"}, "price_cents"),
        ({"ean": "4006381333932"}, "ean"),
        ({"ean": "ABC"}, "ean"),
        ({"released": "soon"}, "released"),
    ],
)
def test_a_bad_field_is_reported_and_the_product_lands_without_it(
    feed: Path, tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    run(write_file(feed, row() | changes), report=tmp_path / "report.tsv")

    assert report_of(tmp_path / "report.tsv") == [("1", field)]
    assert Product.objects.count() == 1
    assert Offer.objects.exists() is (field != "price_cents")
    assert Identifier.objects.exists() is (field != "ean")


def test_a_gzip_file_that_breaks_off_lands_as_far_as_it_goes_and_fails(tmp_path: Path) -> None:
    lines = [row(id=str(number), description=os.urandom(40).hex()) for number in range(400)]
    path = write_file(tmp_path / "feed.jsonl.gz", *lines)
    path.write_bytes(path.read_bytes()[:-4000])

    with pytest.raises(CommandError, match="breaks off"):
        run(path, report=tmp_path / "report.tsv")

    assert 100 < Product.objects.count() < 400
    assert report_of(tmp_path / "report.tsv")[-1][1] in {"file", "line"}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.jsonl", None, "there is no file"),
        ("empty.jsonl", b"", "is empty"),
        ("empty.jsonl.gz", gzip.compress(b""), "is empty"),
        ("no.jsonl.gz", b"plain words", "no sound gzip"),
    ],
)
def test_a_file_that_is_no_catalogue_is_named_with_its_fault(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(CommandError, match=words):
        run(tmp_path / name)

    assert not Product.objects.exists()


def test_a_byte_order_mark_and_blank_lines_do_no_harm(feed: Path) -> None:
    run(write_file(feed, b"\xef\xbb\xbf" + json.dumps(row()).encode(), b"", b"   "))

    assert Product.objects.count() == 1


def test_control_characters_and_tags_never_reach_the_catalogue(feed: Path) -> None:
    run(write_file(feed, row(title="Theora\x00 <b>Rivage</b> &amp; co", attrs={"ty\x00pe": "a\\nb"})))

    text = ProductText.objects.get()
    assert text.title == "Theora Rivage & co"
    assert text.facts == [["Ty pe", "a, b"]]


def test_a_full_disk_rolls_the_batch_back_and_says_how_far_it_came(feed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(ids: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(write, "touch_products", full)

    with pytest.raises(CommandError, match="disk is full"):
        run(write_file(feed, row()))

    assert not Product.objects.exists()
    assert not Offer.objects.exists()


def test_a_report_that_cannot_be_written_leaves_no_draft(
    feed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", no_room)

    with pytest.raises(CommandError, match="the report cannot be written"):
        run(write_file(feed, row()), report=tmp_path / "report.tsv")

    assert [path.name for path in tmp_path.iterdir()] == ["feed.jsonl"]


def test_a_new_owner_shows_that_its_legal_facts_are_missing(feed: Path) -> None:
    out = run(write_file(feed, row()))

    seller = Seller.objects.get()
    assert seller.kind == "brand"
    assert "à compléter" in seller.register_number
    assert "give its company" in out


def test_a_long_line_is_never_held_whole(feed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_LINE_BYTES", 2_000)
    write_file(feed, b"z" * 50_000, row(id="2"))

    found = list(rows.read_catalogue(feed))

    assert [bool(sound) for sound, _refusals in found] == [False, True]


@pytest.mark.parametrize(
    ("title", "leaf"),
    [
        ("Intel Xeon L5320 processor 1.86 GHz 8 MB L2", "processors"),
        ("Verbatim CD-R AZO Crystal 700 MB 25 pc(s)", "blank-media"),
        ("HP Compaq dc5800 Microtower PC", "desktops"),
        ("Philips In-Ear Headphones SHE4505/10", "headphones"),
        ("C2G 50ft Cat6 550MHz Snagless Patch Cable Blue", "network-cables"),
        ("Lexmark C736H1MG toner cartridge Original Magenta", "ink-and-toner"),
        ("Samsung Galaxy Tab S6 Lite SM-P610N 26.4 cm", "tablets"),
        ("Something nobody has named yet", "other-electronics"),
    ],
)
def test_the_words_of_a_title_lead_to_its_shelf(title: str, leaf: str) -> None:
    assert category_of(title=title, description="", attributes={}) == leaf
