"""A motor that travels at a constant speed, can stall and, where it closes on somebody's arm, reverses."""

from __future__ import annotations

from enum import IntEnum

from codriver.clock import Timer
from firmware_sim.actuators import Actuator
from firmware_sim.network import Network
from firmware_sim.reasons import Reason

STALL_TIME = 0.4
"""Seconds until a motor notices that it does not turn."""

_BACK_OFF = 20.0
"""How far a pinched motor opens again, in units of its signal."""


class Motion(IntEnum):
    """The texts of the `…_Motion` signals."""

    IDLE = 0
    OPENING = 1
    CLOSING = 2
    PINCHED = 3
    """Met something while closing: stopped and backed off. Stays until the next command."""
    STALLED = 4
    NO_POWER = 5


class Motor(Actuator):
    """Moves its position at `speed` units per second. The position is worked out from the time, not stepped."""

    def __init__(
        self, network: Network, name: str, speed: float, *, closed: float | None = None, battery: bool = False
    ) -> None:
        """`closed`: the position (in units) towards which it can pinch; None when it cannot."""
        super().__init__(network, name, battery=battery)
        layout = self.cell.layout
        self._speed = speed / layout.factor
        self._closed = None if closed is None else layout.raw(closed)
        self._back_off = _BACK_OFF / layout.factor
        motion = f"{name}_Motion"
        self._motion = network.cell(motion) if network.has(motion) else None
        self.can_pinch = closed is not None
        self._obstacle = False
        self._timer: Timer | None = None
        self._moving = False
        self._reversing = False
        self._goal = self.cell.raw
        self._origin = 0.0
        self._end = 0.0
        self._since = 0.0

    @property
    def target(self) -> int:
        """The raw position it is at or travels to."""
        return self.cell.raw if self._timer is None else self._goal

    @property
    def position(self) -> float:
        """The raw position now."""
        if not self._moving:
            return self.cell.raw
        way = self._speed * (self.network.clock.now() - self._since)
        if self._end >= self._origin:
            return min(self._end, self._origin + way)
        return max(self._end, self._origin - way)

    def check(self, raw: int, powered: bool) -> Reason:
        """As every actuator; while it backs off from an obstacle it does not close again."""
        reason = super().check(raw, powered)
        if reason is Reason.NONE and self._reversing and self._closes(self.position, raw):
            return Reason.OBSTRUCTED
        return reason

    def drive(self, raw: int) -> None:
        """Travel to `raw`."""
        if self._timer is not None and raw == self._goal and not self._reversing:
            return
        self._halt()
        if self.blown:
            return
        self._goal = raw
        if raw == self.cell.raw:
            self._show(Motion.IDLE)
        else:
            self._travel(raw)

    def stop(self) -> None:
        """Stop where it is, without a fault."""
        if self._timer is not None:
            self._halt()
            self._show(Motion.IDLE)

    def stage(self, raw: int) -> None:
        """Be at `raw` at once and rest there."""
        self._halt()
        self.cell.set(raw)
        self._show(Motion.IDLE)

    def jam(self) -> None:
        """Stop where it is and stay there whatever is commanded."""
        super().jam()
        if self._timer is not None:
            self._halt()
            self._show(Motion.STALLED)

    def lose_power(self) -> None:
        """Stop on the way."""
        if self._timer is not None and (not self.battery or self.blown):
            self._halt()
            self._show(Motion.NO_POWER)

    def obstruct(self, present: bool) -> None:
        """Put something into the closing path, half-way between here and there, or take it away."""
        self._obstacle = present and self.can_pinch
        if self._moving and not self._reversing:
            self._halt()
            self._travel(self._goal)

    def reset(self) -> None:
        """No faults, no movement; the network resets the position."""
        super().reset()
        self._obstacle = False
        if self._timer is not None:
            self._halt()

    def _closes(self, start: float, end: float) -> bool:
        return self._closed is not None and abs(end - self._closed) < abs(start - self._closed)

    def _travel(self, goal: int) -> None:
        closing = self._closes(self.cell.raw, goal)
        self._show(Motion.CLOSING if closing else Motion.OPENING)
        if self.stuck:
            self._timer = self.network.later(STALL_TIME, self._stall)
        elif closing and self._obstacle:
            self._run((self.position + goal) / 2)
            self._timer = self.network.later(self._duration(), self._pinch)
        else:
            self._run(goal)
            self._timer = self.network.later(self._duration(), self._arrive)

    def _run(self, end: float) -> None:
        self._origin, self._end, self._since = self.position, end, self.network.clock.now()
        self._moving = True
        self.network.add_source(self.cell.message, self._refresh)

    def _duration(self) -> float:
        return abs(self._end - self._origin) / self._speed

    def _refresh(self) -> None:
        self.cell.load(round(self.position))

    def _arrive(self) -> None:
        self._rest(self._end)
        self._show(Motion.IDLE)

    def _stall(self) -> None:
        self._halt()
        self._show(Motion.STALLED)

    def _pinch(self) -> None:
        self._rest(self._end)
        self._show(Motion.PINCHED)
        layout = self.cell.layout
        away = 1 if self._closed is None or self.cell.raw >= self._closed else -1
        back = self.cell.raw + away * self._back_off
        self._reversing = True
        self._run(min(max(back, layout.raw_minimum), layout.raw_maximum))
        self._goal = round(self._end)
        self._timer = self.network.later(self._duration(), self._release)

    def _release(self) -> None:
        self._rest(self._end)

    def _halt(self) -> None:
        """End the movement at the position of this moment."""
        self._rest(self.position)

    def _rest(self, position: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._reversing = False
        if self._moving:
            self._moving = False
            self.cell.load(round(position))
            self.network.remove_source(self.cell.message, self._refresh)
            self.network.touch(self.cell.message)

    def _show(self, motion: Motion) -> None:
        if self._motion is not None:
            self._motion.set(motion)
