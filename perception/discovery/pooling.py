"""What the segmenter already knows of each instance: its frame's features, averaged over the mask."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from perception.masks import Mask
from perception.models.roles import Embedding, FloatArray
from perception.record import Instance
from perception.vectors import InstanceVectors

SEGMENTER_VECTORS = "segmenter"
"""The name under which the vectors are kept in a record."""


def pooled(embedding: Embedding, instances: Sequence[Instance]) -> InstanceVectors:
    """The mean feature of each instance's visible pixels, float16 [N, C]. It costs no model run."""
    channels, height, width = embedding.features.shape
    rows = np.zeros((len(instances), channels), np.float32)
    if instances:
        weights = np.stack([_weights(one.mask, height, width) for one in instances])
        rows = weights @ embedding.features.reshape(channels, -1).T
    return InstanceVectors(tuple(one.id for one in instances), rows.astype(np.float16))


def _weights(mask: Mask, height: int, width: int) -> FloatArray:
    """[height × width] with the sum 1 (0 for an empty mask): a cell counts by the share that the mask covers."""
    shrinks = mask.height >= height and mask.width >= width
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    shares = cv2.resize(mask.to_array().astype(np.float32), (width, height), interpolation=method).ravel()
    found: FloatArray = np.asarray(shares / max(float(shares.sum()), 1e-9), np.float32)
    return found
