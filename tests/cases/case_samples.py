"""Short names for the signals that the tests talk about, and small case files."""

from pathlib import Path

from hmi.cases.case import Case, CaseKind, Turn

MY_WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
HER_WINDOW = "Vehicle.Cabin.Door.Row1.PassengerSide.Window.Position"
VOLUME = "Vehicle.Cabin.Infotainment.Media.Volume"
MUTED = "Vehicle.Cabin.Infotainment.Media.IsMuted"
TEMPERATURE = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
AC = "Vehicle.Cabin.HVAC.IsAirConditioningActive"
SPEED = "Vehicle.Speed"
MOVING = "Vehicle.IsMoving"
DOOR = "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen"
AMBIENT = "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide.Color"

GOOD = f"""\
- id: good
  kind: direct
  say: open my window halfway
  expect: {{{MY_WINDOW}: 50}}
"""
BAD = f"""\
- id: bad
  kind: direct
  say: open my window halfway
  expect: {{{MY_WINDOW}: 20}}
"""


def one_turn(say="open my window", kind=CaseKind.DIRECT, name="case", state=None, **expectation) -> Case:
    return Case(name, kind, (Turn(say, **expectation),), state or {})


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file
