"""A case: what a driver says, turn by turn, and which signal values that asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from hmi.assistant.answer import Outcome
from hmi.catalogue.signal import Value

Values = Mapping[str, Value]
"""VSS path → value; every path and value was checked against the catalogue."""


class CaseKind(StrEnum):
    """What is special about the sentence."""

    DIRECT = "direct"
    """Names the device and what to do."""
    RELATIVE = "relative"
    """Counts from where things are: warmer, a bit more, down a notch."""
    MULTI = "multi"
    """Several wishes in one sentence."""
    EXCEPTION = "exception"
    """All but one, or not this but that."""
    NOISE = "noise"
    """Hesitations, mishearings, words that belong to nothing."""
    QUESTION = "question"
    """Asks about the state."""
    FOLLOW_UP = "follow_up"
    """A dialogue whose later turns need the earlier ones."""
    CORRECTION = "correction"
    """A dialogue that takes something back or changes it."""
    RULE = "rule"
    """Meets a rule of the policy."""
    IMPLICIT = "implicit"
    """Names a need, not a device."""
    IMPOSSIBLE = "impossible"
    """About the car, but nothing that it can or should do."""
    UNRELATED = "unrelated"
    """Not about the car."""


DIALOGUES = frozenset({CaseKind.FOLLOW_UP, CaseKind.CORRECTION})
"""Kinds whose cases have several turns."""
DEMANDING = DIALOGUES | {CaseKind.IMPLICIT, CaseKind.IMPOSSIBLE, CaseKind.UNRELATED}
"""Kinds that a fixed grammar finds hard: multi-turn, implicit and impossible."""


class Standing(StrEnum):
    """What is known about a case that a model wrote."""

    VERIFIED = "verified"
    """Fits the catalogue, an independent reading agrees, and the vehicle did it."""
    DISPUTED = "disputed"
    """The independent reading is another one: a person has to settle it. Never counted as a test."""


AUTHORED = "authored"
"""The source of a case that a person wrote."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a case comes from."""

    source: str = AUTHORED
    """`AUTHORED`, or the name of the model that wrote it."""
    prompt: str = ""
    """Version of the prompt."""
    date: str = ""
    """ISO date."""
    persona: str = ""
    noise: str = ""
    settled_by: str = ""
    """ "person" when somebody decided a dispute."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One sentence and what is right."""

    say: str
    wanted: tuple[Values, ...] = ()
    """The changes that are right, as alternatives; none: nothing may be asked of the vehicle."""
    reads: tuple[str, ...] = ()
    """The signals that the sentence asks about."""
    outcomes: tuple[Outcome, ...] = ()
    """The outcomes that are right; none listed: any."""
    rules: tuple[str, ...] = ()
    """Rules that must speak."""
    state: Values = field(default_factory=dict)
    """Put into the vehicle before the sentence."""

    @property
    def moves(self) -> bool:
        """True when the sentence asks for a change."""
        return bool(self.wanted)

    def paths(self) -> tuple[str, ...]:
        """The signals it is about."""
        return tuple(dict.fromkeys([*(path for values in self.wanted for path in values), *self.reads]))


@dataclass(frozen=True, slots=True)
class Reading:
    """An independent reading of a disputed case: the same sentences, other expectations."""

    by: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One conversation on a fresh, parked vehicle."""

    id: str
    kind: CaseKind
    turns: tuple[Turn, ...]
    state: Values = field(default_factory=dict)
    """Put into the vehicle before the first sentence."""
    speaker: str = "driver"
    """Who speaks, as the setting `assistant.speaker` names the seats."""
    provenance: Provenance = Provenance()
    standing: Standing = Standing.VERIFIED
    reason: str = ""
    """Why it is disputed."""
    other_reading: Reading | None = None
    file: Path = Path()
    split: str = ""
    """The part of a library that it belongs to ("develop", "held_out"), empty outside of a library."""

    def paths(self) -> tuple[str, ...]:
        """The signals that its sentences are about, in their order."""
        return tuple(dict.fromkeys(path for turn in self.turns for path in turn.paths()))

    def text(self) -> str:
        """All its sentences on one line."""
        return " / ".join(turn.say for turn in self.turns)
