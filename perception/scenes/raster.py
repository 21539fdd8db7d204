"""OpenCV's triangle rasteriser, told to say which triangle each pixel shows.

Every pixel is judged at its centre and by the triangle alone, so a thing drawn alone covers each pixel that shows
it among others: whole silhouettes contain visible ones exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Triangles = NDArray[np.float32]
"""[T, 3, 3]: corners of T triangles"""
NEAR, FAR = 0.1, 1000.0


@dataclass(frozen=True, eq=False)
class View:
    """A pinhole: where it is, how it is turned, and its image."""

    position: NDArray[np.float64]
    axes: NDArray[np.float64]
    """[3, 3], rows: to the right, up, backwards"""
    focal: float
    """In pixels."""
    width: int
    height: int

    def seen(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """World points [..., 3] in the view's own axes."""
        flat = points.reshape(-1, 3) - self.position.astype(np.float32)
        # Ten times as fast as flat @ axes.T.
        turned: NDArray[np.float32] = (self.axes.astype(np.float32) @ flat.T).T
        return turned.reshape(points.shape)

    def rays(self) -> NDArray[np.float32]:
        """Directions through the pixels' centres in the world, of length 1, [height, width, 3]."""
        across = (np.arange(self.width) + 0.5 - self.width / 2) / self.focal
        up = (self.height / 2 - np.arange(self.height) - 0.5) / self.focal
        x, y = np.meshgrid(across, up)
        own = np.stack([x, y, -np.ones_like(x)], -1)
        own /= np.linalg.norm(own, axis=-1, keepdims=True)
        return (own @ self.axes).astype(np.float32)


def draw(triangles: Triangles, view: View) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Which triangle each pixel shows (-1: none) and how far it is along the view's axis, both [height, width]."""
    own, numbers = _clipped(view.seen(triangles))
    colours = np.zeros((len(own) * 3, 3), np.float32)
    colours[:, 0] = np.repeat(numbers + 1, 3)  # float32 holds whole numbers up to 2^24 exactly
    shown = np.zeros((view.height, view.width, 3), np.float32)
    depth = np.full((view.height, view.width), FAR, np.float32)
    if len(own):
        settings = cv2.TriangleRasterizeSettings()
        settings.setShadingType(cv2.RASTERIZE_SHADING_FLAT)
        settings.setCullingMode(cv2.RASTERIZE_CULLING_NONE)
        corners = np.arange(len(own) * 3, dtype=np.int32).reshape(-1, 3)
        opening = 2 * np.arctan(view.height / 2 / view.focal)
        identity = np.eye(4, dtype=np.float32)
        points = np.ascontiguousarray(own.reshape(-1, 3))
        cv2.triangleRasterize(points, corners, colours, shown, depth, identity, opening, NEAR, FAR, settings)
    return np.rint(shown[:, :, 0]).astype(np.int32) - 1, depth


def _clipped(triangles: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """What lies before the near plane, and of which triangle: OpenCV drops a triangle that crosses the plane."""
    limit = -NEAR * 1.01
    before = triangles[:, :, 2] < limit
    count = before.sum(axis=1)
    whole = np.flatnonzero(count == 3)
    pieces, owners = [triangles[whole]], [whole]
    for inside in (1, 2):
        cut = np.flatnonzero(count == inside)
        if not len(cut):
            continue
        odd = np.argmax(before[cut] == (inside == 1), axis=1)
        order = (odd[:, None] + np.arange(3)) % 3
        apex, second, third = np.moveaxis(np.take_along_axis(triangles[cut], order[:, :, None], axis=1), 1, 0)
        on_second, on_third = _crossing(apex, second, limit), _crossing(apex, third, limit)
        if inside == 1:
            parts = [np.stack([apex, on_second, on_third], 1)]
        else:
            parts = [np.stack([on_second, second, third], 1), np.stack([on_second, third, on_third], 1)]
        pieces += parts
        owners += [cut] * len(parts)
    return np.concatenate(pieces), np.concatenate(owners)


def _crossing(start: NDArray[np.float32], end: NDArray[np.float32], limit: float) -> NDArray[np.float32]:
    share = (limit - start[:, 2]) / (end[:, 2] - start[:, 2])
    crossing: NDArray[np.float32] = start + (end - start) * share[:, None]
    crossing[:, 2] = limit
    return crossing
