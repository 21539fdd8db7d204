"""What the rest of the program may ask of a simulated vehicle, whoever provides it.

The vehicle side (`hmi`) and the simulation (`firmware_sim`) never import each other: they meet on a CAN channel.
Staging a scene (the speed, the rain, a fault) is not something a car's bus offers, so it goes through this
protocol. A simulation registers itself under the entry point group `codriver.simulations`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol

from codriver.clock import Clock
from codriver.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong on demand.

    `kind` is one of `FAULT_KINDS`; `target` names what is hit: an ECU node ("DOORS") for silent, lost, delayed and
    corrupted, a DBC status signal ("WindowRow1DriverSide") for stuck, pinch and fuse.
    `parameter` is the share of frames (0..1) for lost and corrupted, seconds for delayed, and unused otherwise.
    """

    kind: str
    target: str
    parameter: float = 1.0


FAULT_KINDS: Mapping[str, str] = {
    "silent": "the node neither sends nor listens",
    "stuck": "the actuator accepts commands and does not move",
    "pinch": "something is in the way: a closing window or sunroof stops and reverses",
    "fuse": "the actuator has no power and its commands are refused",
    "lost": "this share of the node's frames never reaches the bus",
    "delayed": "the node's frames reach the bus this many seconds late",
    "corrupted": "this share of the node's frames has flipped bits",
}


class Simulation(Protocol):
    """A running simulated vehicle behind a CAN channel."""

    clock: Clock
    database: Path
    """The DBC file that describes its bus."""
    bus: Mapping[str, object]
    """Keyword arguments for `can.Bus` that join its channel."""

    def stage(self, values: Mapping[str, float | str]) -> None:
        """Put physical values (by DBC status signal name) into the vehicle at once, sensors and actuators alike.

        Status frames with the new values are on the bus before this returns (virtual time) or within one cycle.
        Raises `NotFoundError` for an unknown name and `InputError` for a value outside the signal's range.
        """

    def inject(self, fault: Fault) -> None:
        """Let `fault` act until `clear`. Raises `NotFoundError` for an unknown kind or target."""

    def clear(self) -> None:
        """End every fault."""

    def faults(self) -> Sequence[Fault]:
        """The faults that act now."""

    def reset(self) -> None:
        """Back to the factory state: default values, no faults, nothing moving."""

    def close(self) -> None:
        """Stop the ECUs and leave the bus."""


class SimulationFactory(Protocol):
    """What an entry point of the group `codriver.simulations` must be."""

    def __call__(self, *, virtual_time: bool) -> Simulation:
        """Start a simulated vehicle on a channel of its own inside this process."""


class SimulationJoiner(Protocol):
    """What an entry point of the group `codriver.remote_simulations` must be."""

    def __call__(self, bus: Mapping[str, object]) -> Simulation:
        """Join the simulation that runs elsewhere on `bus` (keyword arguments of `can.Bus`), always in real time.

        Closing what this returns leaves the simulation running.
        """


def start_simulation(name: str, *, virtual_time: bool) -> Simulation:
    """Start the registered simulation `name`, in virtual or real time.

    Raises `NotFoundError` when no simulation of that name is installed.
    """
    factory: SimulationFactory = _installed("codriver.simulations", name).load()
    return factory(virtual_time=virtual_time)


def join_simulation(name: str, bus: Mapping[str, object]) -> Simulation:
    """Join a simulation of the registered kind `name` that runs in another process, over its `bus`.

    Raises `NotFoundError` when no simulation of that name is installed, and `ResourceError` when the bus cannot be
    opened. Whether a simulation is there shows when it is first asked for something.
    """
    joiner: SimulationJoiner = _installed("codriver.remote_simulations", name).load()
    return joiner(bus)


def _installed(group: str, name: str) -> EntryPoint:
    found = {point.name: point for point in entry_points(group=group)}
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        raise NotFoundError(f"No simulation {name!r} is installed (available: {known}).")
    return found[name]
