"""How well is a thing found by its look? Phone photos asked of packshots, alone and together with words."""

from __future__ import annotations

import resource
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from search.embeddings.images.protocol import ImageEncoder, Photo
from search.embeddings.protocol import Vectors


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Share of the questions whose own answer came first, or among the first five, 0 to 1."""

    questions: int
    first: float
    in_five: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """vectors: float32 (photos, dimensions). cpu_ms: of one photo, decoded already. grew_mb: peak memory it added."""

    vectors: Vectors
    cpu_ms: float
    grew_mb: float


def read_photo(path: Path) -> Photo:
    """uint8 (height, width, 3), upright. Raises OSError."""
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"), dtype=np.uint8)


def describe(encoder: ImageEncoder, photos: Sequence[Photo]) -> Described:
    """Vectors of the photos and what they cost on this thread."""
    before, started = _peak_mb(), time.thread_time()
    vectors = encoder.encode(photos)
    cpu_ms = (time.thread_time() - started) * 1000 / max(1, len(photos))
    return Described(vectors=vectors, cpu_ms=round(cpu_ms, 1), grew_mb=round(_peak_mb() - before))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def best_of(scores: Vectors, owners: Sequence[Hashable]) -> tuple[Vectors, list[Hashable]]:
    """The best column of each owner: float32 (questions, owners) and the owners, each once."""
    names = list(dict.fromkeys(owners))
    columns = [[place for place, owner in enumerate(owners) if owner == name] for name in names]
    return np.stack([scores[:, chosen].max(axis=1) for chosen in columns], axis=1), names


def found(scores: Vectors, owners: Sequence[Hashable], wanted: Sequence[Hashable]) -> Found:
    """scores: (questions, columns), higher is better. owners: of the columns; ties count against the wanted one."""
    best, names = best_of(scores, owners)
    own = best[np.arange(len(wanted)), [names.index(one) for one in wanted]]
    ranks = (best >= own[:, None]).sum(axis=1)
    return Found(
        questions=len(wanted),
        first=round(float((ranks == 1).mean()), 3),
        in_five=round(float((ranks <= 5).mean()), 3),
    )
