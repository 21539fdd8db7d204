"""What an ECU can switch: outputs that change at once, and two-state mechanisms that need their time.

An actuator works on raw values. It decides for itself whether a command is possible (range, fuse, power, its own
guard) and how the value changes with time; faults are switched on it from outside.
"""

from __future__ import annotations

from collections.abc import Callable

from codriver.clock import Timer
from firmware_sim.network import Network
from firmware_sim.reasons import Reason
from firmware_sim.status import Cell

Guard = Callable[[int], Reason]
"""Given the raw target, says why it cannot be (`Reason.NONE`: it can)."""


class Actuator:
    """An output that takes its value at once: a lamp, a heater stage, a setting."""

    can_pinch = False

    def __init__(self, network: Network, name: str, *, battery: bool = False, dark: int | None = None) -> None:
        """`battery`: works in every power state. `dark`: raw value that it falls to without a fuse."""
        self.cell: Cell = network.cell(name)
        self.network = network
        self.battery = battery
        self.guard: Guard | None = None
        self.stuck = False
        self.blown = False
        self._dark = dark

    @property
    def target(self) -> int:
        """The raw value it has or is on its way to."""
        return self.cell.raw

    def check(self, raw: int, powered: bool) -> Reason:
        """Why the command `raw` cannot be obeyed, `Reason.NONE` if it can."""
        layout = self.cell.layout
        if not layout.raw_minimum <= raw <= layout.raw_maximum:
            return Reason.OUT_OF_RANGE
        if self.blown:
            return Reason.FUSE_BLOWN
        if not powered and not self.battery:
            return Reason.NO_POWER
        return self.guard(raw) if self.guard is not None else Reason.NONE

    def drive(self, raw: int) -> None:
        """Go to `raw`, as well as it can."""
        if not self.stuck and not self.blown:
            self.cell.set(raw)

    def stage(self, raw: int) -> None:
        """Be at `raw` at once and stay there."""
        self.cell.set(raw)

    def lose_power(self) -> None:
        """The supply is gone: stop where it is."""

    def blow_fuse(self) -> None:
        """The fuse is gone: stop, and go dark if it needs current to stay on."""
        self.blown = True
        self.lose_power()
        if self._dark is not None:
            self.cell.set(self._dark)

    def jam(self) -> None:
        """It still takes commands but does not move any more."""
        self.stuck = True

    def obstruct(self, present: bool) -> None:
        """Something is put into its path, or taken away. Only for actuators that can pinch."""

    def repair(self) -> None:
        """End stuck and fuse faults and remove what is in the way."""
        self.stuck = self.blown = False
        self.obstruct(False)

    def reset(self) -> None:
        """No faults, nothing pending. The value itself is reset by the network."""
        self.stuck = self.blown = False


class Mechanism(Actuator):
    """A two-state thing that needs `seconds` to change over: a latch, a folding mirror."""

    def __init__(self, network: Network, name: str, seconds: float, *, battery: bool = False) -> None:
        super().__init__(network, name, battery=battery)
        self._seconds = seconds
        self._timer: Timer | None = None
        self._target = self.cell.raw

    @property
    def target(self) -> int:
        """The raw state it has or is changing to."""
        return self.cell.raw if self._timer is None else self._target

    def drive(self, raw: int) -> None:
        """Change over to `raw`, which shows after its time."""
        if raw == self.target:
            return
        self._cancel()
        if raw != self.cell.raw and not self.stuck and not self.blown:
            self._target = raw
            self._timer = self.network.later(self._seconds, self._arrive)

    def stage(self, raw: int) -> None:
        """Be in the state `raw` at once."""
        self._cancel()
        self.cell.set(raw)

    def jam(self) -> None:
        """Stay in the old state and never change."""
        super().jam()
        self._cancel()

    def lose_power(self) -> None:
        """Stay in the old state."""
        if not self.battery or self.blown:
            self._cancel()

    def reset(self) -> None:
        """No faults, nothing pending."""
        super().reset()
        self._cancel()

    def _arrive(self) -> None:
        self._timer = None
        self.cell.set(self._target)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
