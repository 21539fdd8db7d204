"""What passes between understanding and planning: requests on signals, and nothing else.

Understanding predicts the state a sentence asks for. A `Request` says which signal should take which value (set),
move by how much (adjust), flip (toggle) or be told (read). An `Interpretation` is what a recogniser makes of one
whole sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from hmi.catalogue.families import Degree
from hmi.catalogue.signal import Signal, Value


class Kind(StrEnum):
    """What a request wants of its signal."""

    SET = "set"
    ADJUST = "adjust"
    TOGGLE = "toggle"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Request:
    """One wish about one signal.

    SET uses `value`, which is checked against the signal's type and range when the plan is made, so a recogniser
    may hand over what it understood as it is. ADJUST uses `direction` (+1 or -1) with either `amount` (> 0, in the
    signal's unit) or `degree`. READ may carry in `value` the value asked about ("is the trunk locked?").
    """

    kind: Kind
    signal: Signal
    value: Value | None = None
    direction: int = 0
    amount: float | None = None
    degree: Degree | None = None


class Act(StrEnum):
    """What a sentence does in the conversation."""

    REQUEST = "request"
    """It asks for changes or readings: see `Interpretation.requests`."""
    CONFIRM = "confirm"
    """Yes, to the question that is open."""
    DENY = "deny"
    """No, to the question that is open, or "never mind"."""
    CHOOSE = "choose"
    """Picks option `Interpretation.choice` of the question that is open."""
    CLARIFY = "clarify"
    """Several readings are possible: ask `Interpretation.question`."""
    REFUSE = "refuse"
    """Understood, and cannot be: `Interpretation.refusal` says why and what is possible."""
    UNDO = "undo"
    HELP = "help"
    SMALLTALK = "smalltalk"
    """Greeting or thanks; nothing is asked of the vehicle."""
    UNKNOWN = "unknown"
    """Not understood; nothing may move."""


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer to a clarifying question."""

    label: str
    requests: tuple[Request, ...]
    memory: Any = None


@dataclass(frozen=True, slots=True)
class Question:
    """A short question with the real options."""

    text: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What one recogniser made of one sentence."""

    act: Act
    requests: tuple[Request, ...] = ()
    question: Question | None = None
    choice: int | None = None
    refusal: str = ""
    leftover: tuple[str, ...] = ()
    """Words nobody could account for; a recogniser that leaves any must not ask for a change."""
    replaces_last: bool = False
    """A correction ("no, the other one"): the changes of the turn before are to be taken back first."""
    understood_by: str = ""
    memory: Any = field(default=None, compare=False)
    """What the recogniser wants to see again in `Context.memory` with the next sentence."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a recogniser may know besides the sentence."""

    speaker: tuple[int, str] = (1, "driver")
    """Where the speaker sits: row (1 = front) and side ("driver" or "passenger")."""
    memory: Any = None
    """`Interpretation.memory` of the last sentence of this conversation that had one."""
    question: Question | None = None
    """The clarifying question that is open, if any."""
    awaiting_confirmation: bool = False
    """True while a yes-or-no question is open."""


class Recogniser(Protocol):
    """Sentence → interpretation. A pure function of its arguments; raises nothing for any text."""

    name: str

    def interpret(self, text: str, context: Context) -> Interpretation:
        """Interpret `text`; `Act.UNKNOWN` when it cannot account for the whole of it."""
