"""The plan: absolute changes in the order they must happen, and what the rules had to say about them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hmi.catalogue.signal import Signal, SignalValue, Value


class Effect(StrEnum):
    """What a rule does to a plan."""

    REFUSE = "refuse"
    ASK = "ask"
    """The plan may go on when the driver says yes."""
    ADD = "add"
    """Adds companion changes."""
    TELL = "tell"
    """Lets it pass and tells the driver something."""


@dataclass(frozen=True, slots=True)
class RuleHit:
    """One rule that spoke about one plan."""

    rule: str
    """The rule's id."""
    effect: Effect
    reason: str
    """For the driver, one clause."""
    signals: tuple[str, ...] = ()
    """The paths of the requested changes it is about (REFUSE, ASK, TELL) or that it adds (ADD)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One wanted value, and why it is in the plan."""

    target: SignalValue
    rule: str = ""
    """Empty when the driver asked for it, else the id of the rule that added it."""
    phase: int = 0
    """Phases are written one after the other; companions that must come first have a negative phase."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer to a question about the state."""

    signal: Signal
    value: Value | None
    asked: Value | None = None
    """The value the question was about ("is it locked?" → True), if any."""


@dataclass(frozen=True, slots=True)
class Impossible:
    """A request that no rule needs to refuse because the signal cannot do it."""

    signal: Signal
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done, before anything moves. A pure result: making it changes nothing."""

    requested: tuple[SignalValue, ...] = ()
    """What the sentence asks for, absolute, in the order of the sentence, refused ones included."""
    changes: tuple[Change, ...] = ()
    """What is to be written: the allowed part of `requested` that is not already so, and companions."""
    needs_confirmation: bool = False
    """True when a rule asks first: then `changes` waits for a yes."""
    already: tuple[SignalValue, ...] = ()
    """Requested values that the vehicle has already."""
    at_end: tuple[SignalValue, ...] = ()
    """Those of `requested` that a relative request brought to the end of the range ("it is at its maximum");
    one that is in `already` too was at the end before."""
    readings: tuple[Reading, ...] = ()
    impossible: tuple[Impossible, ...] = ()
    hits: tuple[RuleHit, ...] = ()
