"""A parked car to plan for: the default catalogue, its default state, the built-in rules, and a few families."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from hmi.catalogue.catalogue import Catalogue, default_catalogue
from hmi.catalogue.families import Degree, Family, FamilyKind
from hmi.catalogue.signal import Value
from hmi.planning.plan import Effect, Plan
from hmi.planning.planner import plan
from hmi.planning.policy import Policy, default_policy
from hmi.planning.rule import Rule
from hmi.planning.rulefile import read_rules
from hmi.requests import Kind, Request

CATALOGUE: Catalogue = default_catalogue()
POLICY: Policy = default_policy(CATALOGUE)
PARKED: Mapping[str, Value] = {
    signal.path: signal.default for signal in CATALOGUE.signals() if signal.default is not None
}
DRIVING = {"Speed": 50.0, "IsMoving": True}

AC = "Cabin.HVAC.IsAirConditioningActive"
DEFROST = "Cabin.HVAC.IsFrontDefrosterActive"
WINDOW = "Cabin.Door.Row1.DriverSide.Window.Position"
REAR_WINDOW = "Cabin.Door.Row2.PassengerSide.Window.Position"
ROOF = "Cabin.Sunroof.Position"
SHADE = "Cabin.Sunroof.Shade.Position"
LOW, HIGH = "Body.Lights.Beam.Low.IsOn", "Body.Lights.Beam.High.IsOn"
FOG = "Body.Lights.Fog.Front.IsOn"
REAR_FOG = "Body.Lights.Fog.Rear.IsOn"
TEMPERATURE = "Cabin.HVAC.Station.Row1.Driver.Temperature"
FAN = "Cabin.HVAC.Station.Row1.Driver.FanSpeed"
WIPER = "Body.Windshield.Front.Wiping.Mode"
SEAT_HEAT = "Cabin.Seat.Row1.DriverSide.HeatingCooling"
TRUNK = "Body.Trunk.Rear.Position"
DOOR = "Cabin.Door.Row1.DriverSide.IsOpen"
ALL_FANS = [f"Cabin.HVAC.Station.Row{row}.{side}.FanSpeed" for row in (1, 2) for side in ("Driver", "Passenger")]
ALL_WINDOWS = [
    f"Cabin.Door.Row{row}.{side}Side.Window.Position" for row in (1, 2) for side in ("Driver", "Passenger")
]


def full(path: str) -> str:
    return f"Vehicle.{path}"


def family(kind: FamilyKind, pattern: str, **more: object) -> Family:
    return Family(id=pattern, kind=kind, label=pattern, plural=pattern, members={}, **more)  # type: ignore[arg-type]


def rules_of(text: str) -> list[Rule]:
    """The rules in a file with this text, called own.yaml."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rules.yaml"
        file.write_text(text, encoding="utf-8")
        return read_rules(file, origin="own.yaml").rules


class SomeFamilies:
    """The families that the tests step through; any other signal has none."""

    def __init__(self) -> None:
        opening = {Degree.LITTLE: 10, Degree.SOME: 25, Degree.LOT: 50}
        levels = {Degree.LITTLE: 33, Degree.SOME: 33, Degree.LOT: 67}
        fans = {Degree.LITTLE: 20, Degree.SOME: 20, Degree.LOT: 40}
        self._by_path = {
            WINDOW: family(FamilyKind.OPENING, WINDOW, steps=opening),
            TEMPERATURE: family(
                FamilyKind.TEMPERATURE, TEMPERATURE, steps={Degree.LITTLE: 1, Degree.SOME: 2, Degree.LOT: 4}
            ),
            SEAT_HEAT: family(FamilyKind.LEVEL, SEAT_HEAT, steps=levels, levels=3, on=67, off=0),
            FAN: family(FamilyKind.LEVEL, FAN, steps=fans, levels=5, on=40, off=0),
            WIPER: family(
                FamilyKind.CHOICE,
                WIPER,
                scale=("OFF", "INTERVAL", "SLOW", "MEDIUM", "FAST"),
                on="MEDIUM",
                off="OFF",
            ),
            "Cabin.Light.InteractiveLightBar.Color": family(FamilyKind.COLOUR, "colour"),
        }

    def of(self, path: str) -> Family | None:
        return self._by_path.get(path.removeprefix("Vehicle."))


FAMILIES = SomeFamilies()


def state(*parts: Mapping[str, Value | None]) -> dict[str, Value]:
    """The parked car with short path → value laid over it; None takes the signal out of sight."""
    values: dict[str, Value | None] = dict(PARKED)
    for part in parts:
        values.update({full(path): value for path, value in part.items()})
    return {path: value for path, value in values.items() if value is not None}


def put(path: str, value: Value | None) -> Request:
    return Request(Kind.SET, CATALOGUE[full(path)], value)


def more(
    path: str, degree: Degree | None = None, amount: float | None = None, stop: Value | None = None
) -> Request:
    return Request(Kind.ADJUST, CATALOGUE[full(path)], stop, 1, amount, degree)


def less(
    path: str, degree: Degree | None = None, amount: float | None = None, stop: Value | None = None
) -> Request:
    return Request(Kind.ADJUST, CATALOGUE[full(path)], stop, -1, amount, degree)


def flip(path: str) -> Request:
    return Request(Kind.TOGGLE, CATALOGUE[full(path)])


def ask_for(path: str, value: Value | None = None) -> Request:
    return Request(Kind.READ, CATALOGUE[full(path)], value)


def make_plan(
    *requests: Request,
    now: Mapping[str, Value] = PARKED,
    speaker: tuple[int, str] = (1, "driver"),
    policy: Policy = POLICY,
) -> Plan:
    return plan(requests, now, policy, FAMILIES, speaker)


def written(made: Plan) -> list[tuple[str, Value]]:
    """(short path, value) of every change, in order."""
    return [(change.target.path.removeprefix("Vehicle."), change.target.value) for change in made.changes]


def said(made: Plan) -> list[tuple[str, Effect]]:
    """(rule, effect) of every hit."""
    return [(hit.rule, hit.effect) for hit in made.hits]
