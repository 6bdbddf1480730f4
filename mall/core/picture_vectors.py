"""Vectors of how pictures look: kept by a worker, compared anywhere.

Nothing here loads an image model: comparing is a product of two stored vectors, so web processes can do it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from django.db.models import Exists, OuterRef, QuerySet
from numpy.typing import NDArray

from mall.core.models import Picture, PictureVector

LOOK_WANTED = "picture.look"
STORED = np.dtype("<f2")


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredLook:
    """One vector as it is stored. owner: whatever the picture shows ("listing:7", a picture's id)."""

    owner: str
    encoder: str
    vector: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class LookCosines:
    """How alike others look to one owner, by owner: -1 to 1, higher is more alike. encoder: whose vectors they were."""

    encoder: str = ""
    cosines: Mapping[str, float] = field(default_factory=dict)


def pack(vector: NDArray[np.float32]) -> bytes:
    """Two bytes a number; cosines of what comes back are right within .001."""
    return vector.astype(STORED).tobytes()


def unpack(stored: Sequence[bytes]) -> NDArray[np.float32]:
    """float32 (len(stored), dimensions). All must be of one encoder: raises ValueError when lengths differ."""
    if not stored:
        return np.empty((0, 0), dtype=np.float32)
    if len({len(vector) for vector in stored}) > 1:
        raise ValueError("vectors of one encoder have one length; run `manage.py prepare_looks`")
    return np.frombuffer(b"".join(stored), dtype=STORED).reshape(len(stored), -1).astype(np.float32)


def keep_vectors(encoder: str, vectors: Mapping[int, NDArray[np.float32]]) -> None:
    """Keep the vectors, by picture id. What is known already stays: one photo has one vector of one encoder."""
    rows = [PictureVector(picture_id=pk, encoder=encoder, vector=pack(vector)) for pk, vector in vectors.items()]
    PictureVector.objects.bulk_create(rows, ignore_conflicts=True)


def without_vector(encoder: str) -> QuerySet[Picture]:
    """Pictures, as far as they can be read, that `encoder` has not seen."""
    seen = PictureVector.objects.filter(picture=OuterRef("pk"), encoder=encoder)
    return Picture.objects.filter(~Exists(seen), is_failed=False).order_by("pk")


def forget_superseded(encoder: str) -> int:
    """Remove other encoders' vectors of the pictures that have one of `encoder`. Returns how many."""
    seen = PictureVector.objects.filter(picture=OuterRef("picture"), encoder=encoder)
    return PictureVector.objects.exclude(encoder=encoder).filter(Exists(seen)).delete()[0]


def compare_looks(reference: str, stored: Iterable[StoredLook]) -> LookCosines:
    """How alike the others among `stored` look to the owner `reference`; of several photos the best pair counts.

    Of the encoders that have seen the reference, the one that has seen most of the others is taken; who has no vector
    of it is not in the answer. No query.
    """
    by_encoder: dict[str, dict[str, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    for look in stored:
        by_encoder[look.encoder][look.owner].append(look.vector)
    usable = Counter({name: len(owners) for name, owners in by_encoder.items() if reference in owners})
    if not usable:
        return LookCosines()
    encoder = max(sorted(usable), key=lambda name: usable[name])
    owners = by_encoder[encoder]
    own = unpack(owners.pop(reference))
    others = [(owner, vector) for owner, vectors in owners.items() for vector in vectors]
    if not others:
        return LookCosines(encoder=encoder)
    best: dict[str, float] = {}
    nearest = (unpack([vector for _, vector in others]) @ own.T).max(axis=1)
    for (owner, _vector), cosine in zip(others, nearest.tolist(), strict=True):
        best[owner] = max(cosine, best.get(owner, -1.0))
    return LookCosines(encoder=encoder, cosines=best)
