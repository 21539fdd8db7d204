"""A session on the bus of `codriver sim` in another process, staged from here."""

import os
import signal
import subprocess
import sys

import can
import pytest

from codriver import simulation
from codriver.errors import InputError, NotFoundError, ResourceError
from codriver.settings import load_settings
from codriver.simulation import Fault, join_simulation
from firmware_sim.remote import RemoteSimulation
from hmi.session import open_session
from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.open import bus_arguments
from hmi.vehicle.simulated import SimulatedVehicle

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
DOME = "Vehicle.Cabin.Light.IsDomeOn"
SPEED = "Vehicle.Speed"
PATIENCE = 60.0


def joined_settings(channel, **more):
    flags = {
        "vehicle.kind": "can",
        "vehicle.interface": "udp_multicast",
        "vehicle.channel": channel,
        "vehicle.stage-over-bus": True,
    }
    return load_settings(flags | more, environ={}, files=[])


@pytest.fixture(scope="module")
def channel():
    # A group of this test run alone, so that a simulation of somebody else does not answer.
    channel = f"239.75.{os.getpid() // 250 % 250 + 1}.{os.getpid() % 250 + 1}"
    bus = bus_arguments(joined_settings(channel))
    try:
        with can.Bus(**bus) as sender, can.Bus(**bus) as receiver:
            sender.send(can.Message(arbitration_id=0x6FF, data=b"hello", is_extended_id=False))
            if receiver.recv(1.0) is None:
                pytest.skip("UDP multicast frames do not come back on this computer")
    except (OSError, can.CanError) as error:
        pytest.skip(f"UDP multicast does not work on this computer: {error}")
    return channel


@pytest.fixture(scope="module")
def process(channel):
    code = "from codriver.cli import main; main()"
    arguments = ["sim", "--interface", "udp_multicast", "--channel", channel]
    running = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)
    running.stdout.readline()
    yield running
    running.kill()
    running.communicate()


@pytest.fixture(scope="module")
def session(process, channel):
    with open_session(joined_settings(channel)) as session:
        yield session


@pytest.fixture(autouse=True)
def fresh(request):
    if "session" in request.fixturenames:
        session = request.getfixturevalue("session")
        session.simulation.clear()
        session.reset()


def say(session, text):
    return session.assistant.ask(text, "test", (1, "driver"))


def test_it_is_a_simulated_vehicle_to_everybody(session):
    assert isinstance(session.vehicle, SimulatedVehicle)
    assert isinstance(session.simulation, RemoteSimulation)


def test_a_sentence_moves_the_other_process(session):
    answer = say(session, "turn on the dome light")
    assert answer.outcome == "done"
    assert session.vehicle.read(DOME) is True


def test_scenes_are_staged_over_the_bus(session):
    session.stage({SPEED: 88.5, WINDOW: 70})
    assert session.vehicle.read(SPEED) == 88.5
    assert session.vehicle.read(WINDOW) == 70
    assert "88.5 km/h" in say(session, "how fast are we going?").reply


def test_a_reset_brings_the_factory_state(session):
    session.stage({SPEED: 120, WINDOW: 30})
    session.reset()
    assert session.vehicle.read(SPEED) == 0
    assert session.vehicle.read(WINDOW) == 0


def test_faults_are_injected_over_the_bus(session):
    session.vehicle.inject(Fault("fuse", WINDOW))
    (result,) = session.vehicle.write(say_wish(session, WINDOW, 50))
    assert (result.outcome, result.reason) == (WriteOutcome.REFUSED, "its fuse has blown")
    session.vehicle.clear()
    assert list(session.vehicle.faults()) == []


def say_wish(session, path, value):
    from hmi.catalogue.signal import SignalValue

    return [SignalValue(session.catalogue[path], value)]


def test_what_cannot_be_staged_is_one_sentence(session):
    with pytest.raises(NotFoundError, match=r"Vehicle\.Warp"):
        session.stage({"Vehicle.Warp": 1})
    with pytest.raises(InputError):
        session.stage({WINDOW: 300})


def test_without_the_setting_nothing_can_be_staged(process, channel):
    settings = joined_settings(channel, **{"vehicle.stage-over-bus": False})
    with open_session(settings) as session:
        assert session.simulation is None
        assert session.vehicle.read(WINDOW) is not None
        with pytest.raises(InputError, match="can be staged in the simulated vehicle only"):
            session.stage({SPEED: 10})


def test_z_a_simulation_that_has_ended_is_told(session, process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    with pytest.raises(ResourceError, match="No simulation answers on udp_multicast"):
        session.stage({SPEED: 10})
    vehicle, end = session.vehicle, session.vehicle.clock.now() + PATIENCE
    while vehicle.read(WINDOW) is not None and vehicle.clock.now() < end:
        # That nothing comes any more wakes nobody.
        vehicle.clock.wait(lambda: False, 0.1)
    assert vehicle.read(WINDOW) is None
    (result,) = session.vehicle.write(say_wish(session, WINDOW, 50))
    assert result.outcome is WriteOutcome.SILENT


def test_a_kind_of_simulation_that_is_not_installed_is_told(monkeypatch):
    with pytest.raises(NotFoundError, match=r"No simulation 'bus' is installed \(available: can\)"):
        join_simulation("bus", {})
    monkeypatch.setattr(simulation, "entry_points", lambda group: [])
    with pytest.raises(NotFoundError, match="available: none"):
        join_simulation("can", {})


def test_a_bus_that_cannot_be_opened_is_told():
    with pytest.raises(ResourceError, match="The CAN channel pigeon loft cannot be opened"):
        open_session(joined_settings("loft", **{"vehicle.interface": "pigeon"}))
