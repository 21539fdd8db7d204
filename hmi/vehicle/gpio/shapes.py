"""Between the values of signals and the levels of output pins, for devices that follow at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from hmi.catalogue.signal import Signal, Value
from hmi.vehicle.gpio.rigfile import Device

_TONE = 0.5
"""A passive buzzer is loudest when its pulse is as long as the pause."""
_FULL = 255


class Shape(Protocol):
    """What the values of a device's signals mean on its pins."""

    def first(self) -> Mapping[str, Value]:
        """The values to begin with, as far as no level tells them."""

    def levels(self, values: Mapping[str, Value]) -> Mapping[int, float]:
        """Pin → share of "on" for these values."""

    def seen(self, levels: Mapping[int, float], values: Mapping[str, Value]) -> dict[str, Value]:
        """The values that these levels show; what they cannot (the colour of a dark lamp) is as in `values`."""


@dataclass(frozen=True, slots=True)
class Switched:
    """On or off: relay, buzzer."""

    signal: Signal
    pin: int
    on_level: float

    def first(self) -> Mapping[str, Value]:
        """Off."""
        return {self.signal.path: False}

    def levels(self, values: Mapping[str, Value]) -> Mapping[int, float]:
        """The level for on, or 0."""
        return {self.pin: self.on_level if values[self.signal.path] else 0.0}

    def seen(self, levels: Mapping[int, float], values: Mapping[str, Value]) -> dict[str, Value]:
        """On at any level above 0."""
        return {self.signal.path: levels[self.pin] > 0}


@dataclass(frozen=True, slots=True)
class Pulsed:
    """A number between the ends of its range: fan, volume. At the lower end there is no pulse at all."""

    signal: Signal
    pin: int
    lowest: float
    highest: float

    def first(self) -> Mapping[str, Value]:
        """The lower end."""
        return {self.signal.path: self._fit(self.signal.bounds()[0])}

    def levels(self, values: Mapping[str, Value]) -> Mapping[int, float]:
        """The share of the range, within what the device takes."""
        low, high = self.signal.bounds()
        share = (float(values[self.signal.path]) - low) / (high - low)
        return {self.pin: self.lowest + share * (self.highest - self.lowest) if share > 0 else 0.0}

    def seen(self, levels: Mapping[int, float], values: Mapping[str, Value]) -> dict[str, Value]:
        """The number that belongs to the level."""
        low, high = self.signal.bounds()
        level = levels[self.pin]
        share = (level - self.lowest) / (self.highest - self.lowest) if level > 0 else 0.0
        return {self.signal.path: self._fit(low + min(1.0, max(0.0, share)) * (high - low))}

    def _fit(self, number: float) -> Value:
        return self.signal.check(round(number) if "int" in self.signal.datatype else round(number, 2))


@dataclass(frozen=True, slots=True)
class Worded:
    """One of a list of words, each with its level: the speeds of a wiper."""

    signal: Signal
    pin: int
    table: Mapping[str, float]

    def first(self) -> Mapping[str, Value]:
        """The word with the lowest level."""
        return {self.signal.path: min(self.table, key=lambda word: self.table[word])}

    def levels(self, values: Mapping[str, Value]) -> Mapping[int, float]:
        """The level of the word. Raises `KeyError` for a word without one."""
        return {self.pin: self.table[str(values[self.signal.path])]}

    def seen(self, levels: Mapping[int, float], values: Mapping[str, Value]) -> dict[str, Value]:
        """The word whose level is nearest."""
        level = levels[self.pin]
        return {self.signal.path: min(self.table, key=lambda word: abs(self.table[word] - level))}


@dataclass(frozen=True, slots=True)
class Lamp:
    """A light: on or off, and, where it has them, intensity and colour, which it keeps while it is off."""

    on: Signal
    pins: tuple[int, ...]
    """One pin, or those for red, green and blue."""
    intensity: Signal | None = None
    color: Signal | None = None

    def first(self) -> Mapping[str, Value]:
        """Off, and white at full intensity as soon as it is on."""
        values: dict[str, Value] = {self.on.path: False}
        if self.intensity is not None:
            values[self.intensity.path] = self.intensity.check(self.intensity.bounds()[1])
        if self.color is not None:
            values[self.color.path] = "#FFFFFF"
        return values

    def levels(self, values: Mapping[str, Value]) -> Mapping[int, float]:
        """The colour's shares, dimmed."""
        if not values[self.on.path]:
            return dict.fromkeys(self.pins, 0.0)
        bright = 1.0
        if self.intensity is not None:
            bright = float(values[self.intensity.path]) / self.intensity.bounds()[1]
        if self.color is None:
            return dict.fromkeys(self.pins, bright)
        number = int(str(values[self.color.path])[1:], 16)
        parts = (number >> 16, number >> 8 & _FULL, number & _FULL)
        return {pin: bright * part / _FULL for pin, part in zip(self.pins, parts, strict=True)}

    def seen(self, levels: Mapping[int, float], values: Mapping[str, Value]) -> dict[str, Value]:
        """On when any of its pins is; the rest is remembered."""
        return {**values, self.on.path: any(levels[pin] > 0 for pin in self.pins)}


def shape_of(device: Device) -> Shape:
    """The shape of a device that follows at once."""
    signal, options = device.signals["signal"], device.options
    pin = device.pins.get("pin", -1)
    if device.kind.name in ("led", "rgb_led"):
        pins = tuple(device.pins[key] for key in device.kind.outputs)
        return Lamp(signal, pins, device.signals.get("intensity"), device.signals.get("color"))
    if device.kind.name in ("fan", "pwm"):
        if signal.allowed:
            return Worded(signal, pin, {word: percent / 100 for word, percent in options["levels"].items()})
        return Pulsed(signal, pin, options["lowest"] / 100, options["highest"] / 100)
    return Switched(signal, pin, _TONE if options.get("frequency") else 1.0)
