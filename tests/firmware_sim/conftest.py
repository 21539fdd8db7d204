"""A simulation in virtual time with a tester on its bus."""

import can
import pytest
from sim_rig import Rig

from firmware_sim.simulation import start


@pytest.fixture
def rig():
    simulation = start(virtual_time=True)
    bus = can.Bus(receive_own_messages=False, **simulation.bus)
    rig = Rig(simulation, bus)
    rig.wait(1.1)
    rig.frames.clear()
    yield rig
    simulation.close()
    bus.shutdown()
