"""What a device of the rig works with, and what it has to offer. All of it happens under the vehicle's lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from hmi.catalogue.signal import SignalValue, Value
from hmi.vehicle.base import WriteOutcome, WriteResult
from hmi.vehicle.gpio.wiring import Report

ANSWER = 1.0
"""Seconds within which the pins must show what they were told; a busy computer may take a while."""
CLOSE_ENOUGH = 0.011
"""Share of "on" by which a read-back may differ; some pin factories hold whole percents only."""


class Wish:
    """One wanted value on its way. Ends exactly once."""

    def __init__(self, target: SignalValue, now: float) -> None:
        self.target = target
        self.progress: Value | None = None
        """A new value on the way that nobody has been told yet."""
        self.outcome: WriteOutcome | None = None
        self._sent_at = self._ended_at = now
        self._reason = ""
        self._actual: Value | None = None

    @property
    def ended(self) -> bool:
        """The outcome is known."""
        return self.outcome is not None

    def end(self, outcome: WriteOutcome, reason: str, actual: Value | None, now: float) -> None:
        """Set the outcome, unless there is one already."""
        if self.outcome is None:
            self._reason, self._actual, self._ended_at = reason, actual, now
            self.outcome = outcome

    def result(self) -> WriteResult:
        """The outcome for the caller; only when it has ended."""
        outcome = self.outcome or WriteOutcome.SILENT
        return WriteResult(self.target, outcome, self._actual, self._reason, self._ended_at - self._sent_at)


class Desk(Protocol):
    """What the vehicle offers its devices."""

    def now(self) -> float:
        """Seconds of the vehicle's clock."""

    def later(self, delay: float, action: Callable[[], None]) -> None:
        """Do `action` in `delay` seconds, under the vehicle's lock."""

    def drive(self, levels: Mapping[int, float]) -> int:
        """Set outputs; returns the sequence number that the report with the result will have reached."""

    @property
    def report(self) -> Report:
        """The latest report of the pins."""


class Station(Protocol):
    """One device of the rig, at work."""

    @property
    def paths(self) -> Sequence[str]:
        """The signals that it serves."""

    def values(self) -> Mapping[str, Value | None]:
        """What its signals are now; None for what nobody can know."""

    def command(self, wish: Wish) -> None:
        """Begin to fulfil `wish`, in place of an earlier one for the same signal, which has ended."""

    def on_report(self, report: Report) -> None:
        """The pins have something new to show."""

    def on_trip(self, report: Report) -> None:
        """Every output is in its safe state without this device's doing. All wishes have ended."""
