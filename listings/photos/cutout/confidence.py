"""How far a candidate may be trusted, told without knowing the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from listings.photos.cutout.grabcut import otsu_of, square
from listings.photos.cutout.working import Mask, Saliency, Working, overlap

BINS = (13, 20, 20)
SLACK = 0.2
RING_SHARE = 1 / 30
OFF_FRAME_PX = 3
EDGE_FACTOR, EDGE_LEAST = 1.5, 12.0
FRAGMENT_SHARE = 0.05
GROWN_SHARE = 1 / 40
GROUND_SHARE = 1 / 20
COLOURED_FROM, LEAST_CHROMA, SAME_HUE_DEGREES, DARKER = 35.0, 8.0, 15.0, 0.9


@dataclass(frozen=True, kw_only=True, slots=True)
class Features:
    """All shares 0..1 unless said otherwise.

    sep, ring_sep: how different the colours of item and rest are, over all and along the outline; edge: share of the
    outline with an edge in the picture; agree, agree_min: mean and least IoU with the other base candidates; frag: how
    ragged; out_sal: what stands out and is not in the mask, over the mask's area (0 and more); area: of the frame;
    touch: share of the frame's length inside the mask; whole: area over what any base candidate takes for the item;
    shade: share of the mask that looks like the ground in shadow, where the ground has a strong colour, else 0.
    """

    sep: float
    ring_sep: float
    edge: float
    agree: float
    agree_min: float
    frag: float
    out_sal: float
    area: float
    touch: float
    whole: float
    shade: float

    @property
    def trust(self) -> float:
        """0..1.3: whether it may be published. A candidate that leaves out what others take in is trusted least."""
        return self._clearness * self.whole**2

    @property
    def score(self) -> float:
        """0..1.3: which of several to offer when none may be published."""
        return self._clearness * (1 - min(1.0, 3 * self.frag)) * float(np.sqrt(self.whole))

    @property
    def _clearness(self) -> float:
        return self.sep * self.ring_sep * self.agree * (0.3 + self.edge)

    def as_report(self) -> dict[str, float]:
        """Rounded for the stored report, trust and score included."""
        values = {"trust": self.trust, "score": self.score, **asdict(self)}
        return {name: round(value, 4) for name, value in values.items()}


def features_of(
    working: Working, name: str, masks: Mapping[str, Mask], base: tuple[str, ...], barrier: Saliency
) -> Features:
    """Features of the candidate `name` among all. masks: of the working size; base: the names that agreement asks."""
    mask = masks[name]
    area = float(mask.mean())
    if area == 0 or area == 1:
        return _nothing(area)
    agreements = [overlap(mask, masks[other]) for other in base if other != name]
    ring = max(2, round(RING_SHARE * working.longest_px))
    plane = mask.astype(np.uint8)
    inner = mask & (cv2.erode(plane, square(2 * ring + 1), borderValue=1) == 0)
    outer = ~mask & (cv2.dilate(plane, square(2 * ring + 1)) > 0)
    return Features(
        sep=_separation(working.lab8, mask, ~mask),
        ring_sep=_separation(working.lab8, inner, outer),
        edge=_edge_share(working.lab8, mask, outer),
        agree=float(np.mean(agreements)),
        agree_min=float(np.min(agreements)),
        frag=_fragmentation(plane),
        out_sal=_left_outside(plane, barrier),
        area=area,
        touch=float(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean()),
        whole=min(1.0, float(mask.sum() / max(1, np.any([masks[other] for other in base], axis=0).sum()))),
        shade=_shade(working, mask),
    )


def _nothing(area: float) -> Features:
    """Of a mask that holds nothing or everything."""
    return Features(
        sep=0, ring_sep=0, edge=0, agree=0, agree_min=0, frag=1, out_sal=1, area=area, touch=area, whole=0, shade=0
    )


def _separation(lab8: NDArray[np.uint8], one: Mask, other: Mask) -> float:
    """1 - Bhattacharyya coefficient of two histograms of colours."""
    if not one.any() or not other.any():
        return 0.0
    histograms = []
    for where in (one, other):
        counts = cv2.calcHist([lab8], [0, 1, 2], where.astype(np.uint8), list(BINS), [0, 256] * 3) + SLACK
        histograms.append(counts / counts.sum())
    return float(1 - np.sqrt(histograms[0] * histograms[1]).sum())


def gradient_of(lab8: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (h, w): height of the step that a pixel lies on, 8-bit Lab units."""
    plane: Any = lab8.astype(np.float32)
    across, down = cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1)
    return np.asarray(np.sqrt((across**2 + down**2).sum(axis=2)) / 4, dtype=np.float32)


def _edge_share(lab8: NDArray[np.uint8], mask: Mask, outer: Mask) -> float:
    plane = mask.astype(np.uint8)
    outline = mask & (cv2.erode(plane, square(3), borderValue=1) == 0)
    off = OFF_FRAME_PX
    inside = np.zeros_like(outline)
    inside[off:-off, off:-off] = outline[off:-off, off:-off]
    if not inside.any() or not outer.any():
        return 0.0
    gradient = gradient_of(lab8)
    least = EDGE_FACTOR * float(np.median(gradient[outer])) + EDGE_LEAST
    return float((cv2.dilate(gradient, square(3))[inside] > least).mean())


def _shade(working: Working, mask: Mask) -> float:
    """A shadow keeps the hue of its ground. On a pale ground that says nothing: a grey thing looks the same."""
    grown = max(1, round(GROUND_SHARE * working.longest_px))
    beside = ~mask & (cv2.dilate(mask.astype(np.uint8), square(2 * grown + 1)) > 0)
    if not beside.any():
        return 0.0
    light, *ground = np.median(working.lab[beside], axis=0).tolist()
    chroma = float(np.hypot(*ground))
    if chroma < COLOURED_FROM:
        return 0.0
    inside = working.lab[mask]
    own = np.hypot(inside[:, 1], inside[:, 2])
    cosine = (inside[:, 1:] @ np.array(ground, np.float32)) / (own * chroma + 1e-6)
    is_shade = (
        (cosine > np.cos(np.radians(SAME_HUE_DEGREES)))
        & (own > LEAST_CHROMA)
        & (inside[:, 0] < DARKER * light)
        & (own / np.maximum(inside[:, 0], 5) > chroma / max(light, 5.0) / 2)
    )
    return float(is_shade.mean())


def _fragmentation(plane: NDArray[np.uint8]) -> float:
    radius = max(1, round(FRAGMENT_SHARE * max(plane.shape)))
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    padded = np.pad(plane, 2 * radius)
    return float(1 - plane.sum() / max(1, int(cv2.morphologyEx(padded, cv2.MORPH_CLOSE, brush).sum())))


def _left_outside(plane: NDArray[np.uint8], barrier: Saliency) -> float:
    grown = max(1, round(GROWN_SHARE * max(plane.shape)))
    near = cv2.dilate(plane, square(2 * grown + 1)) > 0
    return float(((barrier > otsu_of(barrier)) & ~near).sum() / plane.sum())
