"""gpiozero's mock pins with something behind them.

`SimulatedRigFactory` is registered with gpiozero under the name "simulated", so it is chosen like any other pin
factory. Created that way it plays the rig of the file that CODRIVER_RIG_FILE names, in real time, and appends
every change of an output to the file that CODRIVER_RIG_LOG names, if it is set.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPWMPin

from codriver.clock import RealClock

RIG_FILE = "CODRIVER_RIG_FILE"
RIG_LOG = "CODRIVER_RIG_LOG"

PinListener = Callable[[int, float], None]
"""(GPIO number, level on the wire from 0 to 1)."""


class WirePin(MockPWMPin):  # type: ignore[misc]
    """A mock pin that tells its factory what it puts on the wire, and may be shorted to a level."""

    shorted: float | None = None
    _switch: tuple[bool, bool] | None = None

    def _change_state(self, value: float) -> bool:
        changed: bool = super()._change_state(value)
        if changed and self.function == "output":
            self.factory.tell(int(self.info.name.removeprefix("GPIO")), float(value))
        return changed

    def _get_state(self) -> float:
        return float(super()._get_state()) if self.shorted is None else self.shorted

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        if value == "output":
            self.factory.tell(int(self.info.name.removeprefix("GPIO")), float(super()._get_state()))

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        if self._switch is not None:
            # The switch was there before the program looked.
            self.contact(*self._switch)

    def contact(self, closed: bool, to_ground: bool) -> None:
        """Close or open a switch between this input and ground or 3.3 V; the resistor does the rest."""
        self._switch = closed, to_ground
        if closed != to_ground:
            self.drive_high()
        else:
            self.drive_low()


class SimulatedRigFactory(MockFactory):  # type: ignore[misc]
    """Mock pins that somebody listens to."""

    def __init__(self, pin_class: Any = None) -> None:
        """Create the pins and, where CODRIVER_RIG_FILE names a rig file, the rig behind them."""
        super().__init__(pin_class=pin_class or WirePin)
        self._listeners: tuple[PinListener, ...] = ()
        self.plant: object | None = None
        log = os.environ.get(RIG_LOG)
        if log:
            self.listen(_Log(Path(log)))
        if os.environ.get(RIG_FILE):
            from firmware_sim.rig.parts import read_parts
            from firmware_sim.rig.plant import Plant

            self.plant = Plant(read_parts(Path(os.environ[RIG_FILE])), self, RealClock())

    def listen(self, listener: PinListener) -> None:
        """Tell `listener` every change of an output from now on."""
        self._listeners = (*self._listeners, listener)

    def tell(self, pin: int, level: float) -> None:
        """An output has changed."""
        for listener in self._listeners:
            listener(pin, level)

    def wire(self, number: int) -> WirePin:
        """The pin `number`."""
        pin: WirePin = self.pin(number)
        return pin

    def pin(self, name: Any, pin_class: Any = None, **options: Any) -> Any:
        """The pin `name`; one that a simulated SPI chip has taken stays of that chip's class."""
        for _, info in self.board_info.find_pin(name):
            if info in self.pins:
                return self.pins[info]
        return super().pin(name, pin_class, **options)


class _Log:
    """Appends one JSON line for every change: when (seconds of the monotonic clock), which pin, which level."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def __call__(self, pin: int, level: float) -> None:
        line = json.dumps({"time": time.monotonic(), "pin": pin, "level": level})
        os.write(self._file, line.encode() + b"\n")
