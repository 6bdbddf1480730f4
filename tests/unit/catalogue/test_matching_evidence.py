"""Evidence as data and in words: every kind has its phrase in French and English."""

from __future__ import annotations

import pytest
from django.utils import translation

from mall.catalogue.evidence import KINDS, Evidence, evidence_sentence, evidence_text

# kind, what it speaks, French, English; detail is "V8", other is "V10"
PHRASES = [
    ("gtin", "for", "même code-barres V8", "same barcode V8"),
    ("isbn10", "for", "même ISBN V8", "same ISBN V8"),
    ("mpn", "for", "même référence V8", "same part number V8"),
    ("model", "for", "même code de modèle V8", "same model code V8"),
    ("brand", "for", "même marque", "same brand"),
    ("category", "for", "même type", "same type"),
    ("size", "for", "même taille V8", "same size V8"),
    ("year", "for", "même année V8", "same year V8"),
    ("colour", "for", "même couleur", "same colour"),
    ("words", "for", "mêmes mots\u00a0: V8", "same words: V8"),
    ("meaning", "for", "sens proche", "close in meaning"),
    ("look", "for", "aspect semblable", "looks alike"),
    ("price", "for", "prix plausible", "plausible price"),
    ("seller", "for", "choisi par son vendeur", "chosen by its seller"),
    ("title", "for", "titre\u00a0: V8", "title: V8"),
    ("gtin", "against", "code-barres V8 au lieu de V10", "barcode V8 instead of V10"),
    ("isbn10", "against", "ISBN V8 au lieu de V10", "ISBN V8 instead of V10"),
    ("mpn", "against", "référence V8 au lieu de V10", "part number V8 instead of V10"),
    (
        "claimed_twice",
        "against",
        "plusieurs produits revendiquent le code V8",
        "several products claim the code V8",
    ),
    ("wrong_digit", "against", "le code V8 a une clé de contrôle fausse", "the code V8 has a wrong control digit"),
    ("model", "against", "modèle V8 au lieu de V10", "model V8 instead of V10"),
    ("brand", "against", "marque V8 au lieu de V10", "brand V8 instead of V10"),
    ("category", "against", "un autre type d’objet", "another type of thing"),
    ("size", "against", "V8 au lieu de V10", "V8 instead of V10"),
    ("year", "against", "modèle V8 au lieu de V10", "model of V8 instead of V10"),
    ("colour", "against", "autre couleur", "another colour"),
    ("words", "against", "absent du nom du produit\u00a0: V8", "not in the product’s name: V8"),
    ("meaning", "against", "sens éloigné", "far in meaning"),
    ("price", "against", "prix sans rapport", "price out of proportion"),
    ("lot", "against", "un lot\u00a0: V8", "a set: V8"),
    ("accessory", "against", "un accessoire pour lui\u00a0: V8", "an accessory for it: V8"),
    ("many_models", "against", "cite plusieurs modèles\u00a0: V8", "names several models: V8"),
]


@pytest.mark.parametrize(("kind", "speaks", "french", "english"), PHRASES)
def test_an_entry_is_told_in_both_languages(kind: str, speaks: str, french: str, english: str) -> None:
    entry = {"kind": kind, "speaks": speaks, "detail": "V8", "other": "V10"}

    with translation.override("fr"):
        assert evidence_text(entry) == french
    with translation.override("en"):
        assert evidence_text(entry) == english


def test_every_kind_has_a_phrase() -> None:
    assert {kind for kind, *_rest in PHRASES} == set(KINDS)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"kind": "unheard of"},
        {"kind": "lot", "speaks": "for"},
        {"kind": None},
        {"kind": "look", "speaks": "against"},
    ],
)
def test_an_entry_without_a_phrase_is_silent(entry: dict[str, str]) -> None:
    assert evidence_text(entry) == ""


def test_a_percent_sign_in_a_value_is_no_placeholder() -> None:
    with translation.override("en"):
        assert (
            evidence_text({"kind": "words", "speaks": "for", "detail": "100 %(other)s"}) == "same words: 100 %(other)s"
        )


def test_a_sentence_has_the_first_phrases_once_each() -> None:
    brand, colour = {"kind": "brand", "speaks": "for"}, {"kind": "colour", "speaks": "for"}
    size = {"kind": "size", "speaks": "against", "detail": "128 Go", "other": "256 Go"}

    with translation.override("fr"):
        assert (
            evidence_sentence([brand, {"kind": "?"}, size, colour])
            == "même marque, 128 Go au lieu de 256 Go, même couleur"
        )
        assert evidence_sentence([brand, brand, size, colour]) == "même marque, 128 Go au lieu de 256 Go"
        assert evidence_sentence([brand, size], most=1) == "même marque"
        assert evidence_sentence([]) == ""


def test_an_entry_is_stored_without_what_it_lacks() -> None:
    size = Evidence(kind="size", speaks="against", detail="128 Go", other="256 Go")

    assert size.as_json() == {"kind": "size", "speaks": "against", "detail": "128 Go", "other": "256 Go"}
    assert Evidence(kind="brand", speaks="for").as_json() == {"kind": "brand", "speaks": "for", "detail": ""}
