"""A session without a bus: a vehicle in memory behind the real assistant, rules and grammar."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from codriver.errors import NotFoundError
from codriver.simulation import Fault
from hmi.assistant.assistant import Assistant
from hmi.catalogue.catalogue import default_catalogue
from hmi.catalogue.family_file import load_families
from hmi.catalogue.signal import SignalValue
from hmi.planning.policy import default_policy
from hmi.understanding.grammar.recogniser import GrammarRecogniser
from hmi.vehicle.base import WriteOutcome, WriteResult

CATALOGUE = default_catalogue()
FAMILIES = load_families(CATALOGUE)
POLICY = default_policy(CATALOGUE)
GRAMMAR = GrammarRecogniser(FAMILIES)
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
SPEED = "Vehicle.Speed"
RAIN = "Vehicle.Body.Raindetection.Intensity"
DBC = Path(__file__).parents[2] / "firmware_sim" / "data" / "codriver.dbc"


def resting_state() -> dict:
    state: dict = {}
    for signal in CATALOGUE.signals():
        if signal.default is not None:
            state[signal.path] = signal.default
        elif signal.datatype == "boolean":
            state[signal.path] = False
        elif signal.datatype != "string" and not signal.allowed:
            low, high = signal.bounds()
            state[signal.path] = signal.check(min(max(0, low), high))
    return state


class MemoryVehicle:
    """Takes every value at once; the paths in `stuck` never move."""

    def __init__(self) -> None:
        self.values = resting_state()
        self.stuck: set[str] = set()
        self.watchers: list[Callable[[Mapping], None]] = []
        self.lock = threading.Lock()

    def read(self, path: str):
        CATALOGUE[path]
        return self.values.get(path)

    def state(self) -> dict:
        with self.lock:
            return dict(self.values)

    def put(self, changes: Mapping) -> None:
        with self.lock:
            self.values.update(changes)
        for watcher in tuple(self.watchers):
            watcher(changes)

    def lose(self, path: str) -> None:
        """The value is not trustworthy any more; nobody is told, as on a bus that falls silent."""
        with self.lock:
            del self.values[path]

    def write(self, changes, on_progress=None) -> list[WriteResult]:
        return [self._write(change) for change in changes]

    def _write(self, change: SignalValue) -> WriteResult:
        if change.path in self.stuck:
            return WriteResult(change, WriteOutcome.BLOCKED, self.values[change.path], "it does not move")
        self.put({change.path: change.value})
        return WriteResult(change, WriteOutcome.PROVED, change.value)

    def watch(self, on_change):
        self.watchers.append(on_change)
        return lambda: self.watchers.remove(on_change)

    def close(self) -> None:
        self.watchers.clear()


@dataclass
class MemorySimulation:
    database: Path = DBC
    acting: list[Fault] = field(default_factory=list)

    def inject(self, fault: Fault) -> None:
        if fault.target == "NOBODY":
            raise NotFoundError(f"There is no {fault.target}.")
        self.acting.append(fault)

    def clear(self) -> None:
        self.acting.clear()

    def faults(self) -> tuple[Fault, ...]:
        return tuple(self.acting)


class MemorySession:
    """What `hmi.session.Session` is to the web room, without a bus."""

    def __init__(self, *, simulated: bool = True) -> None:
        self.catalogue = CATALOGUE
        self.families = FAMILIES
        self.policy = POLICY
        self.vehicle = MemoryVehicle()
        self.simulation = MemorySimulation() if simulated else None
        self.assistant = Assistant(CATALOGUE, FAMILIES, self.vehicle, GRAMMAR, POLICY)

    def stage(self, values: Mapping) -> None:
        self.vehicle.put(values)

    def reset_vehicle(self) -> None:
        self.vehicle.put(resting_state())
        self.simulation.clear()
