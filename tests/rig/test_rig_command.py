"""`codriver rig`: check asks what was seen, diagram shows every wire, safe leaves nothing on."""

import xml.etree.ElementTree as ElementTree

import pytest
import yaml
from click.testing import CliRunner
from rig_kit import BELT, DOME, EXAMPLE, FAN, HORN, INSIDE, WIPER, devices, window

from codriver.errors import FileFormatError, NotFoundError, ResourceError
from hmi.commands.rig import rig
from hmi.vehicle.gpio import board

RIG = devices(
    **{
        "driver window": window(travel_time=0.3),
        "dome light": {"type": "led", "signal": DOME, "pin": 22},
    }
)


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("hmi.vehicle.gpio.check._SHOW", 0.01)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rig.yaml"
    path.write_text(yaml.safe_dump(RIG), encoding="utf-8")
    return path


def run(*arguments, answers=""):
    return CliRunner().invoke(rig, list(arguments), input=answers)


def test_check_drives_each_device_and_asks(file):
    result = run("check", "--pins", "simulated", answers="y\ny\n")
    assert result.exit_code == 0, result.output
    assert "driver window (motor, " in result.output and "proved: 100, 0" in result.output
    assert "Did it open fully and then close fully? [Y/n]" in result.output
    assert "Did it go on and then off? [Y/n]" in result.output
    assert result.output.endswith("All 2 devices are as they should be.\n")


def test_what_nobody_saw_is_not_as_it_should_be(file):
    result = run("check", "--pins", "simulated", answers="y\nn\n")
    assert result.exit_code == 1
    assert "Not as it should be: driver window." in result.output


def test_without_questions_the_rigs_own_proof_counts(file):
    # On plain mock pins no end switch ever closes.
    result = run("check", "--pins", "mock", "--yes")
    assert result.exit_code == 1
    assert "failed: it did not reach its end switch" in result.output
    assert "Not as it should be: driver window." in result.output


def test_one_device_alone(file):
    result = run("check", "dome light", "--pins", "simulated", "--yes")
    assert result.exit_code == 0 and "window" not in result.output
    unknown = run("check", "boot", "--pins", "simulated")
    assert isinstance(unknown.exception, NotFoundError)
    assert "has no device 'boot'; it has 'dome light', 'driver window'" in str(unknown.exception)


@pytest.mark.parametrize(
    ("entry", "shown", "question"),
    [
        (
            {"type": "fan", "signal": FAN, "pin": 5},
            "proved: 50, 100, 0",
            "Did it run at half, at full, and then stop?",
        ),
        (
            {"type": "pwm", "signal": WIPER, "pin": 5, "levels": {"OFF": 0, "SLOW": 50}},
            "proved: OFF, SLOW, OFF",
            "Did it go through OFF, SLOW and back to OFF?",
        ),
        ({"type": "buzzer", "signal": HORN, "pin": 5}, "proved: True, False", "Did it go on and then off?"),
        ({"type": "switch", "signal": BELT, "pin": 5}, "reads False", "Is that right?"),
        ({"type": "ds18b20", "signal": INSIDE, "id": "28-none"}, "failed: it cannot be read", ""),
    ],
)
def test_every_type_has_its_trial(file, entry, shown, question):
    file.write_text(yaml.safe_dump(devices(thing=entry)), encoding="utf-8")
    result = run("check", "--pins", "simulated", answers="y\n")
    assert shown in result.output and question in result.output


def test_a_missing_file_and_a_missing_board_are_one_sentence(tmp_path):
    missing = run("check", "--pins", "simulated")
    assert isinstance(missing.exception, ResourceError) and "There is no rig file at rig.yaml" in str(
        missing.exception
    )


def test_nothing_is_touched_when_the_file_is_wrong(file):
    file.write_text(yaml.safe_dump(devices(a={"type": "led", "signal": DOME, "pin": 99})), encoding="utf-8")
    for command in ("check", "diagram", "safe"):
        assert isinstance(run(command).exception, FileFormatError)


def test_safe_says_so(file):
    result = run("safe", "--pins", "simulated")
    assert result.exit_code == 0 and result.output == "Every output is in its safe state.\n"


def test_the_diagram_has_every_wire(tmp_path):
    drawing = tmp_path / "rig.svg"
    result = run("diagram", "--file", str(EXAMPLE), "--svg", str(drawing))
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0].split() == ["pin", "GPIO", "device", "key", "goes", "to", "safe", "state"]
    assert "11   GPIO17  driver window        open_pin       bridge input that opens" in result.output
    assert "18   GPIO24  low beam             pin            relay input" in result.output
    assert next(line for line in lines if "relay input" in line).endswith("off (high)")
    wired = [int(line.split()[0]) for line in lines[1:-1]]
    assert wired == sorted(wired) and len(wired) == 23

    parsed = ElementTree.parse(drawing)  # noqa: S314 - our own file
    texts = [element.text for element in parsed.iter() if element.text]
    for name in ("driver window", "low beam", "cabin temperature"):
        assert any(name in text for text in texts)
    assert {str(number) for number in range(1, 41)} <= set(texts)


def test_the_drawing_needs_nothing_from_elsewhere_and_names_are_escaped(file, tmp_path):
    file.write_text(yaml.safe_dump(devices(**{"<b> & co": {"type": "led", "signal": DOME, "pin": 22}})))
    run("diagram", "--svg", "out.svg")
    text = (tmp_path / "out.svg").read_text(encoding="utf-8")
    assert "&lt;b&gt; &amp; co" in text and "href" not in text and "url(" not in text
    failed = run("diagram", "--svg", str(tmp_path / "no" / "out.svg"))
    assert isinstance(failed.exception, ResourceError) and "cannot be written" in str(failed.exception)


def test_the_header_is_the_one_of_the_board():
    from gpiozero.pins.mock import MockFactory

    pins = MockFactory(revision="c03111").board_info.headers["J8"].pins
    assert tuple(pins[number].name for number in range(1, 41)) == board.HEADER


def test_the_example_is_a_good_rig_file(tmp_path):
    (tmp_path / "rig.yaml").write_text(run("example").output, encoding="utf-8")
    assert run("diagram").exit_code == 0


def test_the_unit_names_this_user_this_file_and_this_program(file, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", [str(tmp_path / "bin" / "codriver")])
    monkeypatch.setattr("getpass.getuser", lambda: "driver")
    text = run("service").output
    assert "@" not in text
    lines = text.splitlines()
    assert f"ExecStart={tmp_path}/bin/codriver run" in lines
    assert f"ExecStopPost={tmp_path}/bin/codriver rig safe" in lines
    assert f"Environment=CODRIVER_RIG_FILE={file}" in lines
    assert "User=driver" in lines and "KillMode=process" in lines and "Type=notify" in lines
