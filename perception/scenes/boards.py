"""Boards that say something: shop signs, pylons, banners, A-boards, flags, signposts. They face -x."""

from __future__ import annotations

import numpy as np

from perception.scenes.parts import Colour, Part, Solid, box, cone

Random = np.random.Generator
_STEEL: Colour = (0.25, 0.25, 0.26)
_PAINTS: tuple[Colour, ...] = (
    (0.45, 0.02, 0.02),
    (0.03, 0.05, 0.35),
    (0.02, 0.2, 0.06),
    (0.6, 0.4, 0.03),
    (0.65, 0.65, 0.63),
    (0.03, 0.03, 0.03),
    (0.5, 0.2, 0.02),
    (0.1, 0.25, 0.5),
)


def _paint(rng: Random) -> Colour:
    red, green, blue = (float(c * rng.uniform(0.6, 1.4)) for c in _PAINTS[rng.integers(len(_PAINTS))])
    return red, green, blue


def _contrast(rng: Random, ground: Colour) -> Colour:
    bright = sum(ground) > 0.8
    value = rng.uniform(0.01, 0.08) if bright else rng.uniform(0.45, 0.8)
    return (value, value, value * rng.uniform(0.6, 1.0))


def plate(rng: Random, wide: float, low: float, high: float, thick: float = 0.06) -> Solid:
    """A board between two heights with lines of writing or a mark, on its front and its back."""
    ground = _paint(rng)
    parts = [Part(box((-thick / 2, -wide / 2, low), (thick / 2, wide / 2, high)), ground)]
    ink, tall = _contrast(rng, ground), high - low
    if rng.random() < 0.35:  # a rim or a head of another colour
        top = high - tall * rng.uniform(0.1, 0.35)
        parts.append(
            Part(box((-thick / 2 - 0.01, -wide / 2, top), (thick / 2 + 0.01, wide / 2, high)), _paint(rng))
        )
    lines = int(rng.integers(1, max(2, min(7, int(tall / 0.15)))))
    for line in range(lines):
        if rng.random() < 0.15:
            continue
        middle = high - tall * (line + 0.5) / lines
        half = tall / lines * rng.uniform(0.12, 0.3)
        start, end = wide * rng.uniform(-0.45, -0.2), wide * rng.uniform(0.05, 0.45)
        for a in np.arange(start, end, max(half * 1.6, 0.03)):
            if rng.random() < 0.85:
                b = min(a + half * rng.uniform(0.7, 1.3), end)
                parts.append(
                    Part(box((-thick / 2 - 0.015, a, middle - half), (thick / 2 + 0.015, b, middle + half)), ink)
                )
    return parts


def pylon(rng: Random) -> Solid:
    """A tall board that stands on the ground, as shops and filling stations have it."""
    return plate(rng, rng.uniform(0.6, 1.6), rng.uniform(0.0, 0.4), rng.uniform(1.8, 5.0), rng.uniform(0.15, 0.4))


def a_board(rng: Random) -> Solid:
    """A board on the pavement."""
    return plate(rng, rng.uniform(0.5, 0.9), 0.05, rng.uniform(0.8, 1.3), rng.uniform(0.06, 0.25))


def banner(rng: Random) -> Solid:
    """Cloth with writing between two posts."""
    wide, low = rng.uniform(1.8, 5.0), rng.uniform(0.2, 0.9)
    posts = [Part(cone(0, s * wide / 2, 0, low + 1.0, 0.03, 0.03), _STEEL) for s in (-1, 1)]
    return [*posts, *plate(rng, wide, low, low + rng.uniform(0.6, 1.1), 0.03)]


def signpost(rng: Random) -> Solid:
    """One to three boards on one or two poles: directions, parking, a street's name."""
    wide, low = rng.uniform(0.5, 2.2), rng.uniform(1.5, 2.6)
    places = (0.0,) if wide < 1.0 else (-wide * 0.35, wide * 0.35)
    parts: Solid = []
    top = low
    for _ in range(int(rng.integers(1, 4))):
        tall = rng.uniform(0.25, 1.0) * min(1.0, wide)
        parts += plate(rng, wide * rng.uniform(0.8, 1.0), top, top + tall, 0.04)
        top += tall + rng.uniform(0.02, 0.2)
    return [*(Part(cone(0.05, y, 0, top, 0.04, 0.04), _STEEL) for y in places), *parts]


def hanging_sign(rng: Random) -> Solid:
    """A sign that sticks out of a house wall, on an arm; its middle is at the origin's y."""
    low, wide = rng.uniform(2.3, 4.5), rng.uniform(0.45, 1.1)
    tall = wide * rng.uniform(0.6, 1.6)
    arm = Part(box((-0.02, -wide / 2 - 0.3, low + tall), (0.02, wide / 2 + 0.3, low + tall + 0.04)), _STEEL)
    return [arm, *plate(rng, wide, low, low + tall, rng.uniform(0.05, 0.2))]


def wall_board(rng: Random) -> Solid:
    """A board flat on a wall."""
    low = rng.uniform(1.5, 6.0)
    return plate(rng, rng.uniform(0.6, 3.0), low, low + rng.uniform(0.5, 1.6), 0.08)


def flag(rng: Random) -> Solid:
    """A long cloth that hangs from an arm high on a pole."""
    low, tall, wide = rng.uniform(2.5, 4.0), rng.uniform(1.2, 2.5), rng.uniform(0.5, 0.9)
    pole = Part(cone(0, -wide / 2 - 0.1, 0, low + tall + 0.3, 0.06, 0.05), _STEEL)
    return [pole, *plate(rng, wide, low, low + tall, 0.02)]
