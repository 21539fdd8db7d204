"""What a vehicle tells of its bus: values, staleness, changes."""

import logging

import can
import pytest
from scripted_ecu import (
    ANGLE,
    CATALOGUE,
    DATABASE,
    DOORS,
    EVENT,
    LAMP,
    LIGHT,
    MODE,
    MOVING,
    SPEED,
    TEMPERATURE,
    WINDOW,
    fresh_channel,
)

from codriver.clock import VirtualClock
from codriver.errors import NotFoundError
from hmi.catalogue.signal import SignalValue
from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.can import CanVehicle


def test_values_are_read_in_their_own_types(rig):
    rig.ecu.values.update(Speed=87.3, Mode=1, Temperature=21.5, Window=40)
    rig.clock.advance(0.2)
    assert rig.vehicle.read(SPEED.path) == 87.3
    assert rig.vehicle.read(MODE.path) == "SLOW"
    assert rig.vehicle.read(TEMPERATURE.path) == 21.5
    assert rig.vehicle.read(WINDOW.path) == 40 and isinstance(rig.vehicle.read(WINDOW.path), int)
    assert rig.vehicle.read(LIGHT.path) is False
    assert rig.vehicle.read(ANGLE.path) == -12.5
    assert rig.vehicle.read(LAMP.path) is False


def test_one_dbc_signal_may_serve_several_vss_signals(rig):
    assert rig.vehicle.read(MOVING.path) is None
    rig.ecu.values["Light"] = 1
    rig.clock.advance(0.2)
    assert rig.vehicle.read(LIGHT.path) is True and rig.vehicle.read(MOVING.path) is True


def test_the_catalogue_answers_for_facts_that_are_not_on_the_bus(rig):
    assert rig.vehicle.read(DOORS.path) == 4
    assert rig.vehicle.state()[DOORS.path] == 4


def test_an_unknown_path_is_an_error_and_an_unmapped_one_has_no_value(rig):
    with pytest.raises(NotFoundError, match=r"Vehicle\.Windw"):
        rig.vehicle.read("Vehicle.Windw")
    assert rig.vehicle.read("Vehicle.Absent") is None


def test_the_state_holds_what_has_a_value(rig):
    state = rig.vehicle.state()
    assert state[WINDOW.path] == 0 and state[LAMP.path] is False
    assert EVENT.path not in state and "Vehicle.Absent" not in state and MOVING.path not in state


def test_values_grow_stale(rig):
    rig.ecu.sends_status = False
    rig.clock.advance(0.9)
    assert rig.vehicle.read(LIGHT.path) is False
    rig.clock.advance(0.3)
    assert rig.vehicle.read(LIGHT.path) is None
    state = rig.vehicle.state()
    assert LIGHT.path not in state and LAMP.path in state
    rig.ecu.sends_status = True
    rig.clock.advance(0.2)
    assert rig.vehicle.read(LIGHT.path) is False


def test_damaged_frames_do_not_keep_a_value_fresh(rig):
    rig.ecu.spoil = lambda frame_id: frame_id == 512
    rig.ecu.values["Light"] = 1
    rig.clock.advance(0.5)
    assert rig.vehicle.read(LIGHT.path) is False
    rig.clock.advance(1.0)
    assert rig.vehicle.read(LIGHT.path) is None


def test_a_message_without_a_cycle_never_grows_stale(rig):
    rig.buses[1].send(can.Message(arbitration_id=770, data=[77], is_extended_id=False))
    rig.clock.advance(1000)
    assert rig.vehicle.read(EVENT.path) == 77


def test_not_available_is_no_value(rig):
    rig.ecu.values.update(Window=255, Light=3, Mode=7)
    rig.clock.advance(0.2)
    assert rig.vehicle.read(WINDOW.path) is None
    assert rig.vehicle.read(LIGHT.path) is None
    assert rig.vehicle.read(MODE.path) is None
    rig.ecu.values.update(Window=3, Light=1, Mode=1)
    rig.clock.advance(0.2)
    assert rig.vehicle.read(WINDOW.path) == 3


@pytest.mark.parametrize(
    "frame",
    [
        {"data": b"", "is_extended_id": False},
        {"data": bytes(3), "is_extended_id": False},
        {"data": bytes([9] * 4), "is_extended_id": True},
        {"data": b"", "is_extended_id": False, "is_remote_frame": True},
        {"data": bytes([9] * 4), "is_extended_id": False, "is_error_frame": True},
    ],
)
def test_frames_that_are_something_else_change_nothing(rig, frame):
    before = rig.vehicle.state()
    rig.buses[1].send(can.Message(arbitration_id=768, **frame))
    assert rig.vehicle.state() == before


def test_an_ecu_that_restarts_may_count_from_anywhere(rig):
    rig.ecu.sends_status = False
    rig.clock.advance(1.35)
    rig.ecu.values["Light"] = 1
    rig.ecu.counters[512] = (rig.ecu.counters[512] - 1) % 16
    rig.ecu.sends_status = True
    rig.ecu.send_status()
    assert rig.vehicle.read(LIGHT.path) is True


def test_watchers_hear_real_changes_only(rig):
    heard = []
    stop = rig.vehicle.watch(heard.append)
    rig.clock.advance(0.5)
    assert heard == []
    rig.ecu.values.update(Light=1, Window=7)
    rig.clock.advance(0.5)
    assert heard == [{LIGHT.path: True, MOVING.path: True, WINDOW.path: 7}]
    stop()
    rig.ecu.values["Light"] = 0
    rig.clock.advance(0.5)
    assert len(heard) == 1


def test_a_watcher_that_fails_is_dropped_and_the_others_go_on(rig, caplog):
    heard, calls = [], []

    def broken(changes):
        calls.append(changes)
        raise RuntimeError("mistake")

    rig.vehicle.watch(broken)
    rig.vehicle.watch(heard.append)
    with caplog.at_level(logging.ERROR):
        for window in (10, 20):
            rig.ecu.values["Window"] = window
            rig.clock.advance(0.2)
    assert len(calls) == 1 and len(heard) == 2
    assert "a watcher of the vehicle failed and is dropped" in caplog.text


def test_a_vehicle_that_was_never_heard_has_no_state():
    vehicle = CanVehicle(
        CATALOGUE, DATABASE, can.Bus(interface="virtual", channel=fresh_channel()), VirtualClock()
    )
    assert vehicle.state() == {DOORS.path: 4}
    assert not vehicle.wait_until_seen(0.5)
    assert vehicle.clock.now() == 0.5
    vehicle.close()
    vehicle.close()


def unanswered(rig, fall):
    """Write to an ECU that ignores it and whose status goes on until shortly before the write gives up."""
    rig.ecu.acks, rig.ecu.obeys = False, lambda name, value: None
    rig.clock.call_later(0.9, fall)
    return rig.vehicle.write([SignalValue(LIGHT, True)])[0]


def test_a_write_that_went_silent_leaves_no_reading_until_a_fresh_frame(rig):
    assert unanswered(rig, lambda: setattr(rig.ecu, "sends_status", False)).outcome is WriteOutcome.SILENT
    assert rig.vehicle.read(LIGHT.path) is None
    assert LIGHT.path not in rig.vehicle.state()
    rig.ecu.sends_status = True
    rig.ecu.send_status()
    assert rig.vehicle.read(LIGHT.path) is False


def test_a_write_that_ended_corrupted_leaves_no_reading_until_a_valid_frame(rig):
    assert unanswered(rig, lambda: setattr(rig.ecu, "count_by", 0)).outcome is WriteOutcome.CORRUPTED
    assert rig.vehicle.read(LIGHT.path) is None
    rig.clock.advance(0.3)
    assert rig.vehicle.read(LIGHT.path) is None, "an old frame that is repeated proves nothing"
    rig.ecu.count_by = 1
    rig.clock.advance(0.3)
    assert rig.vehicle.read(LIGHT.path) is False
