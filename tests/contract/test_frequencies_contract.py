"""How common words are, as a matcher asks every engine."""

from __future__ import annotations

from search.analysis import stem
from search.engines.protocol import SearchEngine
from tests.search_documents import document


def test_words_are_counted_by_the_documents_that_have_them(engine: SearchEngine) -> None:
    engine.rebuild([document(1, "Lampe Opaline verte"), document(2, "Lampe Galet"), document(3, "Vélo Quai")])

    found = engine.frequencies([stem("lampe", "fr"), stem("opaline", "fr"), "inconnu"], language="fr")

    assert found.documents == 3
    assert found.counts == (2, 1, 0)
    assert engine.frequencies([], language="en").counts == ()


def test_a_code_is_counted_where_a_document_bears_it(engine: SearchEngine) -> None:
    engine.rebuild([document(1, "Lampe", identifiers=("LAM-G43", "4006381333931")), document(2, "Lampe")])

    found = engine.frequencies(["lamg43", "4006381333931", "lamg44"], language="fr")

    assert found.counts == (1, 1, 0)
