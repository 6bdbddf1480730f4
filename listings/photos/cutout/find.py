"""The item found: the candidate that may be published, or the best one that may not and why."""

from __future__ import annotations

from dataclasses import dataclass

from listings.photos.cutout.backends import ClassicalBackend, CutoutBackend
from listings.photos.cutout.candidates import BASE, classical_candidates
from listings.photos.cutout.confidence import Features, features_of
from listings.photos.cutout.gate import STRICT, Gate
from listings.photos.cutout.grabcut import cleaned
from listings.photos.cutout.working import Mask, working_of
from listings.photos.light import Photo


@dataclass(frozen=True, kw_only=True)
class Found:
    """mask: bool, of the working size. name: of the candidate. refusal: why it is not trusted, None where it is."""

    mask: Mask
    name: str
    features: Features
    refusal: str | None


def find_item(photo: Photo, *, backend: CutoutBackend | None = None, gate: Gate = STRICT) -> Found:
    """The model's mask where it is sure, else the best classical one, trusted or not.

    photo: uint8 (height, width, 3). Raises ValueError for another shape or dtype.
    """
    working = working_of(photo)
    found = classical_candidates(working)
    proposed = {name: cleaned(mask) for name, mask in (backend or ClassicalBackend()).propose(working).items()}
    masks = found.masks | proposed
    judged = {name: features_of(working, name, masks, BASE, found.barrier) for name in masks}
    refusals = {name: gate.refusal(features) for name, features in judged.items()}
    for names in (proposed, found.masks):
        sure = [name for name in names if refusals[name] is None]
        if sure:
            chosen = max(sure, key=lambda name: judged[name].trust)
            return Found(mask=masks[chosen], name=chosen, features=judged[chosen], refusal=None)
    chosen = max(found.masks, key=lambda name: judged[name].score)
    return Found(mask=masks[chosen], name=chosen, features=judged[chosen], refusal=refusals[chosen])
