"""Paint on the road: arrows, crossings, hatching, zigzags, words. It is road."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perception.scenes.parts import Part, Solid

Random = np.random.Generator
_HEIGHT = 0.012
"""Metres above the road, so that it is seen."""
Spot = tuple[float, float]


def paint(rng: Random, left: float, right: float) -> Solid:
    """Random markings between the kerbs at y = left and y = right."""
    white, yellow = (0.55, 0.55, 0.52), (0.6, 0.42, 0.06)
    worn = rng.uniform(0.5, 1.0)
    triangles: list[Sequence[Spot]] = []
    for _ in range(int(rng.integers(0, 4))):
        x, y = float(np.exp(rng.uniform(np.log(5), np.log(35)))), rng.uniform(right + 1, left - 1)
        triangles += _arrow(x, y, float(rng.choice([-1, 1])), rng.random() < 0.4)
    if rng.random() < 0.3:
        x = float(np.exp(rng.uniform(np.log(4), np.log(30))))
        triangles += [t for y in np.arange(right, left, 1.0) for t in _bar(x, x + 3, y, y + 0.5)]
    if rng.random() < 0.25:
        triangles += _zigzag(rng.uniform(4, 20), right + 0.6)
    if rng.random() < 0.25:
        triangles += _hatching(rng.uniform(6, 20), right, left)
    if rng.random() < 0.3:
        triangles += _word(
            rng, float(np.exp(rng.uniform(np.log(5), np.log(20)))), rng.uniform(right + 1, left - 1)
        )
    solid = (
        [_part(triangles, tuple(c * worn for c in (white if rng.random() < 0.8 else yellow)))] if triangles else []
    )
    if rng.random() < 0.4:
        lines = [t for k in (0.3, 0.5) for t in _bar(-2, 60, right + k, right + k + 0.08)]
        lines += [t for k in (0.3, 0.5) for t in _bar(-2, 60, left - k - 0.08, left - k)]
        solid.append(_part(lines, yellow))
    return solid


def _part(triangles: list[Sequence[Spot]], colour: tuple[float, ...]) -> Part:
    points = np.array([[x, y, _HEIGHT] for triangle in triangles for x, y in triangle], float)
    return Part(points, (colour[0], colour[1], colour[2]), loose=True)


def _bar(x0: float, x1: float, y0: float, y1: float) -> list[Sequence[Spot]]:
    return [((x0, y0), (x1, y0), (x1, y1)), ((x0, y0), (x1, y1), (x0, y1))]


def _arrow(x: float, y: float, side: float, turns: bool) -> list[Sequence[Spot]]:
    """Four metres long; `turns`: its head points to the `side`."""
    shaft = _bar(x, x + 2.6, y - 0.09, y + 0.09)
    if not turns:
        return [*shaft, ((x + 2.4, y - 0.35), (x + 4.0, y), (x + 2.4, y + 0.35))]
    bend = _bar(x + 2.4, x + 2.9, y, y + side * 0.5)
    return [*shaft, *bend, ((x + 1.8, y + side * 0.5), (x + 2.7, y + side * 1.1), (x + 3.5, y + side * 0.5))]


def _zigzag(x: float, y: float) -> list[Sequence[Spot]]:
    found: list[Sequence[Spot]] = []
    for k in range(6):
        a, b = (x + 2 * k, y + 0.25 * (k % 2)), (x + 2 * k + 2, y + 0.25 * ((k + 1) % 2))
        found += [(a, b, (b[0], b[1] + 0.1)), (a, (b[0], b[1] + 0.1), (a[0], a[1] + 0.1))]
    return found


def _hatching(x: float, right: float, left: float) -> list[Sequence[Spot]]:
    """A box junction: crossing diagonals."""
    found: list[Sequence[Spot]] = []
    wide = left - right
    for k in np.arange(-wide, 8, 2.0):
        for start, end in (((x + k, right), (x + k + wide, left)), ((x + k + wide, right), (x + k, left))):
            found += [
                (start, end, (end[0] + 0.15, end[1])),
                (start, (end[0] + 0.15, end[1]), (start[0] + 0.15, start[1])),
            ]
    return found


def _word(rng: Random, x: float, y: float) -> list[Sequence[Spot]]:
    """Letters of strokes, stretched along the road as they are painted."""
    found: list[Sequence[Spot]] = []
    for letter in range(int(rng.integers(2, 5))):
        at = y - 0.8 * letter
        for _ in range(int(rng.integers(2, 5))):
            if rng.random() < 0.5:
                across = at - rng.choice([0.0, 0.5])
                found += _bar(x, x + 2.4, across - 0.1, across)
            else:
                along = x + rng.choice([0.0, 1.1, 2.1])
                found += _bar(along, along + 0.3, at - 0.5, at)
    return found
