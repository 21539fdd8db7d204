"""Silhouettes of solids made of convex parts: the hull of a convex part's projected corners is its silhouette."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""[N, 3]: x to the front, y to the left, z up, in metres; the object stands on z = 0 around the origin."""

_CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 14)), np.sin(np.linspace(0, 2 * np.pi, 14))], axis=1)


def slab(
    outline_xz: Sequence[tuple[float, float]], half_width: float, top_half_width: float | None = None
) -> Points:
    """A side profile swept over y from -half_width to half_width, narrowing to `top_half_width` at its top."""
    profile = np.array(outline_xz, float)
    low, high = profile[:, 1].min(), profile[:, 1].max()
    top = half_width if top_half_width is None else top_half_width
    half = half_width + (top - half_width) * (profile[:, 1] - low) / max(high - low, 1e-6)
    sides = [np.column_stack([profile[:, 0], sign * half, profile[:, 1]]) for sign in (-1, 1)]
    return np.vstack(sides)


def wheel(x: float, y: float, radius: float, width: float) -> Points:
    """A cylinder that stands on the ground, its axle along y."""
    ring = _CIRCLE * radius
    return np.vstack(
        [
            np.column_stack([x + ring[:, 0], np.full(len(ring), y + side), radius + ring[:, 1]])
            for side in (0, width)
        ]
    )


def limb(start: Sequence[float], end: Sequence[float], start_radius: float, end_radius: float) -> Points:
    """A rounded rod between two points."""
    return np.vstack([_ball(start, start_radius), _ball(end, end_radius)])


def beside(points: Points, y: float) -> Points:
    """The same part moved to the left by `y`."""
    moved: Points = points + np.array([0.0, y, 0.0])
    return moved


def _ball(centre: Sequence[float], radius: float) -> Points:
    rings = [
        np.column_stack([_CIRCLE * radius * np.cos(tilt), np.full(len(_CIRCLE), radius * np.sin(tilt))])
        for tilt in (-1.2, -0.6, 0.0, 0.6, 1.2)
    ]
    points: Points = np.vstack(rings) + np.asarray(centre, float)
    return points


@dataclass(frozen=True)
class View:
    """Where the camera stands."""

    yaw: float
    """Radians: the object is turned by it."""
    distance: float
    """Metres to the object's middle."""
    height: float
    """Metres above the ground."""


def silhouette(parts: Sequence[Points], view: View, size: int) -> NDArray[np.uint8]:
    """The union of the parts as the camera sees it, uint8 0/1, cropped tight; its longer side has `size` pixels."""  # noqa: E501
    turn = np.array([[np.cos(view.yaw), -np.sin(view.yaw)], [np.sin(view.yaw), np.cos(view.yaw)]])
    flat = []
    for part in parts:
        ground = part[:, :2] @ turn.T
        depth = np.maximum(ground[:, 0] + view.distance, 0.3)
        flat.append(np.column_stack([ground[:, 1], view.height - part[:, 2]]) / depth[:, None])
    everything = np.vstack(flat)
    origin, span = everything.min(0), np.ptp(everything, axis=0).max()
    canvas = np.zeros((size, size), np.uint8)
    for points in flat:
        pixels = ((points - origin) / span * (size - 1) * 16).astype(np.int32)
        cv2.fillConvexPoly(canvas, cv2.convexHull(pixels), 1, shift=4)
    rows, columns = np.flatnonzero(canvas.any(1)), np.flatnonzero(canvas.any(0))
    return canvas[: rows[-1] + 1, : columns[-1] + 1]
