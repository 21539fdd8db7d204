"""Bits and checksums agree with cantools and with the standard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sim_rig import DATABASE, crc8

from codriver.errors import FileFormatError, InputError, NotFoundError
from firmware_sim.codec import DBC_FILE, crc_finish, crc_state, guarded, intact, load_layout
from firmware_sim.motor import Motion
from firmware_sim.reasons import Reason

LAYOUT = load_layout()
STATUSES = LAYOUT.statuses()


def test_reference_checksum_has_the_published_check_value():
    assert crc8(b"123456789") == 0x4B


@given(st.integers(0, 0x7FF), st.binary(min_size=7, max_size=7))
def test_checksum_is_the_standard_one(frame_id, data):
    assert crc_finish(crc_state(frame_id, data[:6]), data[6]) == crc8(frame_id.to_bytes(2, "big") + data)


@given(st.integers(0, 0x7FF), st.integers(0, 2**48 - 1), st.integers(0, 15), st.data())
def test_one_or_two_flipped_bits_are_noticed(frame_id, payload, counter, data):
    frame = guarded(frame_id, payload, counter)
    assert intact(frame_id, frame)
    value = int.from_bytes(frame, "little")
    for bit in data.draw(st.sets(st.integers(0, 63), min_size=1, max_size=2)):
        value ^= 1 << bit
    assert not intact(frame_id, value.to_bytes(8, "little"))


@given(st.sampled_from(STATUSES), st.data())
def test_payload_bits_lie_where_cantools_finds_them(message, data):
    raws = {signal.name: data.draw(st.integers(0, signal.all_ones)) for signal in message.signals}
    payload = sum(raws[signal.name] << signal.start for signal in message.signals)
    frame = guarded(message.id, payload, 5)
    read = DATABASE.get_message_by_name(message.name).decode(frame, decode_choices=False, scaling=False)
    assert read == {**raws, "AliveCounter": 5, "Checksum": frame[7]}


@given(st.sampled_from([signal for message in STATUSES for signal in message.signals]), st.floats())
def test_raw_values_stay_in_range_or_are_refused(signal, value):
    try:
        raw = signal.raw(value)
    except InputError as error:
        assert signal.name in str(error)
    else:
        assert signal.raw_minimum <= raw <= signal.raw_maximum
        assert abs(signal.physical(raw) - value) <= signal.factor * 0.51


def test_texts_are_the_value_tables_words():
    assert LAYOUT.signals["PowerState"].raw("ACC") == 3
    with pytest.raises(
        InputError, match="PowerState cannot be 'SLEEP'; it takes UNDEFINED, LOCK, OFF, ACC, ON, START"
    ):
        LAYOUT.signals["PowerState"].raw("SLEEP")
    with pytest.raises(InputError, match="it takes a number"):
        LAYOUT.signals["VehicleSpeed"].raw("fast")


def test_unknown_and_command_signals_are_no_status():
    for name in ("NoSuchSignal", "WindowPosRow1DriverSide_Cmd"):
        with pytest.raises(NotFoundError, match=name):
            LAYOUT.status_signal(name)


@pytest.mark.parametrize(("words", "signal"), [(Reason, "AckDOORS_Reason"), (Motion, "SunroofPos_Motion")])
def test_numbers_are_those_of_the_database(words, signal):
    assert {word.name: int(word) for word in words} == dict(LAYOUT.signals[signal].choices)


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        ("SG_ VehicleSpeed : 0|12@1-", "VehicleSpeed is not Intel and unsigned"),
        ("SG_ VehicleSpeed : 0|30@1+", "cannot be read as a CAN database.*overlapping"),
    ],
)
def test_a_dbc_that_is_laid_out_otherwise_is_refused(tmp_path, new, problem):
    file = tmp_path / "other.dbc"
    file.write_text(DBC_FILE.read_text().replace("SG_ VehicleSpeed : 0|12@1+", new))
    with pytest.raises(FileFormatError, match=problem):
        load_layout(file)
