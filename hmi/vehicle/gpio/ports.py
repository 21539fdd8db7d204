"""How the vehicle reaches the pins: in its own process, or through the guardian."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from codriver.clock import Clock, RealClock
from hmi.vehicle.gpio.bank import PinBank
from hmi.vehicle.gpio.wiring import Report, Wiring

if TYPE_CHECKING:
    from gpiozero.pins import Factory


class Pins(Protocol):
    """The pins of one rig. Nothing here waits: what became of a command is in a later report."""

    def listen(self, listener: Callable[[Report], None]) -> None:
        """Give every report to `listener`, on whichever thread it comes up; the present one at once."""

    def drive(self, levels: Mapping[int, float], sequence: int, epoch: int) -> None:
        """Set outputs (pin → share of "on"); the report with this `sequence` shows the result."""

    def beat(self) -> None:
        """A sign of life; without one for the watchdog's time every output goes to its safe state."""

    def close(self) -> None:
        """Put every output into its safe state and give the pins back."""


class DirectPins:
    """Pins in this process: for mock pins, and to bring real ones into their safe state when the guardian died."""

    def __init__(self, wiring: Wiring, factory: Factory, clock: Clock | None = None) -> None:
        """`clock` runs the watchdog; None: a clock and thread of its own, because the program's own may hang.

        Raises `ResourceError` for a pin that cannot be had.
        """
        self._listener: Callable[[Report], None] = lambda report: None
        self._owned: RealClock | None = None
        if clock is None:
            clock = self._owned = RealClock()
        self.bank = PinBank(wiring, factory, clock, self._report)

    def _report(self, report: Report) -> None:
        self._listener(report)

    def listen(self, listener: Callable[[Report], None]) -> None:
        """Give every report to `listener`; the present one at once."""
        self._listener = listener
        listener(self.bank.report())

    def drive(self, levels: Mapping[int, float], sequence: int, epoch: int) -> None:
        """Set outputs; the report comes before this returns."""
        self.bank.drive(levels, sequence, epoch)

    def beat(self) -> None:
        """A sign of life."""
        self.bank.beat()

    def close(self) -> None:
        """Put every output into its safe state and give the pins back."""
        self.bank.close()
        if self._owned is not None:
            self._owned.close()
