"""Cycles, alive counters, checksums, acknowledgements: what anybody on the bus can rely on."""

from itertools import pairwise

import can
import pytest
from sim_rig import DATABASE, crc8

WINDOW = "WindowPosRow1DriverSide"


def test_every_status_message_comes_by_its_cycle(rig):
    rig.wait(10)
    for message in DATABASE.messages:
        if "_Status_" in message.name:
            times = [at for at, _ in rig.of(message.name)]
            assert len(times) == pytest.approx(10_000 / message.cycle_time, abs=1), message.name


def test_every_frame_has_a_right_checksum_and_the_next_counter(rig):
    rig.command(WindowPosRow1DriverSide=60, DomeLight=1)
    rig.wait(10)
    last = {}
    assert len(rig.frames) > 300
    for _, name, data in rig.frames:
        message = DATABASE.get_message_by_name(name)
        assert data[7] == crc8(message.frame_id.to_bytes(2, "big") + data[:7])
        counter = data[6] & 0xF
        assert name not in last or counter == (last[name] + 1) % 16
        last[name] = counter


def test_a_moving_thing_is_reported_by_the_fast_cycle(rig):
    rig.command(WindowPosRow1DriverSide=100)
    rig.frames.clear()
    rig.wait(3.05)
    times = [at for at, _ in rig.of("DOORS_Status_Windows")]
    assert len(times) == 30
    assert [later - earlier for earlier, later in pairwise(times)] == [pytest.approx(0.1)] * 29


def test_ack_comes_before_the_status_that_shows_the_change(rig):
    rig.command(DomeLight=1)
    names = [name for _, name, _ in rig.frames]
    assert names.index("LIGHTS_Ack") < names.index("LIGHTS_Status_Interior")
    assert rig.values["DomeLight"] == 1


def test_changes_are_sent_at_once_but_not_faster_than_every_20_ms(rig):
    for value in range(1, 6):
        rig.command(RearviewDimming=value * 10)
    rig.wait(0.1)
    times = [at for at, _ in rig.of("BODY_Status_Cockpit")]
    assert [later - earlier for earlier, later in pairwise(times)] == [pytest.approx(0.02)]
    assert rig.values["RearviewDimming"] == 50


def test_one_ack_for_each_requested_signal_with_the_senders_sequence(rig):
    acks = rig.command(WindowPosRow1DriverSide=10, WindowPosRow2PassengerSide=20)
    assert [ack.signal for ack in acks] == ["WindowPosRow1DriverSide_Cmd", "WindowPosRow2PassengerSide_Cmd"]
    assert {(ack.result, ack.reason, ack.sequence) for ack in acks} == {("ACCEPTED", "NONE", rig.sequence)}


def test_a_frame_without_request_changes_nothing(rig):
    before = dict(rig.values)
    message = DATABASE.get_message_by_name("DOORS_Command_Windows")
    rig.bus.send(rig.frame(message, {}))
    rig.wait(1)
    assert rig.acks == []
    changed = {name for name in before if before[name] != rig.values[name]} - {"AliveCounter", "Checksum"}
    assert changed == set()


def test_an_accepted_command_without_change_is_confirmed_by_a_status_frame(rig):
    rig.command(DomeLight=0)
    assert len(rig.of("LIGHTS_Status_Interior")) == 1


def test_a_damaged_command_is_refused_and_not_obeyed(rig):
    acks = rig.command(corrupt=True, DomeLight=1)
    assert [(ack.signal, ack.reason) for ack in acks] == [(None, "BAD_CHECKSUM")]
    rig.wait(1)
    assert rig.values["DomeLight"] == 0


def test_a_repeated_counter_is_refused_for_a_second(rig):
    assert rig.command(counter=4, DomeLight=1)[0].reason == "NONE"
    acks = rig.command(counter=4, DomeLight=0)
    assert [(ack.signal, ack.reason) for ack in acks] == [(None, "OLD_COUNTER")]
    assert rig.values["DomeLight"] == 1
    rig.wait(1.1)
    assert rig.command(counter=4, DomeLight=0)[0].reason == "NONE"


def test_a_short_command_is_refused(rig):
    rig.bus.send(can.Message(arbitration_id=0x100, data=b"\0\0", is_extended_id=False))
    rig.wait(0)
    assert [(ack.signal, ack.reason) for ack in rig.acks] == [(None, "BAD_CHECKSUM")]


def test_foreign_frames_are_ignored(rig):
    before = rig.values["DomeLight"]
    for frame in (
        can.Message(arbitration_id=0x100, data=bytes(8), is_extended_id=True),
        can.Message(arbitration_id=0x100, is_remote_frame=True, dlc=8, is_extended_id=False),
        can.Message(arbitration_id=0x7FF, data=bytes(8), is_extended_id=False),
    ):
        rig.bus.send(frame)
    rig.wait(0.01)
    assert (rig.acks, rig.values["DomeLight"]) == ([], before)


@pytest.mark.parametrize(
    ("name", "raw"),
    [("WindowPosRow1DriverSide", 101), ("ClimateTempRow1Driver", 31 * 2), ("ClimateTempRow1Driver", 15 * 2),
     ("WiperModeFront", 6), ("SpotDimRow1DriverSide", 0), ("DomeLight", 2), ("MediaStation", 10 * 108 + 1)],
)  # fmt: skip
def test_values_outside_the_range_are_refused(rig, name, raw):
    message = next(m for m in DATABASE.messages if any(s.name == f"{name}_Cmd" for s in m.signals))
    scale = message.get_signal_by_name(f"{name}_Cmd")
    before = rig.values[name]
    assert rig.reason(**{name: scale.conversion.raw_to_scaled(raw, decode_choices=False)}) == "OUT_OF_RANGE"
    rig.wait(1)
    assert rig.values[name] == before
