"""Every way in which a write can end, against a scripted ECU in virtual time."""

import random

import can
import pytest
from scripted_ecu import BLIND, COLOUR, DATABASE, LAMP, LEVEL, LIGHT, MODE, SPEED, TEMPERATURE, WINDOW, crc

from codriver.errors import InputError
from hmi.catalogue.signal import Signal, SignalValue
from hmi.vehicle.base import WriteOutcome


def write(rig, *pairs, **options):
    return rig.vehicle.write([SignalValue(signal, value) for signal, value in pairs], **options)


def write_one(rig, signal, value, **options):
    (result,) = write(rig, (signal, value), **options)
    return result


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


def test_a_slow_actuator_reports_progress_and_is_proved_at_the_end(rig):
    rig.ecu.obeys = lambda name, value: rig.ecu.move(name, value, step=2)
    seen = []
    result = write_one(rig, WINDOW, 60, on_progress=lambda progress: seen.append(progress.actual))
    assert result.proved and result.actual == 60
    assert 2.5 < result.elapsed < 3.5
    assert seen == sorted(seen) and len(seen) > 20
    assert all(0 < actual < 60 for actual in seen)


def test_movements_run_side_by_side(rig):
    rig.ecu.obeys = lambda name, value: (
        rig.ecu.move(name, value) if name == "Window" else rig.ecu.take(name, value)
    )
    window, light = write(rig, (WINDOW, 100), (LIGHT, True))
    assert window.proved and light.proved
    assert light.elapsed < 0.2 < 1.5 < window.elapsed


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


def test_an_actuator_that_never_moves_is_blocked(rig):
    rig.ecu.obeys = lambda name, value: None
    result = write_one(rig, WINDOW, 40)
    assert result.outcome is WriteOutcome.BLOCKED
    assert result.reason == "it does not react"
    assert result.actual == 0
    assert 1.0 < result.elapsed < 1.5


def test_a_switch_that_never_switches_is_blocked(rig):
    rig.ecu.obeys = lambda name, value: None
    result = write_one(rig, LIGHT, True)
    assert result.outcome is WriteOutcome.BLOCKED and result.actual is False


@pytest.mark.parametrize(
    ("jam", "reason"),
    [
        (3, "something is in the way"),
        (4, "it is stuck"),
        (5, "it lost its power"),
        (0, "it stopped on the way"),
    ],
)
def test_a_movement_that_stops_is_blocked_where_it_stands(rig, jam, reason):
    rig.ecu.obeys = lambda name, value: rig.ecu.move(name, value, stop_at=30, jam=jam)
    result = write_one(rig, WINDOW, 80)
    assert result.outcome is WriteOutcome.BLOCKED
    assert result.reason == reason
    assert result.actual == 30


def test_a_pinched_window_is_reported_where_it_came_to_rest(rig):
    rig.ecu.values["Window"] = 100
    rig.clock.advance(0.2)

    def close(name, value):
        rig.ecu.move(name, value, stop_at=40)
        rig.clock.call_later(1.3, lambda: rig.ecu.values.update(Window=45))
        rig.clock.call_later(1.4, lambda: rig.ecu.values.update(Window=50))

    rig.ecu.obeys = close
    result = write_one(rig, WINDOW, 0)
    assert result.outcome is WriteOutcome.BLOCKED and result.reason == "something is in the way"
    assert result.actual == 50


def test_the_jam_of_an_earlier_movement_does_not_count(rig):
    rig.ecu.values.update(Window=30, Window_Motion=3)
    rig.clock.advance(0.2)
    rig.ecu.obeys = lambda name, value: rig.clock.call_later(0.3, lambda: rig.ecu.move(name, value))
    assert write_one(rig, WINDOW, 60).proved


def test_silence_from_the_start(rig):
    rig.ecu.sends_status = False
    rig.ecu.deaf_for = 100
    result = write_one(rig, LIGHT, True)
    assert result.outcome is WriteOutcome.SILENT
    assert result.reason == "its control unit does not answer"
    assert len(rig.ecu.raw_commands) == 3
    assert result.elapsed < 2


def test_silence_on_the_way(rig):
    rig.ecu.obeys = rig.ecu.move
    rig.clock.call_later(0.8, lambda: setattr(rig.ecu, "sends_status", False))
    result = write_one(rig, WINDOW, 100)
    assert result.outcome is WriteOutcome.SILENT
    assert result.reason == "its control unit has gone silent"
    assert 0 < result.actual < 100
    assert result.elapsed < 3


def test_an_ecu_that_answers_and_has_never_sent_a_status_is_silent(rig):
    rig.ecu.sends_status = False
    rig.vehicle.close()
    rig.vehicle = type(rig.vehicle)(
        rig.vehicle._catalogue, DATABASE, can.Bus(interface="virtual", channel=rig.channel), rig.clock
    )
    result = write_one(rig, LIGHT, True)
    assert result.outcome is WriteOutcome.SILENT and result.actual is None


def test_damage_from_the_start(rig):
    rig.ecu.spoil = lambda frame_id: True
    result = write_one(rig, LIGHT, True)
    assert result.outcome is WriteOutcome.CORRUPTED
    assert result.reason == "its messages arrive damaged"
    assert result.actual is False


def test_damage_on_the_way(rig):
    rig.ecu.obeys = rig.ecu.move
    rig.clock.call_later(0.8, lambda: setattr(rig.ecu, "spoil", lambda frame_id: True))
    result = write_one(rig, WINDOW, 100)
    assert result.outcome is WriteOutcome.CORRUPTED
    assert 0 < result.actual < 100


def test_some_damaged_frames_do_not_matter(rig):
    chance = random.Random(7)
    rig.ecu.spoil = lambda frame_id: chance.random() < 0.4
    rig.ecu.obeys = rig.ecu.move
    assert write_one(rig, WINDOW, 50).proved


def test_a_standing_alive_counter_is_damage(rig):
    rig.ecu.count_by = 0
    rig.clock.advance(0.2)
    result = write_one(rig, LIGHT, True)
    assert result.outcome is WriteOutcome.CORRUPTED


def test_skipped_counters_are_lost_frames_and_fine(rig):
    rig.ecu.count_by = 5
    assert write_one(rig, LIGHT, True).proved


def test_a_lost_command_is_sent_again_with_a_new_sequence(rig):
    rig.ecu.deaf_for = 1
    result = write_one(rig, LIGHT, True)
    assert result.proved
    first, second = rig.ecu.raw_commands
    sequences = [DATABASE.decode_message(256, bytes(m.data))["Sequence"] for m in (first, second)]
    counters = [DATABASE.decode_message(256, bytes(m.data))["AliveCounter"] for m in (first, second)]
    assert sequences[1] == sequences[0] + 1 and counters[1] == counters[0] + 1


def test_a_lost_answer_does_not_send_a_switch_twice(rig):
    rig.ecu.spoil = lambda frame_id: frame_id == 384
    result = write_one(rig, MODE, "FAST")
    assert result.proved
    assert len(rig.ecu.commands) == 1


def test_lost_answers_of_a_movement_are_made_up_for_by_the_read_back(rig):
    rig.ecu.acks = False
    rig.ecu.obeys = lambda name, value: rig.ecu.move(name, value, step=1)
    running = []

    def start_once(name, value):
        if not running:
            running.append(name)
            rig.ecu.move(name, value)

    rig.ecu.obeys = start_once
    result = write_one(rig, WINDOW, 100)
    assert result.proved


def test_an_answer_to_an_earlier_sending_counts(rig):
    rig.ecu.acks = False

    def late(name, value):
        number = int(rig.ecu.commands[-1]["Sequence"])
        rig.clock.call_later(0.5, lambda: rig.ecu.ack(256, number, 0))
        rig.clock.call_later(0.5, lambda: rig.ecu.take(name, value))

    rig.ecu.obeys = late
    assert write_one(rig, WINDOW, 40).proved


def test_answers_to_other_commands_are_ignored(rig):
    rig.ecu.acks = False
    rig.ecu.obeys = lambda name, value: rig.ecu.ack(256, int(rig.ecu.commands[-1]["Sequence"]) ^ 0x40, 8)
    result = write_one(rig, LIGHT, True)
    assert result.outcome is WriteOutcome.SILENT


def test_a_command_that_arrives_damaged_is_sent_again(rig):
    rig.ecu.acks = False
    tries = []

    def complain_once(name, value):
        tries.append(value)
        number = int(rig.ecu.commands[-1]["Sequence"])
        if len(tries) == 1:
            rig.ecu.ack(256, number, 255, 9)
        else:
            rig.ecu.ack(256, number, 8)
            rig.ecu.take(name, value)

    rig.ecu.obeys = complain_once
    result = write_one(rig, LIGHT, True)
    assert result.proved and len(tries) == 2


def test_commands_that_never_arrive_whole_are_corrupted(rig):
    rig.ecu.acks = False
    rig.ecu.obeys = lambda name, value: rig.ecu.ack(256, int(rig.ecu.commands[-1]["Sequence"]), 255, 9)
    result = write_one(rig, LIGHT, True)
    assert result.outcome is WriteOutcome.CORRUPTED
    assert len(rig.ecu.commands) == 3


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


def test_a_bus_that_takes_nothing_is_silence_with_a_reason(rig, monkeypatch):
    def broken(message):
        raise can.CanOperationError("bus off")

    monkeypatch.setattr(rig.vehicle._commands, "_send", broken)
    result = write_one(rig, LIGHT, True)
    assert result.outcome is WriteOutcome.SILENT
    assert result.reason == "the bus does not take the command"


def test_closing_ends_a_write_that_is_under_way(rig):
    rig.ecu.obeys = lambda name, value: rig.clock.call_later(0.2, rig.vehicle.close)
    result = write_one(rig, LIGHT, True)
    assert result.outcome is WriteOutcome.SILENT
    assert result.reason == "the connection to the vehicle is closed"


def test_the_checksum_is_sae_j1850():
    # The published check value of the algorithm: "123456789" gives 0x4B.
    from hmi.vehicle.frames import checksum, crc8

    assert crc8(b"123456789") ^ 0xFF == 0x4B
    assert checksum(0x123, bytes(range(7))) == crc(0x123, bytes(range(7)))
