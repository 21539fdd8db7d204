"""Signal families: the same function at several places, with what a driver may do to it.

`Vehicle.Cabin.Door.*.*.Window.Position` is one family (window) with four members. A family is declared once, in
`data/families.yaml`, by a path pattern, so it fits any car's VSS export; a writable signal that no pattern matches
becomes a family of its own with the words of its path. Everything that differs between devices and is not VSS
(what "on" means for a fan, how much "a bit" is, what a person calls it) is in that file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hmi.catalogue.signal import Signal, Value


class FamilyKind(StrEnum):
    """The way a person handles a device; decides which verbs and values make sense."""

    OPENING = "opening"
    """A share of openness, 0 closed .. 100 open."""
    HATCH = "hatch"
    """Open or shut, nothing between (boolean, true = open)."""
    LOCK = "lock"
    """Boolean, true = locked."""
    SWITCH = "switch"
    """Boolean, true = on."""
    LEVEL = "level"
    """A strength from `off` to the maximum."""
    TEMPERATURE = "temperature"
    """A set point in degrees Celsius."""
    AXIS = "axis"
    """A place along an axis: there is no off, only positions and directions."""
    CHOICE = "choice"
    """One of the allowed texts or numbers."""
    COLOUR = "colour"
    """A colour as RGB hex text, "#FF0000"."""
    READING = "reading"
    """A sensor: can be asked for, not set."""


class Degree(StrEnum):
    """How far a relative request without a number goes; how much that is, each signal family declares."""

    LITTLE = "little"
    SOME = "some"
    LOT = "lot"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member sits. `None` in either field: not bound to a row or side. Row 1 is the front."""

    row: int | None = None
    side: str | None = None
    """ "driver" or "passenger"."""


@dataclass(frozen=True, slots=True)
class Family:
    """One function of the car and the signals that carry it, by place."""

    id: str
    kind: FamilyKind
    label: str
    """What a person calls one of them: "window"."""
    plural: str
    members: Mapping[Place, Signal]
    group: str = ""
    """Section of the car for overviews: windows, doors, climate, seats, lights, media, …"""
    on: Value | None = None
    """The value of "on" for a levelled device."""
    off: Value | None = None
    steps: Mapping[Degree, float] = field(default_factory=dict)
    """How far ADJUST goes for each degree, in the signal's unit."""
    levels: int = 0
    """How many discrete levels drivers know this device by ("level 2"); 0 when they do not."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """Spoken word → value, for choices."""
    scale: tuple[Value, ...] = ()
    """The order of a choice's values, for "faster" and "slower"; empty when they have none."""
    default: str = "own"
    """Which member is meant when no place is named: own (the speaker's), all, front, rear or ask."""
    negative: bool = False
    """True when its strength counts below zero, as for the cooling half of a seat's heating and cooling."""
    words: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False)
    """The words of the grammar, read by `hmi.understanding`: nouns, things, context, ops, …"""
