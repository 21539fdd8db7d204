"""Convex parts that solids are made of, with the material of each. Metres; x to the front, y to the left, z up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""[N, 3]: the part is their convex hull. An object stands on z = 0 around the origin."""
Colour = tuple[float, float, float]
"""Linear RGB reflectance, 0..1."""


def _circle(corners: int) -> NDArray[np.float64]:
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


_CIRCLE = _circle(16)
# Balls and limbs are many and small; rendering time grows with the triangles.
_SMALL_CIRCLE = _circle(8)


@dataclass(frozen=True, eq=False)
class Part:
    """A convex piece of one colour."""

    points: Points
    colour: Colour
    gloss: float = 0.0
    """0: matt; more: polished, as paint (0.3) or glass (0.9)."""
    loose: bool = False
    """Not a hull: each three points are a triangle by themselves, as leaves are."""


Solid = list[Part]


def slab(
    outline_xz: Sequence[tuple[float, float]], half_width: float, top_half_width: float | None = None
) -> Points:
    """A side profile swept over y from -half_width to half_width, narrowing to `top_half_width` at its top.

    The edges are rounded by a smaller copy a little further out.
    """
    profile = np.array(outline_xz, float)
    low, high = profile[:, 1].min(), profile[:, 1].max()
    top = half_width if top_half_width is None else top_half_width
    half = half_width + (top - half_width) * (profile[:, 1] - low) / max(high - low, 1e-6)
    middle = profile.mean(axis=0)
    inner = middle + (profile - middle) * 0.94
    sides = [np.column_stack([inner[:, 0], sign * half, inner[:, 1]]) for sign in (-1, 1)]
    sides += [np.column_stack([profile[:, 0], sign * half * 0.93, profile[:, 1]]) for sign in (-1, 1)]
    return np.vstack(sides)


def cylinder(x: float, y: float, radius: float, width: float) -> Points:
    """A wheel that stands on the ground, its axle along y, from y to y + width."""
    ring = _CIRCLE * radius
    ends = [np.column_stack([x + ring[:, 0], np.full(len(ring), y + s), radius + ring[:, 1]]) for s in (0, width)]
    return np.vstack(ends)


def limb(start: Sequence[float], end: Sequence[float], start_radius: float, end_radius: float) -> Points:
    """A rounded rod between two points."""
    return np.vstack([ball(start, start_radius), ball(end, end_radius)])


def ball(centre: Sequence[float] | Points, radius: float) -> Points:
    """A sphere."""
    rings = [
        np.column_stack(
            [_SMALL_CIRCLE * radius * np.cos(tilt), np.full(len(_SMALL_CIRCLE), radius * np.sin(tilt))]
        )
        for tilt in (-1.1, 0.0, 1.1)
    ]
    points: Points = np.vstack(rings) + np.asarray(centre, float)
    return points


def cone(x: float, y: float, low: float, high: float, low_radius: float, high_radius: float) -> Points:
    """A standing round piece from height `low` to `high`."""
    rings = [
        np.column_stack([x + _CIRCLE[:, 0] * r, y + _CIRCLE[:, 1] * r, np.full(len(_CIRCLE), z)])
        for z, r in ((low, low_radius), (high, high_radius))
    ]
    return np.vstack(rings)


def box(low: Sequence[float], high: Sequence[float]) -> Points:
    """An axis-parallel box between two corners."""
    corners = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T
    return corners.astype(float)


def moved(solid: Solid, position: Sequence[float], yaw: float) -> Solid:
    """The solid turned by `yaw` (radians, counter-clockwise from above) and set down at x, y, z."""
    turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    return [Part(part.points @ turn.T + np.asarray(position, float), part.colour, part.gloss) for part in solid]
