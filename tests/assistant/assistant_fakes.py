"""A vehicle in memory and a recogniser with a script, for tests of the conversation alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from codriver.errors import InputError
from codriver.settings import load_settings
from hmi.assistant.assistant import Assistant
from hmi.catalogue.catalogue import default_catalogue
from hmi.catalogue.families import Degree
from hmi.catalogue.family_file import load_families
from hmi.catalogue.signal import SignalValue
from hmi.planning.policy import default_policy
from hmi.requests import Act, Context, Interpretation, Kind, Question, Request
from hmi.vehicle.base import WriteOutcome, WriteResult

CATALOGUE = default_catalogue()
FAMILIES = load_families(CATALOGUE)
POLICY = default_policy(CATALOGUE)
GRAMMAR_ONLY = load_settings({}, environ={"CODRIVER_UNDERSTANDING_LLM": "false"}, files=[])
"""The settings of a session that asks no language model."""

DRIVER_WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
PASSENGER_WINDOW = "Vehicle.Cabin.Door.Row1.PassengerSide.Window.Position"
REAR_WINDOW = "Vehicle.Cabin.Door.Row2.PassengerSide.Window.Position"
WINDOWS = [
    f"Vehicle.Cabin.Door.Row{row}.{side}Side.Window.Position" for row in (1, 2) for side in ("Driver", "Passenger")
]
SUNROOF = "Vehicle.Cabin.Sunroof.Position"
SHADE = "Vehicle.Cabin.Sunroof.Shade.Position"
TRUNK_LOCK = "Vehicle.Body.Trunk.Rear.IsLocked"
TRUNK = "Vehicle.Body.Trunk.Rear.Position"
SPEED = "Vehicle.Speed"
RAIN = "Vehicle.Body.Raindetection.Intensity"
VOLUME = "Vehicle.Cabin.Infotainment.Media.Volume"
TEMPERATURE = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
FAN = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed"
SEAT = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"
AMBIENT = "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide.Color"


def resting_state() -> dict[str, bool | int | float | str]:
    """A parked car: everything closed, off and dry."""
    state: dict[str, bool | int | float | str] = {}
    for signal in CATALOGUE.signals():
        if signal.default is not None:
            state[signal.path] = signal.default
        elif signal.datatype == "boolean":
            state[signal.path] = False
        elif signal.datatype != "string" and not signal.allowed:
            low, high = signal.bounds()
            state[signal.path] = signal.check(min(max(0, low), high))
    return state


@dataclass
class FakeVehicle:
    """Does what it is told at once, except for the paths in `misbehave`."""

    values: dict[str, bool | int | float | str] = field(default_factory=resting_state)
    misbehave: dict[str, WriteResult | tuple] = field(default_factory=dict)
    """Path → (outcome, actual, reason)."""
    unwritable: set[str] = field(default_factory=set)
    written: list[list[tuple[str, object]]] = field(default_factory=list)

    def read(self, path):
        CATALOGUE[path]
        return self.values.get(path)

    def state(self):
        return dict(self.values)

    def write(self, changes, on_progress=None):
        for change in changes:
            if change.path in self.unwritable:
                raise InputError(f"{change.path} has no command.")
        self.written.append([(change.path, change.value) for change in changes])
        return [self._write(change) for change in changes]

    def _write(self, change: SignalValue) -> WriteResult:
        if change.path not in self.misbehave:
            self.values[change.path] = change.value
            return WriteResult(change, WriteOutcome.PROVED, change.value)
        outcome, actual, reason = self.misbehave[change.path]
        if actual is not None:
            self.values[change.path] = actual
        return WriteResult(change, outcome, actual, reason)

    def watch(self, on_change):
        return lambda: None

    def close(self):
        pass


@dataclass
class ScriptedRecogniser:
    """Sentence → interpretation from a table; anything else is not understood."""

    script: dict[str, Interpretation] = field(default_factory=dict)
    contexts: list[Context] = field(default_factory=list)
    name: str = "script"

    def interpret(self, text: str, context: Context) -> Interpretation:
        self.contexts.append(context)
        known = {
            "yes": Interpretation(Act.CONFIRM),
            "no": Interpretation(Act.DENY),
            "undo": Interpretation(Act.UNDO),
        }
        return (
            self.script.get(text) or known.get(text) or Interpretation(Act.UNKNOWN, leftover=tuple(text.split()))
        )


class Talk:
    """One conversation with an assistant on a fake vehicle; sentences are scripted as they are said."""

    def __init__(self, conversations=None) -> None:
        self.vehicle = FakeVehicle()
        self.recogniser = ScriptedRecogniser()
        self.time = 0.0
        self.assistant = Assistant(
            CATALOGUE,
            FAMILIES,
            self.vehicle,
            self.recogniser,
            POLICY,
            conversations=conversations,
            now=lambda: self.time,
        )

    def say(self, text: str, *requests: Request, conversation: str = "c", speaker=(1, "driver"), **extra):
        if requests or extra:
            act = extra.pop("act", Act.REQUEST)
            self.recogniser.script[text] = Interpretation(act, requests, understood_by="script", **extra)
        return self.assistant.ask(text, conversation, speaker)

    def stage(self, **values) -> None:
        self.vehicle.values.update(values)


def put(path: str, value) -> Request:
    return Request(Kind.SET, CATALOGUE[path], value)


def more(path: str, degree: Degree = Degree.SOME) -> Request:
    return Request(Kind.ADJUST, CATALOGUE[path], direction=1, degree=degree)


def read(path: str, asked=None) -> Request:
    return Request(Kind.READ, CATALOGUE[path], asked)


def pairs(values) -> list[tuple[str, object]]:
    """(path, value) of the requested or applied values of an answer."""
    return [(item.path, item.value) for item in values]


__all__ = ["Act", "Interpretation", "Question"]
