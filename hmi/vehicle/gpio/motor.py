"""A motor between two end switches. The ends are known by the switches, the way between them by the time.

An end is only reported when its switch says so. Between the ends the position is worked out from the running time;
it is unknown after a start between the ends, after a fall into the safe state on the way, and after a run that
missed its switch. From an unknown position the ends can be asked for directly; for anything between, the motor
opens first (nothing can be pinched there) and starts from that end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hmi.catalogue.signal import Value
from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.gpio.desk import ANSWER, Desk, Wish
from hmi.vehicle.gpio.rigfile import Device
from hmi.vehicle.gpio.travel import TICK, Way
from hmi.vehicle.gpio.wiring import Report

_PAUSE = 0.1
"""Seconds without current between two directions; bridge and gears need it."""
_RESOLUTION = 0.02
"""Share of the way within which a position that is worked out from the time counts as reached."""
_OVERTIME = 1.25
_OVERTIME_LEAST = 0.5
"""A run to an end may take its usual time by this factor, and so many seconds more."""
_RELEASE = 0.2
_RELEASE_LEAST = 0.5
"""Within this share of the travel time, at least these seconds, the switch at the start must open."""
_BACK_OFF = 0.2
"""How far it opens again when it met something while closing."""
_TRIES = 3

IN_THE_WAY = "something is in the way"
DEAD = "it does not react"
NO_END = "it did not reach its end switch"
WRONG_WAY = "it runs the wrong way; its two wires are swapped"
STUCK = "it is stuck"
SUSPECT = "its end switch seems to be stuck"
BOTH_ENDS = "both its end switches are closed, so one of them is stuck"
CUT = "it was stopped on the way"


class MotorStation:
    """One motor; implements `hmi.vehicle.gpio.desk.Station`."""

    def __init__(self, device: Device, desk: Desk) -> None:
        self._desk = desk
        self._way = Way.of(device)
        self._pins = device.pins
        self._direction = 0
        """+1 opening, -1 closing, 0 at rest."""
        self._share: float | None = None
        """Where it is at rest, or was when the run began."""
        self._shown: float | None = None
        """The wanted place, as long as it rests so near to it that the difference cannot be told."""
        self._doubted = ""
        """The switch that should have opened when the motor ran away from it, and has not since."""
        self._since = 0.0
        self._sequence = 0
        """Of the last command to the pins."""
        self._left_end = False
        """The switch at the end where the run began has opened, or there was none."""
        self._stalling = False
        self._goal = 0.0
        self._wish: Wish | None = None
        self._verdict = ""
        """Why the wish fails once the motor is at rest."""
        self._tries = 0
        self._proving = False
        self._run = 0
        self._rest_at(desk.report)

    @property
    def paths(self) -> Sequence[str]:
        """Its one signal."""
        return (self._way.signal.path,)

    def values(self) -> Mapping[str, Value | None]:
        """Where it is, as far as that is known."""
        share = self._position()
        return {self._way.signal.path: None if share is None else self._way.value(share)}

    def command(self, wish: Wish) -> None:
        """Run to the wanted value."""
        goal = self._way.share(wish.target.value)
        if goal is None:
            wish.end(WriteOutcome.REFUSED, self._way.refusal(), self._value(), self._desk.now())
            return
        was_running = self._direction != 0 or self._verdict != ""
        self._halt()
        self._wish, self._goal, self._verdict, self._tries = wish, min(1.0, max(0.0, goal)), "", 0
        if self._at("open_switch") and self._at("closed_switch"):
            self._share = None
            self._end(WriteOutcome.REFUSED, BOTH_ENDS)
        elif was_running:
            self._stop()
            self._later(_PAUSE, self._go)
        else:
            self._go()

    def on_report(self, report: Report) -> None:
        """Look at the switches."""
        if self._proving and report.sequence >= self._sequence and not self._powered(report):
            self._proving = False
            self._end(WriteOutcome.PROVED, "")
        if self._doubted and not self._at(self._doubted, report):
            self._doubted = ""
        if self._direction:
            self._watch_run(report)
        else:
            self._rest_at(report)
        stall = self._pins.get("stall_pin")
        self._stalling = stall is not None and report.inputs.get(stall, False)

    def on_trip(self, report: Report) -> None:
        """It was stopped by others, nobody knows when."""
        if self._direction:
            self._share = None
        self._direction, self._wish, self._verdict, self._proving = 0, None, "", False
        self._shown = None if self._share is None else self._shown
        self._run += 1
        self._rest_at(report)

    # Running

    def _go(self) -> None:
        share = self._share
        if self._goal in (0.0, 1.0):
            end = "open_switch" if self._goal else "closed_switch"
            if self._at(end):
                self._arrived_or(SUSPECT if end == self._doubted else "")
            else:
                self._start(1 if self._goal else -1)
        elif share is None:
            self._start(1)
        elif abs(share - self._goal) < _RESOLUTION / 4:
            self._shown = self._goal
            self._arrived_or("")
        else:
            self._start(1 if self._goal > share else -1)

    def _start(self, direction: int) -> None:
        self._run += 1
        self._direction, self._since = direction, self._desk.now()
        self._left_end = not self._at("closed_switch" if direction > 0 else "open_switch")
        self._sequence = self._desk.drive(
            {self._pins["open_pin"]: float(direction > 0), self._pins["close_pin"]: float(direction < 0)}
        )
        share, time = self._share, self._way.time
        to_end = 1.0 if share is None else (1.0 - share if direction > 0 else share)
        if share is None or self._goal in (0.0, 1.0):
            self._later(to_end * time * _OVERTIME + _OVERTIME_LEAST, lambda: self._fail(NO_END))
        else:
            self._later(abs(self._goal - share) * time, self._arrive)
        if not self._left_end:
            self._later(max(_RELEASE * time, _RELEASE_LEAST), self._check_release)
        self._later(TICK, self._tick)

    def _watch_run(self, report: Report) -> None:
        ahead, behind = ("open_switch", "closed_switch")[:: self._direction]
        stall = self._pins.get("stall_pin")
        if not report.inputs.get(self._pins[behind], False):
            self._left_end = True
        if report.inputs.get(self._pins[ahead], False):
            if self._left_end:
                self._reach_end(1.0 if self._direction > 0 else 0.0)
            else:
                self._fail(BOTH_ENDS)
        elif stall is not None and report.inputs.get(stall, False) and not self._stalling:
            self._meet_something()
        elif self._left_end and report.inputs.get(self._pins[behind], False):
            self._fail(WRONG_WAY)
        elif report.sequence >= self._sequence and not self._powered(report):
            self._fail(CUT)

    def _reach_end(self, end: float) -> None:
        self._stop()
        self._share = end
        if self._verdict or self._goal == end:
            self._arrived_or("")
        elif self._tries < _TRIES:
            # The position was unknown or had drifted; from here on it is known.
            self._tries += 1
            self._later(_PAUSE, self._go)
        else:
            self._end(WriteOutcome.BLOCKED, "its travel_time does not fit; measure it again")

    def _arrive(self) -> None:
        """The time for the way to a place between the ends is over."""
        self._stop()
        near = self._share is not None and abs(self._share - self._goal) <= _RESOLUTION
        if near and not self._verdict:
            self._shown = self._goal
        if self._verdict or near:
            self._arrived_or("")
        elif self._tries < _TRIES:
            self._tries += 1
            self._later(_PAUSE, self._go)
        else:
            self._end(WriteOutcome.BLOCKED, CUT)

    def _check_release(self) -> None:
        """It should have left the end by now: either the motor is dead or the switch is stuck."""
        if not self._left_end:
            self._doubted = "closed_switch" if self._direction > 0 else "open_switch"
            self._fail(DEAD)

    def _meet_something(self) -> None:
        closing, moved = self._direction < 0, self._left_end
        self._stop()
        if not closing or not moved or self._share is None:
            self._rest_at(self._desk.report)
            self._end(WriteOutcome.BLOCKED, STUCK)
            return
        self._verdict = IN_THE_WAY
        self._goal = min(1.0, self._share + _BACK_OFF)
        self._later(_PAUSE, self._go)

    def _fail(self, reason: str) -> None:
        """Stop; where it is now is only known if a switch says so."""
        self._stop()
        self._share = None
        self._rest_at(self._desk.report)
        self._end(WriteOutcome.BLOCKED, self._verdict or reason)

    def _arrived_or(self, doubt: str) -> None:
        """Arrived, unless there is a doubt; once the pins show that the motor is off, the wish is proved."""
        shown = self._shown
        self._stop()
        self._shown = shown
        if self._verdict or doubt:
            self._end(WriteOutcome.BLOCKED, self._verdict or doubt)
            return
        self._proving = True
        self._later(ANSWER, lambda: self._end(WriteOutcome.BLOCKED, "its pin does not follow"))

    # Stopping

    def _halt(self) -> None:
        """The run is over here; the pins are not told."""
        self._share = self._estimate()
        self._direction, self._proving, self._shown = 0, False, None
        self._run += 1

    def _stop(self) -> None:
        self._halt()
        self._sequence = self._desk.drive({self._pins["open_pin"]: 0.0, self._pins["close_pin"]: 0.0})

    def _end(self, outcome: WriteOutcome, reason: str) -> None:
        wish, self._wish, self._verdict, self._proving = self._wish, None, "", False
        if wish is not None:
            wish.end(outcome, reason, self._value(), self._desk.now())

    # Looking

    def _tick(self) -> None:
        if self._wish is not None and not self._verdict:
            self._wish.progress = self._value()
        self._later(TICK, self._tick)

    def _position(self) -> float | None:
        return self._estimate() if self._shown is None else self._shown

    def _estimate(self) -> float | None:
        if not self._direction or self._share is None:
            return self._share
        gone = (self._desk.now() - self._since) / self._way.time
        # Being there is for the switch to say.
        return min(0.99, max(0.01, self._share + self._direction * gone))

    def _value(self) -> Value | None:
        return self.values()[self._way.signal.path]

    def _rest_at(self, report: Report) -> None:
        """At rest a closed switch tells the place; one that has opened tells that somebody moved it by hand."""
        opened, closed = self._at("open_switch", report), self._at("closed_switch", report)
        if opened != closed:
            switch = "open_switch" if opened else "closed_switch"
            self._share = None if switch == self._doubted else float(opened)
            self._shown = None
        elif opened or self._share in (0.0, 1.0):
            self._share = None

    def _at(self, switch: str, report: Report | None = None) -> bool:
        return (report or self._desk.report).inputs.get(self._pins[switch], False)

    def _powered(self, report: Report) -> bool:
        return any(report.outputs.get(self._pins[key], 0.0) > 0 for key in ("open_pin", "close_pin"))

    def _later(self, delay: float, action: Callable[[], None]) -> None:
        """Do `action` unless the motor has stopped or started in between."""
        run = self._run

        def act() -> None:
            if self._run == run:
                action()

        self._desk.later(delay, act)
