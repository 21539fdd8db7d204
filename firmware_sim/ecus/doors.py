"""DOORS: windows, latches, child locks, shades and the sunroof."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from firmware_sim.actuators import Actuator, Mechanism
from firmware_sim.ecu import Ecu
from firmware_sim.motor import Motor
from firmware_sim.network import Network
from firmware_sim.reasons import Reason

PLACES = ("Row1DriverSide", "Row1PassengerSide", "Row2DriverSide", "Row2PassengerSide")
REAR_PLACES = PLACES[2:]

WINDOW_SPEED = 100 / 4.5
"""Percent per second: four and a half seconds from closed to open."""
SHADE_SPEED = 100 / 4
SUNROOF_SPEED = 100 / 5
_DOOR_TIME = 1.2
"""Seconds a powered door needs to swing open or shut."""


class DoorsEcu(Ecu):
    """Obeys the latches: a locked door does not open, a rear door with child lock not from inside."""

    node = "DOORS"

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self._windows: dict[str, Motor] = {}
        self._locks: dict[str, Actuator] = {}
        self._child_locks: dict[str, Actuator] = {}
        self._doors: dict[str, Mechanism] = {}
        for place in PLACES:
            self._windows[place] = self.add(Motor(network, f"WindowPos{place}", WINDOW_SPEED, closed=0))
            self.add(Motor(network, f"ShadePos{place}", SHADE_SPEED, closed=0))
            self._locks[place] = self.add(Actuator(network, f"DoorIsLocked{place}", battery=True))
            self._doors[place] = self.add(Mechanism(network, f"DoorIsOpen{place}", _DOOR_TIME, battery=True))
            self._doors[place].guard = partial(self._guard_door, place)
        for place in REAR_PLACES:
            self._child_locks[place] = self.add(Actuator(network, f"DoorChildLock{place}", battery=True))
        self._window_lock = self.add(Actuator(network, "WindowChildLock", battery=True))
        self._roof_shade = self.add(Motor(network, "SunroofShadePos", SHADE_SPEED, closed=0))
        self._sunroof = self.add(Motor(network, "SunroofPos", SUNROOF_SPEED, closed=0))
        self._sunroof.guard = self._guard_sunroof
        self.add(Motor(network, "RearShadePos", SHADE_SPEED, closed=0))

    def staged(self, names: Mapping[str, int]) -> None:
        """Somebody in the car presses a window switch or pulls an inside handle."""
        for place in PLACES:
            if f"WindowSwitch{place}" in names:
                self._press(place, names[f"WindowSwitch{place}"])
            if names.get(f"DoorInsideHandle{place}") == 1:
                self._pull(place)

    def _guard_door(self, place: str, raw: int) -> Reason:
        if raw == 0 or self._doors[place].target == 1:
            return Reason.NONE
        if self._locks[place].target == 1:
            return Reason.LOCKED
        return Reason.MOVING if self.driving else Reason.NONE

    def _guard_sunroof(self, raw: int) -> Reason:
        closed = self._sunroof.cell.layout.raw(0)
        slides_open = raw > closed and raw > self._sunroof.position
        return Reason.SHADE_CLOSED if slides_open and self._roof_shade.target == 0 else Reason.NONE

    def _press(self, place: str, switch: int) -> None:
        """The window's own switch; the child locks cut off the rear ones, commands over the bus still pass."""
        choices = self.network.cell(f"WindowSwitch{place}").layout.choices
        window = self._windows[place]
        if switch == choices["RELEASED"]:
            window.stop()
            return
        locked = self._window_lock.target == 1 or self._child_locked(place)
        if place in REAR_PLACES and locked:
            return
        raw = window.cell.layout.raw_maximum if switch == choices["OPEN"] else window.cell.layout.raw_minimum
        if window.check(raw, self.powered) is Reason.NONE:
            window.drive(raw)

    def _pull(self, place: str) -> None:
        """The handle inside: a front door unlocks and opens, a rear door opens when nothing locks it."""
        if place in REAR_PLACES:
            if self._locks[place].target == 1 or self._child_locked(place):
                return
        else:
            self._locks[place].drive(0)
        self._doors[place].drive(1)

    def _child_locked(self, place: str) -> bool:
        return place in self._child_locks and self._child_locks[place].target == 1
