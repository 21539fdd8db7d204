"""Writes on a bus with silence, damage and lost frames, and how each of them ends."""

import random

import can
from scripted_ecu import DATABASE, LIGHT, MODE, WINDOW, crc, write_one

from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.frames import checksum, crc8


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
    assert crc8(b"123456789") ^ 0xFF == 0x4B
    assert checksum(0x123, bytes(range(7))) == crc(0x123, bytes(range(7)))
