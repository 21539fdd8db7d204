"""Plays what hangs on the pins: a motor runs while its bridge is on, and its end switches close when it is there.

Everything happens in the clock's turn. Whoever drives a pin only leaves a note there, so no lock is held while a
switch is moved, whatever thread the pin was driven on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from codriver.clock import Clock
from codriver.errors import InputError, NotFoundError
from codriver.simulation import Fault
from firmware_sim.rig.chip import Mcp3008
from firmware_sim.rig.factory import SimulatedRigFactory
from firmware_sim.rig.mechanics import RunningMotor
from firmware_sim.rig.parts import ContactPart, Parts

RIG_FAULTS: Mapping[str, str] = {
    "stuck": "the motor does not turn",
    "pinch": "something is in the way when it closes",
    "fuse": "the device has no power, so neither motor nor contact does anything",
    "swapped": "the two wires of the motor are swapped",
    "open switch stuck open": "the switch at the open end never closes",
    "open switch stuck closed": "the switch at the open end is always closed",
    "closed switch stuck open": "the switch at the closed end never closes",
    "closed switch stuck closed": "the switch at the closed end is always closed",
}
"""What can go wrong with a device; the target of the fault is the device's name in rig.yaml."""

_ONLY_CONTACTS = frozenset({"fuse"})


class Plant:
    """The mechanical side of one rig."""

    def __init__(self, parts: Parts, factory: SimulatedRigFactory, clock: Clock) -> None:
        """Put `parts` behind the pins of `factory`: motors at their closed end, contacts open."""
        self._clock = clock
        self._factory = factory
        self._motors = {part.name: RunningMotor(part, factory, clock) for part in parts.motors}
        self._contacts = {part.name: part for part in parts.contacts}
        self._thermometers = parts.thermometers
        self._levels: dict[int, float] = {}
        self._broken: set[str] = set()
        self._faults: list[Fault] = []
        self._channels = parts.analog
        self._chip = Mcp3008(factory) if parts.analog else None
        self._driven = {pin: motor for motor in self._motors.values() for pin in motor.pins}
        self._followed = {part.pin: part for part in parts.contacts if part.pin is not None}
        factory.listen(self._on_pin)
        for motor in self._motors.values():
            motor.show()
        for part in parts.contacts:
            self._move_contact(part, False)

    def position(self, name: str) -> float:
        """How far open the motor `name` is, from 0 to 1."""
        return self._motor(name).position

    def place(self, name: str, share: float) -> None:
        """Put the motor `name` there at once, as a hand would."""
        if not 0 <= share <= 1:
            raise InputError(f"A motor is between 0 and 1, not at {share:g}.")
        self._motor(name).place(share)

    def press(self, name: str, closed: bool) -> None:
        """Close or open a contact that is only read."""
        if name not in self._contacts:
            raise NotFoundError(f"There is no contact {name!r}; there are {', '.join(self._contacts) or 'none'}.")
        self._move_contact(self._contacts[name], closed)

    def measure(self, name: str, value: float) -> None:
        """What a sensor shows from now on: degrees of a thermometer, volts of an analogue input."""
        if name in self._thermometers:
            _show_temperature(self._thermometers[name], value)
        elif name in self._channels and self._chip is not None:
            self._chip.volts[self._channels[name]] = value
        else:
            known = ", ".join((*self._thermometers, *self._channels)) or "none"
            raise NotFoundError(f"There is no sensor {name!r}; there are {known}.")

    def short(self, pin: int, level: float | None) -> None:
        """Tie an output to `level` whatever it is driven to; None: as it should be."""
        self._factory.wire(pin).shorted = level

    def inject(self, fault: Fault) -> None:
        """Let `fault` act until `clear`. Raises `NotFoundError` for an unknown kind or device."""
        if fault.kind not in RIG_FAULTS:
            raise NotFoundError(f"There is no fault {fault.kind!r}; the kinds are {', '.join(RIG_FAULTS)}.")
        if fault.kind in _ONLY_CONTACTS and fault.target in self._contacts:
            self._broken.add(fault.target)
            self._move_contact(self._contacts[fault.target], False)
        else:
            self._motor(fault.target).break_down(fault.kind)
        self._faults.append(fault)

    def clear(self) -> None:
        """End every fault."""
        self._faults.clear()
        self._broken.clear()
        for motor in self._motors.values():
            motor.repair()
        for pin, part in self._followed.items():
            self._move_contact(part, self._is_on(part, self._levels.get(pin)))

    def faults(self) -> Sequence[Fault]:
        """The faults that act now, oldest first."""
        return tuple(self._faults)

    def _motor(self, name: str) -> RunningMotor:
        if name not in self._motors:
            raise NotFoundError(f"There is no motor {name!r}; there are {', '.join(self._motors) or 'none'}.")
        return self._motors[name]

    def _on_pin(self, pin: int, level: float) -> None:
        if pin in self._driven or pin in self._followed:
            self._clock.call_later(0.0, partial(self._follow, pin, level))

    def _follow(self, pin: int, level: float) -> None:
        self._levels[pin] = level
        if pin in self._driven:
            self._driven[pin].power(pin, level)
        else:
            part = self._followed[pin]
            self._move_contact(part, self._is_on(part, level))

    def _is_on(self, part: ContactPart, level: float | None) -> bool:
        if level is None or part.name in self._broken:
            return False
        return (level > 0) != part.inverted

    def _move_contact(self, part: ContactPart, closed: bool) -> None:
        self._factory.wire(part.contact.pin).contact(closed, part.contact.to_ground)


def _show_temperature(file: Path, degrees: float) -> None:
    """Write what the kernel's 1-wire driver shows for a good measurement."""
    file.parent.mkdir(parents=True, exist_ok=True)
    data = "72 01 4b 46 7f ff 0e 10 57"
    file.write_text(f"{data} : crc=57 YES\n{data} t={round(degrees * 1000)}\n", encoding="ascii")
