"""Text to terms."""

from __future__ import annotations

import pytest

from search.analysis import fold, normalise_code, plain_word, surface_words, terms, title_sequence, written_words


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("crème dessert", "cremes desserts"),
        ("œufs", "oeuf"),
        ("l'aspirateur", "aspirateurs"),
        ("L’ÉCRAN", "ecrans"),
        ("risotto", "risottos"),
        ("128 Go", "128gb"),
        ("1,7 litre", "1.7 l"),
        ('15.6"', "15,6 pouces"),
    ],
)
def test_french_ways_of_writing_have_the_same_terms(one: str, two: str) -> None:
    assert terms(one, "fr") == terms(two, "fr")


def test_word_that_no_document_has_loses_article_and_plural() -> None:
    assert plain_word("l'aspirateur", "fr") == plain_word("aspirateurs", "fr") == "aspirateur"
    assert plain_word("glasses", "en") == "glasses"


def test_code_gives_the_whole_and_its_parts() -> None:
    assert terms("iPhone13", "fr") == ["iphone13", *terms("iphone", "fr"), "13"]
    assert terms("128 Go", "fr") == ["128gb", "128", "gb"]


def test_preposition_after_a_number_is_no_unit_in_english() -> None:
    assert "tb" not in terms("5 to 10", "en")
    assert terms("1 To", "fr")[0] == "1tb"


def test_stop_words_are_left_out_but_kept_in_title_sequences() -> None:
    assert terms("coque pour le téléphone", "fr") == terms("coque téléphone", "fr")
    assert "pour" in title_sequence("Coque pour téléphone", "fr")
    assert title_sequence("Lampe, rouge - LED", "fr").count("|") == 2


def test_folding_is_idempotent_and_opens_ligatures() -> None:
    assert fold("Œuvre d’Été ß™") == "oeuvre d'ete ss"
    assert fold(fold("Ça où À")) == fold("Ça où À")


def test_vocabulary_keeps_accents_and_drops_articles() -> None:
    assert written_words("L'Été à 2 PLAGES") == ["été", "à", "plages"]
    assert surface_words("L'Été") == ["ete"]


@pytest.mark.parametrize(
    ("code", "key"), [("WH-1000XM4", "wh1000xm4"), ("0036 1427", "361427"), ("080442957X", "080442957x")]
)
def test_codes_compare_without_punctuation_and_leading_zeros(code: str, key: str) -> None:
    assert normalise_code(code) == key
