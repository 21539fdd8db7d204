"""The vehicle that codriver brings along: complete, described, at rest, and true to VSS."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hmi.catalogue.catalogue import Catalogue, default_catalogue
from hmi.catalogue.signal import SCALAR_DATATYPES, Signal

CAR = default_catalogue()
VSS_LIST = Path(__file__).parents[2].parent / "shared" / "vss" / "vss-6.0-signals.jsonl"
DATA = Path(__file__).parents[2] / "hmi" / "catalogue" / "data"

# Pattern → how many signals it must give, and whether a sentence may change them.
EXPECTED = {
    "Cabin.Door.Row{1,2}.*.Window.Position": (4, True),
    "Cabin.Door.*.*.{IsOpen,IsLocked}": (8, True),
    "Cabin.Door.Row2.*.IsChildLockActive": (2, True),
    "Cabin.IsWindowChildLockEngaged": (1, True),
    "Cabin.Door.*.*.Shade.Position": (4, True),
    "Cabin.{RearShade,Sunroof}.Position": (2, True),
    "Cabin.Sunroof.Shade.Position": (1, True),
    "Body.Hood.IsOpen": (1, True),
    "Body.Trunk.{Rear,Front}.{Position,IsLocked,IsLightOn}": (6, True),
    "Body.Trunk.*.IsOpen": (2, False),
    "Powertrain.FuelSystem.IsFuelPortFlapOpen": (1, True),
    "Cabin.HVAC.Station.Row{1,2}.{Driver,Passenger}.{Temperature,FanSpeed,AirDistribution}": (12, True),
    "Cabin.HVAC.Is*": (4, True),
    "Cabin.HVAC.AmbientAirTemperature": (1, False),
    "Cabin.Seat.Row{1,2}.*.{HeatingCooling,Height,Position}": (12, True),
    "Cabin.Seat.Row{1,2}.*.Backrest.{Recline,LumbarSupport}": (8, True),
    "Cabin.Seat.Row{1,2}.*.Massage.Level": (4, True),
    "Cabin.Seat.Row{1,2}.*.Headrest.Height": (4, True),
    "Cabin.Seat.Row{1,2}.*.{IsBelted,OccupancyStatus}": (8, False),
    "Chassis.SteeringWheel.{HeatingCooling,Tilt,Extension}": (3, True),
    "Body.Lights.Beam.{Low,High}.IsOn": (2, True),
    "Body.Lights.Fog.{Front,Rear}.IsOn": (2, True),
    "Body.Lights.{Parking,Running,LicensePlate}.IsOn": (3, True),
    "Body.Lights.Hazard.IsSignaling": (1, True),
    "Body.Lights.DirectionIndicator.*.IsSignaling": (2, True),
    "Body.Lights.LightSwitch": (1, True),
    "Body.Lights.Backup.IsOn": (1, False),
    "Cabin.Light.{IsDomeOn,IsGloveBoxOn}": (2, True),
    "Cabin.Light.Spotlight.*.*.{IsLightOn,Intensity}": (8, True),
    "Cabin.Light.AmbientLight.*.*.{IsLightOn,Intensity,Color}": (12, True),
    "Cabin.Light.InteractiveLightBar.{IsLightOn,Intensity,Color}": (3, True),
    "Body.Windshield.*.Wiping.Mode": (2, True),
    "Body.Windshield.*.IsHeatingOn": (2, True),
    "Body.Mirrors.*.{Pan,Tilt,IsFolded,IsHeatingOn}": (8, True),
    "Cabin.RearviewMirror.DimmingLevel": (1, True),
    "Body.Horn.IsActive": (1, True),
    "Cabin.Infotainment.Media.{Volume,IsMuted,Action,Station}": (4, True),
    "Cabin.Infotainment.Media.Played.Source": (1, True),
    "Cabin.Infotainment.Navigation.{Volume,Mute}": (2, True),
    "Cabin.Infotainment.Phone.Volume": (1, True),
    "Cabin.Infotainment.HMI.{Brightness,DayNightMode,IsVideoOn,TemperatureUnit,DistanceUnit}": (5, True),
    "Cabin.Infotainment.Bluetooth.{IsOn,IsPairing}": (2, True),
    "{Speed,IsMoving,LowVoltageSystemState}": (3, False),
    "Powertrain.Transmission.{CurrentGear,SelectedGear,IsParkLockEngaged}": (3, False),
    "Body.Raindetection.Intensity": (1, False),
    "Exterior.{AirTemperature,LightIntensity,Humidity}": (3, False),
    "Powertrain.{Range,Type}": (2, False),
    "Powertrain.FuelSystem.RelativeLevel": (1, False),
}


@pytest.mark.parametrize("pattern", EXPECTED)
def test_what_the_vehicle_has(pattern: str) -> None:
    count, writable = EXPECTED[pattern]
    found = CAR.match(f"Vehicle.{pattern}")
    assert len(found) == count
    assert {signal.writable for signal in found} == {writable}


def test_every_actuator_is_listed_above() -> None:
    listed = {signal for pattern in EXPECTED for signal in CAR.match(f"Vehicle.{pattern}")}
    assert [signal.path for signal in CAR.signals() if signal.writable and signal not in listed] == []


@pytest.mark.parametrize(
    ("path", "bounds"),
    [
        ("Cabin.Sunroof.Position", (-100, 100)),
        ("Cabin.HVAC.Station.Row2.Passenger.Temperature", (16, 30)),
        ("Cabin.Seat.Row1.DriverSide.HeatingCooling", (-100, 100)),
        ("Cabin.Seat.Row1.DriverSide.Backrest.Recline", (0, 60)),
        ("Cabin.Seat.Row1.DriverSide.Position", (0, 250)),
        ("Cabin.Seat.Row1.DriverSide.Height", (0, 80)),
        ("Cabin.Seat.Row1.DriverSide.Headrest.Height", (0, 80)),
        ("Chassis.SteeringWheel.HeatingCooling", (0, 100)),
        ("Cabin.Light.AmbientLight.Row1.DriverSide.Intensity", (1, 100)),
        ("Cabin.Infotainment.Media.Station", (87.5, 108.0)),
        ("Body.Raindetection.Intensity", (0, 100)),
    ],
)
def test_limits(path: str, bounds: tuple[float, float]) -> None:
    assert CAR[f"Vehicle.{path}"].bounds() == bounds


def test_each_signal_is_described_in_one_sentence_of_its_own() -> None:
    descriptions = [signal.description for signal in CAR.signals()]
    assert [text for text in descriptions if not re.fullmatch(r"[A-Z0-9][^\n]+[^.\s]\.", text)] == []
    assert len(set(descriptions)) == len(descriptions)


def test_each_signal_has_a_scalar_default() -> None:
    assert [signal.path for signal in CAR.signals() if signal.datatype not in SCALAR_DATATYPES] == []
    assert [signal.path for signal in CAR.signals() if signal.default is None] == []


def test_it_stands_parked_shut_and_dark() -> None:
    def defaults(pattern: str) -> set[Any]:
        return {signal.default for signal in CAR.match(f"Vehicle.{pattern}")}

    assert defaults("Speed") == {0}
    assert defaults("Cabin.Door.*.*.Window.Position") == {0}
    assert defaults("Cabin.Door.*.*.{IsOpen,IsLocked}") == {False}
    assert defaults("Body.Trunk.*.IsLocked") == {False}
    assert defaults("Body.Trunk.*.Position") == {0}
    assert defaults("Body.Lights.*.IsOn") == {False}
    assert defaults("Body.Lights.*.*.IsOn") == {False}
    assert defaults("Powertrain.Transmission.IsParkLockEngaged") == {True}
    assert defaults("Cabin.HVAC.Station.*.*.Temperature") == {21}


def test_loading_it_does_not_import_a_yaml_parser() -> None:
    code = (
        "import sys; from hmi.catalogue.catalogue import default_catalogue; "
        "print(len(default_catalogue())); sys.exit('yaml' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, str(len(CAR))), done.stderr


def test_it_is_loaded_once() -> None:
    assert default_catalogue() is default_catalogue()


def vss_rows() -> list[dict[str, Any]]:
    if not VSS_LIST.is_file():
        pytest.skip("the list of all VSS 6.0 signals lies outside the repository and is not here")
    return [json.loads(line) for line in VSS_LIST.read_text(encoding="utf-8").splitlines()]


def test_the_export_says_what_vss_says() -> None:
    standard = {row["path"]: row for row in vss_rows()}
    for signal in Catalogue.load(DATA / "vehicle.json").signals():
        row = standard[signal.path]
        mine = (signal.type, signal.datatype, signal.unit, signal.minimum, signal.maximum, list(signal.allowed))
        theirs = (
            row["type"],
            row["datatype"],
            row.get("unit", ""),
            row.get("min"),
            row.get("max"),
            row.get("allowed", []),
        )
        assert mine == theirs, signal.path


def test_the_whole_of_vss_loads(tmp_path: Path) -> None:
    rows = vss_rows()
    root: dict[str, Any] = {}
    for row in rows:
        *branches, name = row["path"].split(".")
        level = root
        for branch in branches:
            level = level.setdefault(branch, {"type": "branch", "children": {}})["children"]
        level[name] = {key: value for key, value in row.items() if key != "path"}
    path = tmp_path / "vss.json"
    path.write_text(json.dumps(root), encoding="utf-8")

    signals = Catalogue.load(path).signals()

    assert len(signals) == 1367
    assert [signal.path for signal in signals] == [row["path"] for row in rows]
    by_path: dict[str, Signal] = {signal.path: signal for signal in signals}
    for row in rows:
        signal = by_path[row["path"]]
        assert (signal.type, signal.datatype, signal.unit) == (row["type"], row["datatype"], row.get("unit", ""))
        assert list(signal.allowed) == row.get("allowed", [])
        assert signal.writable == (row["type"] == "actuator" and not row["datatype"].endswith("[]"))
