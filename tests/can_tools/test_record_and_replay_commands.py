"""`codriver record` and `codriver replay` as a person uses them, a bug report from the car to the desk."""

import json
import signal
import subprocess
import sys
import threading

import can
import pytest
from click.testing import CliRunner

from codriver.cli import root
from codriver.errors import FileFormatError, InputError, ResourceError
from hmi.commands import record as record_command
from hmi.commands import replay as replay_command
from hmi.vehicle.recording import read_recording

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
PATIENCE = 60.0


@pytest.fixture(autouse=True)
def keep_signal_handlers():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))


def run(*arguments):
    return CliRunner().invoke(root, arguments)


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    """The simulated vehicle opens the window by half, and locks the trunk."""
    path = tmp_path_factory.mktemp("drive") / "drive.blf"
    result = run("record", str(path), "--say", "open my window halfway", "--say", "lock the trunk")
    assert result.exit_code == 0, result.output
    return path


def events(*arguments):
    result = run("replay", *map(str, arguments), "--json")
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("extension", [".asc", ".blf", ".csv", ".db", ".log", ".trc", ".log.gz"])
def test_the_simulated_vehicle_is_recorded_in_every_format(tmp_path, extension):
    path = tmp_path / f"drive{extension}"
    result = run("record", str(path), "--say", "open my window a crack", "--seconds", "0.5")
    assert result.exit_code == 0
    assert result.output.startswith("> open my window a crack\nDriver's window is")
    assert f"are in {path}." in result.output
    found = events(path, "--signals", "*Window.Position")
    assert (found[0]["event"], found[0]["value"]) == ("commanded", 10)
    assert (found[-1]["event"], found[-1]["value"]) == ("changed", 10)


def test_the_timeline_shows_the_command_before_the_movement(drive):
    found = events(drive, "--signals", WINDOW)
    assert found[0]["event"] == "commanded" and found[0]["value"] == 50
    values = [event["value"] for event in found[1:]]
    assert values == sorted(values) and values[-1] == 50
    assert found[1]["before"] == 0
    times = [event["time"] for event in found]
    assert times == sorted(times) and times[0] == pytest.approx(1.0, abs=0.01)


def test_the_timeline_is_read_by_people(drive):
    result = run("replay", str(drive), "--signals", "Body.Trunk.Rear.IsLocked")
    lines = result.stdout.splitlines()
    assert [line.split(" s  ")[1] for line in lines] == [
        "Vehicle.Body.Trunk.Rear.IsLocked commanded true",
        "Vehicle.Body.Trunk.Rear.IsLocked false → true",
    ]
    assert "readings of 187 signals." in result.stderr


def test_first_readings_are_shown_when_asked_for(drive):
    found = events(drive, "--first", "--signals", "Vehicle.Speed")
    assert found == [{"time": found[0]["time"], "event": "first", "signal": "Vehicle.Speed", "value": 0.0}]


def test_questions_are_answered_at_their_time(drive):
    questions = ["--at", "9", "--ask", "is the trunk locked?", "--at", "0.5", "--ask", "is the trunk locked?"]
    duration = read_recording(drive).duration
    questions[1] = f"{duration:.3f}"
    result = run("replay", str(drive), *questions)
    assert result.stdout.splitlines() == [
        "     0.500 s  > is the trunk locked?",
        "              No, the trunk is unlocked.",
        f"{float(questions[1]):10.3f} s  > is the trunk locked?",
        "              Yes, the trunk is locked.",
    ]


def test_without_a_time_the_end_is_asked(drive):
    (answer,) = [
        json.loads(line)
        for line in run("replay", str(drive), "--ask", "how far open is my window?", "--json").stdout.splitlines()
    ]
    assert answer["answers"] == [{"signal": WINDOW, "value": 50}]
    assert answer["at"] == pytest.approx(read_recording(drive).duration)


def test_a_recording_cannot_be_changed(drive):
    result = run("replay", str(drive), "--ask", "close my window", "--json")
    answer = json.loads(result.stdout)
    assert answer["outcome"] == "refused" and answer["applied"] == []
    assert "a recording cannot be changed" in answer["reply"]


def test_it_is_played_with_its_own_timing(drive):
    slow = events(drive, "--signals", "*Trunk*", "--speed", "1000")
    assert slow == events(drive, "--signals", "*Trunk*")


def test_a_recording_can_be_the_vehicle_of_every_command(drive, monkeypatch):
    monkeypatch.setenv("CODRIVER_VEHICLE_RECORDING", str(drive))
    result = run("ask", "--vehicle", "replay", "is the trunk locked?")
    assert result.output == "No, the trunk is unlocked.\n"


def test_frames_are_sent_onto_another_bus(drive):
    with can.Bus(interface="virtual", channel="onto-test") as receiver:
        result = run("replay", str(drive), "--onto", "virtual:onto-test", "--speed", "1000")
        count = read_recording(drive).count
        assert result.output == f"{count} of {count} frames are sent onto virtual:onto-test.\n"
        received = 0
        while receiver.recv(0) is not None:
            received += 1
    assert received == count


def test_what_is_missing_is_said_and_the_rest_is_used(drive, tmp_path):
    path = tmp_path / "cut.log"
    assert run("record", str(path), "--say", "lock the trunk").exit_code == 0
    path.write_bytes(path.read_bytes()[:-7])
    result = run("replay", str(path), "--ask", "is the trunk locked?")
    assert "Yes, the trunk is locked." in result.stdout
    assert "cut.log was not finished or is cut off; the" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (["none.blf"], ResourceError, "There is no recording at none.blf"),
        (["notes.txt"], FileFormatError, "notes.txt has no extension of a recording"),
        (["{drive}", "--at", "99", "--ask", "hello"], InputError, "--at 99 is not in the recording"),
        (["{drive}", "--at", "-1", "--ask", "hello"], InputError, "--at -1 is not in the recording"),
        (["{drive}", "--at", "1", "--at", "2", "--ask", "a", "--ask", "b", "--ask", "c"], InputError, "2 times"),
        (["{drive}", "--onto", "vcan0"], InputError, "--onto 'vcan0' is not INTERFACE:CHANNEL"),
        (["{drive}", "--onto", "pigeon:loft"], ResourceError, "of the interface 'pigeon' cannot be opened"),
        (["{drive}", "--dbc", "none.dbc"], ResourceError, "There is no CAN database at none.dbc"),
    ],
)
def test_wrong_replays_are_one_sentence(drive, arguments, error, sentence):
    result = run("replay", *(argument.format(drive=drive) for argument in arguments))
    assert isinstance(result.exception, error)
    assert sentence in str(result.exception) and "\n" not in str(result.exception)


def test_a_time_without_question_is_explained(drive):
    result = run("replay", str(drive), "--at", "1")
    assert result.exit_code == 2 and "add --ask" in result.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.blf"], "There is no bus to record; name it with --interface and --channel"),
        (["a.mp4", "--say", "hello"], "a.mp4 has no extension of a recording"),
        (["none/a.blf", "--say", "hello"], "none/a.blf cannot be written: no such file or directory."),
        (["a.blf", "--interface", "pigeon"], "of the interface 'pigeon' cannot be opened"),
    ],
)
def test_wrong_records_are_one_sentence(tmp_path, arguments, sentence):
    result = run("record", *arguments)
    assert sentence in str(result.exception) and "\n" not in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_saying_and_a_bus_exclude_each_other():
    result = run("record", "a.blf", "--say", "hello", "--channel", "vcan0")
    assert result.exit_code == 2 and "--say is for the simulated vehicle" in result.output


def test_a_bus_is_recorded_until_it_is_stopped(monkeypatch, tmp_path):
    stop = threading.Event()
    monkeypatch.setattr(record_command, "stop_event", lambda: stop)
    frames = [can.Message(arbitration_id=n, data=[n], is_extended_id=False) for n in range(100)]
    real_bus = can.Bus

    def join(**options):
        bus = real_bus(**options)
        take = bus.recv

        def recv(timeout):
            message = take(timeout)
            if message is not None and message.arbitration_id == 99:
                stop.set()
            return message

        bus.recv = recv
        with real_bus(**options) as car:
            for frame in frames:
                car.send(frame)
        return bus

    monkeypatch.setattr("hmi.vehicle.open.can.Bus", join)
    result = run("record", "drive.asc", "--interface", "virtual", "--channel", "record-test")
    assert result.exit_code == 0, result.exception
    assert result.output.endswith("are in drive.asc.\n")
    found = [
        (message.arbitration_id, bytes(message.data))
        for _, message in read_recording(tmp_path / "drive.asc").frames()
    ]
    assert found == [(n, bytes([n])) for n in range(100)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_recording_cleanly(tmp_path, number):
    code = "from codriver.cli import main; main()"
    arguments = ["record", "quiet.asc", "--interface", "virtual", "--channel", "quiet"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    try:
        assert process.stdout.readline().startswith("Recording virtual quiet to quiet.asc; Ctrl-C ends it.")
        process.send_signal(number)
        out, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert (process.returncode, out) == (0, "0 frames in 0.0 s are in quiet.asc.\n")
    assert (tmp_path / "quiet.asc").exists()


def test_commands_say_what_they_do():
    for name in ("record", "replay", "can"):
        assert run(name, "--help").exit_code == 0
    assert replay_command.replay.help.startswith("Print what happened")
