"""Boards, lamps and posts, each pair alone: the model of who hides whom is fitted on them, too.

Label sets part a sign from its pole, while rendered scenes have both in one piece. A board before its pole hides
it; one that hangs beside its pole, or between two posts, only touches it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from perception.masks import BoolImage
from perception.scenes.geometry import joined, solid_geometry
from perception.scenes.parts import Colour, Part, Solid, box, cone, moved
from perception.scenes.raster import draw
from perception.scenes.rendering import Camera

Random = np.random.Generator
_GREY: Colour = (0.3, 0.3, 0.3)
_SIZE = (480, 360)
"""Pixels of the pictures, width and height."""
_SMALLEST = 12
"""Visible pixels of each part."""
_HIDDEN = 0.08
"""Least hidden share of the part behind. Below, the two touch: a hand that outlines them sees no more either."""
_BEHIND_A_HEDGE = 0.3
"""How often something without a label hides all below a row: of many posts no foot is seen."""


@dataclass(frozen=True, eq=False)
class MountedScene:
    """A board and one or two posts that carry it, as a picture shows them."""

    masks: tuple[BoolImage, ...]
    """Visible parts, bool [height, width]; the board comes first."""
    hides: frozenset[tuple[int, int]]
    """Places of (front, back)."""


def mounted_scene(rng: Random) -> MountedScene | None:
    """A random one; None where too little of a part is seen."""
    parts = _WAYS[int(rng.integers(len(_WAYS)))](rng)
    facing = float(rng.normal(0, 0.35) + (np.pi if rng.random() < 0.3 else 0))
    place = (float(np.exp(rng.uniform(np.log(5), np.log(25)))), float(rng.uniform(-3, 3)), 0.0)
    camera = Camera(
        *_SIZE,
        (0.0, 0.0, float(rng.uniform(1.2, 1.8))),
        float(rng.normal(0, 0.05)),
        0.0,
        float(rng.uniform(45, 68)),
    )
    return _seen(rng, [moved(part, place, facing) for part in parts], camera)


def _seen(rng: Random, parts: list[Solid], camera: Camera) -> MountedScene | None:
    geometries = [solid_geometry(part) for part in parts]
    together, owner = joined(geometries)
    shown, _ = draw(together.corners, camera.view())
    owners = np.where(shown >= 0, owner[shown], -1)
    if rng.random() < _BEHIND_A_HEDGE:
        rows = np.flatnonzero((owners == 0).any(axis=1))
        if len(rows):
            owners[int(rng.uniform(rows[len(rows) // 2], rows[-1] + len(rows))) :] = -1
    masks = [owners == place for place in range(len(parts))]
    if min(int(mask.sum()) for mask in masks) < _SMALLEST:
        return None
    hides = set()
    for back, geometry in enumerate(geometries):
        whole = draw(geometry.corners, camera.view())[0] >= 0
        for front in range(len(parts)):
            if front != back and (whole & masks[front]).sum() >= _HIDDEN * whole.sum():
                hides.add((front, back))
    return MountedScene(tuple(masks), frozenset(pair for pair in hides if pair[::-1] not in hides))


def _post(rng: Random, y: float, high: float, x: float = 0.0, thick: float | None = None) -> Solid:
    radius = rng.uniform(0.03, 0.09) if thick is None else thick
    return [Part(cone(x, y, 0, high, radius, radius), _GREY)]


def _board(wide: float, low: float, high: float, thick: float, y: float = 0.0) -> Solid:
    return [Part(box((-thick / 2, y - wide / 2, low), (thick / 2, y + wide / 2, high)), _GREY)]


def _before_its_pole(rng: Random) -> list[Solid]:
    """A sign or a lamp's case; seen from behind, the pole is before it."""
    wide, low, thick = rng.uniform(0.25, 1.3), rng.uniform(1.2, 2.8), rng.uniform(0.02, 0.25)
    high = low + wide * rng.uniform(0.4, 2.5)
    top = high - rng.uniform(0, 0.3) if rng.random() < 0.6 else high + rng.uniform(0.1, 4.0)
    radius = rng.uniform(0.03, 0.09)
    off = rng.uniform(-0.3, 0.3) * wide if rng.random() < 0.4 else 0.0
    return [_board(wide, low, high, thick), _post(rng, off, top, thick / 2 + radius, radius)]


def _beside_its_pole(rng: Random) -> list[Solid]:
    """A lamp's case or a flag on short arms."""
    wide, low = rng.uniform(0.2, 1.0), rng.uniform(1.0, 3.0)
    high, radius, side = low + rng.uniform(0.6, 2.2), rng.uniform(0.03, 0.09), float(rng.choice((-1, 1)))
    away = wide / 2 + radius + (rng.uniform(0, 0.06) if rng.random() < 0.6 else rng.uniform(0, 0.2))
    board = _board(wide, low, high, rng.uniform(0.02, 0.2), side * away)
    return [board, _post(rng, 0.0, high + rng.uniform(-0.3, 4.0), 0.0, radius)]


def _between_posts(rng: Random) -> list[Solid]:
    """A board in its frame, a banner."""
    wide = float(np.exp(rng.uniform(np.log(0.5), np.log(3))))
    low = rng.uniform(0.0, 0.8) if rng.random() < 0.7 else rng.uniform(0.8, 2.5)
    high, radius = low + rng.uniform(0.5, 2.6), rng.uniform(0.03, 0.09)
    top = high + rng.uniform(-0.05, 0.3)
    posts = [_post(rng, side * (wide / 2 + radius), top, 0.0, radius) for side in (-1, 1)]
    return [_board(wide, low, high, rng.uniform(0.03, 0.08)), *posts]


def _before_two_posts(rng: Random) -> list[Solid]:
    wide, low = rng.uniform(0.8, 3.0), rng.uniform(0.5, 2.6)
    high, radius = low + rng.uniform(0.3, 1.6), rng.uniform(0.03, 0.09)
    at = wide * rng.uniform(0.25, 0.45)
    posts = [_post(rng, side * at, high - rng.uniform(0, 0.2), 0.05 + radius, radius) for side in (-1, 1)]
    return [_board(wide, low, high, 0.05), *posts]


def _apart(rng: Random) -> list[Solid]:
    """A board, and a post that has nothing to do with it, nearer or farther."""
    wide, low = rng.uniform(0.25, 2.0), rng.uniform(0.3, 3.0)
    high, away = low + wide * rng.uniform(0.4, 2.5), rng.uniform(0.4, 8.0)
    board = _board(wide, low, high, rng.uniform(0.02, 0.25))
    return [
        board,
        _post(rng, rng.uniform(-0.55, 0.55) * wide, rng.uniform(2.0, 9.0), rng.choice((-1, 1, 1)) * away),
    ]


_WAYS: tuple[Callable[[Random], list[Solid]], ...] = (
    _before_its_pole,
    _beside_its_pole,
    _between_posts,
    _before_two_posts,
    _apart,
)
