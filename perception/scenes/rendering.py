"""The pictures of a street, and for each pixel which thing it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.masks import BoolImage
from perception.scenes.backdrop import Backdrop, Sheet
from perception.scenes.geometry import Geometry, joined, quad_geometry, solid_geometry
from perception.scenes.parts import Solid
from perception.scenes.raster import View, draw
from perception.scenes.sampling import sampled
from perception.scenes.shading import Light, looking, shade

_HAZE = 700.0
"""Metres over which the air takes 63 % of a thing's light."""


@dataclass(frozen=True)
class Camera:
    """A dash camera."""

    width: int
    height: int
    position: tuple[float, float, float]
    pitch: float
    """Radians, positive looks down."""
    yaw: float
    """Radians, positive looks to the left."""
    horizontal_view: float
    """Degrees."""

    @property
    def ahead(self) -> NDArray[np.float64]:
        """Where it looks, of length 1."""
        flat = np.cos(self.pitch)
        return np.array([flat * np.cos(self.yaw), flat * np.sin(self.yaw), -np.sin(self.pitch)])

    def view(self, finer: int = 1) -> View:
        """Its pinhole, with `finer` times as many pixels along each side."""
        focal = self.width / 2 / np.tan(np.radians(self.horizontal_view) / 2)
        place = np.array(self.position)
        return View(place, looking(self.ahead), focal * finer, self.width * finer, self.height * finer)


class RenderedStreet:
    """A street that is built once and looked at twice: its picture, and which thing each pixel shows."""

    def __init__(self, backdrop: Backdrop, things: Sequence[Solid]) -> None:
        solids = [*(lump.solid for lump in backdrop.lumps), *things]
        shapes = [quad_geometry(sheet.corners) for sheet in backdrop.sheets]
        shapes += [solid_geometry(solid) for solid in solids]
        self._backdrop = backdrop
        self._geometry, self._owner = joined(shapes)

    def image(self, camera: Camera, samples: int = 2) -> NDArray[np.float32]:
        """Linear RGB, float32 [height, width, 3], without tone mapping; `samples`² rays for each pixel."""
        view = camera.view(samples)
        shown, _ = draw(self._geometry.corners, view)
        ways = view.rays()
        middle = np.array(camera.position) + camera.ahead * [1, 1, 0] * 26
        backdrop = self._backdrop
        light = Light.of(self._geometry, backdrop.sky, -np.array(backdrop.sun), backdrop.sun_strength, middle)
        picture = light.sky_towards(ways.reshape(-1, 3)).reshape(ways.shape)
        hit = shown >= 0
        picture[hit] = self._radiance(light, view, shown[hit], ways[hit])
        size = (camera.width, camera.height)
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)

    def owners(self, camera: Camera) -> NDArray[np.int32]:
        """What each pixel shows: -1 the sky, else the place in sheets + lumps + things; int32 [height, width]."""
        shown, _ = draw(self._geometry.corners, camera.view())
        return np.where(shown >= 0, self._owner[shown], -1).astype(np.int32)

    def whole(self, place: int, camera: Camera) -> BoolImage:
        """Where the shape of this place is seen when nothing is in front of it, bool [height, width].

        It covers every pixel in which `owners` shows the shape among others.
        """
        shown, _ = draw(self._geometry.corners[self._owner == place], camera.view())
        return shown >= 0

    def _radiance(
        self, light: Light, view: View, shown: NDArray[np.int32], ways: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        geometry = self._geometry
        weights, distance = _barycentric(geometry.corners[shown], view, ways)
        points = (view.position + ways * distance[:, None]).astype(np.float32)
        normals = np.einsum("nc,ncd->nd", weights, geometry.normals[shown])
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        colours = geometry.colours[shown].copy()
        self._paint_sheets(colours, shown, weights)
        radiance = shade(light, points, normals, colours, geometry.gloss[shown], ways)
        haze = np.exp(-distance / _HAZE)[:, None]
        level = np.column_stack([ways[:, :2], np.full(len(ways), 0.05, np.float32)])
        level /= np.linalg.norm(level, axis=1, keepdims=True)
        seen: NDArray[np.float32] = radiance * haze + (1 - haze) * light.sky_towards(level)
        return seen

    def _paint_sheets(
        self, colours: NDArray[np.float32], shown: NDArray[np.int32], weights: NDArray[np.float32]
    ) -> None:
        """Colours of pixels that show a sheet, from its texture. Sheets come first, two triangles each."""
        for place, sheet in enumerate(self._backdrop.sheets):
            for half, corners in enumerate(((0, 1, 2), (0, 2, 3))):
                here = np.flatnonzero(shown == 2 * place + half)
                if len(here):
                    colours[here] = _sampled(sheet, weights[here] @ _texture_corners(sheet)[list(corners)])


def silhouette(solid: Solid, camera: Camera) -> BoolImage:
    """Where the solid is seen when nothing else is there, bool [height, width]."""
    shown, _ = draw(solid_geometry(solid).corners, camera.view())
    return shown >= 0


def render_alone(geometry: Geometry, camera: Camera, light: Light) -> tuple[NDArray[np.float32], BoolImage]:
    """The thing in this light with nothing around it: linear RGB (0 beside it) and its silhouette."""
    view = camera.view()
    shown, _ = draw(geometry.corners, view)
    hit = shown >= 0
    picture = np.zeros((*shown.shape, 3), np.float32)
    if hit.any():
        picture[hit] = _plain_radiance(geometry, view, light, shown[hit], view.rays()[hit])
    return picture, hit


def _plain_radiance(
    geometry: Geometry, view: View, light: Light, shown: NDArray[np.int32], ways: NDArray[np.float32]
) -> NDArray[np.float32]:
    weights, distance = _barycentric(geometry.corners[shown], view, ways)
    points = (view.position + ways * distance[:, None]).astype(np.float32)
    normals = np.einsum("nc,ncd->nd", weights, geometry.normals[shown])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    return shade(light, points, normals, geometry.colours[shown], geometry.gloss[shown], ways)


def _barycentric(
    corners: NDArray[np.float32], view: View, ways: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights of the three corners where each ray meets its triangle, and how far away (Möller, Trumbore 1997)."""
    origin = (view.position - corners[:, 0]).astype(np.float32)
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    across = np.cross(ways, second)
    volume = (first * across).sum(axis=1)
    scale = 1 / np.where(np.abs(volume) < 1e-12, 1e-12, volume)
    u = (origin * across).sum(axis=1) * scale
    turned = np.cross(origin, first)
    v = (ways * turned).sum(axis=1) * scale
    distance = (second * turned).sum(axis=1) * scale
    u, v = np.clip(u, 0, 1), np.clip(v, 0, 1)
    return np.column_stack([1 - u - v, u, v]).astype(np.float32), np.clip(distance, 0.05, 1e4).astype(np.float32)


def _texture_corners(sheet: Sheet) -> NDArray[np.float32]:
    u, v = sheet.repeats
    return np.array([[0, 0], [u, 0], [u, v], [0, v]], np.float32)


def _sampled(sheet: Sheet, places: NDArray[np.float32]) -> NDArray[np.float32]:
    """The texture at these u, v; v counts from the texture's first row."""
    height, width = sheet.texture.shape[:2]
    wrapped = places - np.floor(places)
    return sampled(sheet.texture, wrapped[:, 0] * width - 0.5, wrapped[:, 1] * height - 0.5, repeats=True)
