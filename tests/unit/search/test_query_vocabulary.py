"""What a catalogue calls things, read from its documents."""

from __future__ import annotations

from search.documents import DocumentText, OfferDocument, SearchDocument
from search.query import Vocabulary, build_vocabulary


def document(number: int, title: str, brand: str = "", *offers: OfferDocument) -> SearchDocument:
    return SearchDocument(
        id=f"product:{number}",
        kind="product",
        version=1,
        texts={"fr": DocumentText(title=title, categories=("Audio", "Casques audio"))},
        brand=brand,
        brand_slug=brand.lower().replace(" ", "-"),
        category_path=("audio", "headphones"),
        offers=offers,
    )


def offer(colour: str, size: str) -> OfferDocument:
    return OfferDocument(
        id=1,
        family="new",
        grade="new",
        total_minor=100,
        seller_id=1,
        seller_kind="brand",
        published_at=0,
        colour=colour,
        size=size,
    )


def test_a_vocabulary_is_built_from_the_documents() -> None:
    documents = [
        document(1, "Casque Nimbe", "Auralune", offer("blue", "M")),
        document(2, "Écouteurs Goutte", "Auralune"),
        document(3, "Casque seul", "Solo"),
    ]

    vocabulary = build_vocabulary(documents, brand_aliases={"aura lune": "auralune", "ghost": "ghost"})

    assert dict(vocabulary.brands) == {"auralune": "auralune", "aura lune": "auralune"}
    assert vocabulary.colours == frozenset({"blue"})
    assert dict(vocabulary.sizes) == {"m": "M"}
    assert dict(vocabulary.categories) == {"audio": "audio", "casques audio": "headphones"}
    assert "ecouteurs" in vocabulary.title_words
    assert Vocabulary.from_json(vocabulary.to_json()) == vocabulary


def test_a_brand_whose_name_is_a_common_word_of_titles_is_no_filter() -> None:
    others = [document(number, f"Jus orange {number}", "Verger") for number in range(5)]
    own = [document(number, "Téléphone", "Orange") for number in (10, 11)]

    assert dict(build_vocabulary([*others, *own]).brands) == {"verger": "verger"}
