"""What motor and servo have in common: a way from closed to open, as a share from 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass

from hmi.catalogue.signal import Signal, Value
from hmi.vehicle.gpio.rigfile import Device

TICK = 0.1
"""Seconds between two looks at the way."""


@dataclass(frozen=True, slots=True)
class Way:
    """From closed (0) to open (1), in `time` seconds."""

    signal: Signal
    closed: float
    open: float
    time: float

    @staticmethod
    def of(device: Device) -> Way:
        """The way of a motor or servo."""
        signal, options = device.signals["signal"], device.options
        low, high = (0.0, 1.0) if signal.datatype == "boolean" else signal.bounds()
        return Way(
            signal, options.get("closed_value", low), options.get("open_value", high), options["travel_time"]
        )

    def share(self, value: Value) -> float | None:
        """How far open `value` is; None when it is beyond the ends."""
        share = (float(value) - self.closed) / (self.open - self.closed)
        return share if -1e-9 <= share <= 1 + 1e-9 else None

    def value(self, share: float) -> Value:
        """The signal's value at `share`; open is whatever is not closed, where there are only the two."""
        if self.signal.datatype == "boolean":
            return share > 0
        number = self.closed + share * (self.open - self.closed)
        return self.signal.check(round(number) if "int" in self.signal.datatype else round(number, 2))

    def refusal(self) -> str:
        """Why a value beyond the ends cannot be."""
        unit = {"percent": " %"}.get(self.signal.unit, f" {self.signal.unit}" if self.signal.unit else "")
        low, high = sorted((self.closed, self.open))
        return f"this rig reaches only {low:g} to {high:g}{unit}"
