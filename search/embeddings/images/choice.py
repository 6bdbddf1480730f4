"""Which image encoder runs here: EfficientNet-Lite0 where its weights are, the classical description elsewhere.

Workers and commands only. Web processes compare vectors that are there already and load no image model.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from search.embeddings.images.classical import ClassicalEncoder
from search.embeddings.images.lite0 import load_lite0
from search.embeddings.images.protocol import ImageEncoder
from search.errors import EncoderUnavailable


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageEncoderChoice:
    """status: one line for people; names the remedy where the better encoder is missing (is_fallback)."""

    encoder: ImageEncoder
    status: str
    is_fallback: bool = False


_loaded: dict[Path, ImageEncoderChoice] = {}
_lock = Lock()


def find_image_encoder(cache_folder: Path) -> ImageEncoderChoice:
    """The encoder of this process and why it is that one; never raises.

    The model is loaded once. Its absence is not remembered: it is taken as soon as it is installed.
    """
    with _lock:
        if cache_folder not in _loaded:
            try:
                encoder = load_lite0(cache_folder)
            except EncoderUnavailable as error:
                return without_model(error)
            _loaded[cache_folder] = ImageEncoderChoice(encoder=encoder, status=f"image model {encoder.name}")
        return _loaded[cache_folder]


def without_model(error: EncoderUnavailable) -> ImageEncoderChoice:
    """The classical description, and why it has to do."""
    return ImageEncoderChoice(encoder=ClassicalEncoder(), status=f"looks without a model: {error}", is_fallback=True)


def forget_image_encoders() -> None:
    """Load anew at the next call: after `prepare_models`, and between tests."""
    with _lock:
        _loaded.clear()
