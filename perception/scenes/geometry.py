"""Solids and sheets as triangles with what shading needs of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from perception.scenes.parts import Part, Solid
from perception.scenes.raster import Triangles

_CREASE = 0.6
"""Cosine of the angle between neighbours above which an edge is shaded as if it were round."""


@dataclass(frozen=True, eq=False)
class Geometry:
    """T triangles."""

    corners: Triangles
    normals: Triangles
    """[T, 3, 3] of each corner, outwards, of length 1"""
    colours: NDArray[np.float32]
    """[T, 3], linear RGB"""
    gloss: NDArray[np.float32]
    """[T], 0..1"""

    def __len__(self) -> int:
        return len(self.corners)


def solid_geometry(solid: Solid) -> Geometry:
    """The hulls of a solid's parts."""
    shapes = [_hull(part) for part in solid]
    counts = [len(corners) for corners, _ in shapes]
    return Geometry(
        np.concatenate([corners for corners, _ in shapes]),
        np.concatenate([normals for _, normals in shapes]),
        np.repeat(np.array([part.colour for part in solid], np.float32), counts, axis=0),
        np.repeat(np.array([part.gloss for part in solid], np.float32), counts),
    )


def quad_geometry(corners: NDArray[np.float64]) -> Geometry:
    """A flat rectangle given by its corners [4, 3], around; the colour is the texture's."""
    triangles = corners[[[0, 1, 2], [0, 2, 3]]].astype(np.float32)
    return Geometry(triangles, _face_normals(triangles), np.ones((2, 3), np.float32), np.zeros(2, np.float32))


def joined(shapes: Sequence[Geometry]) -> tuple[Geometry, NDArray[np.int32]]:
    """All in one, and for each triangle the place of the shape it comes from."""
    places = np.repeat(np.arange(len(shapes), dtype=np.int32), [len(shape) for shape in shapes])
    whole = Geometry(
        np.concatenate([shape.corners for shape in shapes]),
        np.concatenate([shape.normals for shape in shapes]),
        np.concatenate([shape.colours for shape in shapes]),
        np.concatenate([shape.gloss for shape in shapes]),
    )
    return whole, places


def _hull(part: Part) -> tuple[Triangles, Triangles]:
    if part.loose:
        triangles = part.points.reshape(-1, 3, 3).astype(np.float32)
        return triangles, _face_normals(triangles)
    hull = ConvexHull(part.points, qhull_options="QJ")
    corners = part.points[hull.simplices].astype(np.float32)
    outward = hull.equations[:, :3].astype(np.float32)
    flipped = (_face_normals(corners)[:, 0] * outward).sum(axis=1) < 0
    corners[flipped] = corners[flipped][:, ::-1]
    simplices = np.array(hull.simplices)
    simplices[flipped] = simplices[flipped][:, ::-1]
    return corners, _smooth(simplices, outward, _areas(corners))


def _smooth(simplices: NDArray[np.int32], faces: Triangles, areas: NDArray[np.float32]) -> Triangles:
    """Each corner's normal: the mean of the faces around it that lean little against its own."""
    touching = np.zeros((len(faces), int(simplices.max()) + 1), np.float32)
    np.put_along_axis(touching, simplices, 1.0, axis=1)
    alike = ((faces @ faces.T) > _CREASE) * (areas[None, :] + 1e-9)
    normals = np.stack(
        [(alike * touching[:, simplices[:, corner]].T) @ faces for corner in range(3)], axis=1
    ).astype(np.float32)
    smooth: Triangles = normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-12)
    return smooth


def _face_normals(triangles: Triangles) -> Triangles:
    """[T, 3, 3], the same for each corner."""
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return np.repeat(normals[:, None], 3, axis=1)


def _areas(triangles: Triangles) -> NDArray[np.float32]:
    areas: NDArray[np.float32] = np.linalg.norm(
        np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), axis=1
    )
    return areas
