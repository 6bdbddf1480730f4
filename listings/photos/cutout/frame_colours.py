"""Saliency by distance to the colours of the frame, each of its few materials by itself."""

from __future__ import annotations

import cv2
import numpy as np

from listings.photos.cutout.mbd import colour_distance
from listings.photos.cutout.working import Saliency, Working, frame_of, scaled

FRAME_SHARE = 0.05
CLUSTERS = 5
LEAST_SHARE = 0.03
COLOUR_SLACK = 9.0
TOP_PERCENTILE = 98
SEED = 20_261


def frame_colour_saliency(working: Working) -> Saliency:
    """float32 (h, w), 0..1: distance to the nearest of at most five colours of the frame; rare ones are ignored, for
    they may be the item."""
    sample = working.lab[frame_of(working.shape, FRAME_SHARE)].astype(np.float32)
    cv2.setRNGSeed(SEED)
    rule = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 0.1)
    count = min(CLUSTERS, len(sample))
    _, labels, _ = cv2.kmeans(sample, count, np.empty(0, dtype=np.int32), rule, 3, cv2.KMEANS_PP_CENTERS)
    clusters = [sample[labels.ravel() == index] for index in range(count)]
    frequent = [cluster for cluster in clusters if len(cluster) >= max(4, LEAST_SHARE * len(sample))]
    distances = [colour_distance(working.lab, cluster, COLOUR_SLACK) for cluster in frequent]
    return scaled(np.min(distances, axis=0).astype(np.float32), top_percentile=TOP_PERCENTILE)
