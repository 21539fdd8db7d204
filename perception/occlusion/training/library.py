"""A library of whole silhouettes, drawn once by seed and kept in memory."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.occlusion.training.parts import View, silhouette
from perception.occlusion.training.road_users import KINDS, SHARES

Silhouette = NDArray[np.uint8]
_SIZE = 128
_THIN = {"furniture", "bicycle", "sign", "pole", "board", "light"}
"""Kinds whose thin parts are drawn as they are."""


def draw(count: int, seed: int, shares: Mapping[str, float] = SHARES) -> list[tuple[str, Silhouette]]:
    """`count` silhouettes with their kinds, as often as `shares` says (its sum is 1).

    The longer side of each has about 128 pixels.
    """
    rng = np.random.default_rng(seed)
    kinds = rng.choice(list(shares), size=count, p=list(shares.values()))
    return [(kind, _one(rng, kind)) for kind in kinds]


def _one(rng: np.random.Generator, kind: str) -> Silhouette:
    solid = KINDS[kind](rng)
    # Most of what drives or stands along a road is seen from behind or from the front.
    yaw = rng.normal(rng.choice([0, np.pi]), 0.4)
    if kind != "sign" and rng.random() < (0.3 if kind in {"car", "lorry"} else 0.5):
        yaw = rng.uniform(0, 2 * np.pi)
    extent = float(np.abs(np.vstack(solid)[:, :2]).max())
    view = View(yaw, extent + float(np.exp(rng.uniform(np.log(3), np.log(50)))), rng.uniform(1.0, 2.6))
    shape = silhouette(solid, view, _SIZE)
    if kind not in _THIN:
        # Annotators round corners and close the gaps between thin parts.
        radius = int(rng.integers(1, 4)) * 2 + 1
        padded = cv2.copyMakeBorder(shape, 8, 8, 8, 8, cv2.BORDER_CONSTANT)
        padded = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((radius, radius), np.uint8))
        shape = (cv2.GaussianBlur(padded.astype(np.float32), (0, 0), rng.uniform(0.5, 2)) > 0.5).astype(np.uint8)
        rows, columns = np.flatnonzero(shape.any(1)), np.flatnonzero(shape.any(0))
        shape = shape[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return shape[:, ::-1].copy() if rng.random() < 0.5 else shape
