"""Light on what the rasteriser found: sun and sky with their shadows, reflections, haze.

Each pixel is shaded once from the triangle it shows ("deferred"), so there is no noise, and time hardly depends on
how much is in the scene. Light that bounces between things is left out but for a little from the ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.scenes.geometry import Geometry
from perception.scenes.raster import View, draw
from perception.scenes.sampling import sampled
from perception.scenes.textures import Texture

Pixels = NDArray[np.float32]
"""[N, 3]"""
_SUN_MAP, _SKY_MAP = 2048, 768
_SLACK = 0.03
"""Metres before a point in which nothing shades it."""
_FLAT = 0.14
_REACH = 36.0
"""Metres around the middle of the lit area that shadows are computed for."""
_AWAY = 300.0
"""Metres from the light to that middle: so far that its rays look parallel, so near that depths are exact."""
_SKY_DIRECTIONS = 6


@dataclass(frozen=True, eq=False)
class Shadows:
    """Depth seen from a light that is so far away that its rays are parallel."""

    view: View
    shown: NDArray[np.int32]
    """[side, side], which triangle each pixel of the map shows, -1: none"""
    planes: NDArray[np.float32]
    """[T + 1, 6]: unit normal and offset of each triangle's plane in the view's axes, and its nearest and
    farthest depth; the last stands for nothing"""

    @classmethod
    def cast(
        cls, geometry: Geometry, towards: NDArray[np.float64], middle: NDArray[np.float64], side: int
    ) -> Shadows:
        """`towards` points at the light, `side` is the map's in pixels."""
        # Flat ground shades nothing, and its wide triangles would fight with what stands on them.
        corners = geometry.corners[geometry.corners[:, :, 2].max(axis=1) > _FLAT]
        view = View(middle + towards * _AWAY, looking(-towards), side / 2 * _AWAY / _REACH, side, side)
        return cls(view, draw(corners, view)[0], _planes(view.seen(corners)))

    def lit(self, points: Pixels, normals: Pixels, blur: float, slack: float) -> NDArray[np.float32]:
        """1 for each point that nothing is before, else 0.

        Each point is looked up at a random place up to `blur` pixels of the map away: a soft edge, and the picture
        averages several points. What is less than `slack` metres before a point does not shade it. Depths are
        computed from the triangle that the map shows, and a point in that triangle's plane is lit: so a
        plane never shades itself in blocks.
        """
        own, side, focal = self.view.seen(points), self.view.width, np.float32(self.view.focal)
        lifted = self.view.seen(points + normals * np.float32(1.5 * _AWAY / focal))
        scale = focal / -lifted[:, 2]
        moved = np.random.default_rng(0).uniform(-blur, blur, (2, len(points))).astype(np.float32)
        columns = np.floor(side / 2 + lifted[:, 0] * scale + moved[0])
        rows = np.floor(side / 2 - lifted[:, 1] * scale + moved[1])
        inside = (columns >= 0) & (rows >= 0) & (columns < side) & (rows < side)
        pixel = rows.clip(0, side - 1).astype(np.int32), columns.clip(0, side - 1).astype(np.int32)
        plane = self.planes[self.shown[pixel]]
        in_plane = np.abs((plane[:, :3] * own).sum(axis=1) - plane[:, 3]) < _SLACK
        x, y = (columns + 0.5 - side / 2) / focal, (side / 2 - rows - 0.5) / focal
        facing = plane[:, 0] * x + plane[:, 1] * y - plane[:, 2]
        depth = plane[:, 3] / np.where(np.abs(facing) < 1e-7, np.float32(1e-7), facing)
        depth = np.clip(depth, plane[:, 4], plane[:, 5])
        found: NDArray[np.float32] = (~inside | in_plane | (depth > -lifted[:, 2] - slack)).astype(np.float32)
        return found


def _planes(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    own = corners.astype(np.float64)
    normal = np.cross(own[:, 1] - own[:, 0], own[:, 2] - own[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    planes = np.empty((len(own) + 1, 6), np.float32)
    planes[:-1, :3], planes[:-1, 3] = normal, (normal * own[:, 0]).sum(axis=1)
    planes[:-1, 4], planes[:-1, 5] = -own[:, :, 2].max(axis=1), -own[:, :, 2].min(axis=1)
    planes[-1] = (0, 0, 1, 1e6, 1e6, 1e6)
    return planes


@dataclass(frozen=True, eq=False)
class Light:
    """Sun and sky of a scene with the shadows that they cast."""

    sky: Texture
    """Environment map [h, w, 3]: first row the zenith, last row the nadir."""
    sun: NDArray[np.float64]
    """Towards the sun."""
    sun_colour: NDArray[np.float32]
    sun_shadows: Shadows | None
    sky_shadows: tuple[Shadows, ...]
    directions: NDArray[np.float64]
    """[D, 3], towards the parts of the sky that give light."""

    @classmethod
    def of(
        cls,
        geometry: Geometry,
        sky: Texture,
        sun: NDArray[np.float64],
        strength: float,
        middle: NDArray[np.float64],
    ) -> Light:
        """The shadows around `middle`; `strength` is the sun's irradiance, 0 under clouds."""
        directions = _sky_directions()
        return cls(
            sky,
            sun,
            np.array([1.0, 0.94, 0.85], np.float32) * np.float32(strength),
            Shadows.cast(geometry, sun, middle, _SUN_MAP) if strength > 0 else None,
            tuple(Shadows.cast(geometry, way, middle, _SKY_MAP) for way in directions),
            directions,
        )

    def sky_towards(self, ways: Pixels) -> Pixels:
        """What is seen in the sky in these directions."""
        height, width = self.sky.shape[:2]
        row = np.arccos(np.clip(ways[:, 2], -1, 1)) / np.pi * height - 0.5
        column = (np.arctan2(ways[:, 1], ways[:, 0]) / (2 * np.pi) + 0.5) * width - 0.5
        return sampled(self.sky, column.astype(np.float32), row.astype(np.float32), repeats=False)

    def falling_on(self, points: Pixels, normals: Pixels) -> Pixels:
        """Irradiance."""
        seen = self.sky_towards(self.directions.astype(np.float32))
        total = np.zeros_like(points)
        share = np.float32(2 * np.pi / len(self.directions))
        for way, colour, shadows in zip(self.directions.astype(np.float32), seen, self.sky_shadows, strict=True):
            facing = np.maximum(normals @ way, 0) * share
            total += (facing * (0.12 + 0.88 * shadows.lit(points, normals, 3.5, 0.2)))[:, None] * colour
        ground = seen.mean(axis=0) * np.float32(0.35)
        total += (0.5 - 0.5 * normals[:, 2:]) * ground
        if self.sun_shadows is not None:
            facing = np.maximum(normals @ self.sun.astype(np.float32), 0)
            total += (facing * self.sun_shadows.lit(points, normals, 1.0, _SLACK))[:, None] * self.sun_colour
        return total


def shade(
    light: Light, points: Pixels, normals: Pixels, colours: Pixels, gloss: NDArray[np.float32], ways: Pixels
) -> Pixels:
    """Radiance of N visible points towards the eye that looks along `ways`."""
    away = (normals * ways).sum(axis=1, keepdims=True) > 0
    normals = np.where(away, -normals, normals)
    radiance = colours / np.float32(np.pi) * light.falling_on(points, normals)
    shiny = gloss > 0
    if shiny.any():
        radiance[shiny] += _mirrored(light, normals[shiny], ways[shiny], gloss[shiny])
    return radiance


def _mirrored(light: Light, normals: Pixels, ways: Pixels, gloss: NDArray[np.float32]) -> Pixels:
    """Sky and sun in paint and glass; Schlick's approximation of Fresnel's formula (1994)."""
    facing = -(normals * ways).sum(axis=1, keepdims=True)
    back = ways + 2 * facing * normals
    fresnel = 0.04 + 0.96 * (1 - np.clip(facing, 0, 1)) ** 5
    strength = fresnel * (0.4 + 0.9 * gloss[:, None])
    sky = light.sky_towards(back)
    # Low in the sky stand houses and trees, below is the road.
    clear = np.clip((back[:, 2:] - 0.12) / 0.25, 0, 1)
    shown = sky * clear + (1 - clear) * np.float32(0.12) * light.sky.mean(axis=(0, 1))
    glint = np.clip(back @ light.sun.astype(np.float32), 0, 1) ** (60 + 400 * gloss)
    radiance: Pixels = (strength * (shown + glint[:, None] * light.sun_colour * 6)).astype(np.float32)
    return radiance


def looking(ahead: NDArray[np.float64]) -> NDArray[np.float64]:
    """`View.axes` of an eye that looks along `ahead`, upright."""
    up = np.array([0.0, 0.0, 1.0]) if abs(ahead[2]) < 0.99 else np.array([1.0, 0.0, 0.0])
    right = np.cross(ahead, up)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(right, ahead), -ahead])


def _sky_directions() -> NDArray[np.float64]:
    """Towards the zenith and around it, so that each stands for the same share of the upper half."""
    around = np.arange(_SKY_DIRECTIONS - 1) * 2 * np.pi / (_SKY_DIRECTIONS - 1) + 0.3
    height = 0.45
    flat = np.sqrt(1 - height**2)
    ring = np.column_stack([np.cos(around) * flat, np.sin(around) * flat, np.full(len(around), height)])
    return np.vstack([[0.0, 0.0, 1.0], ring])
