"""From the settings to a vehicle on a CAN interface, and what a person is told when that cannot be."""

import can
import pytest
from scripted_ecu import CATALOGUE, DBC, LAMP, fresh_channel

from codriver.errors import FileFormatError, InputError, NotFoundError, ResourceError
from codriver.settings import load_settings
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import Signal
from hmi.settings import SETTINGS
from hmi.vehicle import open as opening
from hmi.vehicle.open import open_vehicle


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "own car.dbc"
    path.write_text(DBC)
    return path


def settings(**flags):
    given = {"vehicle.kind": "can"} | {f"vehicle.{key}": str(value) for key, value in flags.items()}
    return load_settings(given, environ={}, files=[], declared=SETTINGS)


def test_a_car_of_ones_own_is_opened_and_read(database, monkeypatch):
    # A second bus answers as soon as the vehicle waits for the first frames.
    channel = fresh_channel()
    with can.Bus(interface="virtual", channel=channel) as car:
        waits = []

        def answer(vehicle, timeout):
            waits.append(timeout)
            car.send(can.Message(arbitration_id=768, data=[0x80 | 30, 0, 0, 0], is_extended_id=False))
            return vehicle.clock.wait(lambda: vehicle.read(LAMP.path) is True, 30.0)

        monkeypatch.setattr("hmi.vehicle.can.CanVehicle.wait_until_seen", answer)
        vehicle = open_vehicle(settings(interface="virtual", channel=channel, dbc=database), CATALOGUE)
        try:
            assert waits == [1.0]
            assert vehicle.read(LAMP.path) is True
            assert vehicle.read("Vehicle.Plain.Level") == 30
        finally:
            vehicle.close()
            vehicle.clock.close()


def test_an_interface_that_does_not_exist_is_one_sentence(database):
    with pytest.raises(ResourceError) as caught:
        open_vehicle(settings(interface="carrier_pigeon", channel="loft", dbc=database), CATALOGUE)
    sentence = str(caught.value)
    assert "'loft'" in sentence and "'carrier_pigeon'" in sentence and "vehicle.interface" in sentence
    assert "\n" not in sentence


def test_a_channel_that_does_not_exist_is_one_sentence(database):
    with pytest.raises(ResourceError, match="The CAN channel 'nosuchcan0' of the interface 'socketcan' cannot be"):
        open_vehicle(settings(interface="socketcan", channel="nosuchcan0", dbc=database), CATALOGUE)


def test_a_missing_database_is_told_before_any_bus_is_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "open_bus", lambda *_: pytest.fail("the bus was opened"))
    with pytest.raises(ResourceError, match="There is no CAN database at"):
        open_vehicle(settings(dbc=tmp_path / "none.dbc"), CATALOGUE)


def test_a_broken_database_is_one_sentence(tmp_path):
    broken = tmp_path / "broken.dbc"
    broken.write_text("BO_ one M: 8 A")
    with pytest.raises(FileFormatError, match=r"broken\.dbc cannot be read as a CAN database"):
        open_vehicle(settings(interface="virtual", channel=fresh_channel(), dbc=broken), CATALOGUE)


def test_a_database_of_another_car_leaves_the_bus(database):
    other = Catalogue([Signal("Vehicle.Other", "actuator", "boolean", extras={"dbc2vss": {"signal": "Nothing"}})])
    channel = fresh_channel()
    with pytest.raises(FileFormatError, match="None of the database's signals is mapped to a VSS signal"):
        open_vehicle(settings(interface="virtual", channel=channel, dbc=database), other)
    found = [config["channel"] for config in can.detect_available_configs("virtual")]
    assert channel not in found


def test_closing_in_real_time_ends_the_reader_thread(database):
    channel = fresh_channel()
    with can.Bus(interface="virtual", channel=channel) as car:
        car.send(can.Message(arbitration_id=768, data=[0, 0, 0, 0], is_extended_id=False))
        vehicle = open_vehicle(settings(interface="virtual", channel=channel, dbc=database), CATALOGUE)
        reader = vehicle._reader
        vehicle.close()
        vehicle.clock.close()
        assert not reader.is_alive()


def test_no_simulation_installed_is_told(monkeypatch):
    monkeypatch.setattr("codriver.simulation.entry_points", lambda group: [])
    with pytest.raises(NotFoundError, match="No simulation 'can' is installed"):
        open_vehicle(load_settings({}, environ={}, files=[], declared=SETTINGS), CATALOGUE)


def test_the_kind_of_vehicle_is_checked():
    with pytest.raises(InputError, match=r"vehicle\.kind"):
        load_settings({"vehicle.kind": "boat"}, environ={}, files=[], declared=SETTINGS)
