"""What a street is made of besides its things: road, pavements, façades, walls, trees, poles; its stuff."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.scenes import frontages, textures
from perception.scenes.enclosures import ENCLOSURES, railing
from perception.scenes.layout import KERB, Street
from perception.scenes.markings import paint
from perception.scenes.parts import Part, Solid, box, cone, limb
from perception.scenes.textures import Texture

Random = np.random.Generator
FAR = 140.0
"""Metres to the end of the street."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A textured rectangle."""

    label: str
    corners: NDArray[np.float64]
    """[4, 3], around."""
    texture: Texture
    repeats: tuple[float, float]
    """How often the texture fits along the first and the second edge."""


@dataclass(frozen=True, eq=False)
class Lump:
    """Untextured stuff made of convex parts."""

    label: str
    solid: Solid


@dataclass(frozen=True, eq=False)
class Backdrop:
    """All the stuff of a street."""

    sheets: list[Sheet]
    lumps: list[Lump]
    sky: Texture
    sun: tuple[float, float, float]
    """Where its light goes."""
    sun_strength: float


def build_backdrop(rng: Random, street: Street) -> Backdrop:
    """Random, but fitting the street's cross-section."""
    cloud = float(rng.choice([rng.uniform(0, 0.5), rng.uniform(0.5, 1.0)]))
    sheets = [
        _ground(rng),
        _flat(
            "road", -8, FAR, street.right, street.left, 0.0, textures.road(rng, street.left, street.right), (18, 1)
        ),
    ]
    lumps: list[Lump] = []
    for side in (-1, 1):
        edge = street.left if side > 0 else street.right
        near, far = sorted((edge, edge + side * street.pavement))
        sheets.append(_flat("pavement", -8, FAR, near, far, KERB, textures.paving(rng), (40, 1.5)))
        kerb = np.array([[-8, edge, 0], [FAR, edge, 0], [FAR, edge, KERB], [-8, edge, KERB]], float)
        sheets.append(Sheet("pavement", kerb, textures.plain(rng, (0.3, 0.3, 0.29), 0.2, 64), (40, 1)))
        _build_side(rng, side, edge + side * (street.pavement + rng.uniform(0, 0.5)), sheets, lumps)
        _plant_side(rng, side, edge + side * street.pavement * 0.8, lumps)
    if markings := paint(rng, street.left, street.right):
        lumps.append(Lump("road", markings))
    azimuth, height = rng.uniform(0, 2 * np.pi), rng.uniform(0.35, 1.2)
    sun = (-np.cos(azimuth) * np.cos(height), -np.sin(azimuth) * np.cos(height), -np.sin(height))
    strength = 0.0 if cloud > 0.7 else float(rng.uniform(1.0, 3.2))
    return Backdrop(
        sheets, lumps, textures.sky(rng, cloud), (float(sun[0]), float(sun[1]), float(sun[2])), strength
    )


def _ground(rng: Random) -> Sheet:
    grass = rng.random() < 0.4
    colour = (0.08, 0.15, 0.04) if grass else (0.25, 0.24, 0.22)
    texture = textures.plain(rng, colour, 0.6)
    return _flat("vegetation" if grass else "ground", -20, FAR + 60, -80, 80, -0.02, texture, (40, 40))


def _flat(
    label: str,
    x0: float,
    x1: float,
    y0: float,
    y1: float,
    z: float,
    texture: Texture,
    repeats: tuple[float, float],
) -> Sheet:
    corners = np.array([[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]], float)
    return Sheet(label, corners, texture, repeats)


def _build_side(rng: Random, side: int, y: float, sheets: list[Sheet], lumps: list[Lump]) -> None:
    """Houses with gaps, hedges, walls or fences along one side, and one across the far end."""
    x = -8.0
    while x < FAR:
        long = rng.uniform(7, 22)
        back = y + side * rng.uniform(0, 3)
        if rng.random() < 0.72:
            high = rng.uniform(5, 16)
            texture = textures.facade(rng)
            repeats = (max(1, round(long / 9)), max(1, round(high / 9)))
            sheets.append(_upright("building", x, x + long, back, high, texture, repeats))
            for end in (x, x + long):
                gable = np.array(
                    [[end, back, high], [end, back + side * 10, high], [end, back + side * 10, 0], [end, back, 0]]
                )
                sheets.append(Sheet("building", gable.astype(float), texture, (1, 1)))
            _fit_ground_floor(rng, side, (x, x + long), back, sheets, lumps)
            if rng.random() < 0.3:
                _enclose(rng, x, x + long, y, sheets, lumps)
        elif rng.random() < 0.5:
            lumps.append(Lump("vegetation", _hedge(rng, x, x + long, y + side)))
        else:
            _enclose(rng, x, x + long, y, sheets, lumps)
        x += long + (rng.uniform(0, 6) if rng.random() < 0.4 else 0)
    if side > 0 and rng.random() < 0.6:
        high = rng.uniform(6, 18)
        across = np.array([[FAR, -60, high], [FAR, 60, high], [FAR, 60, 0], [FAR, -60, 0]], float)
        sheets.append(Sheet("building", across, textures.facade(rng), (12, max(1, round(high / 9)))))


def _upright(
    label: str,
    x0: float,
    x1: float,
    y: float,
    high: float,
    texture: Texture,
    repeats: tuple[float, float] = (1, 1),
) -> Sheet:
    """A sheet along the street, the texture's first row on top."""
    corners = np.array([[x0, y, high], [x1, y, high], [x1, y, 0], [x0, y, 0]], float)
    return Sheet(label, corners, texture, repeats)


def _fit_ground_floor(
    rng: Random, side: int, span: tuple[float, float], back: float, sheets: list[Sheet], lumps: list[Lump]
) -> None:
    """Shops, a glass hall, or house doors in front of a façade."""
    start, end = span
    front, kind = back - side * 0.04, rng.random()
    if start > 70:
        return
    if kind < 0.5:  # shops
        high = rng.uniform(2.8, 3.8)
        while end - start > 3:
            wide = min(rng.uniform(3.5, 8), end - start)
            sheets.append(
                _upright("building", start, start + wide, front, high, frontages.shop_front(rng, wide, high))
            )
            if rng.random() < 0.15:
                lumps.append(Lump("building", frontages.awning(rng, start + 0.3, start + wide - 0.3, front, side)))
            start += wide
    elif kind < 0.58:
        high = rng.uniform(3.5, 5)
        sheets.append(_upright("building", start, end, front, high, frontages.glass_hall(rng, end - start, high)))
    else:
        doors = np.arange(start + rng.uniform(0.5, 3), end - 1.5, rng.uniform(4, 8))
        sheets += [_upright("building", x, x + 1.2, front, 2.3, frontages.house_door(rng)) for x in doors]


def _enclose(rng: Random, x0: float, x1: float, y: float, sheets: list[Sheet], lumps: list[Lump]) -> None:
    """A railing, or something that one does not see through."""
    if rng.random() < 0.4 or x0 > 70:
        lumps.append(Lump("fence", railing(rng, x0, x1, y)))
        return
    high = rng.uniform(0.7, 2.6)
    kind = ENCLOSURES[rng.integers(len(ENCLOSURES))]
    sheets.append(_upright("fence", x0, x1, y, high, kind(rng, x1 - x0, high)))


def _leaves(rng: Random) -> tuple[float, float, float]:
    shade = rng.uniform(0.5, 1.5)
    return 0.06 * shade * rng.uniform(0.7, 1.5), 0.12 * shade, 0.03 * shade


def _foliage(rng: Random, spots: NDArray[np.float64], radius: float, leaves: int, size: float) -> Solid:
    """Leaves around each of `spots`, in a few greens."""
    total = len(spots) * leaves
    ways = rng.normal(size=(total, 3))
    ways *= radius * rng.random((total, 1)) ** 0.4 / np.linalg.norm(ways, axis=1, keepdims=True)
    middles = np.repeat(spots, leaves, axis=0) + ways
    corners = middles[:, None] + rng.normal(0, size, (total, 3, 3))
    corners[:, :, 2] = np.maximum(corners[:, :, 2], 0.02)
    return [Part(some.reshape(-1, 3), _leaves(rng), loose=True) for some in np.array_split(corners, 5)]


def _hedge(rng: Random, x0: float, x1: float, y: float) -> Solid:
    high = rng.uniform(0.9, 3.0)
    across, up = np.meshgrid(np.arange(x0, x1, 0.7), np.arange(0.3, high, 0.6))
    spots = np.column_stack([across.ravel(), np.full(across.size, y), up.ravel()])
    core = Part(box((x0, y - 0.25, 0), (x1, y + 0.25, high - 0.3)), (0.02, 0.035, 0.012))
    return [core, *_foliage(rng, spots + rng.normal(0, 0.12, spots.shape), 0.55, 40, 0.09)]


def _plant_side(rng: Random, side: int, y: float, lumps: list[Lump]) -> None:
    for _ in range(int(rng.integers(0, 5))):
        x, high = float(np.exp(rng.uniform(np.log(6), np.log(90)))), rng.uniform(2.2, 4.5)
        trunk = Part(cone(x, y, 0, high + 0.5, rng.uniform(0.1, 0.25), 0.1), (0.1, 0.07, 0.05))
        spread = rng.uniform(0.7, 1.5)
        spots = np.array([x, y, high + spread]) + rng.normal(0, 0.8, (28, 3)) * (spread, spread, 0.8 * spread)
        twigs = [
            Part(limb((x, y, high * 0.9), tuple(spot), 0.05, 0.015), (0.08, 0.06, 0.045)) for spot in spots[:12]
        ]
        bare = rng.random() < 0.25
        leaves = _foliage(rng, spots, 0.75, 8 if bare else 70, 0.04 if bare else 0.09)
        crown = [*twigs, *leaves]
        lumps.append(Lump("vegetation", [trunk, *crown]))
    for _ in range(int(rng.integers(0, 4))):
        x, radius = float(np.exp(rng.uniform(np.log(6), np.log(90)))), rng.uniform(0.05, 0.1)
        lumps.append(
            Lump(
                "pole",
                [Part(cone(x, y - side * 0.5, 0, rng.uniform(4, 8), radius, radius * 0.7), (0.2, 0.2, 0.2))],
            )
        )
