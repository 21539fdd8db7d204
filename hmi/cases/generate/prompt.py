"""The questions to the model, and the form of its answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hmi.cases.case import Case, CaseKind, Values
from hmi.cases.generate.assignment import CLEAN, KINDS, NOISES, Assignment
from hmi.catalogue.signal import Signal

VERSION = "1"
"""Goes into the provenance; to be raised with every change of a question below."""

Message = Mapping[str, str]
_MOST = 8
"""Changes and readings of one sentence; a small model would not stop by itself."""

_WRITER = """\
You write test cases for the voice control of a car. Each case has the state that the test sets before
(signals that the sentence starts from), and one or several sentences of a person in the car, each with the
changes that it asks for: signal paths with absolute values, after relative wishes were added to the state.
Sentences sound like real speech, differ from each other, and never contain signal paths. The driver sits on
the left; Row1 is the front; a window is 0 closed and 100 open. Leave changes empty when nothing should
change; list in reads the signals that a question asks about. Answer with JSON only."""
_READER = """\
You read what a person says in a car. For each sentence, in order, list the changes that it asks for: signal
paths with absolute values, after relative wishes were added to the present state, which earlier sentences
have changed. List in reads the signals that a question asks about. Leave both empty when the sentence asks
for nothing that these signals can do. The driver sits on the left and speaks unless said otherwise; Row1 is
the front; a window is 0 closed and 100 open. Answer with JSON only."""


def to_write(assignment: Assignment) -> list[Message]:
    """The question that asks for the cases of `assignment`."""
    task = [
        f"Write {assignment.count} test cases. Each is {KINDS[assignment.kind]}.",
        f"Who speaks: {assignment.persona}.",
        NOISES.get(assignment.noise, assignment.noise),
        "About these signals: " + ", ".join(signal.path for signal in assignment.signals) + ".",
    ]
    if assignment.rule is not None:
        task.append(
            f"The rule: {assignment.rule.reason} ({assignment.rule.effect}). Set the state so that it applies; "
            "the changes are what the person asks for, whatever the rule does about it."
        )
    if assignment.noise == CLEAN and assignment.kind is CaseKind.IMPLICIT:
        task.append("Give the most likely help as changes.")
    task.append("All signals that may be used:\n" + describe(assignment.offered))
    return [{"role": "system", "content": _WRITER}, {"role": "user", "content": "\n".join(task)}]


def to_read(case: Case, offered: Sequence[Signal], state: Values) -> list[Message]:
    """The question for an independent reading of `case`: its sentences and the `state` before, no expectation."""
    present = {signal.path: state[signal.path] for signal in offered if signal.path in state}
    lines = [
        "Signals:\n" + describe(offered),
        "Present state: " + json.dumps(present),
        *(f"Sentence {number}: {turn.say}" for number, turn in enumerate(case.turns, 1)),
    ]
    return [{"role": "system", "content": _READER}, {"role": "user", "content": "\n".join(lines)}]


def describe(signals: Sequence[Signal]) -> str:
    """One line for each signal: path, values, meaning."""
    return "\n".join(f"{signal.path}: {_values(signal)}; {signal.description}".rstrip("; ") for signal in signals)


def _values(signal: Signal) -> str:
    kind = "" if signal.writable else "read only, "
    if signal.allowed:
        return kind + " | ".join(map(str, signal.allowed))
    if signal.datatype in ("boolean", "string"):
        return kind + ("true | false" if signal.datatype == "boolean" else "text")
    low, high = signal.bounds()
    return f"{kind}{low:g}..{high:g} {signal.unit}".rstrip()


def writing_schema(assignment: Assignment) -> dict[str, Any]:
    """The JSON schema of an answer to `to_write`."""
    turn = _object(say={"type": "string"}, changes=_changes(assignment.offered), reads=_paths(assignment.offered))
    several = assignment.kind in (CaseKind.FOLLOW_UP, CaseKind.CORRECTION)
    turns = {"type": "array", "items": turn, "minItems": 2 if several else 1, "maxItems": 4 if several else 1}
    case = _object(state=_changes(assignment.offered), turns=turns)
    return _object(cases={"type": "array", "items": case, "minItems": 1, "maxItems": assignment.count})


def reading_schema(turns: int, offered: Sequence[Signal]) -> dict[str, Any]:
    """The JSON schema of an answer to `to_read`."""
    turn = _object(changes=_changes(offered), reads=_paths(offered))
    return _object(turns={"type": "array", "items": turn, "minItems": turns, "maxItems": turns})


def _changes(signals: Sequence[Signal]) -> dict[str, Any]:
    value = {"anyOf": [{"type": "boolean"}, {"type": "number"}, {"type": "string"}]}
    return {"type": "array", "items": _object(signal=_path(signals), value=value), "maxItems": _MOST}


def _paths(signals: Sequence[Signal]) -> dict[str, Any]:
    return {"type": "array", "items": _path(signals), "maxItems": _MOST}


def _path(signals: Sequence[Signal]) -> dict[str, Any]:
    return {"type": "string", "enum": [signal.path for signal in signals]}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
