"""Sensors: contacts that the owner of the pins reads; thermometers and analogue inputs that are asked in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from codriver.errors import InputError, ResourceError
from hmi.catalogue.signal import Signal, Value
from hmi.vehicle.gpio.desk import Wish
from hmi.vehicle.gpio.rigfile import Device
from hmi.vehicle.gpio.wiring import Report

if TYPE_CHECKING:
    from gpiozero.pins import Factory

_RANGE = (-55.0, 125.0)
"""Degrees that a DS18B20 can measure."""
_POWER_ON = 85.0
"""What a DS18B20 tells before its first measurement; a cabin does not have it."""


class ContactStation:
    """A contact that is only read; implements `hmi.vehicle.gpio.desk.Station`."""

    def __init__(self, device: Device, report: Report) -> None:
        self._path = device.signals["signal"].path
        self._pin = device.pins["pin"]
        self._inverted = device.options["inverted"]
        self._value: bool | None = None
        self.on_report(report)

    @property
    def paths(self) -> Sequence[str]:
        """Its one signal."""
        return (self._path,)

    def values(self) -> Mapping[str, Value | None]:
        """Whether the contact is closed (or open, where that is what true means)."""
        return {self._path: self._value}

    def command(self, wish: Wish) -> None:
        """Never called: the vehicle writes to no contact."""
        raise InputError(f"{wish.target.path} is only read on this rig.")

    def on_report(self, report: Report) -> None:
        """Take the contact's state."""
        closed = report.inputs.get(self._pin)
        self._value = None if closed is None else closed != self._inverted

    def on_trip(self, report: Report) -> None:
        """A contact has no safe state; it is as it is."""
        self.on_report(report)


class Sensor(Protocol):
    """Something that is asked for a number once in a while. Asking may take most of a second."""

    signal: Signal

    def read(self) -> Value | None:
        """The value now; None when the sensor cannot be read."""

    def close(self) -> None:
        """Give back what it holds."""


class Thermometer:
    """A DS18B20, as the kernel's 1-wire driver shows it."""

    def __init__(self, device: Device) -> None:
        self.signal = device.signals["signal"]
        self._file = Path(device.options["folder"]) / device.options["id"] / "w1_slave"
        self._offset = device.options["offset"]

    def read(self) -> Value | None:
        """The temperature; None when it is unplugged or its answer is damaged."""
        try:
            text = self._file.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return None
        checked, _, number = text.partition("t=")
        if "YES" not in checked:
            return None
        try:
            degrees = int(number) / 1000
        except ValueError:
            return None
        if degrees == _POWER_ON or not _RANGE[0] <= degrees <= _RANGE[1]:
            return None
        return _fit(self.signal, degrees + self._offset)

    def close(self) -> None:
        """Nothing is held."""


class AnalogInput:
    """One input of an MCP3008."""

    def __init__(self, device: Device, factory: Factory) -> None:
        """Raises `ResourceError` when the SPI bus cannot be had."""
        from gpiozero import MCP3008
        from gpiozero import Device as AnyDevice
        from gpiozero.exc import GPIOZeroError

        self.signal = device.signals["signal"]
        self._options = device.options
        if AnyDevice.pin_factory is None:
            # gpiozero's own SPI bus in software asks for the default factory instead of the one it is given.
            AnyDevice.pin_factory = factory
        try:
            self._chip: Any = MCP3008(
                channel=int(device.options["channel"]),
                max_voltage=device.options["reference"],
                pin_factory=factory,
            )
        except (GPIOZeroError, OSError, RuntimeError, ImportError) as error:
            cause = " ".join(str(error).split()).rstrip(".") or type(error).__name__
            raise ResourceError(
                f"The MCP3008 of {device.name!r} cannot be reached ({cause}); switch SPI on with raspi-config."
            ) from None

    def read(self) -> Value | None:
        """The value that belongs to the voltage; None outside of what the signal can be."""
        volts: float = self._chip.voltage
        return _fit(self.signal, self._options["at_0_volts"] + volts * self._options["per_volt"])

    def close(self) -> None:
        """Give the bus back."""
        self._chip.close()


def _fit(signal: Signal, number: float) -> Value | None:
    try:
        return signal.check(round(number) if "int" in signal.datatype else round(number, 1))
    except InputError:
        return None
