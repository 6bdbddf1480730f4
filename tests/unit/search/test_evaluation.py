"""Measures, catalogue files, runs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from search.answering import answer, clean
from search.evaluation.catalogue_files import BrokenCatalogue, attributes_text, read_documents, read_queries
from search.evaluation.french import other_number, queries_from, without_accents
from search.evaluation.metrics import evaluate, ndcg, paired_test, parse_gains
from search.evaluation.runs import CachingEncoder, answer_all, ranked_ids, read_run, throwaway_index, write_run
from search.evaluation.typos import with_typo
from search.queries import Filters, SearchQuery
from tests.tiny_encoder import TinyEncoder

GAINS = {0: 0.0, 1: 1.0, 2: 3.0}


def test_ndcg_by_hand() -> None:
    # gains found 0, 3; best order 3, 1
    assert ndcg(["a", "b"], {"b": 2, "c": 1}, GAINS) == pytest.approx((3 / 1.584962) / (3 + 1 / 1.584962), abs=1e-4)
    assert ndcg([], {"b": 2}, GAINS) == 0.0


def test_unanswered_query_counts_as_nothing() -> None:
    measured = evaluate({"1": ["b"]}, {"1": {"b": 2}, "2": {"c": 2}, "3": {"d": 0}}, GAINS)

    assert (measured.queries, measured.ndcg, measured.mrr, measured.recall) == (2, 0.5, 0.5, 0.5)


def test_equal_runs_do_not_differ() -> None:
    assert paired_test({"a": 0.5}, {"a": 0.5}) == (0.0, 1.0)
    assert paired_test({str(n): 1.0 for n in range(20)}, {str(n): 0.0 for n in range(20)})[1] < 0.001


def test_gains_are_parsed_or_refused() -> None:
    assert parse_gains("0=0,1=.01,3=1") == {0: 0.0, 1: 0.01, 3: 1.0}
    with pytest.raises(ValueError, match="gains are written like"):
        parse_gains("high")


def test_typo_changes_one_word_and_is_always_the_same() -> None:
    assert with_typo("q1", "red bluetooth headset") == with_typo("q1", "red bluetooth headset")
    assert with_typo("q1", "red bluetooth headset").split()[0] == "red"
    assert with_typo("q1", "red bluetooth headset") != "red bluetooth headset"
    assert with_typo("q1", "tv") == "tv"


def test_catalogue_formats_become_documents(tmp_path: Path) -> None:
    rows = [
        {
            "id": "1",
            "title": "HP 80 Cyan",
            "brand": "HP",
            "ean": "0882780756328",
            "attrs": {"ink_type": "Dye", "duplex": True},
        },
        {"id": "2", "title_fr": "Lampe", "title_en": "Lamp", "category": "Home / Light", "description_fr": "rouge"},
        {"id": "3"},
    ]
    path = tmp_path / "products.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))

    one, two = read_documents(path, "en")

    assert one.identifiers == ("0882780756328",)
    assert one.texts["en"].details == "ink type: Dye\nduplex"
    assert (two.texts["fr"].details, two.category_path) == ("rouge", ("home", "home-light"))


def test_table_of_french_names_is_read(tmp_path: Path) -> None:
    path = tmp_path / "products.tsv"
    path.write_text('ean\tname\tingredients\n300\tPâte "à" tartiner\tsucre\n', encoding="utf-8")

    (one,) = read_documents(path)

    assert (one.id, one.texts["fr"].title, one.texts["fr"].details) == ("300", 'Pâte "à" tartiner', "sucre")


def test_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "products.jsonl"
    path.write_text('{"id": "1", "title": "A"}\n{broken\n', encoding="utf-8")

    with pytest.raises(BrokenCatalogue, match="line 2"):
        list(read_documents(path, "en"))


def test_attributes_leave_out_what_is_false_and_packing() -> None:
    facts = {"wireless": False, "width": 12.0, "pallet_width": 5, "note": None, "colour": "red"}
    assert attributes_text(facts) == "width: 12\ncolour: red"


def test_run_goes_out_and_comes_back(tmp_path: Path) -> None:
    catalogue = tmp_path / "products.jsonl"
    lines = [json.dumps({"id": str(n), "title": f"lamp number {n}"}) for n in range(30)]
    catalogue.write_text("\n".join(lines), encoding="utf-8")
    queries = tmp_path / "queries.tsv"
    queries.write_text("query_id\tquery\nq1\tlamp\nq2\tnumber 7\n", encoding="utf-8")

    with throwaway_index([catalogue], TinyEncoder(), language="en", vector_cache=tmp_path / "cache") as built:
        run, report = answer_all(built, read_queries(queries), limit=20)
    write_run(tmp_path / "run.tsv", run)

    assert read_run(tmp_path / "run.tsv") == ranked_ids(run)
    assert [len(hits) for hits in run.values()] == [20, 20]
    assert run["q2"][0][0] == "7"
    assert (report.docs, report.zero_results, report.language) == (30, 0, "en")


def test_kept_vectors_are_not_made_again(tmp_path: Path) -> None:
    encoder = TinyEncoder()
    first = CachingEncoder(encoder, tmp_path).encode_documents(["a", "b", "a"])

    again = CachingEncoder(encoder, tmp_path)
    second = again.encode_documents(["b", "a", "c"])

    assert encoder.encoded == 3
    assert again.hits == 2
    assert (first[[1, 0]] == second[:2]).all()


def test_french_variants() -> None:
    assert other_number("crème dessert") == "crèmes desserts"
    assert other_number("gâteaux") == "gâteau"
    assert without_accents("œuf brûlé") == "œuf brule"
    assert queries_from(["Crème au chocolat noir", "12"], 5) == ["crème chocolat"]


def test_filter_that_leaves_nothing_is_dropped_and_said(tmp_path: Path) -> None:
    catalogue = tmp_path / "products.jsonl"
    catalogue.write_text('{"id": "1", "title": "lampe rouge"}', encoding="utf-8")
    with throwaway_index([catalogue], None, language="fr") as built:
        query = SearchQuery(text="lampe occasion moins de 20 €", language="fr")

        page = answer(built.engine, query)
        own = answer(built.engine, SearchQuery(text="lampe", language="fr", filters=Filters(price_max_minor=5)))

    assert [hit.id for hit in page.hits] == ["1"]
    assert {one.was_dropped for one in page.understood} == {True}
    assert page.searched_text == "lampe"
    assert own.total == 0


def test_any_text_is_cleaned_and_cut() -> None:
    assert clean("a\x00b\ud800 c ") == "a b c"
    assert len(clean("mot " * 5_000)) <= 512
