"""Boxes: left, top, right, bottom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


def box_iou(box: FloatArray, others: FloatArray) -> FloatArray:
    """IoU of one box with [N, 4] others, [N]."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    common = np.clip(high - low, 0, None).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(axis=1) - common
    found: FloatArray = common / np.maximum(union, 1e-9)
    return found
