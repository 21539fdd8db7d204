"""Random people, cyclists and bicycles."""

from __future__ import annotations

import numpy as np

from perception.scenes.parts import Colour, Part, Solid, ball, box, cone, cylinder, limb

Random = np.random.Generator
_HAIR: Colour = (0.05, 0.035, 0.025)


def _cloth(rng: Random) -> Colour:
    value = rng.uniform(0.02, 0.5)
    tint = np.clip(value * rng.uniform(0.5, 1.5, 3), 0.01, 0.8)
    return float(tint[0]), float(tint[1]), float(tint[2])


def _skin(rng: Random) -> Colour:
    depth = rng.uniform(0.15, 1.0)
    return 0.55 * depth, 0.36 * depth, 0.27 * depth


def person(rng: Random) -> Solid:
    """Standing or walking, dressed, sometimes with a bag or an umbrella; children are smaller."""
    tall = rng.uniform(1.5, 1.95) if rng.random() < 0.85 else rng.uniform(0.95, 1.4)
    stride = float(rng.choice([0.0, rng.uniform(0.05, 0.4)]))
    coat, trousers, skin = _cloth(rng), _cloth(rng), _skin(rng)
    broad, thick = tall * rng.uniform(0.1, 0.14), rng.uniform(0.95, 1.45)
    hip, shoulder = tall * 0.5, tall * 0.8
    solid = [
        Part(ball((0.02, 0, tall * 0.925), tall * 0.062), skin),
        Part(ball((-0.02, 0, tall * 0.945), tall * 0.06), _HAIR),
    ]
    solid.append(Part(limb((0, 0, shoulder), (0, 0, tall * 0.87), 0.06, 0.055), skin))
    chest = 0.065 * tall * thick
    torso = np.vstack(
        [limb((0, s * broad * 0.6, hip), (0, s * broad * 0.9, shoulder), chest, chest * 0.8) for s in (-1, 1)]
    )
    solid.append(Part(torso, coat))
    for side, phase in ((-1, 1), (1, -1)):
        foot, knee = (
            (phase * stride * 0.9, side * broad * 0.55, 0.06),
            (phase * stride * 0.5, side * broad * 0.55, hip / 2),
        )
        solid.append(Part(limb((0, side * broad * 0.5, hip), knee, 0.09 * thick, 0.065 * thick), trousers))
        solid.append(Part(limb(knee, foot, 0.065 * thick, 0.05 * thick), trousers))
        solid.append(Part(limb(foot, (foot[0] + 0.14, foot[1], 0.045), 0.05, 0.04), _HAIR))
        elbow = (-phase * stride * 0.4, side * (broad + 0.08), shoulder - tall * 0.19)
        bend = rng.uniform(0, 1.4)
        hand = (elbow[0] + tall * 0.17 * np.sin(bend), elbow[1], elbow[2] - tall * 0.17 * np.cos(bend))
        solid.append(Part(limb((0, side * broad, shoulder), elbow, 0.06 * thick, 0.05 * thick), coat))
        solid += [Part(limb(elbow, hand, 0.05 * thick, 0.045), coat), Part(ball(hand, 0.05), skin)]
    return solid + _belongings(rng, (tall, hip, broad), coat)


def _belongings(rng: Random, sizes: tuple[float, float, float], coat: Colour) -> Solid:
    tall, hip, broad = sizes
    solid: Solid = []
    if rng.random() < 0.3:  # a long coat or a skirt
        hem = hip * rng.uniform(0.35, 0.9)
        cloth = np.vstack(
            [limb((0, s * broad * 0.6, hip * 1.1), (0, s * broad, hem), 0.13, 0.13) for s in (-1, 1)]
        )
        solid.append(Part(cloth, coat))
    if rng.random() < 0.3:
        y, z = float(rng.choice([-1, 1])) * (broad + 0.1), hip * rng.uniform(0.6, 1.1)
        solid.append(Part(box((-0.2, y - 0.07, z - 0.2), (0.15, y + 0.07, z + 0.1)), _cloth(rng)))
    if rng.random() < 0.06:
        top = tall + 0.25
        solid.append(Part(cone(0.2, 0, top - 0.12, top + 0.18, 0.55, 0.06), _cloth(rng)))
        solid.append(Part(limb((0.2, 0.1, tall * 0.6), (0.2, 0, top), 0.015, 0.015), _HAIR))
    return solid


def bicycle(rng: Random) -> Solid:
    """A bicycle, its wheels solid as annotators draw them."""
    radius, base, colour = rng.uniform(0.31, 0.36), rng.uniform(0.98, 1.1), _cloth(rng)
    solid = [Part(cylinder(x, -0.02, radius, 0.04), (0.06, 0.06, 0.06)) for x in (-base / 2, base / 2)]
    hip, bar, crank = (-base * 0.2, 0.0, 0.92), (base * 0.4, 0.0, 1.0), (0.0, 0.0, 0.3)
    rods = [(hip, crank), (crank, (-base / 2, 0, radius)), (bar, (base / 2, 0, radius)), (bar, crank), (hip, bar)]
    solid += [Part(limb(a, b, 0.025, 0.025), colour, 0.2) for a, b in rods]
    solid.append(Part(limb((bar[0], -0.27, bar[2]), (bar[0], 0.27, bar[2]), 0.02, 0.02), (0.1, 0.1, 0.1)))
    solid.append(Part(box((hip[0] - 0.12, -0.07, 0.9), (hip[0] + 0.12, 0.07, 0.98)), (0.03, 0.03, 0.03)))
    return solid


def cyclist(rng: Random) -> Solid:
    """A rider on a bicycle."""
    coat, trousers, skin = _cloth(rng), _cloth(rng), _skin(rng)
    thick, chest = rng.uniform(0.9, 1.3), (rng.uniform(-0.1, 0.25), 0.0, rng.uniform(1.38, 1.5))
    torso = np.vstack(
        [limb((-0.22, s * 0.1, 0.97), (chest[0], s * 0.17, chest[2]), 0.13 * thick, 0.11 * thick) for s in (-1, 1)]
    )
    head = (chest[0] + 0.1, 0, chest[2] + 0.27)
    solid = [*bicycle(rng), Part(torso, coat), Part(ball(head, 0.11), skin)]
    solid.append(Part(ball((head[0], 0, head[2] + 0.05), 0.12), _HAIR if rng.random() < 0.5 else _cloth(rng)))
    for side in (-1, 1):
        knee = (rng.uniform(0.12, 0.32), side * 0.12, rng.uniform(0.55, 0.8))
        foot = (rng.uniform(-0.1, 0.12), side * 0.12, rng.uniform(0.18, 0.42))
        solid.append(Part(limb((-0.22, side * 0.1, 0.97), knee, 0.09 * thick, 0.07), trousers))
        solid.append(Part(limb(knee, foot, 0.07, 0.055), trousers))
        solid.append(Part(limb((chest[0], side * 0.19, chest[2]), (0.4, side * 0.25, 1.02), 0.06, 0.045), coat))
    return solid


def motorcycle(rng: Random) -> Solid:
    """A motorcycle or scooter, sometimes with a rider."""
    colour = _cloth(rng)
    solid = [Part(cylinder(x, -0.07, 0.3, 0.14), (0.03, 0.03, 0.03)) for x in (-0.65, 0.65)]
    solid.append(Part(box((-0.7, -0.17, 0.45), (0.35, 0.17, 0.85)), colour, 0.4))
    solid.append(Part(limb((0.65, 0, 0.35), (0.42, 0, 1.05), 0.08, 0.1), colour, 0.4))
    solid.append(Part(limb((0.42, -0.35, 1.05), (0.42, 0.35, 1.05), 0.03, 0.03), (0.05, 0.05, 0.05)))
    if rng.random() < 0.7:
        lifted = [Part(p.points - np.array([0, 0, 0.08]), p.colour, p.gloss) for p in cyclist(rng)[9:]]
        solid += lifted
    return solid
