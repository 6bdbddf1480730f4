"""Saliency by boundary connectivity: what is tied to the frame by its colours is ground.

Source: saliency optimization from robust background detection, Zhu et al. 2014, doi:10.1109/CVPR.2014.360.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from skimage.segmentation import slic

from listings.photos.cutout.working import Saliency, Working, scaled

SUPERPIXELS = 300
COMPACTNESS = 18
FREE_PERCENTILE = 20
SIMILARITY_SIGMA = 10.0
BOUNDARY_SIGMA = 1.0
FRAME_IS_GROUND = 0.9
POSITION_SIGMA = 0.25
SMOOTH_SCALE, SMOOTH_LEAST, GROUND_WEIGHT = 200.0, 0.1, 5.0

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Regions:
    """n superpixels. labels: int (h, w), 0..n-1; lab, place: (n, 3), (n, 2), place 0..1; on_frame: bool (n,);
    touching: bool (n, n), symmetric, without the diagonal."""

    labels: NDArray[np.int64]
    lab: Numbers
    place: Numbers
    on_frame: NDArray[np.bool_]
    touching: NDArray[np.bool_]


def boundary_saliency(working: Working) -> Saliency:
    """float32 (h, w), 0..1, constant inside each of about 300 superpixels."""
    regions = regions_of(working)
    apart = np.linalg.norm(regions.lab[:, None] - regions.lab[None], axis=2)
    ground = _ground(regions, apart)
    near = np.exp(-(_distances(regions.place) ** 2) / (2 * POSITION_SIGMA**2))
    contrast = (apart * near * ground[None]).sum(axis=1)
    contrast = scaled(contrast.astype(np.float32)).astype(np.float64)
    smooth = _smoothed(regions, apart, contrast, ground)
    return scaled(smooth.astype(np.float32)[regions.labels])


def regions_of(working: Working) -> Regions:
    """SLIC superpixels and what the saliency needs of them."""
    found = slic(
        working.photo, n_segments=SUPERPIXELS, compactness=COMPACTNESS, start_label=0, enforce_connectivity=True
    )
    _, flat = np.unique(found, return_inverse=True)
    labels = flat.reshape(working.shape).astype(np.int64)
    count = int(labels.max()) + 1
    sizes = np.bincount(labels.ravel(), minlength=count).astype(np.float64)
    rows, columns = np.indices(working.shape)
    layers: list[NDArray[Any]] = [working.lab[:, :, 0], working.lab[:, :, 1], working.lab[:, :, 2]]
    layers += [rows / working.shape[0], columns / working.shape[1]]
    means = np.stack([np.bincount(labels.ravel(), layer.ravel(), count) / sizes for layer in layers], axis=1)
    on_frame = np.zeros(count, dtype=np.bool_)
    on_frame[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
    touching = np.zeros((count, count), dtype=np.bool_)
    for one, other in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        touching[one.ravel(), other.ravel()] = True
    touching |= touching.T
    np.fill_diagonal(touching, False)
    return Regions(labels=labels, lab=means[:, :3], place=means[:, 3:], on_frame=on_frame, touching=touching)


def _distances(points: Numbers) -> Numbers:
    return np.asarray(np.linalg.norm(points[:, None] - points[None], axis=2), dtype=np.float64)


def _ground(regions: Regions, apart: Numbers) -> Numbers:
    """(n,), 0..1: how likely each superpixel is ground, by the length of frame that its like touch."""
    joined = regions.touching | np.outer(regions.on_frame, regions.on_frame)
    np.fill_diagonal(joined, False)
    free = np.percentile(apart[regions.touching], FREE_PERCENTILE) if regions.touching.any() else 0.0
    # an edge of weight 0 would be no edge at all for scipy
    weights = csr_matrix(np.where(joined, np.maximum(apart - free, 0) + 1e-6, 0))
    geodesic = dijkstra(weights, directed=False)
    likeness = np.exp(-(geodesic**2) / (2 * SIMILARITY_SIGMA**2))
    connectivity = likeness[:, regions.on_frame].sum(axis=1) / np.sqrt(likeness.sum(axis=1))
    ground = 1 - np.exp(-(connectivity**2) / (2 * BOUNDARY_SIGMA**2))
    ground[regions.on_frame] = np.maximum(ground[regions.on_frame], FRAME_IS_GROUND)
    return np.asarray(ground, dtype=np.float64)


def _smoothed(regions: Regions, apart: Numbers, contrast: Numbers, ground: Numbers) -> Numbers:
    two_hops = regions.touching | ((regions.touching.astype(np.float32) @ regions.touching.astype(np.float32)) > 0)
    np.fill_diagonal(two_hops, False)
    weights = np.where(two_hops, np.exp(-(apart**2) / SMOOTH_SCALE) + SMOOTH_LEAST, 0)
    laplacian = np.diag(weights.sum(axis=1)) - weights
    left = laplacian + np.diag(GROUND_WEIGHT * ground + contrast + 1e-9)
    return np.asarray(np.linalg.solve(left, contrast), dtype=np.float64)
