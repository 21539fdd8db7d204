"""What a write comes to when the bus is well, against a scripted ECU in virtual time."""

import pytest
from scripted_ecu import BLIND, COLOUR, LAMP, LEVEL, LIGHT, MODE, SPEED, TEMPERATURE, WINDOW, write, write_one

from codriver.errors import InputError
from hmi.catalogue.signal import Signal
from hmi.vehicle.base import WriteOutcome


def test_a_switch_is_proved_by_its_read_back(rig):
    result = write_one(rig, LIGHT, True)
    assert result.outcome is WriteOutcome.PROVED and result.proved
    assert result.actual is True and result.reason == ""
    assert rig.vehicle.read(LIGHT.path) is True
    assert rig.ecu.values["Light"] == 1


def test_one_message_carries_all_changes_and_leaves_the_rest_alone(rig):
    results = write(rig, (LIGHT, True), (MODE, "FAST"))
    assert [r.outcome for r in results] == [WriteOutcome.PROVED] * 2
    (command,) = rig.ecu.commands
    assert command["Light_Cmd"] == 1 and command["Mode_Cmd"] == 2
    assert command["Window_Cmd"] == 255 and command["Temperature_Cmd"] == 127.5


def test_changes_in_several_messages_go_out_together(rig):
    results = write(rig, (COLOUR, "#ff8000"), (LIGHT, True), (LAMP, True))
    assert [r.outcome for r in results] == [WriteOutcome.PROVED] * 3
    assert results[0].actual == "#FF8000"
    assert max(r.elapsed for r in results) < 0.3


def test_white_is_a_colour_and_not_a_missing_request(rig):
    assert write_one(rig, COLOUR, "#FFFFFF").proved
    assert rig.ecu.colour == 0xFFFFFF


def test_a_text_that_is_no_colour_is_refused_without_sending(rig):
    result = write_one(rig, COLOUR, "reddish")
    assert result.outcome is WriteOutcome.REFUSED
    assert result.reason == "reddish is not a colour such as #FF8800"
    assert rig.ecu.raw_commands == []


def test_a_value_between_two_steps_goes_to_the_nearest(rig):
    result = write_one(rig, TEMPERATURE, 21.3)
    assert result.proved and result.actual == 21.5
    assert result.wanted.value == 21.3


def test_a_value_beyond_the_bus_is_refused_without_sending(rig):
    result = write_one(rig, TEMPERATURE, 38.0)
    assert result.outcome is WriteOutcome.REFUSED
    assert result.reason == "this car cannot take 38.0 celsius"
    assert result.actual == 20.0
    assert rig.ecu.raw_commands == []


def test_a_value_that_is_there_already_needs_a_fresh_frame(rig):
    before = len(rig.ecu.commands)
    rig.ecu.acks = True
    result = write_one(rig, LIGHT, False)
    assert result.proved
    assert len(rig.ecu.commands) == before + 1


def test_an_old_reading_proves_nothing(rig):
    rig.ecu.sends_status = False
    result = write_one(rig, LIGHT, False)
    assert result.outcome is WriteOutcome.SILENT


@pytest.mark.parametrize(
    ("number", "reason"),
    [(3, "the child lock is on"), (8, "its fuse has blown"), (1, "the car does not take this value")],
)
def test_a_refusal_tells_the_reason(rig, number, reason):
    rig.ecu.refuse = {"Window_Cmd": number}
    result = write_one(rig, WINDOW, 40)
    assert result.outcome is WriteOutcome.REFUSED
    assert result.reason == reason
    assert result.actual == 0


def test_a_reason_that_nobody_knows_is_passed_on(rig):
    rig.ecu.refuse = {"Light_Cmd": 11}
    assert write_one(rig, LIGHT, True).reason == "the car refused it (ODD)"


def test_a_refusal_of_one_change_leaves_the_other(rig):
    rig.ecu.refuse = {"Window_Cmd": 3}
    window, light = write(rig, (WINDOW, 40), (LIGHT, True))
    assert window.outcome is WriteOutcome.REFUSED
    assert light.proved


def test_a_refusal_of_the_whole_message_ends_every_change(rig):
    rig.ecu.acks = False
    rig.ecu.obeys = lambda name, value: rig.ecu.ack(256, int(rig.ecu.commands[-1]["Sequence"]), 255, 8)
    window, light = write(rig, (WINDOW, 40), (LIGHT, True))
    assert window.reason == light.reason == "its fuse has blown"


def test_a_momentary_value_is_proved_when_seen_once(rig):
    def blink(name, value):
        rig.ecu.take(name, value)
        rig.clock.call_later(0.001, lambda: rig.ecu.take(name, 0))

    rig.ecu.obeys = blink
    result = write_one(rig, MODE, "FAST")
    assert result.proved and result.actual == "FAST"
    rig.clock.advance(0.3)
    assert rig.vehicle.read(MODE.path) == "OFF"


def test_a_newer_write_supersedes_the_older(rig):
    rig.ecu.obeys = lambda name, value: rig.clock.call_later(0.3, lambda: rig.ecu.move(name, value, step=1))
    newer = []

    def change_mind(progress):
        if not newer:
            rig.ecu.obeys = rig.ecu.take
            newer.extend(write(rig, (WINDOW, 10)))

    older = write_one(rig, WINDOW, 90, on_progress=change_mind)
    assert older.outcome is WriteOutcome.SUPERSEDED
    assert older.reason == "a newer wish took over"
    assert newer[0].proved


def test_of_two_wishes_for_one_signal_the_last_one_counts(rig):
    first, second = write(rig, (MODE, "SLOW"), (MODE, "FAST"))
    assert first.outcome is WriteOutcome.SUPERSEDED
    assert second.proved and second.actual == "FAST"
    assert len(rig.ecu.commands) == 1


def test_nothing_to_write_is_nothing_done(rig):
    assert rig.vehicle.write([]) == []


def test_signals_that_cannot_be_written_are_named(rig):
    unmapped = Signal("Vehicle.Elsewhere", "actuator", "boolean")
    with pytest.raises(InputError, match=r"Vehicle.Elsewhere is not on this vehicle's bus; map it"):
        write(rig, (unmapped, True))
    with pytest.raises(InputError, match=r"Vehicle.Speed is a sensor, which can only be read"):
        write(rig, (SPEED, 12.0))
    with pytest.raises(InputError, match=r"Vehicle.Blind cannot be written: its 'dbc2vss' key"):
        write(rig, (LIGHT, True), (BLIND, True))
    assert rig.ecu.raw_commands == []


def test_a_car_without_answers_is_judged_by_its_read_back(rig):
    lamp, level = write(rig, (LAMP, True), (LEVEL, 70))
    assert lamp.proved and level.proved and level.actual == 70
    assert rig.plain.commands == [{"PlainLampSet": 1, "PlainLevelSet": 70}]


def test_a_car_without_no_request_gets_the_current_values(rig):
    assert write_one(rig, LAMP, True).proved
    assert rig.plain.commands[-1] == {"PlainLampSet": 1, "PlainLevelSet": 10}
    assert rig.plain.values["PlainLevel"] == 10


def test_a_car_without_answers_that_does_not_obey_is_blocked(rig):
    rig.plain.obeys = False
    lamp, level = write(rig, (LAMP, True), (LEVEL, 70))
    assert lamp.outcome is level.outcome is WriteOutcome.BLOCKED
    assert level.actual == 10
