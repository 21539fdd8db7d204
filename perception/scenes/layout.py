"""Where things stand on a street: parked rows, traffic, people, signs and the unusual, placed at random.

The world: x along the street, away from the camera, y to the left, z up; the camera starts above (0, 0).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from perception.scenes.boards import a_board, banner, flag, hanging_sign, pylon, signpost, wall_board
from perception.scenes.furniture import UNUSUAL, traffic_light, traffic_sign
from perception.scenes.parts import Solid, moved
from perception.scenes.people import bicycle, cyclist, motorcycle, person
from perception.scenes.vehicles import bus, car, lorry, van

Random = np.random.Generator
KERB = 0.13
"""Metres the pavement lies above the road."""

MAKERS: Mapping[str, Callable[[Random], Solid]] = {
    "car": car,
    "van": van,
    "lorry": lorry,
    "bus": bus,
    "person": person,
    "cyclist": cyclist,
    "bicycle": bicycle,
    "motorcycle": motorcycle,
    "traffic sign": traffic_sign,
    "traffic light": traffic_light,
    "signpost": signpost,
    "pylon sign": pylon,
    "A-board": a_board,
    "banner": banner,
    "flag": flag,
    "hanging sign": hanging_sign,
    "wall sign": wall_board,
    **UNUSUAL,
}
"""Label → maker of a random solid; these are the things, all else is stuff."""
ON_WALLS = ("hanging sign", "wall sign")
"""These hang on houses; all others stand."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A thing on the street."""

    label: str
    solid: Solid
    """In world coordinates at time 0."""
    velocity: tuple[float, float] = (0.0, 0.0)
    """Metres per frame, for drives."""

    def at(self, time: float) -> Solid:
        """Where it is after `time` frames."""
        step = np.array([self.velocity[0] * time, self.velocity[1] * time, 0.0])
        return [replace(part, points=part.points + step) for part in self.solid]


@dataclass(frozen=True)
class Street:
    """Its cross-section, metres from the middle of the camera's position."""

    left: float
    """y of the left kerb."""
    right: float
    """y of the right kerb, negative."""
    pavement: float
    """Width of each pavement."""


@dataclass
class Traffic:
    """The things placed so far; nothing is put where something stands already."""

    rng: Random
    street: Street
    placed: list[Placed] = field(default_factory=list)
    _taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def put(
        self,
        label: str,
        x: float,
        y: float,
        yaw: float,
        *,
        z: float = 0.0,
        velocity: tuple[float, float] = (0.0, 0.0),
    ) -> bool:
        """Make a random `label` at the place, unless it is taken. Returns whether it was put."""
        solid = moved(MAKERS[label](self.rng), (x, y, z), yaw)
        ground = np.vstack([part.points[:, :2] for part in solid])
        low, high = ground.min(axis=0), ground.max(axis=0)
        rectangle = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        if any(_overlap(rectangle, other) for other in self._taken):
            return False
        if low[0] < 3.0 and low[1] < 1.4 and high[1] > -1.4:  # in front of the bonnet
            return False
        self._taken.append(rectangle)
        self.placed.append(Placed(label, solid, velocity))
        return True


def _overlap(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


def plan_street(rng: Random) -> Street:
    """A street of two to four lanes."""
    return Street(float(rng.uniform(3.4, 7.5)), float(-rng.uniform(2.2, 4.0)), float(rng.uniform(1.8, 4.0)))


def populate(rng: Random, street: Street) -> list[Placed]:
    """Fill a street."""
    traffic = Traffic(rng, street)
    _drive_by(traffic)
    for side in (-1, 1):
        if rng.random() < 0.6:
            _park(traffic, side)
        _walk(traffic, side)
        _furnish(traffic, side)
    _surprise(traffic)
    return traffic.placed


def _drive_by(traffic: Traffic) -> None:
    """Vehicles ahead on our side, and oncoming ones on the other; cyclists at the edge."""
    rng, street = traffic.rng, traffic.street
    kinds, shares = ("car", "van", "lorry", "bus", "motorcycle", "cyclist"), (0.55, 0.12, 0.08, 0.07, 0.06, 0.12)
    for _ in range(int(rng.integers(0, 5))):
        ahead = rng.random() < 0.5
        label = str(rng.choice(kinds, p=shares))
        y = rng.normal(0, 0.3) if ahead else rng.uniform(2.4, max(2.5, street.left - 1.2))
        if label == "cyclist":
            y = street.right + rng.uniform(0.5, 1.0) if ahead else street.left - rng.uniform(0.5, 1.0)
        speed = rng.uniform(0.2, 0.6) if ahead else -rng.uniform(0.3, 0.7)
        x = float(np.exp(rng.uniform(np.log(7), np.log(45))))
        traffic.put(
            label, x, float(y), (0.0 if ahead else np.pi) + rng.normal(0, 0.05), velocity=(float(speed), 0.0)
        )
    if rng.random() < 0.2:  # one crosses
        traffic.put(str(rng.choice(["car", "van", "cyclist"])), rng.uniform(10, 22), rng.uniform(-3, 5), np.pi / 2)


def _park(traffic: Traffic, side: int) -> None:
    rng, street = traffic.rng, traffic.street
    edge = street.left if side > 0 else street.right
    x = rng.uniform(3, 10)
    while x < 55:
        label = str(rng.choice(["car", "van", "motorcycle"], p=[0.86, 0.09, 0.05]))
        inward = edge - side * rng.uniform(0.95, 1.15)
        if rng.random() < 0.85:
            traffic.put(label, x, inward, (0.0 if side < 0 else np.pi) + rng.normal(0, 0.04))
        x += rng.uniform(5.0, 6.5) if rng.random() < 0.85 else rng.uniform(8, 15)


def _walk(traffic: Traffic, side: int) -> None:
    rng, street = traffic.rng, traffic.street
    edge = street.left if side > 0 else street.right
    for _ in range(int(rng.integers(0, 6))):
        x = float(np.exp(rng.uniform(np.log(5), np.log(40))))
        y = edge + side * rng.uniform(0.4, street.pavement)
        yaw = float(rng.choice([0.0, np.pi])) + rng.normal(0, 0.3)
        traffic.put("person", x, y, yaw, z=KERB, velocity=(0.06 * float(np.cos(yaw)), 0.0))
        if rng.random() < 0.4:  # a companion
            traffic.put("person", x + rng.normal(0, 0.2), y + rng.choice([-1, 1]) * 0.65, yaw, z=KERB)
    if rng.random() < 0.3:
        across = float(rng.choice([-1, 1])) * np.pi / 2
        traffic.put("person", rng.uniform(6, 22), rng.uniform(street.right, street.left), across)


def _furnish(traffic: Traffic, side: int) -> None:
    rng, street = traffic.rng, traffic.street
    edge = (street.left if side > 0 else street.right) + side * 0.4
    for label, most in (("traffic sign", 4), ("traffic light", 2), ("bicycle", 3), ("bollard", 3), ("bin", 3)):
        for _ in range(int(rng.integers(0, most))):
            x = float(np.exp(rng.uniform(np.log(5), np.log(35))))
            y = edge + side * rng.uniform(0, 0.8)
            facing = rng.normal(0, 0.15) if rng.random() < 0.7 else rng.uniform(0, 6.3)
            traffic.put(label, x, y, facing if "traffic" in label else rng.uniform(0, 6.3), z=KERB)
    _put_up_boards(traffic, side)


def _put_up_boards(traffic: Traffic, side: int) -> None:
    """Signs of shops and of the town, at the kerb and at the houses."""
    rng, street = traffic.rng, traffic.street
    edge = street.left if side > 0 else street.right
    most = {
        "signpost": 3,
        "pylon sign": 2,
        "A-board": 3,
        "banner": 2,
        "flag": 2,
        "hanging sign": 4,
        "wall sign": 4,
    }
    for label, count in most.items():
        for _ in range(int(rng.integers(0, count))):
            x = float(np.exp(rng.uniform(np.log(5), np.log(35))))
            at_house = label in ON_WALLS
            out = street.pavement + rng.uniform(-0.4, 0.3) if at_house else rng.uniform(0.4, street.pavement + 2)
            along = label == "wall sign" or (label == "banner" and rng.random() < 0.6)
            yaw = np.pi / 2 if along else rng.normal(0, 0.05 if at_house else 0.5)
            traffic.put(label, x, edge + side * out, yaw, z=KERB)


def _surprise(traffic: Traffic) -> None:
    """Things that one does not expect, on the road or beside it."""
    rng, street = traffic.rng, traffic.street
    for _ in range(int(rng.integers(0, 5))):
        label = str(rng.choice(sorted(UNUSUAL)))
        y, x = rng.uniform(street.right - 2, street.left + 2), float(np.exp(rng.uniform(np.log(5), np.log(28))))
        on_road = street.right < y < street.left
        traffic.put(label, x, y, rng.uniform(0, 2 * np.pi), z=0.0 if on_road else KERB)
        if label in ("traffic cone", "barrel", "barrier"):  # they come in rows
            for step in range(1, int(rng.integers(1, 4))):
                traffic.put(
                    label, x + step * rng.uniform(1.2, 2.5), y + step * 0.1, 0.0, z=0.0 if on_road else KERB
                )
