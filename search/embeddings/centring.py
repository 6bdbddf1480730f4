"""Vectors moved to the middle of what shops say.

multilingual-e5 puts every text into a narrow cone: two unrelated titles have a cosine of .8. Taking the mean passage
vector off passages and the mean query vector off queries spreads them again, so that cosines can be mixed with other
scores. The means belong to the model, not to a catalogue or to the queries of a day: they were made once from the
phrases of `centre_texts.tsv` by `python -m search.embeddings.make_centres` and are kept in `centres.npy`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from search.embeddings.protocol import Vectors
from search.errors import EncoderUnavailable

CENTRES_FILE = Path(__file__).with_name("centres.npy")


def load_centres(path: Path = CENTRES_FILE) -> tuple[Vectors, Vectors, str]:
    """Mean passage vector, mean query vector, float32 (dimensions,) each, and eight digits that name this pair."""
    try:
        centres = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise EncoderUnavailable(
            f"{path} cannot be read; make it again with `python -m search.embeddings.make_centres`."
        ) from error
    return centres[0], centres[1], hashlib.sha256(centres.tobytes()).hexdigest()[:8]


def centred(vectors: Vectors, centre: Vectors) -> Vectors:
    """`vectors` (n, dimensions) or (dimensions,) minus `centre`, each row brought back to length 1."""
    moved = vectors - centre
    lengths = np.linalg.norm(moved, axis=-1, keepdims=True)
    scaled: Vectors = (moved / np.maximum(lengths, np.float32(1e-12))).astype(np.float32, copy=False)
    return scaled
