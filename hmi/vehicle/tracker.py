"""One wanted value on its way: from the command to the proof, or to the reason why there is none.

A `Pending` knows no bus and no thread. It is told what arrives (`on_accepted`, `on_refused`, `on_status`) and when
its time is up (`on_due`), always with the time, and ends exactly once. Each has a due time, so nothing hangs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hmi.catalogue.signal import SignalValue, Value
from hmi.vehicle.base import WriteOutcome, WriteResult

REFUSALS: Mapping[str, str] = {
    "OUT_OF_RANGE": "the car does not take this value",
    "LOCKED": "it is locked",
    "CHILD_LOCK": "the child lock is on",
    "NO_POWER": "it has no power",
    "OBSTRUCTED": "something is in the way",
    "SHADE_CLOSED": "the shade is closed",
    "MOVING": "the car is moving",
    "FUSE_BLOWN": "its fuse has blown",
    "NOT_AVAILABLE": "it is not available",
    "BAD_CHECKSUM": "the command arrived damaged",
    "OLD_COUNTER": "the command came out of order",
}
"""What a driver is told for each reason that an ECU gives."""

JAMMED: Mapping[str, str] = {
    "PINCHED": "something is in the way",
    "STALLED": "it is stuck",
    "NO_POWER": "it lost its power",
}
"""Motion texts that mean the end of a movement short of its target."""
MOVING = frozenset({"OPENING", "CLOSING"})
_FRAMES_AT_REST = 2

_EPSILON = 1e-6
"""Seconds and shares of a resolution step within which two numbers are the same."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the parts of a write may take, in seconds. The defaults fit usual body ECUs."""

    ack: tuple[float, ...] = (0.3, 0.3, 0.6)
    """Wait for the acknowledgement after each sending of the command; as many sendings as there are numbers."""
    stall: float = 1.2
    """A value with a way between may stand still for this long before the movement counts as blocked."""
    switch: float = 3.0
    """A value that jumps (on, off, a mode) may take this long; a mirror folds in two to three seconds."""
    settle: float = 2.0
    """After a jam, time for a reversing actuator to come to rest, so that the reported value is the last one."""
    limit: float = 90.0
    """No write takes longer than this, however it moves."""
    stale_cycles: float = 5.0
    stale_least: float = 1.0
    """A message is stale when it is missing for `stale_cycles` cycles and for at least `stale_least` seconds."""
    silent_cycles: float = 3.0
    """A write that waits for a message gives up after this many cycles, and at least `stale_least` seconds."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the read-back has to show."""

    target: SignalValue
    value: Value
    """The target as the bus can hold it: the nearest step for numbers."""
    tolerance: float
    """Half a step of the coarser one of command and status; 0 for values that must be equal."""
    needs_ack: bool
    patience: float
    """Seconds without any movement after which the write counts as blocked."""

    def met_by(self, actual: Value) -> bool:
        """True when `actual` is the wanted value within the resolution of the bus."""
        distance = self.distance(actual)
        return actual == self.value if distance is None else distance <= self.tolerance * (1 + _EPSILON) + 1e-9

    def distance(self, actual: Value) -> float | None:
        """How far `actual` is away, None for values without a distance."""
        if self.tolerance == 0 or isinstance(actual, str | bool) or isinstance(self.value, str | bool):
            return None
        return abs(actual - self.value)


class Pending:
    """The life of one wanted value. Not thread-safe: its owner holds a lock."""

    def __init__(
        self, expectation: Expectation, before: tuple[Value | None, str | None], now: float, timing: Timing
    ) -> None:
        """`before` is the last reading and motion text before the command."""
        self.expectation = expectation
        self.outcome: WriteOutcome | None = None
        self.reason = ""
        self.actual, self._motion_before = before
        self.sent_at = now
        self.accepted_at: float | None = None if expectation.needs_ack else now
        self.due = now + timing.limit
        """When `on_due` is to be called; the owner sees to silence and to missing acknowledgements."""
        self.progress: Value | None = None
        """A new value on the way that nobody has been told yet."""
        self.frames = 0
        """Trustworthy status frames since the command was accepted."""
        self._timing = timing
        self._end_at = now + timing.limit
        self._ended_at = now
        self._hits_in_a_row = 0
        # Without an acknowledgement a moving value might just be passing by, so it has to stay for two frames.
        self._hits_needed = 2 if not expectation.needs_ack and expectation.tolerance else 1
        self._best = None if self.actual is None else expectation.distance(self.actual)
        self._was_there = self.actual is not None and expectation.met_by(self.actual)
        self._moved = False
        self._jumped_there = False
        self._motion = self._motion_before
        self._jam = ""
        self._resting_frames = 0
        if self.accepted_at is not None:
            self._extend(now)

    @property
    def ended(self) -> bool:
        """True when the outcome is known."""
        return self.outcome is not None

    @property
    def moved(self) -> bool:
        """True when the value has come nearer to the target, or has reached it, since the command."""
        return self._moved

    def end(self, outcome: WriteOutcome, reason: str, now: float) -> None:
        """Set the outcome, unless there is one already."""
        if self.outcome is None:
            self.reason, self._ended_at = reason, now
            self.outcome = outcome

    def on_accepted(self, motion: str | None, now: float) -> None:
        """The ECU takes the command; from now on a status frame can prove it."""
        if self.ended or self.accepted_at is not None:
            return
        self.accepted_at = now
        self._motion_before = motion
        self._extend(now)
        self.take_evidence(now)

    def take_evidence(self, now: float) -> None:
        """Prove a value that jumped to its target after the command, even if its acknowledgement is late or lost.

        That spares a command such as "skip forward" from being sent, and done, twice. A number needs more: it may
        have been passing by on its way to an earlier target.
        """
        if self._jumped_there and not self.expectation.tolerance:
            self.end(WriteOutcome.PROVED, "", now)

    def assume_accepted(self, now: float) -> bool:
        """No acknowledgement came after all sendings: go on without it if the read-back shows that it works.

        Returns False when nothing speaks for it.
        """
        if not self._hits_in_a_row and not self._moved:
            return False
        self._hits_needed = 2 if self.expectation.tolerance else 1
        self.accepted_at = now
        self._extend(now)
        if self._hits_in_a_row >= self._hits_needed:
            self.end(WriteOutcome.PROVED, "", now)
        return True

    def on_refused(self, reason: str, now: float) -> None:
        """The ECU says no; `reason` is the text of the DBC."""
        self.end(WriteOutcome.REFUSED, REFUSALS.get(reason, f"the car refused it ({reason})"), now)

    def on_status(self, value: Value | None, motion: str | None, now: float) -> None:
        """A trustworthy frame of the signal's message came; `value` is None when the ECU has no value to tell."""
        if self.ended:
            return
        moving = value is not None and value != self.actual
        self._resting_frames = 0 if moving else self._resting_frames + 1
        self.actual, self._motion = value, motion
        hit = value is not None and self.expectation.met_by(value)
        self._hits_in_a_row = self._hits_in_a_row + 1 if hit else 0
        self._jumped_there = self._jumped_there or (hit and not self._was_there)
        nearer = value is not None and self._comes_nearer(value)
        if self.accepted_at is None:
            return
        self.frames += 1
        if self._hits_in_a_row >= self._hits_needed:
            self.end(WriteOutcome.PROVED, "", now)
        elif self._jam:
            if self._resting_frames >= _FRAMES_AT_REST:
                self.end(WriteOutcome.BLOCKED, self._jam, now)
        else:
            self._follow_motion(motion, nearer, now)

    def _follow_motion(self, motion: str | None, nearer: bool, now: float) -> None:
        if motion != self._motion_before:
            # Whatever comes from here on belongs to this movement, not to the one before.
            self._motion_before = None
        if motion is not None and motion in JAMMED and (self._moved or self._motion_before is None):
            self._jam = JAMMED[motion]
            self._resting_frames = 0
            self.due = min(now + self._timing.settle, self._end_at)
        elif nearer or motion in MOVING:
            self._extend(now)

    def on_due(self, now: float) -> None:
        """The time for the next step of the way is over."""
        jam = self._jam or JAMMED.get(self._motion or "")
        if jam:
            self.end(WriteOutcome.BLOCKED, jam, now)
        elif self._moved:
            self.end(WriteOutcome.BLOCKED, "it stopped on the way", now)
        else:
            self.end(WriteOutcome.BLOCKED, "it does not react", now)

    def result(self) -> WriteResult:
        """The outcome for the caller. Only for a pending that has ended."""
        outcome = self.outcome or WriteOutcome.SILENT
        return WriteResult(
            self.expectation.target, outcome, self.actual, self.reason, self._ended_at - self.sent_at
        )

    def _comes_nearer(self, value: Value) -> bool:
        distance = self.expectation.distance(value)
        if distance is None:
            return False
        if self._best is not None and distance >= self._best - _EPSILON:
            return False
        known_before = self._best is not None
        self._best = distance
        if known_before:
            self._moved = True
            self.progress = value
        return known_before

    def _extend(self, now: float) -> None:
        self.due = min(now + self.expectation.patience, self._end_at)
