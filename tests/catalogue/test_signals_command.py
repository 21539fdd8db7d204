"""`codriver signals`, as a person and a script call it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from vss_samples import LEAF, export

from codriver.errors import NotFoundError
from hmi.commands.signals import signals


@pytest.fixture(autouse=True)
def nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("CODRIVER_CATALOGUE_VSS", "CODRIVER_CATALOGUE_OVERLAYS"):
        monkeypatch.delenv(name, raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(signals, list(arguments))


def listed(*arguments: str) -> list[str]:
    result = run("--json", *arguments)
    assert result.exit_code == 0, result.output
    return [entry["path"] for entry in json.loads(result.output)]


def test_the_table_has_a_line_for_each_signal() -> None:
    lines = run("Row1.DriverSide.Window").output.splitlines()
    assert [line.split() for line in lines] == [
        ["signal", "type", "datatype", "unit", "values"],
        ["Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", "actuator", "uint8", "percent", "0..100"],
    ]
    assert lines[0].index("type") == lines[1].index("actuator")


def test_the_table_shows_choices_and_half_open_ranges() -> None:
    assert run("AirDistribution").output.splitlines()[1].endswith("UP MIDDLE DOWN")
    assert run("RainDetection").output.splitlines()[1].endswith("percent  ..100")


def test_json_says_everything() -> None:
    (entry,) = json.loads(run("--json", "Media.Volume").output)
    assert entry["path"] == "Vehicle.Cabin.Infotainment.Media.Volume"
    assert (entry["type"], entry["datatype"], entry["unit"], entry["writable"]) == (
        "actuator",
        "uint8",
        "percent",
        True,
    )
    assert (entry["min"], entry["max"], entry["allowed"], entry["default"]) == (0, 100, None, 30)
    assert entry["description"]


def test_case_does_not_matter() -> None:
    assert listed("WINDOW.position") == listed("Window.Position")
    assert listed("*.WINDOW.*") == listed("*.window.*") != []


def test_a_glob_covers_the_whole_path_with_or_without_its_root() -> None:
    seats = [f"Vehicle.Cabin.Seat.Row1.{side}Side.HeatingCooling" for side in ("Driver", "Passenger")]
    assert listed("Vehicle.Cabin.Seat.Row1.*.HeatingCooling") == seats
    assert listed("Cabin.Seat.Row[1].*.HeatingCooling") == seats
    assert listed("Seat.Row?.*.HeatingCooling*", "--vss", _car()) == ["Vehicle.Seat.Row1.Left.HeatingCooling"]


def _car() -> str:
    path = Path("car.json")
    seat = {"children": {"Row1": {"children": {"Left": {"children": {"HeatingCooling": LEAF}}}}}}
    path.write_text(json.dumps(export(Seat=seat, Speed={"type": "sensor", "datatype": "float"})), encoding="utf-8")
    return str(path)


def test_writable_leaves_sensors_out() -> None:
    assert "Vehicle.Speed" in listed()
    assert "Vehicle.Speed" not in listed("--writable")
    assert listed("--writable", "--vss", _car()) == ["Vehicle.Seat.Row1.Left.HeatingCooling"]


def test_another_car_by_setting_flag_and_overlay(monkeypatch: pytest.MonkeyPatch) -> None:
    overlay = Path("more.json")
    overlay.write_text(json.dumps({"Vehicle.Speed": {"unit": "km/h"}}), encoding="utf-8")
    monkeypatch.setenv("CODRIVER_CATALOGUE_VSS", _car())
    assert len(listed()) == 2
    result = run("--json", "Speed", "--overlay", str(overlay))
    assert json.loads(result.output)[0]["unit"] == "km/h"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["banana"], "No signal of the vehicle matches 'banana'; `codriver signals` lists them all."),
        (["--writable", "Vehicle.Speed"], "No writable signal of the vehicle matches 'Vehicle.Speed'"),
    ],
)
def test_nothing_found(arguments: list[str], message: str) -> None:
    error = run(*arguments).exception
    assert isinstance(error, NotFoundError)
    assert error.exit_code == 2
    assert str(error).startswith(message)
