"""Painted surfaces: asphalt, paving, façades, grass. Arrays are float32 [height, width, 3], linear RGB."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Random = np.random.Generator
Texture = NDArray[np.float32]


def noise(rng: Random, shape: tuple[int, int], cells: int, octaves: int = 4) -> NDArray[np.float32]:
    """Smooth random values 0..1: sums of enlarged random grids, each finer and weaker."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        side = min(cells * 2**octave, *shape)
        grid = rng.random((side, side), np.float32)
        total += cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC) * 0.5**octave
    low, high = float(total.min()), float(total.max())
    scaled: NDArray[np.float32] = (total - low) / (high - low)
    return scaled


def plain(rng: Random, colour: tuple[float, float, float], contrast: float, size: int = 256) -> Texture:
    """One colour, stained."""
    shade = 1 + contrast * (noise(rng, (size, size), 4) - 0.5) + rng.normal(0, contrast * 0.15, (size, size))
    surface: Texture = np.clip(shade[:, :, None] * np.array(colour), 0.005, 0.95).astype(np.float32)
    return surface


def road(rng: Random, left: float, right: float) -> Texture:
    """Asphalt from y = right to y = left (rows) with lane markings; columns are 8 m of the street's length."""
    grey = rng.uniform(0.06, 0.2)
    surface = plain(rng, (grey, grey * rng.uniform(0.97, 1.03), grey * rng.uniform(0.97, 1.05)), 0.22, 512)
    per_metre = 512 / (left - right)
    paint = (
        np.array([0.6, 0.6, 0.56], np.float32) if rng.random() < 0.8 else np.array([0.6, 0.45, 0.08], np.float32)
    )

    def stripe(y: float, columns: slice) -> None:
        row = int((y - right) * per_metre)
        half = max(1, int(0.06 * per_metre))
        area = surface[max(0, row - half) : row + half, columns]
        area[:] = 0.25 * area + 0.75 * paint

    lane = rng.uniform(1.5, 2.1)
    stripe(lane, slice(0, int(rng.integers(150, 512))))
    if rng.random() < 0.5:
        stripe(right + 0.35, slice(None))
        stripe(left - 0.35, slice(None))
    for _ in range(int(rng.integers(0, 4))):  # mended patches
        row, column = rng.integers(0, 400, 2)
        surface[row : row + rng.integers(20, 110), column : column + rng.integers(20, 110)] *= rng.uniform(
            0.6, 1.3
        )
    return surface


def paving(rng: Random) -> Texture:
    """Slabs with joints."""
    warm = rng.uniform(0.9, 1.12)
    grey = rng.uniform(0.18, 0.38)
    surface = plain(rng, (grey * warm, grey, grey / warm), 0.35)
    step = int(rng.choice([16, 32, 64]))
    surface[::step] *= 0.6
    surface[:, ::step] *= 0.6
    return surface


def facade(rng: Random) -> Texture:
    """A wall with rows of windows; 256 × 256 for about 9 × 9 m, its first row on top."""
    colours = ((0.35, 0.16, 0.1), (0.45, 0.4, 0.3), (0.55, 0.53, 0.5), (0.3, 0.28, 0.26), (0.5, 0.42, 0.25))
    wall = plain(rng, colours[rng.integers(len(colours))], 0.3)
    if rng.random() < 0.5:  # courses of brick
        wall[::4] *= 0.85
    columns, rows = int(rng.integers(2, 6)), int(rng.integers(2, 4))
    wide, high = 256 // columns, 256 // rows
    glass = np.array([0.05, 0.06, 0.08], np.float32) * rng.uniform(0.5, 2.5)
    frame, side, crossed = rng.uniform(0.1, 0.7), rng.uniform(0.15, 0.32), rng.random() < 0.6
    for row in range(rows):
        for column in range(columns):
            x0, x1 = int((column + side) * wide), int((column + 1 - side) * wide)
            y0, y1 = int((row + 0.2) * high), int((row + 0.8) * high)
            wall[y0:y1, x0:x1] = frame
            wall[y0 + 3 : y1 - 3, x0 + 3 : x1 - 3] = glass * rng.uniform(0.3, 2.5)
            wall[y0:y1, (x0 + x1) // 2 - 1 : (x0 + x1) // 2 + 1] = frame
            if crossed:
                wall[(y0 + y1) // 2 : (y0 + y1) // 2 + 2, x0:x1] = frame
            wall[y1 : y1 + 4, x0 - 2 : x1 + 2] *= 1.3  # the sill
    return np.clip(wall, 0.0, 0.95)


def sky(rng: Random, cloud: float) -> Texture:
    """An environment map, 128 × 256: blue to white by height, `cloud` (0..1) of it covered, the ground dark."""
    height = np.linspace(1, -1, 128, dtype=np.float32)[:, None, None]
    zenith = np.array([0.18, 0.34, 0.75], np.float32)
    haze = np.array([0.72, 0.78, 0.85], np.float32)
    clear = haze + (zenith - haze) * np.clip(height, 0, 1) ** 0.6
    cover = noise(rng, (128, 256), 4, 5)[:, :, None]
    amount = np.clip((cover - (1 - cloud)) * 3, 0, 1)
    clouds = np.float32(rng.uniform(0.55, 1.0)) * (0.75 + 0.4 * noise(rng, (128, 256), 6)[:, :, None])
    whole = clear * (1 - amount) + clouds * amount
    whole = np.where(height < 0, np.float32(0.25) * haze, whole)
    return np.array(np.broadcast_to(whole, (128, 256, 3)), np.float32)
