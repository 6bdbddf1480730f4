"""The five candidates for the item's mask: four by different cues, one by their vote."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from listings.photos.cutout.frame_colours import frame_colour_saliency
from listings.photos.cutout.grabcut import cleaned, grab, seeds_of, vote
from listings.photos.cutout.mbd import barrier_saliency
from listings.photos.cutout.rbd import boundary_saliency
from listings.photos.cutout.working import Mask, Saliency, Working, frame_of, scaled

FRAME_SHARE = 0.04
BASE = ("border", "mbd", "rbd", "frame_colours")


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """masks: by name, bool (h, w) of the working size, the base ones first. barrier: the mbd map, 0..1."""

    masks: dict[str, Mask]
    barrier: Saliency


def classical_candidates(working: Working) -> Candidates:
    """Four base masks ("border", "mbd", "rbd", "frame_colours") and "vote"."""
    barrier = scaled(barrier_saliency(working))
    maps = {"mbd": barrier, "rbd": boundary_saliency(working), "frame_colours": frame_colour_saliency(working)}
    masks = {"border": _inside_the_frame(working)}
    for name, saliency in maps.items():
        masks[name] = cleaned(grab(working.photo, seeds_of(saliency), 4))
    masks["vote"] = vote(working.lab8, [masks[name] for name in BASE])
    return Candidates(masks=masks, barrier=barrier)


def _inside_the_frame(working: Working) -> Mask:
    frame = frame_of(working.shape, FRAME_SHARE)
    seeds = np.where(frame, cv2.GC_BGD, cv2.GC_PR_FGD).astype(np.uint8)
    return cleaned(grab(working.photo, seeds, 5))
