"""What encloses a plot: walls, board fences, hoardings, gates, railings. All of it is stuff."""

from __future__ import annotations

import numpy as np

from perception.scenes.frontages import PIXELS, colour, lettering
from perception.scenes.parts import Part, Solid, box
from perception.scenes.textures import Texture, plain

Random = np.random.Generator


def wall(rng: Random, wide: float, high: float) -> Texture:
    """Bricks or plaster, in panels between piers, with a coping."""
    tones = ((0.3, 0.14, 0.09), (0.4, 0.36, 0.28), (0.5, 0.48, 0.45), (0.22, 0.2, 0.19))
    surface = _surface(rng, wide, high, tones[rng.integers(len(tones))])
    if rng.random() < 0.7:
        surface[::4] *= 0.8
    step = int(rng.uniform(1.5, 4) * PIXELS)
    for start in range(0, surface.shape[1], step):
        surface[:, start : start + 12] *= rng.uniform(0.8, 1.2)
    surface[: max(2, len(surface) // 16)] *= 1.4
    return surface


def board_fence(rng: Random, wide: float, high: float) -> Texture:
    """Upright or level boards between posts."""
    shade = rng.uniform(0.06, 0.35)
    surface = _surface(rng, wide, high, (shade, shade * rng.uniform(0.6, 1), shade * rng.uniform(0.4, 1)))
    step, level = int(rng.uniform(0.08, 0.25) * PIXELS) + 1, rng.random() < 0.3
    lines = surface if level else surface.transpose(1, 0, 2)
    lines[::step] *= 0.55
    for start in range(0, len(lines), step):
        lines[start : start + step] *= rng.uniform(0.9, 1.1)
    panel = int(rng.uniform(1.6, 2.6) * PIXELS)
    for start in range(0, surface.shape[1], panel):
        surface[:, start : start + 5] *= 0.5
    return surface


def hoarding(rng: Random, wide: float, high: float) -> Texture:
    """Painted panels around a building site, some with pictures and writing."""
    base = colour(rng, 0.1, 0.7)
    surface = _surface(rng, wide, high, (float(base[0]), float(base[1]), float(base[2])))
    panel, rows = int(rng.uniform(1.1, 2.6) * PIXELS), len(surface)
    for start in range(0, surface.shape[1], panel):
        end = min(start + panel, surface.shape[1])
        if rng.random() < 0.5:
            surface[:, start:end] *= colour(rng, 0.5, 1.4)
        if rng.random() < 0.35 and end - start > 20:
            top, bottom = int(rows * rng.uniform(0.1, 0.4)), int(rows * rng.uniform(0.55, 0.9))
            surface[top:bottom, start + 6 : end - 6] = colour(rng)
            lettering(rng, surface, (start + 8, top + 2, end - 8, bottom - 2), colour(rng, 0.05, 0.9))
        surface[:, start : start + 2] *= 0.5
    return np.clip(surface, 0.005, 0.95)


ENCLOSURES = (wall, board_fence, hoarding)


def railing(rng: Random, x0: float, x1: float, y: float) -> Solid:
    """Bars, or mesh, between two rails along the street; one sees through."""
    high = rng.uniform(0.8, 1.6)
    shade = rng.uniform(0.03, 0.4)
    paint = (shade, shade * rng.uniform(0.8, 1), shade * rng.uniform(0.7, 1.1))
    rails = [Part(box((x0, y - 0.02, z), (x1, y + 0.02, z + 0.06)), paint) for z in (0.2, high - 0.1)]
    posts = [
        Part(box((x, y - 0.05, 0.0), (x + 0.09, y + 0.05, high + 0.1)), paint) for x in np.arange(x0, x1, 2.0)
    ]
    bars = np.arange(x0, x1, rng.uniform(0.12, 0.5))
    return rails + posts + [Part(box((x, y - 0.015, 0.1), (x + 0.03, y + 0.015, high)), paint) for x in bars]


def _surface(rng: Random, wide: float, high: float, tone: tuple[float, float, float]) -> Texture:
    """Stained, of the right number of pixels."""
    rows, columns = max(8, int(high * PIXELS)), max(8, int(wide * PIXELS))
    tile = plain(rng, tone, 0.4)
    return np.ascontiguousarray(np.tile(tile, (-(-rows // 256), -(-columns // 256), 1))[:rows, :columns])
