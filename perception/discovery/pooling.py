"""What the segmenter already knows of each instance: its frame's features, averaged over the mask."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from perception.masks import Mask
from perception.models.roles import Embedding
from perception.record import Instance
from perception.vectors import InstanceVectors

SEGMENTER_VECTORS = "segmenter"
"""The name under which the vectors are kept in a record."""


def pooled(embedding: Embedding, instances: Sequence[Instance]) -> InstanceVectors:
    """The mean feature of each instance's visible pixels, float16 [N, C]. It costs no model run."""
    rows = [_mean_feature(embedding, one.mask) for one in instances]
    stacked = np.stack(rows) if rows else np.zeros((0, embedding.features.shape[0]))
    return InstanceVectors(tuple(one.id for one in instances), stacked.astype(np.float16))


def _mean_feature(embedding: Embedding, mask: Mask) -> np.ndarray:
    """[C]; a pixel of the features counts by the share of it that the mask covers."""
    _, height, width = embedding.features.shape
    pixels = mask.to_array().astype(np.float32)
    if mask.height >= height and mask.width >= width:
        weights = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    else:
        weights = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR)
    total = float(weights.sum())
    if total <= 0:
        return np.zeros(embedding.features.shape[0], np.float32)
    mean: np.ndarray = np.tensordot(embedding.features, weights, axes=((1, 2), (0, 1))) / total
    return mean
