"""One motor between its end switches."""

from __future__ import annotations

from codriver.clock import Clock, Timer
from firmware_sim.rig.factory import SimulatedRigFactory
from firmware_sim.rig.parts import Contact, MotorPart

_STALL_TIME = 0.15
"""Seconds until the bridge notices that the motor does not turn."""
_OBSTACLE = 0.5
"""Where something is in the way."""


class RunningMotor:
    """Moves while exactly one input of its bridge is on. Its position is worked out from the time."""

    def __init__(self, part: MotorPart, factory: SimulatedRigFactory, clock: Clock) -> None:
        self.pins = (part.open_pin, part.close_pin)
        self._part = part
        self._factory = factory
        self._clock = clock
        self._off = 1.0 if part.inverted else 0.0
        self._levels = dict.fromkeys(self.pins, self._off)
        self._faults: set[str] = set()
        self._share = 0.0
        self._direction = 0
        self._goal = 0.0
        self._since = 0.0
        self._timer: Timer | None = None
        self._stalled = False

    @property
    def position(self) -> float:
        """How far open it is now, from 0 to 1."""
        if not self._direction:
            return self._share
        way = self._direction * (self._clock.now() - self._since) / self._part.travel_time
        low, high = sorted((self._share, self._goal))
        return min(high, max(low, self._share + way))

    def power(self, pin: int, level: float) -> None:
        """An input of the bridge has changed."""
        self._levels[pin] = level
        self._run()

    def place(self, share: float) -> None:
        """Be there at once."""
        self._rest()
        self._share = share
        self.show()

    def break_down(self, kind: str) -> None:
        """One more thing is wrong."""
        self._faults.add(kind)
        self._run()

    def repair(self) -> None:
        """Nothing is wrong any more."""
        self._faults.clear()
        self._run()

    def show(self) -> None:
        """Set the switches as they must be here."""
        self._set_switch(self._part.open_switch, self.position >= 1.0, "open switch")
        self._set_switch(self._part.closed_switch, self.position <= 0.0, "closed switch")
        if self._part.stall is not None:
            self._set(self._part.stall, self._stalled)

    def _run(self) -> None:
        self._rest()
        opens, closes = (self._levels[pin] != self._off for pin in self.pins)
        direction = int(opens) - int(closes)
        if "swapped" in self._faults:
            direction = -direction
        end = 1.0 if direction > 0 else 0.0
        blocked = direction < 0 and "pinch" in self._faults
        if blocked and self._share >= _OBSTACLE:
            end = _OBSTACLE
        if not direction or "fuse" in self._faults:
            self.show()
        elif "stuck" in self._faults or self._share == end:
            self._timer = self._clock.call_later(_STALL_TIME, self._stall)
            self.show()
        else:
            self._direction, self._goal, self._since = direction, end, self._clock.now()
            self._timer = self._clock.call_later(abs(end - self._share) * self._part.travel_time, self._arrive)
            # It has left the end by now, if only by a hair.
            self._share += direction * 1e-9
            self.show()

    def _arrive(self) -> None:
        self._timer = None
        self._direction, self._share = 0, self._goal
        self.show()
        # At an end or against something it stalls until the bridge is switched off.
        self._timer = self._clock.call_later(_STALL_TIME, self._stall)

    def _stall(self) -> None:
        self._timer = None
        self._stalled = True
        self.show()

    def _rest(self) -> None:
        self._share = self.position
        self._direction = 0
        self._stalled = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_switch(self, contact: Contact, closed: bool, name: str) -> None:
        if f"{name} stuck open" in self._faults:
            closed = False
        elif f"{name} stuck closed" in self._faults:
            closed = True
        self._set(contact, closed)

    def _set(self, contact: Contact, closed: bool) -> None:
        self._factory.wire(contact.pin).contact(closed, contact.to_ground)
