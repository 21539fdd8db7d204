"""Trying a rig, device by device: what to do with each, and what a person should then have seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hmi.catalogue.signal import Signal, SignalValue, Value
from hmi.vehicle.base import WriteResult
from hmi.vehicle.gpio.rigfile import Device, Rig
from hmi.vehicle.gpio.vehicle import GpioVehicle

_SHOW = 1.0
"""Seconds for which something stays on, so that it can be seen or heard."""
_COLOURS = ("#FF0000", "#00FF00", "#0000FF")


@dataclass(frozen=True, slots=True)
class Trial:
    """One device to try."""

    device: Device
    changes: tuple[SignalValue, ...]
    """To be written one after the other; none for a sensor."""
    question: str
    """For the person who watches."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one trial, before anybody was asked."""

    trial: Trial
    results: tuple[WriteResult, ...]
    reading: Value | None = None

    @property
    def good(self) -> bool:
        """Every change was proved; for a sensor, there was a reading."""
        return all(result.proved for result in self.results) if self.results else self.reading is not None

    @property
    def problem(self) -> str:
        """What the rig itself noticed; empty when nothing."""
        if self.good:
            return ""
        return next((result.reason for result in self.results if not result.proved), "it cannot be read")


def trials(rig: Rig) -> Iterator[Trial]:
    """One trial for each device, in the order of the file."""
    for device in rig.devices:
        changes, question = _plan(device)
        yield Trial(device, tuple(SignalValue(signal, value) for signal, value in changes), question)


def attempt(vehicle: GpioVehicle, trial: Trial) -> Finding:
    """Do what the trial says, with time to look after each change. Stops at the first that is not proved."""
    if not trial.changes:
        vehicle.clock.wait(lambda: vehicle.read(trial.device.signals["signal"].path) is not None, 2 * _SHOW)
        return Finding(trial, (), vehicle.read(trial.device.signals["signal"].path))
    results: list[WriteResult] = []
    for change in trial.changes:
        results += vehicle.write([change])
        if not results[-1].proved:
            break
        vehicle.clock.wait(lambda: False, _SHOW)
    return Finding(trial, tuple(results))


def _plan(device: Device) -> tuple[list[tuple[Signal, Value]], str]:
    signal = device.signals["signal"]
    name = device.kind.name
    if name == "rgb_led":
        color = device.signals["color"]
        shown: list[tuple[Signal, Value]] = [(signal, True), *((color, colour) for colour in _COLOURS)]
        return [*shown, (signal, False)], "Was it white, red, green, blue, and then dark?"
    if device.kind.moves:
        closed, opened = _ends(device)
        return [(signal, opened), (signal, closed)], "Did it open fully and then close fully?"
    if name in ("fan", "pwm"):
        return _levels(device, signal)
    if device.kind.drives:
        return [(signal, True), (signal, False)], "Did it go on and then off?"
    return [], "Is that right?"


def _ends(device: Device) -> tuple[Value, Value]:
    signal = device.signals["signal"]
    if signal.datatype == "boolean":
        return False, True
    low, high = signal.bounds()
    return device.options.get("closed_value", low), device.options.get("open_value", high)


def _levels(device: Device, signal: Signal) -> tuple[list[tuple[Signal, Value]], str]:
    if signal.allowed:
        table: dict[str, float] = device.options["levels"]
        words = sorted(table, key=lambda word: table[word])
        question = f"Did it go through {', '.join(words)} and back to {words[0]}?"
        return [(signal, word) for word in (*words, words[0])], question
    low, high = signal.bounds()
    middle = signal.check(round((low + high) / 2))
    return [(signal, middle), (signal, high), (signal, low)], "Did it run at half, at full, and then stop?"
