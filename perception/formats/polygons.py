"""Masks as polygons, for formats that have nothing else."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.masks import Mask

Polygon = NDArray[np.float64]
"""[N, 2]: x and y in pixels, where pixel 0 spans 0 to 1."""


def outlines(mask: Mask) -> list[Polygon]:
    """The outer outline of each part, largest first; holes are not told.

    The outline runs a quarter of a pixel inside the pixels' edges, so drawing it by the centres of pixels gives
    exactly the mask back, holes filled.
    """
    if not mask.area:
        return []
    x, y, width, height = mask.box
    part = mask.to_array()[y : y + height, x : x + width].astype(np.uint8)
    twice = part.repeat(2, axis=0).repeat(2, axis=1)
    found, _ = cv2.findContours(twice, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    polygons = [(one.reshape(-1, 2) + 0.5) / 2 + (x, y) for one in found]
    return sorted(polygons, key=lambda one: (-cv2.contourArea(one.astype(np.float32)), one.tolist()))


def joined(polygons: list[Polygon]) -> Polygon:
    """One polygon around all of `polygons`: the parts hang together by bridges without width."""
    whole = polygons[0]
    for part in polygons[1:]:
        distances = np.linalg.norm(whole[:, None] - part[None], axis=2)
        at, to = np.unravel_index(np.argmin(distances), distances.shape)
        tour = np.concatenate([part[to:], part[: to + 1]])
        whole = np.concatenate([whole[: at + 1], tour, whole[at:]])
    return whole
