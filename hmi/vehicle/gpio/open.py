"""From the settings to a rig that is ready: file, guardian, sensors, vehicle."""

from __future__ import annotations

from pathlib import Path

from codriver.clock import RealClock
from codriver.settings import Settings
from hmi.catalogue.catalogue import Catalogue
from hmi.settings import RIG_FILE, RIG_PINS
from hmi.vehicle.gpio.factories import open_factory
from hmi.vehicle.gpio.guarded import GuardedPins
from hmi.vehicle.gpio.rigfile import Rig, load_rig
from hmi.vehicle.gpio.sensors import AnalogInput, Sensor, Thermometer
from hmi.vehicle.gpio.vehicle import GpioVehicle


def rig_of(settings: Settings, catalogue: Catalogue) -> Rig:
    """The rig file that `settings` name. Raises `ResourceError` and `FileFormatError` as `load_rig` does."""
    return load_rig(Path(settings[RIG_FILE]).expanduser(), catalogue)


def open_rig(settings: Settings, catalogue: Catalogue) -> GpioVehicle:
    """The rig that `settings` describe, its pins in the hands of a guardian process.

    Raises `ResourceError` for a missing file, pin factory or pin, and `FileFormatError` for a mistake in the file.
    """
    rig = rig_of(settings, catalogue)
    # A pin factory that plays the rig wants to know what hangs on the pins.
    pins = GuardedPins(rig.wiring(), settings[RIG_PINS], {RIG_FILE.variable: str(rig.file.resolve())})
    try:
        return GpioVehicle(catalogue, rig, pins, RealClock(), open_sensors(rig, settings[RIG_PINS]))
    except BaseException:
        pins.close()
        raise


def open_sensors(rig: Rig, factory: str) -> list[Sensor]:
    """Thermometers and analogue inputs of the rig. They are only read, so this process reads them itself."""
    sensors: list[Sensor] = [Thermometer(device) for device in rig.devices if device.kind.name == "ds18b20"]
    analog = [device for device in rig.devices if device.kind.name == "adc"]
    if analog:
        opened = open_factory(factory)
        sensors += [AnalogInput(device, opened) for device in analog]
    return sensors
