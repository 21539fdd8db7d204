"""Boards that say something, flags and traffic lights as convex parts. Measures are in metres; they face x."""

from __future__ import annotations

import numpy as np

from perception.occlusion.training.parts import Points, beside, limb, slab

Random = np.random.Generator
Solid = list[Points]


def plate(wide: float, low: float, high: float, thick: float, middle: float = 0.0) -> Points:
    """An upright board between two heights."""
    half = thick / 2
    return beside(slab([(half, low), (half, high), (-half, high), (-half, low)], wide / 2), middle)


def board(rng: Random) -> Solid:
    """A board on a wall, on posts, on the ground or hanging from an arm, a banner, a flag, several boards."""
    return _WAYS[rng.integers(len(_WAYS))](rng)


def _alone(rng: Random) -> Solid:
    """On a wall, or a pylon whose foot is not seen."""
    wide = float(np.exp(rng.uniform(np.log(0.4), np.log(4))))
    return [plate(wide, 0, float(np.exp(rng.uniform(np.log(0.3), np.log(2.5)))), rng.uniform(0.05, 0.4))]


def _on_posts(rng: Random) -> Solid:
    """One to three boards above each other on one or two posts."""
    wide, top = rng.uniform(0.4, 3.0), rng.uniform(0.3, 2.8)
    apart = wide * rng.uniform(0.3, 0.5)
    at = (0.0,) if wide < 1.0 or rng.random() < 0.2 else (-apart, apart)
    boards = []
    for _ in range(int(rng.choice([1, 2, 3], p=(0.6, 0.25, 0.15)))):
        tall = rng.uniform(0.2, 1.1) * min(1.3, wide)
        boards.append(plate(wide * rng.uniform(0.8, 1.0), top, top + tall, 0.05))
        top += tall + rng.uniform(0.02, 0.2)
    thick = rng.uniform(0.025, 0.08)
    return [*boards, *(limb((0, y, 0), (0, y, top - rng.uniform(0, 0.2)), thick, thick) for y in at)]


def _hanging(rng: Random) -> Solid:
    """From an arm that sticks out of a wall."""
    wide = rng.uniform(0.4, 1.2)
    tall, beyond = wide * rng.uniform(0.5, 1.6), wide / 2 + rng.uniform(0.0, 0.35)
    arm = limb((0, -beyond, tall + 0.03), (0, wide / 2, tall + 0.03), 0.03, 0.03)
    return [plate(wide, 0, tall, rng.uniform(0.05, 0.25)), *([arm] if rng.random() < 0.6 else [])]


def _flag(rng: Random) -> Solid:
    """A long cloth high on its pole, or a short one that hangs out."""
    low, tall, wide = rng.uniform(1.0, 4.0), rng.uniform(1.0, 2.8), rng.uniform(0.4, 1.0)
    pole = limb((0, -wide / 2, 0), (0, -wide / 2, low + tall + rng.uniform(0.0, 0.4)), 0.06, 0.04)
    return [pole, plate(wide, low, low + tall, 0.03)]


_WAYS = (_alone, _on_posts, _hanging, _flag)


def traffic_light(rng: Random) -> Solid:
    """One or two cases on a pole, some with a board behind; hoods stick out where it is seen from the side."""
    high = rng.uniform(1.8, 3.2)
    parts = [limb((-0.12, 0, 0), (-0.12, 0, high + rng.uniform(0.2, 0.6)), 0.07, 0.06)]
    places = [(0.0, high)]
    if rng.random() < 0.4:
        places.append((float(rng.choice([-0.42, 0.42])), high + rng.uniform(-0.9, 0.1)))
    for y, middle in places:
        parts.append(plate(0.34, middle - 0.45, middle + 0.5, 0.22, y))
        parts += [limb((0.1, y, middle + z), (0.3, y, middle + z), 0.11, 0.1) for z in (-0.28, 0.02, 0.32)]
    if rng.random() < 0.35:
        parts.append(plate(rng.uniform(0.5, 0.75), high - 0.65, high + 0.7, 0.03))
    return parts
