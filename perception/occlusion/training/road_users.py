"""Random cars, lorries, people, cycles and street furniture as convex parts. Measures are in metres."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from perception.occlusion.training.boards import board, traffic_light
from perception.occlusion.training.parts import Points, beside, limb, slab, wheel

Random = np.random.Generator
Solid = list[Points]


def car(rng: Random) -> Solid:
    """Hatchback, saloon, estate, off-roader or van: one profile with random joints."""
    length, width, height = rng.uniform(3.4, 5.2), rng.uniform(0.78, 0.97), rng.uniform(1.38, 1.95)
    belt = height * rng.uniform(0.52, 0.66)
    clear, half = rng.uniform(0.16, 0.32), length / 2
    bonnet = half - length * rng.uniform(0.02, 0.3)
    boot = -half + length * rng.choice([0.0, 0.03, 0.08, 0.16, 0.2])
    nose = belt * rng.uniform(0.78, 1.0)
    body = slab(
        [(half, clear), (half, nose * 0.9), (bonnet, belt), (boot, belt), (-half, belt * 0.92), (-half, clear)],
        width,
        width * rng.uniform(0.93, 1.0),
    )
    roof_front = bonnet - length * rng.uniform(0.08, 0.24)
    roof_back = min(boot + length * rng.uniform(0.0, 0.2), roof_front - 0.7)
    cabin = slab(
        [(bonnet, belt * 0.98), (roof_front, height), (roof_back, height * rng.uniform(0.95, 1.0)), (boot, belt)],
        width * 0.97,
        width * rng.uniform(0.68, 0.92),
    )
    radius, tyre = rng.uniform(0.28, 0.4), 0.22
    axles = (half - length * rng.uniform(0.14, 0.2), -half + length * rng.uniform(0.15, 0.22))
    wheels = [wheel(x, y, radius, tyre) for x in axles for y in (-width, width - tyre)]
    parts = [body, cabin, *wheels]
    if rng.random() < 0.6:
        x = bonnet - length * 0.1
        parts += [
            limb((x, side * (width + 0.1), belt + 0.06), (x, side * width, belt), 0.09, 0.07) for side in (-1, 1)
        ]
    if rng.random() < 0.15:
        parts.append(
            slab([(roof_front, height), (roof_back, height + 0.15), (roof_front, height + 0.15)], width * 0.6)
        )
    return parts


def lorry(rng: Random) -> Solid:
    """Bus, box van, or lorry with a cab before its box."""
    length, width, height = rng.uniform(5.0, 12.0), rng.uniform(0.95, 1.28), rng.uniform(2.2, 3.9)
    half, floor = length / 2, rng.uniform(0.3, 0.7)
    split = half - (rng.uniform(1.2, 2.2) if rng.random() < 0.6 else 0.0)
    cab_height = height * rng.uniform(0.7, 1.0)
    parts = [slab([(split - 0.05, floor), (split - 0.05, height), (-half, height), (-half, floor)], width)]
    slope = rng.uniform(0.0, 0.9)
    parts.append(
        slab([(half, 0.35), (half, cab_height * 0.5), (half - slope, cab_height), (split, cab_height), (split, 0.35)],  # noqa: E501
             width * rng.uniform(0.88, 1.0))
    )  # fmt: skip
    radius = rng.uniform(0.35, 0.52)
    for x in (half - rng.uniform(0.6, 1.2), -half + rng.uniform(0.9, 2.4)):
        parts += [wheel(x, y, radius, 0.3) for y in (-width, width - 0.3)]
    return parts


def person(rng: Random) -> Solid:
    """Standing or walking, with clothes, bags, a case or a pram; children are smaller."""
    tall = rng.uniform(1.5, 1.95) if rng.random() < 0.85 else rng.uniform(0.95, 1.4)
    stride = float(rng.choice([0.0, rng.uniform(0.05, 0.3), rng.uniform(0.2, 0.4)]))
    return [*_body(rng, tall, stride), *_luggage(rng, tall)]


def _body(rng: Random, tall: float, stride: float) -> Solid:
    broad, thick = tall * rng.uniform(0.08, 0.125), rng.uniform(0.85, 1.5)
    hip, shoulder, neck = tall * 0.5, tall * 0.8, tall * 0.86
    lean = rng.normal(0, 0.04)
    parts = [limb((lean, 0, tall * 0.92), (lean, 0, tall * 0.93), tall * 0.06, tall * 0.068)]
    if rng.random() < 0.35:  # hair, hood or hat
        parts.append(limb((lean - 0.04, 0, tall * 0.89), (lean, 0, tall * 0.95), tall * 0.075, tall * 0.065))
    parts.append(limb((lean, 0, shoulder), (lean, 0, neck), 0.06 * thick, 0.05))
    chest = 0.11 * tall / 1.7 * thick
    sloped = rng.uniform(0.55, 0.85)
    parts.append(
        np.vstack(
            [limb((0, s * broad * 0.7, hip), (lean, s * broad * sloped, shoulder), chest, chest * 0.8)
             for s in (-1, 1)]
        )
    )  # fmt: skip
    apart = rng.uniform(0.15, 0.75)
    for side, phase in ((-1, 1), (1, -1)):
        # The leg behind bends, and its foot is off the ground.
        bent = phase * stride * rng.uniform(0.2, 0.6)
        foot = (phase * stride * 0.9, side * broad * apart, 0.05 + max(-bent, 0) * 0.5)
        knee = (phase * stride * 0.5 + 0.06 * stride, side * broad * apart, hip * 0.52)
        parts += [limb((0, side * broad * 0.5, hip), knee, 0.09 * thick, 0.065 * thick)]
        parts += [limb(knee, foot, 0.065 * thick, 0.05 * thick)]
        parts += [limb(foot, (foot[0] + 0.14, foot[1], foot[2] - 0.01), 0.05, 0.04)]
        parts += _arm(rng, side, (lean, broad, shoulder), -phase * stride, thick)
    if rng.random() < 0.35:  # coat, dress or skirt
        hem = hip * rng.uniform(0.2, 0.9)
        wide = rng.uniform(0.7, 1.3)
        parts.append(np.vstack([limb((0, s * broad * 0.7, hip * 1.2), (0, s * broad * wide, hem), chest, chest)
                                for s in (-1, 1)]))  # fmt: skip
    return parts


def _luggage(rng: Random, tall: float) -> Solid:
    """What a person carries, pulls or pushes, if anything."""
    parts: Solid = []
    if rng.random() < 0.35:  # bag or rucksack
        x, y = rng.uniform(-0.3, 0.1), rng.choice([-1, 1]) * tall * rng.uniform(0.08, 0.16)
        z = tall * rng.uniform(0.3, 0.8)
        low = z - rng.uniform(0.1, 0.4)
        parts.append(limb((x, y, z), (x, y, low), rng.uniform(0.08, 0.2), rng.uniform(0.1, 0.2)))
    way = rng.random()
    if way < 0.05:  # suitcase
        x, y, z = rng.uniform(-0.5, 0.3), rng.choice([-1, 1]) * rng.uniform(0.25, 0.5), rng.uniform(0.4, 0.75)
        case = slab([(x - 0.14, 0.05), (x + 0.14, 0.05), (x + 0.14, z), (x - 0.14, z)], 0.22)
        parts.append(beside(case, y))
    elif way < 0.09:  # pram or trolley, its frame filled as annotators draw it
        near, far, top = rng.uniform(0.35, 0.55), rng.uniform(0.9, 1.3), rng.uniform(0.75, 1.05)
        half = rng.uniform(0.2, 0.32)
        parts.append(
            slab([(near, top), (near + 0.1, 0.35), (far, 0.35), (far, top * rng.uniform(0.7, 1.1))], half)
        )
        parts += [
            wheel(x, y, rng.uniform(0.1, 0.18), 0.06) for x in (near + 0.15, far - 0.1) for y in (-half, half)
        ]
    elif way < 0.11:  # umbrella
        parts.append(limb((0.1, 0.1, tall + 0.1), (0.1, 0.1, tall + 0.2), rng.uniform(0.4, 0.55), 0.15))
    return parts


def _arm(rng: Random, side: int, top: tuple[float, float, float], swing: float, thick: float) -> Solid:
    x, broad, z = top
    reach = z * 0.24
    elbow = (x + swing * 0.4, side * (broad + rng.uniform(0.0, 0.1)), z - reach)
    bend = rng.choice([rng.uniform(0, 0.5), rng.uniform(0, 1.6)])
    hand = (
        elbow[0] + reach * np.sin(bend),
        elbow[1] - side * rng.uniform(0, 0.1),
        elbow[2] - reach * np.cos(bend),
    )
    return [limb((x, side * broad, z), elbow, 0.06 * thick, 0.05 * thick), limb(elbow, hand, 0.05 * thick, 0.05)]


def cyclist(rng: Random) -> Solid:
    """A rider on a bicycle or motorcycle, wheels filled as annotators draw them."""
    radius, base = rng.uniform(0.3, 0.36), rng.uniform(0.95, 1.15)
    wide = rng.choice([0.05, 0.15])
    seat = rng.uniform(0.8, 1.0)
    hip = (-base * 0.2, 0.0, seat + 0.05)
    chest = (rng.uniform(-0.15, 0.25), 0.0, seat + rng.uniform(0.42, 0.58))
    bar = (base * 0.42, 0.0, rng.uniform(0.9, 1.1))
    parts = [wheel(x, -wide / 2, radius, wide) for x in (-base / 2, base / 2)]
    frame = rng.uniform(0.03, 0.05) if wide < 0.1 else 0.16
    crank = (0.0, 0.0, 0.3)
    for a, b in (
        (hip, crank),
        (crank, (-base / 2, 0, radius)),
        (bar, (base / 2, 0, radius)),
        (bar, crank),
        (hip, bar),
    ):
        parts.append(limb(a, b, frame, frame))
    thick = rng.uniform(0.9, 1.35)
    parts.append(np.vstack([limb((hip[0], s * 0.1, hip[2]), (chest[0], s * 0.17, chest[2]), 0.13 * thick, 0.11 * thick)  # noqa: E501
                            for s in (-1, 1)]))  # fmt: skip
    parts.append(limb((chest[0] + 0.08, 0, chest[2] + 0.25), (chest[0] + 0.08, 0, chest[2] + 0.3), 0.12, 0.12))
    for side in (-1, 1):
        knee = (rng.uniform(0.1, 0.35), side * 0.12, seat - rng.uniform(0.1, 0.4))
        foot = (rng.uniform(-0.1, 0.15), side * 0.12, rng.uniform(0.15, 0.45))
        parts += [limb((hip[0], side * 0.1, hip[2]), knee, 0.09 * thick, 0.07), limb(knee, foot, 0.07, 0.06)]
        parts.append(limb((chest[0], side * 0.18, chest[2]), (bar[0], side * 0.25, bar[2]), 0.06, 0.05))
    return parts


def bicycle(rng: Random) -> Solid:
    """A parked bicycle: the cyclist's parts without the body."""
    return cyclist(rng)[:7]


def furniture(rng: Random) -> Solid:
    """A pole, a sign, a bin, a box, a tree or a bush: mostly what hides others."""
    kind = rng.integers(5)
    if kind == 0:
        return [limb((0, 0, 0), (0, 0, rng.uniform(1, 6)), *([rng.uniform(0.04, 0.2)] * 2))]
    if kind == 1:
        high, half = rng.uniform(1.6, 3.2), rng.uniform(0.25, 0.6)
        plate = slab([(0.02, high - half), (0.02, high + half), (-0.02, high + half), (-0.02, high - half)], half)
        return [limb((0, 0, 0), (0, 0, high), 0.05, 0.05), plate]
    if kind == 2:
        x, z = rng.uniform(0.3, 2.0), rng.uniform(0.6, 2.0)
        return [slab([(x, 0), (x, z), (-x, z), (-x, 0)], rng.uniform(0.2, 1.5))]
    trunk = [limb((0, 0, 0), (0, 0, 2.2), rng.uniform(0.08, 0.3), 0.1)] if kind == 3 else []
    base = 2.4 if kind == 3 else 0.5
    blobs = [rng.normal(0, 0.5, 3) + np.array([0, 0, base + 0.4]) for _ in range(6)]
    return trunk + [
        limb(b, b + rng.normal(0, 0.3, 3), rng.uniform(0.3, 0.8), rng.uniform(0.2, 0.7)) for b in blobs
    ]


def sign(rng: Random) -> Solid:
    """One or two plates, round, triangular, square or long, at times with their pole."""
    plates, low = [], 0.0
    for _ in range(1 + (rng.random() < 0.25)):
        half, high = rng.uniform(0.2, 0.5), rng.uniform(0.2, 0.5)
        corners = int(rng.choice([3, 4, 4, 4, 8, 24]))
        turn = rng.choice([0.0, np.pi]) if corners == 3 else np.pi / corners
        angles = np.linspace(0, 2 * np.pi, corners, endpoint=False) + np.pi / 2 + turn
        flat = rng.random() < 0.4 and corners == 4
        ring = np.stack([np.cos(angles) * half, np.sin(angles) * (high if flat else half)], axis=1)
        middle = low - ring[:, 1].min()
        plates.append(np.column_stack([np.zeros(corners), ring[:, 0], middle + ring[:, 1]]))
        low = float(middle + ring[:, 1].max()) + 0.02
    if rng.random() < 0.3:
        plates.append(limb((0, 0, -rng.uniform(0.2, 2.0)), (0, 0, low * 0.5), *([rng.uniform(0.03, 0.06)] * 2)))
    return plates


def pole(rng: Random) -> Solid:
    """A pole or bollard, at times with an arm, a lamp or a signal head."""
    tall, thick = float(np.exp(rng.uniform(np.log(0.8), np.log(7)))), rng.uniform(0.05, 0.16)
    parts = [limb((0, 0, 0), (0, 0, tall), thick, thick * rng.uniform(0.6, 1.0))]
    if tall > 2 and rng.random() < 0.35:
        side = rng.choice([-1, 1]) * rng.uniform(0.4, 1.6)
        parts.append(limb((0, 0, tall * rng.uniform(0.85, 1.0)), (0, side, tall), thick * 0.7, thick * 0.6))
    if tall > 2 and rng.random() < 0.3:
        half, z = rng.uniform(0.12, 0.25), tall * rng.uniform(0.7, 0.95)
        box = [(half, z), (half, z + 0.8), (-half, z + 0.8), (-half, z)]
        parts.append(slab(box, half))
    return parts


def thing(rng: Random) -> Solid:
    """A cone, bin, barrel, tub, planter, trolley, suitcase or animal."""
    kind, high = rng.integers(5), rng.uniform(0.4, 1.3)
    if kind == 0:  # cone on its foot
        half = high * rng.uniform(0.2, 0.35)
        foot = slab([(half, 0), (half, 0.06 * high), (-half, 0.06 * high), (-half, 0)], half)
        return [foot, limb((0, 0, 0.1), (0, 0, high), half * rng.uniform(0.6, 0.85), 0.03)]
    if kind == 1:  # bin, tub, barrel: narrower or wider at its top, at times with a lid
        half, top = high * rng.uniform(0.25, 0.6), rng.uniform(0.75, 1.35)
        body = slab([(half, 0), (half * top, high), (-half * top, high), (-half, 0)], half, half * top)
        lid, rim = half * top * rng.uniform(1.0, 1.15), high * rng.uniform(1.03, 1.15)
        cover = [slab([(lid, high), (lid, rim), (-lid, rim), (-lid, high)], lid)]
        return [body, *(cover if rng.random() < 0.5 else [])]
    if kind == 2:  # planter
        half = high * rng.uniform(0.3, 0.9)
        tub = slab([(half, 0), (half, high * 0.5), (-half, high * 0.5), (-half, 0)], half)
        leaves = [rng.normal(0, 0.4 * half, 3) + np.array([0, 0, high * 0.8]) for _ in range(4)]
        return [tub, *(limb(b, b + rng.normal(0, 0.1, 3), 0.35 * high, 0.25 * high) for b in leaves)]
    if kind == 3:  # trolley: a basket on thin legs
        half, wide = high * rng.uniform(0.4, 0.7), high * rng.uniform(0.25, 0.4)
        basket = slab([(half, high * 0.45), (half * 1.15, high), (-half, high), (-half * 0.8, high * 0.4)], wide)
        return [basket, *(limb((x, y, 0.04), (x * 0.9, y, high * 0.5), 0.05, 0.03)
                          for x in (-half * 0.8, half * 0.8) for y in (-wide, wide))]  # fmt: skip
    length, thick = high * rng.uniform(0.9, 1.6), high * rng.uniform(0.16, 0.26)
    back = high * rng.uniform(0.6, 0.75)
    legs = [
        limb((x, y, 0.03), (x * 0.9, y, back), 0.06 * high, 0.09 * high)
        for x in (-length / 2, length / 2)
        for y in (-thick * 0.7, thick * 0.7)
    ]
    head = (length * rng.uniform(0.6, 0.75), 0, high * rng.uniform(0.75, 0.95))
    neck = limb((length / 2, 0, back), head, thick * 0.6, thick * 0.6)
    trunk = limb((-length / 2, 0, back), (length / 2, 0, back), thick, thick)
    return [trunk, neck, limb(head, (head[0] + 0.25 * high, 0, head[2] - 0.05), thick * 0.6, thick * 0.35), *legs]


KINDS: dict[str, Callable[[Random], Solid]] = {
    "car": car, "lorry": lorry, "person": person, "cyclist": cyclist, "bicycle": bicycle, "furniture": furniture,
    "sign": sign, "pole": pole, "thing": thing, "board": board, "light": traffic_light,
}  # fmt: skip
SHARES = {"car": 0.38, "lorry": 0.07, "person": 0.27, "cyclist": 0.12, "bicycle": 0.04, "furniture": 0.12}
"""How often each kind is drawn."""
