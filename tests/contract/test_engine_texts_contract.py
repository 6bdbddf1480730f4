"""What every search engine must do with words, writes and suggestions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from search.documents import DocumentText
from search.engines.protocol import SearchEngine
from search.queries import Filters
from tests.contract.questions import ask, found
from tests.search_documents import document, offer, random_documents
from tests.tiny_encoder import TinyEncoder


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("creme dessert", "crèmes desserts"),
        ("oeufs", "œufs"),
        ("l'aspirateur", "aspirateurs"),
        ("L’écran d’ordinateur", "ecrans ordinateurs"),
        ("128 go", "128GB"),
        ("iPhone13", "iphone 13"),
    ],
)
def test_french_ways_of_writing_find_the_same(engine: SearchEngine, one: str, two: str) -> None:
    titles = [
        "Crème dessert vanille",
        "Œufs frais",
        "Aspirateur balai",
        "Écran pour ordinateur",
        "iPhone 13 Pro 128 Go",
        "Desserts au soja",
        "Clavier",
    ]
    engine.upsert([document(n, title) for n, title in enumerate(titles, 1)])

    first, second = found(engine, one), found(engine, two)

    assert first == second
    assert first


def test_english_word_finds_a_bilingual_document_in_the_french_mall(engine: SearchEngine) -> None:
    both = {"fr": DocumentText(title="Casque sans fil"), "en": DocumentText(title="Wireless headphones")}
    engine.upsert([document(1, texts=both), document(2, "Lampe de bureau")])

    assert found(engine, "wireless", language="fr")[0] == "product:1"
    assert found(engine, "casque", language="en")[0] == "product:1"


def test_a_word_comes_before_another_word_of_the_same_stem(engine: SearchEngine) -> None:
    aspire = DocumentText(title="Acer Aspire 3", details="ordinateur")
    spare = DocumentText(title="Clavier", details="pour Acer Aspire")
    vacuum = DocumentText(title="Aspirateur traîneau silencieux", details="rouge")
    engine.upsert([document(n, texts={"fr": text}) for n, text in enumerate((aspire, spare, vacuum), 1)])

    assert found(engine, "aspirateur")[0] == "product:3"
    assert found(engine, "aspirateurs")[0] == "product:3"


def test_another_word_for_the_same_thing_is_a_result_too(engine: SearchEngine) -> None:
    french, english = DocumentText(title="Ordinateur portable Plume 14"), DocumentText(title="HP ProBook notebook")
    engine.upsert([document(1, texts={"fr": french}), document(2, texts={"en": english})])

    assert found(engine, "ordinateur portable") == ["product:1", "product:2"]


def test_meaning_finds_what_no_word_does(engine: SearchEngine) -> None:
    engine.upsert([document(1, "Sofa", language="en"), document(2, "Lamp", language="en")])

    retrieval = engine.retrieve(ask("couch", language="en"))

    assert retrieval.hits[0].id == "product:1"
    assert not retrieval.is_words_only


def test_broken_text_model_leaves_words(engine: SearchEngine, encoder: TinyEncoder) -> None:
    engine.upsert([document(1, "Sofa rouge")])
    encoder.is_broken = True

    retrieval = engine.retrieve(ask("sofa"))

    assert retrieval.is_words_only
    assert [hit.id for hit in retrieval.hits] == ["product:1"]
    assert "mend it" in engine.status().message


@pytest.mark.parametrize(
    "typed", ["3614271256607", "03614271256607", "361-4271 256607", "WH-1000XM4", "wh1000xm4", "080442957X"]
)
def test_identifier_comes_first(engine: SearchEngine, typed: str) -> None:
    codes = ("03614271256607", "WH-1000XM4", "080442957X")
    engine.upsert(
        [document(1, "WH 1000 XM 4 étui"), document(2, "Casque", identifiers=codes), document(3, "Autre 3614271")]
    )

    hits = engine.retrieve(ask(typed)).hits

    assert hits[0].id == "product:2"
    assert hits[0].reasons[0].kind == "identifier"


def test_reasons_name_words_meaning_and_offer(engine: SearchEngine) -> None:
    engine.upsert([document(1, "Casque bluetooth", offer(5))])

    reasons = {reason.kind: reason for reason in engine.retrieve(ask("casque")).hits[0].reasons}

    assert reasons["words"].terms == ("casque",)
    assert 0 < reasons["meaning"].value <= 1.001
    assert reasons["offer"].terms == ("5",)


def test_lower_version_never_replaces_a_higher(engine: SearchEngine) -> None:
    engine.upsert([document(1, "Nouveau", version=5)])

    stored = engine.upsert([document(1, "Ancien", version=4)])

    assert stored == 0
    assert found(engine, "nouveau") == ["product:1"]
    assert (
        found(engine, "ancien", corrects_spelling=False) != ["product:1"] or engine.retrieve(ask("nouveau")).total == 1
    )


def test_writing_twice_leaves_one(engine: SearchEngine) -> None:
    for _ in range(3):
        assert engine.upsert([document(1, "Lampe", offer(1)), document(2, "Lampe", offer(2))]) == 2

    assert engine.status().documents == 2
    assert engine.retrieve(ask("lampe")).total == 2


def test_deleted_document_is_gone_everywhere(engine: SearchEngine) -> None:
    engine.upsert([document(n, "Lampe halogène", offer(n)) for n in (1, 2)])

    assert engine.delete(["product:1", "product:9"]) == 1

    assert found(engine, "lampe") == ["product:2"]
    assert found(engine) == ["product:2"]
    assert [one.value for one in engine.suggest("lampe", language="fr", limit=20) if one.kind == "product"] == [
        "product:2"
    ]
    assert engine.delete(["product:1"]) == 0


def test_many_small_writes_give_the_same_as_one_build(engine: SearchEngine) -> None:
    documents = random_documents(seed=2, count=40)
    engine.rebuild(documents)
    whole = engine.retrieve(ask("chaise", page_size=60, sort="price"))

    engine.rebuild([])
    for one in documents:
        engine.upsert([replace(one, version=1)])
        engine.upsert([replace(one, version=2)])

    apart = engine.retrieve(ask("chaise", page_size=60, sort="price"))
    assert [hit.id for hit in apart.hits] == [hit.id for hit in whole.hits]
    assert [hit.offers for hit in apart.hits] == [hit.offers for hit in whole.hits]
    assert apart.facets == whole.facets
    assert engine.status().documents == 40


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "'",
        "(",
        "a AND (b OR",
        "field:value^3~",
        "\x00\x01\x02",
        "\ud800",
        "😀 é ß ﷺ 中文",
        "a" * 10_000,
        "mot " * 5_000,
        "1" * 4_000,
        "%s %d {} ' OR 1=1 --",
        "sans",
        "the",
        "l'",
        "-" * 300,
    ],
)
def test_any_text_is_answered(engine: SearchEngine, text: str) -> None:
    engine.upsert([document(1, "Lampe 😀 中文"), document(2, "Mot")])

    retrieval = engine.retrieve(ask(text))

    assert retrieval.total >= 0
    engine.correct(text, language="fr")
    engine.suggest(text, language="fr", limit=5)


def test_empty_index_answers_with_nothing(engine: SearchEngine) -> None:
    for text in ("", "lampe"):
        retrieval = engine.retrieve(ask(text))
        assert (retrieval.total, retrieval.hits, retrieval.total_offers) == (0, (), 0)
    assert engine.suggest("la", language="fr", limit=5) == ()
    assert engine.similar("product:1", filters=Filters(), limit=5) == ()


def test_page_beyond_the_last_is_empty(engine: SearchEngine) -> None:
    engine.upsert([document(1, "Lampe")])

    retrieval = engine.retrieve(ask("lampe", page=10_000))

    assert (retrieval.hits, retrieval.total) == ((), 1)


def test_browsing_shows_first_what_has_most_conditions(engine: SearchEngine) -> None:
    both = (offer(1, family="new"), offer(2, family="used"))
    engine.upsert([document(1, "A"), document(2, "B", offer(3)), document(3, "C", *both)])

    assert found(engine) == ["product:3", "product:2", "product:1"]


def test_similar_leaves_the_document_itself_out_and_keeps_filters(engine: SearchEngine) -> None:
    engine.upsert(
        [
            document(1, "Sofa rouge", offer(1)),
            document(2, "Sofa bleu", offer(2, family="used")),
            document(3, "Couch", offer(3)),
            document(4, "Perceuse", offer(4)),
        ]
    )

    near = [hit.id for hit in engine.similar("product:1", filters=Filters(), limit=2)]
    used = [hit.id for hit in engine.similar("product:1", filters=Filters(conditions=frozenset({"used"})), limit=5)]

    assert set(near) == {"product:2", "product:3"}
    assert used == ["product:2"]


def test_suggestions_fold_accents_and_come_in_order(engine: SearchEngine) -> None:
    categories: dict[str, Any] = {"categories": ("Vélos",), "category_path": ("velos",)}
    engine.upsert(
        [
            document(n, f"Vélo de ville {n}", offer(n), brand="Vélozen", brand_slug="velozen", **categories)
            for n in range(1, 4)
        ]
    )

    lines = engine.suggest("velo", language="fr", limit=10)

    kinds = [line.kind for line in lines]
    assert kinds == sorted(kinds, key=["query", "category", "brand", "product"].index)
    assert {"query", "category", "brand", "product"} == set(kinds)
    assert next(line for line in lines if line.kind == "category").text == "Vélos"
    assert next(line for line in lines if line.kind == "product").offers["new"].count == 1


def test_spelling_corrects_only_words_that_no_document_has(engine: SearchEngine) -> None:
    engine.upsert([document(n, "Aspirateur sans sac") for n in range(1, 4)] + [document(5, "Lave-linge hublot")])

    assert engine.correct("aspirtaeur", language="fr")[0] == "aspirateur"
    assert engine.correct("aspirateurs", language="fr") == ("aspirateurs", ())
    assert (
        engine.correct("lav linge", language="fr")[0] == "lav linge"
        or "linge" in engine.correct("lav linge", language="fr")[0]
    )
    assert engine.correct("wh1000xm4", language="fr") == ("wh1000xm4", ())
