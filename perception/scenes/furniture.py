"""Signs, lights, and the unusual things on a street that no common label set names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np

from perception.scenes.parts import Colour, Part, Solid, ball, box, cone, cylinder, limb, slab

Random = np.random.Generator
_STEEL: Colour = (0.3, 0.3, 0.3)
_RED: Colour = (0.5, 0.02, 0.02)
_WHITE: Colour = (0.75, 0.75, 0.75)
_ORANGE: Colour = (0.75, 0.2, 0.02)
_BLACK: Colour = (0.03, 0.03, 0.03)
_YELLOW: Colour = (0.75, 0.55, 0.03)


def traffic_sign(rng: Random) -> Solid:
    """A round, three-cornered, eight-cornered or square plate on a pole."""
    high, half = rng.uniform(1.9, 2.9), rng.uniform(0.3, 0.5)
    corners = int(rng.choice([3, 4, 8, 16]))
    first = np.pi / 2 if corners == 3 else np.pi / corners
    angles = first + np.linspace(0, 2 * np.pi, corners, endpoint=False)
    outline = np.stack([np.cos(angles), np.sin(angles)], axis=1) * half
    rim, face = (_RED, _WHITE) if rng.random() < 0.6 else ((0.03, 0.08, 0.45), _WHITE)
    if corners == 4:
        rim = (0.03, 0.1, 0.4) if rng.random() < 0.5 else (0.04, 0.25, 0.08)
    solid = [Part(cone(0.06, 0, 0, high + half * 0.8, 0.04, 0.04), _STEEL)]
    for x, scale, colour in ((0.0, 1.0, rim), (-0.012, 0.74, face)):
        ring = [np.column_stack([np.full(corners, x + d), outline * scale + (0, high)]) for d in (-0.012, 0.012)]
        solid.append(Part(np.vstack(ring), colour))
    mark = half * rng.uniform(0.1, 0.3)
    solid.append(Part(box((-0.03, -mark, high - half * 0.3), (0, mark, high + half * 0.3)), _BLACK))
    return solid


def traffic_light(rng: Random) -> Solid:
    """Three lamps in a black case on a pole, one of them lit; some with a second case, or a board behind."""
    high = rng.uniform(2.0, 3.2)
    solid = [Part(cone(0.12, 0, 0, high + 0.4, 0.07, 0.06), _STEEL)]
    solid += _lamps(rng, 0.0, high)
    if rng.random() < 0.4:
        solid += _lamps(rng, float(rng.choice([-0.42, 0.42])), high + rng.uniform(-0.9, 0.1))
    if rng.random() < 0.4:
        rim, inner = (_WHITE, _BLACK) if rng.random() < 0.6 else (_BLACK, _BLACK)
        for half, x, colour in ((0.34, 0.1, rim), (0.3, 0.085, inner)):
            low, top = high - 0.28 - half, high + 0.34 + half
            solid.append(Part(box((x, -half, low), (x + 0.02, half, top)), colour))
    return solid


def _lamps(rng: Random, y: float, high: float) -> Solid:
    solid = [Part(box((-0.12, y - 0.17, high - 0.45), (0.08, y + 0.17, high + 0.5)), _BLACK)]
    colours: tuple[Colour, ...] = ((0.05, 0.6, 0.15), (0.85, 0.5, 0.05), (0.85, 0.05, 0.03))
    lit = int(rng.integers(3))
    for place, colour in enumerate(colours):
        dark = tuple(c * 0.12 for c in colour)
        shade = colour if place == lit else (dark[0], dark[1], dark[2])
        lamp = high - 0.28 + place * 0.3
        solid.append(Part(ball((-0.13, y, lamp), 0.1), shade))
        solid.append(Part(box((-0.3, y - 0.12, lamp + 0.09), (-0.12, y + 0.12, lamp + 0.12)), _BLACK))
    return solid


def traffic_cone(rng: Random) -> Solid:
    """An orange cone with a white band."""
    tall = rng.uniform(0.5, 1.0)
    parts = [Part(box((-0.25, -0.25, 0), (0.25, 0.25, 0.05)), _ORANGE)]
    for low, high, colour in ((0.0, 0.45, _ORANGE), (0.45, 0.7, _WHITE), (0.7, 1.0, _ORANGE)):
        radii = [0.2 - 0.16 * share for share in (low, high)]
        parts.append(Part(cone(0, 0, low * tall, high * tall, radii[0], radii[1]), colour))
    return parts


def barrel(rng: Random) -> Solid:
    """A striped road-works barrel or a plain one."""
    plain = rng.random() < 0.4
    base: Colour = (rng.uniform(0.05, 0.4), rng.uniform(0.05, 0.3), rng.uniform(0.05, 0.4)) if plain else _ORANGE
    return [
        Part(cone(0, 0, k * 0.22, k * 0.22 + 0.22, 0.3, 0.29), base if k % 2 or plain else _WHITE)
        for k in range(4)
    ]


def bollard(rng: Random) -> Solid:
    """A short post against cars."""
    tall, radius = rng.uniform(0.7, 1.1), rng.uniform(0.06, 0.14)
    colour = _BLACK if rng.random() < 0.6 else _YELLOW
    band = Part(cone(0, 0, tall * 0.75, tall * 0.86, radius * 1.05, radius * 1.05), _WHITE)
    return [
        Part(cone(0, 0, 0, tall, radius, radius * 0.85), colour),
        Part(ball((0, 0, tall), radius * 0.9), colour),
        band,
    ]


def bin_(rng: Random) -> Solid:
    """A wheeled bin."""
    colours: tuple[Colour, ...] = ((0.03, 0.15, 0.05), (0.05, 0.05, 0.06), (0.04, 0.08, 0.25))
    colour = colours[rng.integers(3)]
    body = [(-0.22, 0.1), (0.22, 0.1), (0.3, 0.95), (-0.3, 0.95)]
    lid = box((-0.34, -0.3, 0.95), (0.36, 0.3, 1.05))
    return [Part(slab(body, 0.25, 0.29), colour), Part(lid, colour), Part(cylinder(0.2, -0.28, 0.1, 0.56), _BLACK)]


def barrier(rng: Random) -> Solid:
    """A red and white road-works barrier."""
    wide = rng.uniform(0.6, 1.1)
    parts = [
        Part(box((-0.25, s * wide * 0.85 - 0.03, 0), (0.25, s * wide * 0.85 + 0.03, 0.9)), _ORANGE)
        for s in (-1, 1)
    ]
    edges = np.linspace(-wide, wide, 7)
    for place, (a, b) in enumerate(pairwise(edges)):
        parts.append(Part(box((-0.03, a, 0.6), (0.03, b, 0.95)), _RED if place % 2 else _WHITE))
    return parts


def trolley(rng: Random) -> Solid:
    """A shopping trolley, its basket closed."""
    basket = [(-0.45, 0.5), (0.4, 0.42), (0.5, 0.95), (-0.5, 1.0)]
    legs = [
        Part(limb((x, y, 0.08), (x * 0.7, y, 0.5), 0.03, 0.03), _STEEL)
        for x in (-0.45, 0.4)
        for y in (-0.22, 0.22)
    ]
    handle = limb((-0.6, -0.27, 1.03), (-0.6, 0.27, 1.03), 0.03, 0.03)
    load = Part(ball((0, 0, 0.85), 0.25), (rng.uniform(0, 0.5), rng.uniform(0, 0.5), rng.uniform(0, 0.5)))
    return [Part(slab(basket, 0.24, 0.29), (0.4, 0.4, 0.42), 0.3), *legs, Part(handle, _RED), load]


def parcel(rng: Random) -> Solid:
    """A pile of cardboard boxes or a single one."""
    solid, level = [], 0.0
    for _ in range(int(rng.integers(1, 4))):
        x, y, z = rng.uniform(0.2, 0.45, 3)
        brown = rng.uniform(0.6, 1.1)
        turned = box((-x, -y, level), (x, y, level + 2 * z * 0.8))
        solid.append(Part(turned, (0.45 * brown, 0.3 * brown, 0.17 * brown)))
        level += 2 * z * 0.8
    return solid


def skip(rng: Random) -> Solid:
    """A builder's skip with a heap of rubble."""
    half, colour = rng.uniform(1.3, 1.9), _YELLOW if rng.random() < 0.6 else (0.05, 0.15, 0.35)
    body = [(-half * 0.7, 0.1), (half * 0.7, 0.1), (half, 1.25), (-half, 1.25)]
    rubble = limb((-half * 0.5, 0, 1.1), (half * 0.4, 0, 1.1), 0.4, 0.5)
    return [Part(slab(body, 0.75, 0.85), colour), Part(rubble, (0.3, 0.25, 0.2))]


def animal(rng: Random) -> Solid:
    """A dog, a deer or a cow, by size."""
    tall = float(rng.choice([0.35, 0.9, 1.25])) * rng.uniform(0.85, 1.15)
    shade = rng.uniform(0.05, 0.5)
    colour: Colour = (shade, shade * rng.uniform(0.6, 0.9), shade * rng.uniform(0.4, 0.8))
    long, thick = tall * 0.75, tall * 0.22
    parts = [Part(limb((-long / 2, 0, tall), (long / 2, 0, tall), thick, thick * 1.1), colour)]
    parts.append(
        Part(limb((long / 2, 0, tall * 1.1), (long * 0.85, 0, tall * 1.5), thick * 0.6, thick * 0.5), colour)
    )
    parts.append(
        Part(limb((long * 0.85, 0, tall * 1.5), (long * 1.1, 0, tall * 1.42), thick * 0.5, thick * 0.35), colour)
    )
    for x in (-long * 0.45, long * 0.45):
        for y in (-thick * 0.6, thick * 0.6):
            step = rng.normal(0, tall * 0.08)
            parts.append(Part(limb((x, y, tall * 0.9), (x + step, y, 0.03), thick * 0.35, thick * 0.22), colour))
    return parts


def scooter(rng: Random) -> Solid:
    """A parked kick scooter."""
    colour: Colour = (rng.uniform(0.02, 0.4), rng.uniform(0.1, 0.6), rng.uniform(0.02, 0.4))
    wheels = [Part(cylinder(x, -0.03, 0.11, 0.06), _BLACK) for x in (-0.45, 0.45)]
    deck, stem = box((-0.45, -0.08, 0.1), (0.35, 0.08, 0.17)), limb((0.42, 0, 0.15), (0.36, 0, 1.1), 0.03, 0.03)
    bar = limb((0.36, -0.24, 1.1), (0.36, 0.24, 1.1), 0.025, 0.025)
    return [*wheels, Part(deck, _BLACK), Part(stem, colour), Part(bar, _BLACK)]


def planter(rng: Random) -> Solid:
    """A tub with a bush."""
    tub: Colour = (rng.uniform(0.15, 0.4), rng.uniform(0.15, 0.3), rng.uniform(0.12, 0.25))
    bush = [
        Part(ball((*rng.normal(0, 0.15, 2), rng.uniform(0.7, 1.0)), rng.uniform(0.2, 0.35)), (0.05, 0.14, 0.03))
        for _ in range(5)
    ]
    return [Part(cone(0, 0, 0, 0.55, 0.32, 0.42), tub), *bush]


UNUSUAL: Mapping[str, Callable[[Random], Solid]] = {
    "traffic cone": traffic_cone,
    "barrel": barrel,
    "bollard": bollard,
    "bin": bin_,
    "barrier": barrier,
    "trolley": trolley,
    "parcel": parcel,
    "skip": skip,
    "animal": animal,
    "scooter": scooter,
    "planter": planter,
}
"""Label → maker."""
