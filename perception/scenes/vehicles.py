"""Random cars, vans, lorries and buses. Measures are in metres and follow those of real vehicles."""

from __future__ import annotations

import numpy as np

from perception.scenes.parts import Colour, Part, Solid, box, cylinder, limb, slab

Random = np.random.Generator

_TYRE: Colour = (0.02, 0.02, 0.02)
_RIM: Colour = (0.35, 0.35, 0.37)
_GLASS: Colour = (0.03, 0.04, 0.05)
_PLASTIC: Colour = (0.05, 0.05, 0.055)
_PAINTS: tuple[Colour, ...] = (
    (0.75, 0.75, 0.75), (0.45, 0.46, 0.48), (0.18, 0.19, 0.2), (0.03, 0.03, 0.035), (0.4, 0.03, 0.03),
    (0.03, 0.06, 0.25), (0.05, 0.15, 0.35), (0.04, 0.14, 0.06), (0.5, 0.42, 0.28), (0.55, 0.35, 0.03),
)  # fmt: skip


def paint(rng: Random) -> Colour:
    """A colour that vehicles are sold in, a little varied."""
    chosen = np.array(_PAINTS[rng.integers(len(_PAINTS))]) * rng.uniform(0.7, 1.3)
    red, green, blue = np.clip(chosen, 0.01, 0.85)
    return float(red), float(green), float(blue)


def car(rng: Random) -> Solid:
    """Hatchback, saloon, estate, off-roader or small van: one profile with random joints."""
    length, width, height = rng.uniform(3.5, 5.1), rng.uniform(0.8, 0.96), rng.uniform(1.38, 1.9)
    belt, clear, half = height * rng.uniform(0.54, 0.64), rng.uniform(0.17, 0.3), length / 2
    bonnet = half - length * rng.uniform(0.04, 0.3)
    boot = -half + length * float(rng.choice([0.0, 0.03, 0.08, 0.16, 0.2]))
    colour = paint(rng)
    nose = belt * rng.uniform(0.8, 1.0)
    body = [(half, clear), (half, nose * 0.88), (half - 0.15, nose), (bonnet, belt), (boot, belt)]
    body += [(-half, belt * 0.93), (-half, clear)]
    roof_front = bonnet - length * rng.uniform(0.1, 0.22)
    roof_back = min(boot + length * rng.uniform(0.01, 0.18), roof_front - 0.8)
    top = width * rng.uniform(0.7, 0.86)
    cabin = [(bonnet, belt), (roof_front, height * 0.97), (roof_back, height * 0.97), (boot, belt)]
    roof = [
        (roof_front + 0.1, height * 0.95),
        (roof_front, height),
        (roof_back, height),
        (roof_back - 0.1, height * 0.95),
    ]
    solid = [
        Part(slab(body, width), colour, 0.35),
        Part(slab(cabin, width * 0.97, top), _GLASS, 0.9),
        Part(slab(roof, top * 1.02), colour, 0.35),
    ]
    solid += _pillars(colour, (bonnet, roof_front, roof_back, boot), (belt, height), (width, top))
    solid += _wheels(
        rng, (half - length * rng.uniform(0.15, 0.2), -half + length * rng.uniform(0.16, 0.22)), width
    )
    solid += _face(rng, half, width, clear, belt)
    mirror = bonnet - length * 0.08
    for side in (-1, 1):
        arm = limb((mirror, side * (width + 0.09), belt + 0.07), (mirror, side * width, belt + 0.02), 0.08, 0.06)
        solid.append(Part(arm, colour, 0.3))
    return solid


def _pillars(
    colour: Colour,
    xs: tuple[float, float, float, float],
    heights: tuple[float, float],
    widths: tuple[float, float],
) -> Solid:
    bonnet, roof_front, roof_back, boot = xs
    (belt, height), (wide, top) = heights, widths
    middle = (roof_front + roof_back) / 2
    solid = []
    for side in (-1, 1):
        for low, high in ((bonnet, roof_front), (middle, middle), (boot, roof_back)):
            rod = limb((low, side * wide * 0.955, belt), (high, side * top * 0.99, height * 0.97), 0.045, 0.04)
            solid.append(Part(rod, colour, 0.3))
    return solid


def _wheels(rng: Random, axles: tuple[float, ...], width: float, radius: float | None = None) -> Solid:
    r = rng.uniform(0.3, 0.37) if radius is None else radius
    solid = []
    for x in axles:
        for y, hub in ((-width - 0.01, -width - 0.02), (width - 0.2, width - 0.17)):
            solid.append(Part(cylinder(x, y, r, 0.21), _TYRE))
            rim = cylinder(x, hub, r * 0.62, 0.2) + np.array([0, 0, r * 0.38])
            solid.append(Part(rim, _RIM, 0.4))
    return solid


def _face(rng: Random, half: float, width: float, clear: float, belt: float) -> Solid:
    """Lamps, number plates and bumpers at both ends."""
    lamp, high = rng.uniform(0.12, 0.2), belt * rng.uniform(0.68, 0.8)
    solid = []
    for end, colour in ((1, (0.8, 0.8, 0.75)), (-1, (0.5, 0.02, 0.02))):
        x = end * half
        for side in (-1, 1):
            y = side * width * 0.78
            solid.append(
                Part(box((x - 0.08, y - lamp, high - 0.07), (x + 0.02, y + lamp, high + 0.07)), colour, 0.6)
            )
        plate = (0.7, 0.7, 0.6) if end > 0 else (0.75, 0.6, 0.1)
        solid.append(Part(box((x - 0.05, -0.26, clear + 0.22), (x + 0.03, 0.26, clear + 0.33)), plate))
        solid.append(Part(box((x - 0.1, -width * 0.9, clear), (x + 0.04, width * 0.9, clear + 0.17)), _PLASTIC))
    return solid


def van(rng: Random) -> Solid:
    """A delivery van: high box, short sloping nose."""
    length, width, height = rng.uniform(4.4, 6.2), rng.uniform(0.9, 1.02), rng.uniform(1.9, 2.7)
    half, clear, colour = length / 2, 0.25, paint(rng)
    belt, nose = height * 0.48, half - rng.uniform(0.5, 1.1)
    body = [
        (half, clear),
        (half, belt * 0.85),
        (nose, belt),
        (nose - 0.6, height),
        (-half, height),
        (-half, clear),
    ]
    screen = [
        (nose + 0.03, belt + 0.05),
        (nose - 0.5, height * 0.93),
        (nose - 1.2, height * 0.9),
        (nose - 1.2, belt),
    ]
    solid = [Part(slab(body, width, width * 0.92), colour, 0.3), Part(slab(screen, width * 0.985), _GLASS, 0.9)]
    if rng.random() < 0.5:
        rear = box((-half - 0.02, -width * 0.7, belt), (-half + 0.1, width * 0.7, height * 0.85))
        solid.append(Part(rear, _GLASS, 0.9))
    return solid + _wheels(rng, (half - 0.9, -half + 0.9), width, 0.35) + _face(rng, half, width, clear, belt)


def lorry(rng: Random) -> Solid:
    """A lorry: a cab before a box, a tank or a flat bed."""
    length, width, height = rng.uniform(6, 10), rng.uniform(1.1, 1.27), rng.uniform(2.8, 3.8)
    half, cab = length / 2, length / 2 - rng.uniform(1.6, 2.1)
    colour, cab_height = paint(rng), height * rng.uniform(0.7, 0.95)
    front = [(half, 0.4), (half, cab_height * 0.5), (half - 0.25, cab_height), (cab, cab_height), (cab, 0.4)]
    screen = box((half - 0.5, -width * 0.9, cab_height * 0.52), (half + 0.0, width * 0.9, cab_height * 0.85))
    box_height = height if rng.random() < 0.8 else 1.6
    load = box((-half, -width, 0.9), (cab - 0.15, width, box_height))
    chassis = box((-half, -0.5, 0.5), (cab + 0.2, 0.5, 0.9))
    solid = [Part(slab(front, width * 0.98), colour, 0.3), Part(screen, _GLASS, 0.9)]
    solid += [Part(load, paint(rng), 0.1), Part(chassis, _PLASTIC)]
    return (
        solid
        + _wheels(rng, (half - 1.0, -half + 1.2, -half + 2.3), width, 0.48)
        + _face(rng, half, width, 0.4, 1.4)
    )


def bus(rng: Random) -> Solid:
    """A city bus, single or double decker, with a band of windows on each deck."""
    length, width = rng.uniform(8, 12), 1.25
    height = 4.3 if rng.random() < 0.35 else 3.0
    half, colour = length / 2, paint(rng)
    solid = [Part(slab([(half, 0.3), (half, height), (-half, height), (-half, 0.3)], width), colour, 0.3)]
    for low in (1.3, 3.0) if height > 4 else (1.2,):
        band = box((-half + 0.4, -width - 0.02, low), (half - 0.4, width + 0.02, low + 0.95))
        ends = box((-half - 0.02, -width * 0.85, low), (half + 0.02, width * 0.85, low + 1.05))
        solid += [Part(band, _GLASS, 0.9), Part(ends, _GLASS, 0.9)]
    return solid + _wheels(rng, (half - 2.2, -half + 2.6), width, 0.48) + _face(rng, half, width, 0.3, 1.2)
