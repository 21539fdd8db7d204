"""rig.yaml: which signal hangs on which pins. Reading it finds every mistake before a pin is touched."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codriver.errors import FileFormatError, InputError, ResourceError
from codriver.yaml_files import load_yaml
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import Signal, Value
from hmi.vehicle.gpio import board
from hmi.vehicle.gpio.kinds import KINDS, Kind, Option
from hmi.vehicle.gpio.wiring import Input, Interlock, Output, Wiring

_WATCHDOG = (0.1, 5.0)
_DEFAULT_WATCHDOG = 0.5
_LIMIT_FACTOR = 1.5
_LIMIT_MARGIN = 1.0
"""A motor may run for its travel time by this factor and this margin (seconds) before it is stopped for good."""


@dataclass(frozen=True, slots=True)
class Device:
    """One device of the rig: its signals, pins and numbers by the names that rig.yaml gives them."""

    name: str
    kind: Kind
    signals: Mapping[str, Signal]
    pins: Mapping[str, int]
    options: Mapping[str, Any]

    @property
    def safe(self) -> bool:
        """The outputs are on in the safe state."""
        return self.options.get("safe") == "on"


@dataclass(frozen=True, slots=True)
class Rig:
    """A whole rig.yaml, checked."""

    file: Path
    devices: tuple[Device, ...]
    assumed: Mapping[str, Value] = field(default_factory=dict)
    """Values of signals that the rig cannot sense, by path ("it stands still")."""
    watchdog: float = _DEFAULT_WATCHDOG

    def wiring(self) -> Wiring:
        """What the owner of the pins has to know."""
        outputs, inputs, interlocks = [], [], []
        for device in self.devices:
            for key in device.kind.outputs:
                if key in device.pins:
                    frequency = _frequency(device)
                    inverted = device.options.get("inverted", False)
                    outputs.append(Output(device.pins[key], device.safe, inverted, frequency))
            to_ground = device.options.get("switches") != "to 3.3 V"
            inputs += [Input(device.pins[key], to_ground) for key in device.kind.inputs if key in device.pins]
            if device.kind.name == "motor":
                interlocks.append(_interlock(device))
        return Wiring(tuple(outputs), tuple(inputs), tuple(interlocks), self.watchdog)


def _frequency(device: Device) -> float:
    """Hertz of the pulses; a light that cannot be dimmed is only switched."""
    if device.kind.name == "led" and "intensity" not in device.signals:
        return 0.0
    return float(device.options.get("frequency", 0.0))


def _interlock(device: Device) -> Interlock:
    pins = device.pins
    return Interlock(
        pins["open_pin"],
        pins["close_pin"],
        pins["open_switch"],
        pins["closed_switch"],
        pins.get("stall_pin"),
        device.options["travel_time"] * _LIMIT_FACTOR + _LIMIT_MARGIN,
    )


def load_rig(path: Path, catalogue: Catalogue) -> Rig:
    """Read and check a rig file.

    Raises `ResourceError` when there is none and `FileFormatError` naming the file, the device, the key, the
    problem and the remedy for the first mistake in it.
    """
    if not path.is_file():
        raise ResourceError(f"There is no rig file at {path}; write one (see docs/rig.md) and set rig.file to it.")
    document = load_yaml(path)
    if not isinstance(document, dict) or not isinstance(document.get("devices"), dict) or not document["devices"]:
        raise FileFormatError(f"{path}: a rig file needs 'devices:' with at least one device under it.")
    return _Reader(path, catalogue).read(document)


class _Reader:
    """Reads one file; knows which pins and signals are taken."""

    def __init__(self, path: Path, catalogue: Catalogue) -> None:
        self._path = path
        self._catalogue = catalogue
        self._pins: dict[int, str] = {}
        self._signals: dict[str, str] = {}

    def read(self, document: Mapping[Any, Any]) -> Rig:
        unknown = set(document) - {"devices", "assumed", "watchdog"}
        if unknown:
            key = min(map(str, unknown))
            raise self._problem("top level", f"there is no key {key!r}; use devices, assumed and watchdog.")
        watchdog = self._number("watchdog", document.get("watchdog", _DEFAULT_WATCHDOG), *_WATCHDOG)
        devices = tuple(self._device(str(name), entry) for name, entry in document["devices"].items())
        return Rig(self._path, devices, self._assumed(document.get("assumed") or {}), watchdog)

    def _problem(self, where: str, problem: str) -> FileFormatError:
        return FileFormatError(f"{self._path}: {where}: {problem}")

    def _device(self, name: str, entry: object) -> Device:
        if not isinstance(entry, dict):
            raise self._problem(name, "a device is a list of keys such as 'type: led'.")
        kind = KINDS.get(str(entry.get("type")))
        if kind is None:
            given = f"{entry['type']!r}" if "type" in entry else "missing"
            raise self._problem(name, f"the type is {given}; use one of {', '.join(KINDS)}.")
        allowed = {"type", *kind.signals, *kind.outputs, *kind.inputs, *kind.options}
        for key in entry:
            if key not in allowed:
                raise self._problem(
                    name, f"{kind.called} has no key {key!r}; it takes {', '.join(sorted(allowed))}."
                )
        for key, reason in kind.required.items():
            if key not in entry:
                raise self._problem(name, f"the key {key!r} is missing: {reason}.")
        options = self._options(name, kind, entry)
        signals = {key: self._signal(name, kind, key, entry[key]) for key in kind.signals if key in entry}
        pins = {key: self._pin(name, key, entry[key]) for key in (*kind.outputs, *kind.inputs) if key in entry}
        device = Device(name, kind, signals, pins, options)
        self._check_pins(device)
        self._check_options(device)
        return device

    # Signals

    def _signal(self, name: str, kind: Kind, key: str, path: object) -> Signal:
        where = f"{name}: {key}"
        if not isinstance(path, str) or path not in self._catalogue:
            raise self._problem(where, f"there is no signal {path!r}; `codriver signals` lists them.")
        signal = self._catalogue[path]
        if signal.path in self._signals:
            other = self._signals[signal.path]
            raise self._problem(where, f"{signal.path} belongs to {other!r} already; a signal has one device.")
        role = kind.signals[key]
        if kind.drives and not signal.writable:
            raise self._problem(
                where, f"{signal.path} is a {signal.type} and cannot be moved by {kind.called}; use an actuator."
            )
        if not role.fits(signal):
            raise self._problem(where, f"{signal.path} is {_sort(signal)}, but {kind.called} needs {role.needs}.")
        self._signals[signal.path] = name
        return signal

    def _assumed(self, entries: object) -> dict[str, Value]:
        if not isinstance(entries, dict):
            raise self._problem("assumed", "write one 'path: value' per line.")
        assumed = {}
        for path, value in entries.items():
            if path not in self._catalogue:
                raise self._problem("assumed", f"there is no signal {path!r}; `codriver signals` lists them.")
            if path in self._signals:
                raise self._problem(
                    "assumed", f"{path} is what {self._signals[path]!r} reads or moves; take it out here."
                )
            try:
                assumed[path] = self._catalogue[path].check(value)
            except InputError as error:
                raise self._problem("assumed", str(error)) from None
        return assumed

    # Pins

    def _pin(self, name: str, key: str, raw: object) -> int:
        where = f"{name}: {key}"
        text = raw.upper().removeprefix("GPIO") if isinstance(raw, str) else raw
        pin: object = int(text) if isinstance(text, str) and text.isdecimal() else text
        if not isinstance(pin, int) or isinstance(pin, bool) or pin not in board.POSITIONS:
            raise self._problem(
                where, f"there is no pin {raw!r}; use a GPIO number from {board.USABLE[0]} to {board.USABLE[-1]}."
            )
        if pin in board.EEPROM:
            raise self._problem(where, f"GPIO{pin} belongs to the EEPROM of add-on boards; use GPIO2 to GPIO27.")
        if pin in self._pins:
            raise self._problem(where, f"GPIO{pin} is used by {self._pins[pin]} already; give each its own pin.")
        self._pins[pin] = f"{name!r} ({key})"
        return pin

    def _check_pins(self, device: Device) -> None:
        if device.kind.name == "adc":
            for pin in sorted(board.SPI):
                self._reserve(device, pin, "SPI", {"adc"})
        if device.kind.name == "ds18b20":
            self._reserve(device, int(device.options["bus_pin"]), "1-wire", {"ds18b20"})
        if device.options.get("switches") == "to 3.3 V":
            for key in device.kind.inputs:
                if device.pins.get(key) in board.FIXED_PULL_UP:
                    problem = f"GPIO{device.pins[key]} has a resistor to 3.3 V on the board; use another pin."
                    raise self._problem(f"{device.name}: {key}", problem)

    def _reserve(self, device: Device, pin: int, bus: str, sharers: set[str]) -> None:
        mark = f"the {bus} bus"
        if self._pins.setdefault(pin, mark) != mark:
            raise self._problem(
                device.name,
                f"{device.kind.called} needs GPIO{pin} for {mark}, which {self._pins[pin]} uses already; "
                f"move that one.",
            )

    # Numbers and choices

    def _options(self, name: str, kind: Kind, entry: Mapping[str, Any]) -> dict[str, Any]:
        return {
            key: self._option(f"{name}: {key}", option, entry[key]) if key in entry else option.default
            for key, option in kind.options.items()
            if key in entry or option.default is not None
        }

    def _option(self, where: str, option: Option, raw: object) -> Any:
        if option.choices:
            if raw not in option.choices:
                raise self._problem(where, f"{raw!r} is not possible; use {' or '.join(option.choices)}.")
            return raw
        if isinstance(option.default, bool):
            if not isinstance(raw, bool):
                raise self._problem(where, f"it is true or false, not {raw!r}.")
            return raw
        if option.of is str:
            if not isinstance(raw, str) or not raw:
                raise self._problem(where, f"it is a text, not {raw!r}.")
            return raw
        if option.of is dict:
            return self._levels(where, raw)
        number = self._number(where, raw, option.minimum, option.maximum, option.above)
        if option.of is int and number != int(number):
            raise self._problem(where, f"{number:g} is not possible; use a whole number.")
        return option.of(number)

    def _number(self, where: str, raw: object, low: float, high: float, above: bool = False) -> float:
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
            raise self._problem(where, f"it is a number, not {raw!r}.")
        if not low <= raw <= high or (above and raw == low):
            limits = f"above {low:g} and at most {high:g}" if above else f"from {low:g} to {high:g}"
            raise self._problem(where, f"{raw:g} is not possible; use a number {limits}.")
        return float(raw)

    def _levels(self, where: str, raw: object) -> dict[str, float]:
        if not isinstance(raw, dict) or not raw:
            raise self._problem(where, "write one 'VALUE: percent' per line.")
        return {str(value): self._number(f"{where}: {value}", percent, 0, 100) for value, percent in raw.items()}

    def _check_options(self, device: Device) -> None:
        options, signal = device.options, device.signals.get("signal")
        levels = options.get("levels")
        if device.kind.name in ("fan", "pwm") and signal is not None:
            if bool(signal.allowed) != (levels is not None):
                need = "needs" if signal.allowed else "cannot have"
                raise self._problem(
                    f"{device.name}: levels", f"{signal.path} is {_sort(signal)} and {need} a list of levels."
                )
            for value in levels or ():
                if value not in signal.allowed:
                    choices = ", ".join(map(str, signal.allowed))
                    raise self._problem(
                        f"{device.name}: levels", f"{signal.path} cannot be {value!r}; it can be {choices}."
                    )
        for low, high in (("shortest_pulse", "longest_pulse"), ("lowest", "highest")):
            if low in options and high in options and options[low] >= options[high]:
                raise self._problem(
                    f"{device.name}: {low}", f"{options[low]:g} must be less than {high}, {options[high]:g}."
                )
        if device.kind.moves and signal is not None:
            self._check_travel(device, signal)

    def _check_travel(self, device: Device, signal: Signal) -> None:
        if signal.datatype == "boolean":
            return
        low, high = signal.bounds()
        for key in ("closed_value", "open_value"):
            value = device.options.get(key)
            if value is not None and not low <= value <= high:
                raise self._problem(
                    f"{device.name}: {key}", f"{signal.path} goes from {low:g} to {high:g}, not to {value:g}."
                )
        ends = device.options.get("closed_value", low), device.options.get("open_value", high)
        if not all(map(math.isfinite, ends)) or ends[0] == ends[1]:
            raise self._problem(
                device.name, f"{signal.path} has no two ends; give closed_value and open_value that differ."
            )


def _sort(signal: Signal) -> str:
    if signal.datatype == "boolean":
        return "true or false"
    if signal.datatype == "string":
        return "one of a list of words" if signal.allowed else "a text"
    return "a number"
