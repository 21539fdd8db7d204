"""The one protocol that every vehicle speaks: read, write with proof, watch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from codriver.clock import Clock
from hmi.catalogue.signal import SignalValue, Value


class WriteOutcome(StrEnum):
    """How a write ended. Only `PROVED` means that the read-back shows the wanted value."""

    PROVED = "proved"
    REFUSED = "refused"
    """The ECU said no, with a reason."""
    BLOCKED = "blocked"
    """It moved and was stopped on the way (pinched, jammed), or accepted and never moved."""
    SILENT = "silent"
    """No ECU answered, or its status frames have stopped."""
    CORRUPTED = "corrupted"
    """Frames arrived but failed their checksum or alive counter, so nothing they say can be trusted."""
    SUPERSEDED = "superseded"
    """A later write to the same signal took over before this one was proved."""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one wanted value."""

    wanted: SignalValue
    outcome: WriteOutcome
    actual: Value | None
    """The last trustworthy reading, None when there is none."""
    reason: str = ""
    """One short clause for a person ("the child lock is on"); empty when proved."""
    elapsed: float = 0.0
    """Seconds from the command to the end, on the vehicle's clock."""

    @property
    def proved(self) -> bool:
        """True when the read-back shows the wanted value."""
        return self.outcome is WriteOutcome.PROVED


@dataclass(frozen=True, slots=True)
class Progress:
    """A slow actuator on its way: `actual` between where it was and `wanted`."""

    wanted: SignalValue
    actual: Value


State = Mapping[str, Value]
"""VSS path → last trustworthy value. Signals that were never seen are absent."""


class Vehicle(Protocol):
    """A car, a rig or a simulation. Safe to call from several threads."""

    def read(self, path: str) -> Value | None:
        """The last trustworthy value; None when there is none or it is stale.

        Raises `NotFoundError` for a path that is not in the catalogue.
        """

    def state(self) -> State:
        """A snapshot of every signal that has a trustworthy value."""

    def write(
        self, changes: Sequence[SignalValue], on_progress: Callable[[Progress], None] | None = None
    ) -> list[WriteResult]:
        """Command all `changes` together and wait until each is proved or has failed, in the order given.

        Never raises for what the vehicle does (refusal, silence, corruption are outcomes) and never hangs: every
        signal has a deadline. Raises `InputError` for a signal that this vehicle cannot write.
        """

    def watch(self, on_change: Callable[[Mapping[str, Value]], None]) -> Callable[[], None]:
        """Call `on_change({path: value, …})` for changes; returns a function that ends the watching."""

    def close(self) -> None:
        """Leave the bus and release every resource."""


class Carrier(Protocol):
    """What carries one signal: a place on a bus, a device on pins."""

    @property
    def writable(self) -> bool:
        """The signal can be commanded there."""

    @property
    def status(self) -> Any:
        """The place on a CAN bus that tells its value; None where there is no bus."""


class TimedVehicle(Vehicle, Protocol):
    """A vehicle that tells by which clock it waits and which signals it carries."""

    clock: Clock

    @property
    def bindings(self) -> Mapping[str, Carrier]:
        """Every signal that this vehicle carries, by VSS path."""
