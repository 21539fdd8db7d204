"""Recordings: every format holds what was on the bus, and damage is told and not guessed at."""

import gzip
import math
from pathlib import Path

import can
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codriver.errors import FileFormatError, InputError, ResourceError
from hmi.vehicle import recorder as recorder_module
from hmi.vehicle.recorder import Recorder
from hmi.vehicle.recording import FORMATS, read_recording

EVERY_FORMAT = [*FORMATS, ".log.gz", ".asc.gz", ".csv.gz", ".trc.gz"]
TEXT_FORMATS = [".asc", ".csv", ".log", ".trc"]
START = 1_700_000_000.0


def frame(number, at):
    return can.Message(
        arbitration_id=0x18FF0000 + number if number % 3 == 0 else 0x100 + number % 1000,
        is_extended_id=number % 3 == 0,
        data=bytes([number % 256] * (number % 9)),
        timestamp=at,
        channel="somewhere else",
    )


def write(path, count=20):
    with Recorder(path) as recorder:
        for number in range(count):
            recorder.take(frame(number, START + number * 0.25))
    return path


def read(recording):
    return [(round(at, 3), m.arbitration_id, m.is_extended_id, bytes(m.data)) for at, m in recording.frames()]


@pytest.mark.parametrize("extension", EVERY_FORMAT)
def test_what_is_recorded_is_read_back(tmp_path, extension):
    recording = read_recording(write(tmp_path / f"drive{extension}"))
    assert (recording.count, recording.note) == (20, "")
    assert recording.duration == pytest.approx(4.75, abs=0.002)
    expected = [
        (n * 0.25, m.arbitration_id, m.is_extended_id, bytes(m.data))
        for n, m in ((n, frame(n, 0.0)) for n in range(20))
    ]
    assert read(recording) == expected
    assert read(recording) == expected, "a recording can be read again"


def test_more_frames_than_a_database_writes_at_once_are_all_kept(tmp_path):
    recording = read_recording(write(tmp_path / "busy.db", count=3000))
    assert recording.count == 3000


@pytest.mark.parametrize("extension", [*TEXT_FORMATS, ".blf", ".db"])
def test_an_existing_file_is_kept_unless_forced(tmp_path, extension):
    path = write(tmp_path / f"drive{extension}")
    before = path.read_bytes()
    with pytest.raises(InputError, match="exists already; give another name, or --force"):
        Recorder(path)
    assert path.read_bytes() == before
    with Recorder(path, force=True) as recorder:
        recorder.take(frame(1, START))
    assert read_recording(path).count == 1


def test_a_folder_that_does_not_exist_is_one_sentence(tmp_path):
    with pytest.raises(ResourceError, match=r"drive\.asc cannot be written: no such file or directory\."):
        Recorder(tmp_path / "none" / "drive.asc")


@pytest.mark.parametrize("extension", [*TEXT_FORMATS, ".log.gz"])
def test_a_recorder_that_is_killed_has_saved_what_came(tmp_path, monkeypatch, extension):
    monkeypatch.setattr(recorder_module, "_FLUSH_EVERY", 0.0)
    path = tmp_path / f"drive{extension}"
    recorder = Recorder(path)
    for number in range(20):
        recorder.take(frame(number, START + number * 0.25))
    killed = tmp_path / f"killed{extension}"
    killed.write_bytes(path.read_bytes())
    recorder.close()
    assert read_recording(killed).count == 20


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder_module, "_FLUSH_EVERY", 0.0)
    recorder = Recorder(tmp_path / "drive.log")
    recorder._writer.file.close()
    recorder._writer.file = Path("/dev/full").open("w")  # noqa: SIM115 - the recorder closes it
    with pytest.raises(ResourceError, match=r"drive\.log cannot be written: no space left on device\."):
        recorder.take(frame(1, START))
    with pytest.raises(ResourceError, match="cannot be written"):
        recorder.close()


def test_frames_that_a_format_cannot_hold_are_not_dropped_silently(tmp_path):
    recorder = Recorder(tmp_path / "drive.trc")
    fd = can.Message(arbitration_id=1, data=bytes(32), is_fd=True, timestamp=START)
    with pytest.raises(ResourceError, match="cannot hold the CAN FD frames"):
        recorder.take(fd)
    recorder.close()


@pytest.mark.parametrize("extension", [".asc", ".blf", ".log"])
def test_can_fd_frames_are_kept(tmp_path, extension):
    with Recorder(tmp_path / f"fd{extension}") as recorder:
        recorder.take(can.Message(arbitration_id=1, data=bytes(range(32)), is_fd=True, timestamp=START))
    ((_, message),) = read_recording(recorder.path).frames()
    assert message.is_fd and bytes(message.data) == bytes(range(32))


@pytest.mark.parametrize("extension", ["", ".mp4", ".asc.zip", ".blf.gz", ".db.gz"])
def test_unknown_formats_are_one_sentence(tmp_path, extension):
    path = tmp_path / f"drive{extension}"
    path.write_bytes(b"anything")
    with pytest.raises(FileFormatError, match=r"no extension of a recording|cannot be a compressed recording"):
        read_recording(path)
    with pytest.raises(FileFormatError):
        Recorder(path)
    assert path.read_bytes() == b"anything"


def test_a_missing_file_is_told_and_not_created(tmp_path):
    for extension in FORMATS:
        path = tmp_path / f"none{extension}"
        with pytest.raises(ResourceError, match="There is no recording at"):
            read_recording(path)
        assert not path.exists()


@pytest.mark.parametrize("extension", EVERY_FORMAT)
def test_an_empty_file_is_told(tmp_path, extension):
    path = tmp_path / f"empty{extension}"
    path.write_bytes(b"")
    with pytest.raises(FileFormatError, match="is empty"):
        read_recording(path)


@pytest.mark.parametrize("extension", EVERY_FORMAT)
def test_another_kind_of_file_is_told(tmp_path, extension):
    path = tmp_path / f"other{extension}"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    with pytest.raises(FileFormatError, match=r"^\S*other\S* (cannot be read as a recording|holds no CAN frame)"):
        read_recording(path)


@pytest.mark.parametrize("extension", EVERY_FORMAT)
def test_a_recording_without_frames_is_told(tmp_path, extension):
    path = tmp_path / f"quiet{extension}"
    Recorder(path).close()
    with pytest.raises(FileFormatError, match=r"holds no CAN frame|is empty"):
        read_recording(path)


@pytest.mark.parametrize("extension", [".asc", ".csv", ".log", ".trc", ".blf"])
@settings(deadline=None, max_examples=40)
@given(share=st.floats(0.3, 0.99))
def test_a_file_that_is_cut_off_is_used_as_far_as_it_goes(tmp_path_factory, extension, share):
    folder = tmp_path_factory.mktemp("cut")
    path = folder / f"drive{extension}"
    with Recorder(path) as recorder:
        for number in range(200):
            recorder.take(frame(number, START + number * 0.25))
    whole = read(read_recording(path))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    try:
        recording = read_recording(path)
    except FileFormatError as error:
        assert "holds no CAN frame" in str(error) or "cannot be read" in str(error)
        return
    found = read(recording)
    assert 0 < len(found) <= len(whole)
    assert found == whole[: len(found)], "what is left is true"
    assert recording.note or len(found) == len(whole) or extension in TEXT_FORMATS
    if not data[: int(len(data) * share)].endswith(b"\n"):
        assert str(len(found)) in recording.note


def test_a_compressed_file_that_is_cut_off_is_used_as_far_as_it_goes(tmp_path):
    path = tmp_path / "drive.log.gz"
    lines = b"".join(b"(%d.5) can0 123#%08X R\n" % (n, n * 7919) for n in range(2000))
    path.write_bytes(gzip.compress(lines)[:-2000])
    recording = read_recording(path)
    assert 0 < recording.count < 2000
    assert "was not finished or is cut off" in recording.note


LOG = ["(1.0) can0 123#00 R", "(2.0) can0 123#01 R", "(3.0) can0 123#02 R"]


@pytest.mark.parametrize(
    "damage",
    [
        "(x) can0 123#01 R",
        "(2.0) can0",
        "garbage",
        "(2.0) can0 123#0G R",
        "(nan) can0 123#01 R",
        "(2.0) can0 FFF#00",
    ],
)
def test_damage_in_the_middle_is_told_with_its_line(tmp_path, damage):
    path = tmp_path / "drive.log"
    path.write_text("\n".join([LOG[0], damage, LOG[2], ""]))
    with pytest.raises(
        FileFormatError, match=r"is damaged 0\.000 s after its start: line 2: .*; cut it off there"
    ):
        read_recording(path)


def test_damage_in_the_last_line_only_costs_that_line(tmp_path):
    path = tmp_path / "drive.log"
    path.write_text("\n".join([*LOG, "(4.0) can0 123", "", ""]))
    recording = read_recording(path)
    assert recording.count == 3
    assert "ends in the middle of a frame; the 3 frames before it are used" in recording.note


def test_a_last_line_without_end_is_left_out(tmp_path):
    path = tmp_path / "drive.log"
    path.write_text("\n".join(LOG))
    recording = read_recording(path)
    assert recording.count == 2
    assert "is cut off; the 2 frames that it holds are used" in recording.note


def test_a_line_without_end_does_not_fill_the_memory(tmp_path):
    path = tmp_path / "drive.csv"
    path.write_text("timestamp,arbitration_id,extended,remote,error,dlc,data\n" + "1" * 100_000)
    with pytest.raises(FileFormatError, match="a line has more than 10000 characters"):
        read_recording(path)


def test_lines_of_a_trace_that_are_no_frames_are_counted(tmp_path):
    path = write(tmp_path / "drive.trc", count=3)
    path.write_text(path.read_text() + "     4 broken\n     5 broken\n")
    recording = read_recording(path)
    assert (recording.count, recording.note) == (3, f"2 lines of {path} are no frames and are left out.")


def test_a_clock_that_is_set_back_does_not_turn_the_time_back(tmp_path):
    path = tmp_path / "drive.log"
    times = [100.0, 101.0, 100.9, 102.0, 50.0, 51.0]
    path.write_text("".join(f"({t}) can0 123#00 R\n" for t in times))
    moments = [at for at, _ in read_recording(path).frames()]
    assert moments == pytest.approx([0, 1, 1, 2, 2, 3])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_time_never_goes_back(times):
    from hmi.vehicle.recording import _timed

    moments = [at for at, _ in _timed(can.Message(timestamp=t) for t in times)]
    assert moments[0] == 0
    assert moments == sorted(moments) and all(map(math.isfinite, moments))


def test_a_file_that_changes_while_it_is_read_is_told(tmp_path):
    path = tmp_path / "drive.log"
    path.write_text("\n".join([*LOG, ""]))
    recording = read_recording(path)
    path.write_text("\n".join([LOG[0], "nonsense", LOG[2], ""]))
    with pytest.raises(FileFormatError, match="has changed while it was read"):
        list(recording.frames())
