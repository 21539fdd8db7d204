"""A hobby servo, led from where it is to where it should be at the speed that rig.yaml gives it.

A servo tells nobody where it is. Its proof is the pulse that the pin reads back at the end of the way; before the
first command after a start nobody knows its place, and that command takes the whole travel time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hmi.catalogue.signal import Value
from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.gpio.desk import ANSWER, CLOSE_ENOUGH, Desk, Wish
from hmi.vehicle.gpio.rigfile import Device
from hmi.vehicle.gpio.travel import Way
from hmi.vehicle.gpio.wiring import Report

_STEP = 0.05
"""Seconds between two steps on the way."""
_SETTLE = 0.5
"""Seconds that the last pulse stays, so that the servo gets there, before it may rest without one."""


class ServoStation:
    """One servo; implements `hmi.vehicle.gpio.desk.Station`."""

    def __init__(self, device: Device, desk: Desk) -> None:
        self._desk = desk
        self._way = Way.of(device)
        self._pin = device.pins["pin"]
        self._options = device.options
        self._share: float | None = None
        self._goal = 0.0
        self._sequence = 0
        self._wish: Wish | None = None
        self._arrived = False
        self._run = 0

    @property
    def paths(self) -> Sequence[str]:
        """Its one signal."""
        return (self._way.signal.path,)

    def values(self) -> Mapping[str, Value | None]:
        """Where it was led; None before the first command."""
        return {self._way.signal.path: None if self._share is None else self._way.value(self._share)}

    def command(self, wish: Wish) -> None:
        """Lead it to the wanted value."""
        goal = self._way.share(wish.target.value)
        if goal is None:
            wish.end(WriteOutcome.REFUSED, self._way.refusal(), self._value(), self._desk.now())
            return
        self._run += 1
        self._wish, self._goal, self._arrived = wish, min(1.0, max(0.0, goal)), False
        if self._share is None:
            self._pulse(self._goal)
            self._later(self._way.time, self._arrive)
        else:
            self._step()

    def on_report(self, report: Report) -> None:
        """Prove the arrival by the pulse."""
        if not self._arrived or report.sequence < self._sequence:
            return
        if abs(report.outputs.get(self._pin, -1.0) - self._level(self._goal)) <= self._tolerance():
            self._arrived = False
            self._share = self._goal
            self._end(WriteOutcome.PROVED, "")

    def on_trip(self, report: Report) -> None:
        """Without a pulse it may be pushed anywhere."""
        self._run += 1
        self._share, self._wish, self._arrived = None, None, False

    def _step(self) -> None:
        share = self._goal if self._share is None else self._share
        way = self._goal - share
        longest = _STEP / self._way.time
        if abs(way) <= longest:
            self._arrive()
            return
        self._share = share + (longest if way > 0 else -longest)
        self._pulse(self._share)
        if self._wish is not None:
            self._wish.progress = self._value()
        self._later(_STEP, self._step)

    def _arrive(self) -> None:
        self._share = self._goal
        self._arrived = True
        self._pulse(self._goal)
        self._later(ANSWER, self._give_up)
        if self._options["rest"] == "release":
            self._later(_SETTLE + ANSWER, lambda: self._drive(0.0))

    def _give_up(self) -> None:
        if self._arrived:
            self._arrived = False
            self._share = None
            self._end(WriteOutcome.BLOCKED, "its pin does not follow")

    def _end(self, outcome: WriteOutcome, reason: str) -> None:
        wish, self._wish = self._wish, None
        if wish is not None:
            wish.end(outcome, reason, self._value(), self._desk.now())

    def _pulse(self, share: float) -> None:
        self._drive(self._level(share))

    def _drive(self, level: float) -> None:
        self._sequence = self._desk.drive({self._pin: level})

    def _level(self, share: float) -> float:
        """The share of "on" whose pulse leads there."""
        shortest, longest = self._options["shortest_pulse"], self._options["longest_pulse"]
        place = 1 - share if self._options["reversed"] else share
        return float((shortest + place * (longest - shortest)) / 1000 * self._options["frequency"])

    def _tolerance(self) -> float:
        """A servo's whole way is a few percent of pulse, so the usual tolerance would prove anything."""
        way = abs(self._level(1.0) - self._level(0.0))
        return min(CLOSE_ENOUGH, way * 0.02)

    def _value(self) -> Value | None:
        return self.values()[self._way.signal.path]

    def _later(self, delay: float, action: Callable[[], None]) -> None:
        run = self._run

        def act() -> None:
            if self._run == run:
                action()

        self._desk.later(delay, act)
