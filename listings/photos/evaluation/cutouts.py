"""Cut-outs against exact masks: what is published, what is lost, what the best guess is worth."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from listings.photos.cutout.working import Mask, overlap
from listings.photos.pipeline import enhance

LOST_SHARE = 0.05
WILSON_Z = 1.96


def judged(image: Image.Image, truth: Mask) -> dict[str, Any]:
    """One photo: published, iou (of the mask, or of the candidate that was not trusted), lost (share of the item)."""
    started = time.process_time()
    _, mask, report = enhance(image)
    cpu_seconds = time.process_time() - started
    plane: NDArray[np.uint8] = report["candidate"] if mask is None else mask
    item = plane > 127
    return {
        "published": mask is not None,
        "iou": overlap(item, truth),
        "lost": float((truth & ~item).sum() / truth.sum()),
        "trust": report["confidence"]["trust"],
        "reason": report["reason"],
        "candidate": report["candidate_name"],
        "cpu_s": cpu_seconds,
    }


def summary(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Shares in percent, with Wilson's 95 % interval where they are of the published."""
    found = list(rows)
    published = [row for row in found if row["published"]]
    return {
        "photos": len(found),
        "published": _share([row["published"] for row in found]),
        "of those iou >= .8": _share([row["iou"] >= 0.8 for row in published]),
        "of those iou >= .9": _share([row["iou"] >= 0.9 for row in published]),
        "of those lost > 5 %": _share([row["lost"] > LOST_SHARE for row in published]),
        "iou of the best mask": round(float(np.mean([row["iou"] for row in found])), 3),
        "cpu_s mean": round(float(np.mean([row["cpu_s"] for row in found])), 2),
        "cpu_s p95": round(float(np.percentile([row["cpu_s"] for row in found], 95)), 2),
    }


def _share(hits: list[bool]) -> str:
    """ "93.8 % (72-99)": share and Wilson's interval. Source: Wilson 1927, doi:10.1080/01621459.1927.10502953."""
    count = len(hits)
    if count == 0:
        return "none"
    share, squared = sum(hits) / count, WILSON_Z**2
    middle = (share + squared / (2 * count)) / (1 + squared / count)
    half = WILSON_Z / (1 + squared / count) * float(np.sqrt(share * (1 - share) / count + squared / (4 * count**2)))
    return f"{100 * share:.1f} % ({100 * max(0, middle - half):.0f}-{100 * min(1, middle + half):.0f})"
