"""Writing with a small model: we choose what the sentence is to ask for, the model only words it.

A model of a hundred million parameters cannot invent a test case, but it can say a given wish in other words when
it is shown how drivers did so. What it writes is verified like any other case.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hmi.cases.case import Case, CaseKind, Values
from hmi.cases.generate.answer import UnusableError, read_document, sentence
from hmi.cases.generate.assignment import Assignment
from hmi.cases.generate.prompt import Message
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.families import FamilyKind
from hmi.catalogue.family_file import Families
from hmi.catalogue.signal import Signal, Value
from hmi.requests import Kind, Request
from hmi.understanding.llm.describe import describe

VERSION = "guided-1"
"""Goes into the provenance; to be raised with every change of the question below."""
KINDS = (CaseKind.DIRECT, CaseKind.MULTI)
"""What can be written so: sentences that ask for given changes and nothing else."""

_TASK = "Say the wish to the car in other words, as a driver would. Answer with JSON."
TEMPERATURE = 0.7
"""Above it, a small model loses the thread."""
_ALIKE, _OTHERS = 5, 2
_MAX_SAY = 90
_PERCENTS = (0, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90, 100)
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"say": {"type": "string", "minLength": 8, "maxLength": _MAX_SAY}},
    "required": ["say"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class _Shown:
    """A wish, and how somebody said it."""

    family: str
    wish: str
    say: str


class Guide:
    """Puts the questions to a small model, and makes drafts of its answers."""

    schema = _SCHEMA
    limit = 60
    """Tokens of one answer."""

    def __init__(self, catalogue: Catalogue, families: Families, cases: Iterable[Case]) -> None:
        """`cases` may be shown to the model: never those that are held out."""
        self._catalogue = catalogue
        self._families = families
        self._shown = [shown for case in cases if (shown := self._show(case)) is not None]

    def changes(self, assignment: Assignment, number: int) -> Values:
        """What sentence `number` of the assignment is to ask for; the same numbers give the same changes."""
        paths = [signal.path for signal in assignment.signals]
        draw = random.Random(f"{number}/{paths}")
        wanted = 2 if assignment.kind is CaseKind.MULTI else 1
        chosen = draw.sample(assignment.signals, min(wanted, len(assignment.signals)))
        return {signal.path: value for signal in chosen if (value := self._value(signal, draw)) is not None}

    def question(self, changes: Values, draw: random.Random) -> list[Message]:
        """Asks to word `changes`; examples of the same device first."""
        families = {family.id for path in changes if (family := self._families.of(path))}
        alike = [shown for shown in self._shown if shown.family in families]
        others = [shown for shown in self._shown if shown.family not in families]
        examples = draw.sample(others, min(_OTHERS, len(others))) + draw.sample(alike, min(_ALIKE, len(alike)))
        messages: list[Message] = [{"role": "system", "content": _TASK}]
        for shown in examples:  # as turns of the conversation: a small model goes on with what it sees
            messages.append({"role": "user", "content": shown.wish})
            messages.append({"role": "assistant", "content": json.dumps({"say": shown.say})})
        return [*messages, {"role": "user", "content": self.wish(changes)}]

    def wish(self, changes: Values) -> str:
        """`changes` in a few words."""
        wishes = [Request(Kind.SET, self._catalogue[path], value) for path, value in changes.items()]
        return describe(wishes, self._families)

    @staticmethod
    def draft(text: str, changes: Values) -> dict[str, Any]:
        """A draft in the form that any model's has. Raises `UnusableError`."""
        said = sentence(read_document(text).get("say"))
        if len(said.split()) < 2:
            raise UnusableError(f"{said!r} is no sentence")
        listed = [{"signal": path, "value": value} for path, value in changes.items()]
        return {"state": [], "turns": [{"say": said, "changes": listed, "reads": []}]}

    def _show(self, case: Case) -> _Shown | None:
        turn = case.turns[0]
        if case.kind not in KINDS or len(turn.wanted) != 1 or len(turn.wanted[0]) > 2 or len(turn.say) > _MAX_SAY:
            return None
        family = self._families.of(next(iter(turn.wanted[0])))
        return _Shown(family.id, self.wish(turn.wanted[0]), turn.say) if family else None

    def _value(self, signal: Signal, draw: random.Random) -> Value | None:
        """A value that a driver might ask for; None for a signal that is not told in plain words."""
        if signal.datatype == "boolean":
            return draw.random() < 0.5
        if signal.allowed:
            return str(draw.choice(list(signal.allowed)))
        if signal.datatype == "string":
            return None
        low, high = signal.bounds()
        family = self._families.of(signal.path)
        if family is not None and family.kind is FamilyKind.TEMPERATURE:
            return float(draw.randint(int(max(low, 17)), int(min(high, 27))))
        fitting: Sequence[int] = [value for value in _PERCENTS if low <= value <= high]
        return draw.choice(fitting) if fitting else None
