"""`codriver ask` as a person and a program use it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading

import pytest
from click.testing import CliRunner

from codriver.errors import InputError
from hmi.commands import ask as command
from hmi.commands.ask import ask

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
RAIN = "Vehicle.Body.Raindetection.Intensity"
EXAMPLE = {
    "id": "7",
    "text": "open the driver's window halfway",
    "session": "a",
    "state": {"Vehicle.Cabin.HVAC.IsAirConditioningActive": False},
}


def run(*arguments: str, lines: str | bytes | None = None):
    return CliRunner().invoke(ask, arguments, input=lines)


class Keyboard(io.StringIO):
    """Standard input with a person at it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def typed(monkeypatch):
    """Lets a person type these lines."""

    def type_lines(*lines: str) -> None:
        keyboard = Keyboard("".join(f"{line}\n" for line in lines))
        monkeypatch.setattr(sys, "stdin", keyboard)

    return type_lines


def test_a_sentence_gets_a_reply():
    result = run("open my window halfway")
    assert (result.exit_code, result.output) == (0, "Driver's window is half open.\n")


def test_json_is_the_object_of_the_contract():
    answer = json.loads(run("--json", "open my window halfway").output)
    assert answer["applied"] == [{"signal": WINDOW, "value": 50}]
    assert answer["outcome"] == "done"
    assert {"text", "requested", "answers", "rules", "reply", "understood_by", "latency_ms"} <= set(answer)


def test_what_the_car_refuses_does_not_change_the_exit_code():
    result = run("--json", "set the temperature to 45 degrees")
    assert (result.exit_code, json.loads(result.output)["outcome"]) == (0, "refused")


def test_the_speaker_is_the_one_who_is_meant_by_my():
    answer = json.loads(run("--json", "--speaker", "rear passenger side", "open my window").output)
    assert answer["applied"][0]["signal"] == "Vehicle.Cabin.Door.Row2.PassengerSide.Window.Position"


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_nothing_to_say_and_nobody_there_is_explained(arguments):
    result = run(*arguments, lines="")
    assert result.exit_code == 2
    assert "Say something" in result.output


def test_text_and_batch_exclude_each_other():
    result = run("open my window", "--batch", "-", lines="")
    assert result.exit_code == 2
    assert "not both" in result.output


class TestConversation:
    def test_without_text_sentences_are_read_until_the_person_leaves(self, typed, capsys):
        typed("open my window halfway", "", "undo", "quit", "never read")
        ask.main([], standalone_mode=False)
        out = capsys.readouterr().out
        assert "Driver's window is half open." in out
        assert "the driver's window is closed" in out
        assert sys.stdin.readline() == "never read\n"

    def test_it_ends_at_the_end_of_the_input(self, typed, capsys):
        typed()
        ask.main([], standalone_mode=False)
        assert capsys.readouterr().out == "> \n"

    def test_a_question_of_the_car_is_put_to_the_person(self, typed, capsys, monkeypatch):
        stage_rain(monkeypatch)
        typed("yes", "never read")
        ask.main(["open my window"], standalone_mode=False)
        out = capsys.readouterr().out
        assert "It is raining. Shall I open the driver's window?" in out
        assert out.endswith("Driver's window is open.\n")
        assert sys.stdin.readline() == "never read\n"

    def test_an_empty_answer_leaves_the_question(self, typed, capsys, monkeypatch):
        stage_rain(monkeypatch)
        typed("")
        ask.main(["open my window"], standalone_mode=False)
        assert "Driver's window is open" not in capsys.readouterr().out

    def test_nobody_is_asked_when_nobody_is_there(self, monkeypatch):
        stage_rain(monkeypatch)
        assert run("open my window", lines="yes\n").output == "It is raining. Shall I open the driver's window?\n"


def stage_rain(monkeypatch) -> None:
    """Let it rain in every session that the command opens."""
    import hmi.session

    opened = hmi.session.open_session

    def open_in_rain(settings, **options):
        session = opened(settings, **options)
        session.stage({RAIN: 30})
        return session

    monkeypatch.setattr(hmi.session, "open_session", open_in_rain)


class TestBatch:
    def test_the_example_of_the_design(self):
        result = run("--batch", "-", "--json", lines=json.dumps(EXAMPLE) + "\n")
        out = json.loads(result.stdout)
        latency = out.pop("latency_ms")
        assert set(latency) == {"understand", "plan", "act"}
        assert out == {
            "id": "7",
            "session": "a",
            "text": "open the driver's window halfway",
            "requested": [{"signal": WINDOW, "value": 50}],
            "applied": [{"signal": WINDOW, "value": 50}],
            "answers": [],
            "outcome": "done",
            "rules": [],
            "reply": "Driver's window is half open.",
            "understood_by": "grammar",
            "options": [],
        }
        assert (result.exit_code, result.stderr) == (0, "")

    def test_json_is_what_a_batch_prints_anyway(self):
        result = run("--batch", "-", lines=json.dumps(EXAMPLE) + "\n")
        assert json.loads(result.stdout)["outcome"] == "done"

    def test_a_file(self, tmp_path):
        file = tmp_path / "batch.jsonl"
        file.write_text("\n".join(json.dumps(EXAMPLE | {"id": n, "session": None}) for n in range(3)), "utf-8")
        result = run("--batch", str(file), "--json")
        assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [0, 1, 2]

    def test_bad_lines_are_told_in_place_counted_and_make_the_exit_code_2(self):
        lines = (
            "nonsense\n" + json.dumps(EXAMPLE) + "\n" + json.dumps(EXAMPLE | {"state": {"Vehicle.X": 1}}) + "\n"
        )
        result = run("--batch", "-", lines=lines)
        outs = [json.loads(line) for line in result.stdout.splitlines()]
        assert [set(out) == {"id", "error"} for out in outs] == [True, False, True]
        assert [out["id"] for out in outs] == [None, "7", "7"]
        assert isinstance(result.exception, InputError)
        assert "2 lines of the batch could not be used" in str(result.exception)
        assert result.exception.exit_code == 2

    @pytest.mark.parametrize("name", ["missing.jsonl", "."])
    def test_a_file_that_cannot_be_read(self, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        result = run("--batch", name)
        assert isinstance(result.exception, InputError)
        assert f"'{name}' cannot be read" in str(result.exception)

    def test_a_batch_is_simulated_whatever_the_settings_say(self, monkeypatch):
        monkeypatch.setenv("CODRIVER_VEHICLE_KIND", "can")
        assert json.loads(run("--batch", "-", lines=json.dumps(EXAMPLE)).stdout)["outcome"] == "done"

    def test_a_car_that_is_not_there_is_one_sentence(self, monkeypatch):
        monkeypatch.setenv("CODRIVER_VEHICLE_INTERFACE", "no-such-interface")
        result = run("--vehicle", "can", "open my window")
        assert "vehicle.interface" in str(result.exception)

    def test_each_answer_comes_before_the_next_line_is_sent(self):
        process = subprocess.Popen(
            [sys.executable, "-c", "from codriver.cli import main; main()", "ask", "--batch", "-", "--json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            for number in range(3):
                process.stdin.write(json.dumps(EXAMPLE | {"id": number}).encode() + b"\n")
                process.stdin.flush()
                assert json.loads(process.stdout.readline())["id"] == number
            _, errors = process.communicate()
        finally:
            watchdog.cancel()
        assert (process.returncode, errors) == (0, b"")


def test_help_shows_how_to_begin():
    result = run("--help")
    assert 'codriver ask "open my window halfway"' in result.output
    assert command.__doc__
