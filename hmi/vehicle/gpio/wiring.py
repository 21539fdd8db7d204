"""What the owner of the pins must know, and no more: pins, safe levels, and what must never happen.

It is plain data that travels to the guardian process as JSON.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Output:
    """One output pin. Its levels are shares of "on", from 0 to 1, whatever the wire carries."""

    pin: int
    safe: bool = False
    """On or off in the safe state. Nothing in between: when every program has gone, nobody is left to pulse it."""
    inverted: bool = False
    """On is the low level (as on most relay boards)."""
    frequency: float = 0.0
    """Hertz of its pulses; 0 for a pin that is only switched."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input pin with its internal resistor."""

    pin: int
    to_ground: bool = True
    """The switch connects it to ground (with a pull-up) instead of to 3.3 V (with a pull-down)."""


@dataclass(frozen=True, slots=True)
class Interlock:
    """A motor between two end switches. Kept by the owner of the pins itself, so no message can be too late."""

    open_pin: int
    close_pin: int
    open_switch: int
    closed_switch: int
    stall_pin: int | None
    longest: float
    """Seconds after which a motor that still runs is stopped."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Every pin of a rig."""

    outputs: tuple[Output, ...] = ()
    inputs: tuple[Input, ...] = ()
    interlocks: tuple[Interlock, ...] = ()
    watchdog: float = 0.5
    """Seconds without a sign of life after which every output goes to its safe state."""

    def as_json(self) -> dict[str, Any]:
        """The form that `from_json` reads."""
        return asdict(self)

    @staticmethod
    def from_json(document: dict[str, Any]) -> Wiring:
        """The wiring that `as_json` wrote."""
        return Wiring(
            tuple(Output(**entry) for entry in document["outputs"]),
            tuple(Input(**entry) for entry in document["inputs"]),
            tuple(Interlock(**entry) for entry in document["interlocks"]),
            document["watchdog"],
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What the pins show at one moment."""

    number: int = 0
    """Counts up; of two reports the one with the higher number is newer."""
    sequence: int = 0
    """The last command that was done before."""
    epoch: int = 0
    """How often the rig went into its safe state by itself. Commands carry the epoch that they were made in."""
    outputs: dict[int, float] = field(default_factory=dict)
    """Pin → share of "on", read back from the pin."""
    inputs: dict[int, bool] = field(default_factory=dict)
    """Pin → the switch there is closed."""
    tripped: str = ""
    """Why every output is in its safe state until the next command; empty in normal service."""
    lost: bool = False
    """Nobody serves the pins any more: `tripped` says why, and commands are of no use."""

    def as_json(self) -> dict[str, Any]:
        """The form that `from_json` reads."""
        return asdict(self) | {"outputs": list(self.outputs.items()), "inputs": list(self.inputs.items())}

    @staticmethod
    def from_json(document: dict[str, Any]) -> Report:
        """The report that `as_json` wrote; JSON has no whole numbers as keys, so they travel as pairs."""
        pairs = {"outputs": dict(document["outputs"]), "inputs": dict(document["inputs"])}
        return Report(**(document | pairs))
