"""What hangs on the pins, as far as a simulation needs to know; read from the same rig.yaml as the vehicle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codriver.errors import FileFormatError
from codriver.yaml_files import load_yaml

_TO_3V3 = "to 3.3 V"


@dataclass(frozen=True, slots=True)
class Contact:
    """A switch on a pin."""

    pin: int
    to_ground: bool


@dataclass(frozen=True, slots=True)
class MotorPart:
    """A motor behind a bridge."""

    name: str
    open_pin: int
    close_pin: int
    inverted: bool
    open_switch: Contact
    closed_switch: Contact
    stall: Contact | None
    travel_time: float


@dataclass(frozen=True, slots=True)
class ContactPart:
    """An output with a contact that closes when it is on, or a contact alone (`pin` is None)."""

    name: str
    contact: Contact
    pin: int | None = None
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything in a rig file that does something by itself."""

    motors: tuple[MotorPart, ...]
    contacts: tuple[ContactPart, ...]
    thermometers: Mapping[str, Path]
    """Name → the file in which the kernel would show its measurement."""
    analog: Mapping[str, int]
    """Name → channel of the MCP3008."""


def read_parts(path: Path) -> Parts:
    """Read a rig file. Raises `FileFormatError` for one that cannot be simulated."""
    document = load_yaml(path)
    try:
        devices: dict[str, dict[str, Any]] = document["devices"]
        return _parts(devices)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileFormatError(
            f"{path} cannot be simulated: {type(error).__name__} {error}; check it with `codriver rig diagram`."
        ) from None


def _parts(devices: Mapping[str, Mapping[str, Any]]) -> Parts:
    motors, contacts, thermometers, analog = [], [], {}, {}
    for name, entry in devices.items():
        kind = entry["type"]
        if kind == "motor":
            motors.append(_motor(name, entry))
        elif kind == "switch":
            contacts.append(ContactPart(name, _contact(entry, "pin")))
        elif "feedback_pin" in entry:
            inverted = bool(entry.get("inverted", False))
            contacts.append(ContactPart(name, _contact(entry, "feedback_pin"), _pin(entry["pin"]), inverted))
        elif kind == "ds18b20":
            folder = Path(entry.get("folder", "/sys/bus/w1/devices"))
            thermometers[name] = folder / entry["id"] / "w1_slave"
        elif kind == "adc":
            analog[name] = int(entry["channel"])
    return Parts(tuple(motors), tuple(contacts), thermometers, analog)


def _motor(name: str, entry: Mapping[str, Any]) -> MotorPart:
    return MotorPart(
        name,
        _pin(entry["open_pin"]),
        _pin(entry["close_pin"]),
        bool(entry.get("inverted", False)),
        _contact(entry, "open_switch"),
        _contact(entry, "closed_switch"),
        _contact(entry, "stall_pin") if "stall_pin" in entry else None,
        float(entry["travel_time"]),
    )


def _contact(entry: Mapping[str, Any], key: str) -> Contact:
    return Contact(_pin(entry[key]), entry.get("switches") != _TO_3V3)


def _pin(raw: object) -> int:
    return int(str(raw).upper().removeprefix("GPIO"))
