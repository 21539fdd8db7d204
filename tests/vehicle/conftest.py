import can
import pytest
from scripted_ecu import CATALOGUE, DATABASE, Ecu, PlainEcu, fresh_channel

from codriver.clock import VirtualClock
from hmi.vehicle.can import CanVehicle


class Rig:
    """A vehicle and its two scripted ECUs on one virtual bus."""

    def __init__(self):
        channel = fresh_channel()
        self.channel = channel
        self.clock = VirtualClock()
        self.buses = [can.Bus(interface="virtual", channel=channel) for _ in range(2)]
        self.ecu = Ecu(self.clock, self.buses[0])
        self.plain = PlainEcu(self.clock, self.buses[1])
        self.vehicle = CanVehicle(CATALOGUE, DATABASE, can.Bus(interface="virtual", channel=channel), self.clock)
        self.clock.advance(0.5)

    def close(self):
        self.vehicle.close()
        for bus in self.buses:
            bus.shutdown()


@pytest.fixture
def rig():
    rig = Rig()
    yield rig
    rig.close()
