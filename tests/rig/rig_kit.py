"""A rig in virtual time: its file, the vehicle on mock pins, and the simulated hardware behind them."""

from pathlib import Path

import yaml

from codriver.clock import VirtualClock
from firmware_sim.rig.factory import SimulatedRigFactory
from firmware_sim.rig.parts import read_parts
from firmware_sim.rig.plant import Plant
from hmi.catalogue.catalogue import default_catalogue
from hmi.catalogue.signal import SignalValue
from hmi.vehicle.gpio.ports import DirectPins
from hmi.vehicle.gpio.rigfile import load_rig
from hmi.vehicle.gpio.sensors import AnalogInput, Thermometer
from hmi.vehicle.gpio.vehicle import GpioVehicle

CATALOGUE = default_catalogue()

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
OTHER_WINDOW = "Vehicle.Cabin.Door.Row1.PassengerSide.Window.Position"
FAN = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed"
DOME = "Vehicle.Cabin.Light.IsDomeOn"
READING = "Vehicle.Cabin.Light.Spotlight.Row1.DriverSide"
AMBIENT = "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide"
BEAM = "Vehicle.Body.Lights.Beam.Low.IsOn"
HORN = "Vehicle.Body.Horn.IsActive"
VOLUME = "Vehicle.Cabin.Infotainment.Media.Volume"
WIPER = "Vehicle.Body.Windshield.Front.Wiping.Mode"
BELT = "Vehicle.Cabin.Seat.Row1.DriverSide.IsBelted"
INSIDE = "Vehicle.Cabin.HVAC.AmbientAirTemperature"
OUTSIDE = "Vehicle.Exterior.AirTemperature"
SPEED = "Vehicle.Speed"

EXAMPLE = Path(__file__).parents[2] / "hmi" / "vehicle" / "gpio" / "data" / "example-rig.yaml"


def wish(path, value):
    return SignalValue(CATALOGUE[path], value)


def devices(**chosen):
    """Entries of rig.yaml by short names, for files of a test's own."""
    return {"devices": chosen}


def window(**changes):
    entry = {
        "type": "motor",
        "signal": WINDOW,
        "open_pin": 17,
        "close_pin": 27,
        "open_switch": 5,
        "closed_switch": 6,
        "travel_time": 4,
    }
    return {key: value for key, value in (entry | changes).items() if value is not None}


def write_file(folder, document, name="rig.yaml"):
    path = folder / name
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


class Bench:
    """One rig on the bench."""

    def __init__(self, file):
        self.rig = load_rig(file, CATALOGUE)
        self.clock = VirtualClock()
        self.factory = SimulatedRigFactory()
        self.plant = Plant(read_parts(file), self.factory, self.clock)
        self.pins = DirectPins(self.rig.wiring(), self.factory, self.clock)
        sensors = [Thermometer(each) for each in self.rig.devices if each.kind.name == "ds18b20"]
        sensors += [AnalogInput(each, self.factory) for each in self.rig.devices if each.kind.name == "adc"]
        self.vehicle = GpioVehicle(CATALOGUE, self.rig, self.pins, self.clock, sensors)
        self.clock.advance(0.1)

    def write(self, path, value, **options):
        (result,) = self.vehicle.write([wish(path, value)], **options)
        return result

    def place(self, share, name="driver window"):
        self.plant.place(name, share)
        self.clock.advance(0.2)

    def level(self, pin):
        """What is on the wire, from 0 to 1."""
        return float(self.factory.wire(pin).state)

    def close(self):
        self.vehicle.close()
