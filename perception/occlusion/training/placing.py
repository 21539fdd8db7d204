"""Silhouettes on a canvas: scaled, set, disturbed and cut as real masks are."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Random = np.random.Generator
Plane = NDArray[np.uint8]


def scaled(shape: Plane, longest: float) -> Plane:
    """The silhouette with `longest` pixels along its longer side; thin parts stay."""
    scale = longest / max(shape.shape)
    size = (max(round(shape.shape[1] * scale), 1), max(round(shape.shape[0] * scale), 1))
    grey = cv2.resize(shape * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    found = grey > 127
    if found.mean() < 0.7 * shape.mean():
        found = grey > 50
    return found.astype(np.uint8)


def overlap(canvas: Plane, shape: Plane, left: int, top: int) -> int:
    """Pixels that `shape` would cover of what is set in `canvas`."""
    seen, inner = _part(canvas, shape, left, top)
    return int(np.count_nonzero(seen & inner))


def put(canvas: Plane, shape: Plane, left: int, top: int) -> None:
    """Set the pixels of `shape` in `canvas`, its top left corner at (left, top)."""
    seen, inner = _part(canvas, shape, left, top)
    seen |= inner


def _part(canvas: Plane, shape: Plane, left: int, top: int) -> tuple[Plane, Plane]:
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + shape.shape[1], canvas.shape[1]), min(top + shape.shape[0], canvas.shape[0])
    x1, y1 = max(x1, x0), max(y1, y0)
    return canvas[y0:y1, x0:x1], shape[y0 - top : y1 - top, x0 - left : x1 - left]


def inexact(rng: Random, mask: Plane) -> Plane:
    """1 to 3 pixels larger, smaller or beside, at times with an uneven outline."""
    way, by = rng.integers(4), int(rng.choice([1, 2, 3], p=(0.3, 0.6, 0.1)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by + 1, 2 * by + 1))
    if way == 0:
        return np.asarray(cv2.dilate(mask, kernel), np.uint8)
    if way == 1:
        return np.asarray(cv2.erode(mask, kernel, borderValue=1), np.uint8)
    if way == 2:
        angle = rng.uniform(0, 2 * np.pi)
        move = np.array([[1, 0, round(by * np.cos(angle))], [0, 1, round(by * np.sin(angle))]], np.float32)
        return np.asarray(cv2.warpAffine(mask, move, mask.shape[::-1], flags=cv2.INTER_NEAREST), np.uint8)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0 + by / 2)
    small = rng.normal(0, 0.16, (mask.shape[0] // 5 + 2, mask.shape[1] // 5 + 2)).astype(np.float32)
    waves = cv2.resize(small, mask.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(soft + waves * (np.abs(soft - 0.5) < 0.45) > 0.5, np.uint8)
