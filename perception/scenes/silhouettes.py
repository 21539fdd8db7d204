"""Whole things from many sides without a street: the shapes that completion is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from codriver.errors import NotFoundError
from perception.frame import RGBImage
from perception.masks import BoolImage
from perception.scenes import textures
from perception.scenes.geometry import solid_geometry
from perception.scenes.layout import MAKERS
from perception.scenes.photography import photograph
from perception.scenes.rendering import Camera, render_alone
from perception.scenes.shading import Light

_FILLS = 0.84
"""Share of the picture's side that the thing's longer side takes."""


@dataclass(frozen=True, eq=False)
class Silhouette:
    """One thing from one side."""

    label: str
    mask: BoolImage
    """bool [side, side]: the whole thing, inside the picture"""
    image: RGBImage
    """[side, side, 3]; its surroundings are one grey"""
    azimuth: float
    """Radians, 0: seen from behind, as a car ahead"""


def silhouettes(label: str, seed: int, views: int, side: int = 128) -> Iterator[Silhouette]:
    """A random thing of this label from `views` sides, distances and heights of the eye; the same seed, the same.

    Raises `NotFoundError` for a label that nothing is made for.
    """
    if label not in MAKERS:
        raise NotFoundError(f"There is no {label!r} among the things that can be made: {', '.join(MAKERS)}.")
    rng = np.random.default_rng((seed, sorted(MAKERS).index(label)))
    solid = MAKERS[label](rng)
    geometry = solid_geometry(solid)
    corners = geometry.corners.reshape(-1, 3)
    middle = (corners.min(axis=0) + corners.max(axis=0)).astype(np.float64) / 2
    height = rng.uniform(0.35, 1.2)
    sun = np.array([np.cos(height), 0.0, np.sin(height)])
    light = Light.of(geometry, textures.sky(rng, rng.random()), sun, float(rng.uniform(0, 3)), middle)
    for _ in range(views):
        azimuth = float(rng.uniform(0, 2 * np.pi))
        distance = float(np.exp(rng.uniform(np.log(6), np.log(40)))) + float(np.ptp(corners[:, :2], axis=0).max())
        away = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
        eye = middle - away * distance
        eye[2] = rng.uniform(1.1, 1.9)
        camera = _framing(corners, middle, eye, side)
        picture, mask = render_alone(geometry, camera, light)
        picture[~mask] = float(np.median(picture[mask])) if mask.any() else 0.2
        yield Silhouette(label, mask, photograph(picture, rng), azimuth)


def _framing(
    corners: np.ndarray[tuple[int, int], np.dtype[np.float32]],
    middle: np.ndarray[tuple[int], np.dtype[np.float64]],
    eye: np.ndarray[tuple[int], np.dtype[np.float64]],
    side: int,
) -> Camera:
    """A camera at `eye` that looks at `middle` and opens just as far as the thing needs."""
    ahead = middle - eye
    flat = float(np.hypot(ahead[0], ahead[1]))
    place = (float(eye[0]), float(eye[1]), float(eye[2]))
    pitch, yaw = float(-np.arctan2(ahead[2], flat)), float(np.arctan2(ahead[1], ahead[0]))
    own = Camera(side, side, place, pitch, yaw, 90.0).view().seen(corners)
    widest = float(np.abs(own[:, :2] / -own[:, 2:]).max()) / _FILLS
    return Camera(side, side, place, pitch, yaw, float(np.degrees(2 * np.arctan(widest))))
