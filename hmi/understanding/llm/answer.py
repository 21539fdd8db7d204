"""What a model answers: the JSON schema built for one sentence, and the strict reading of what comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from hmi.catalogue.signal import Value

PREFIX = "Vehicle."
CHOICE = "choice"
MAX_CHANGES = 16
MAX_SAY = 160
_MAX_TEXT = 20_000
_KEYS = frozenset({"act", "changes", "reads", "say"})


class ModelAct(StrEnum):
    """What the model wants to do about a sentence."""

    CHANGE = "change"
    ANSWER = "answer"
    ASK = "ask"
    REFUSE = "refuse"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """An answer that has the right form. Nothing else about it is known to be true."""

    act: ModelAct
    changes: tuple[tuple[str, Value], ...] = ()
    """Path and value."""
    reads: tuple[str, ...] = ()
    say: str = ""


class AnswerError(Exception):
    """An answer that does not have the form that was asked for; the text says what is wrong, for the model."""


def answer_schema(values: Mapping[str, Sequence[Value]], readable: Sequence[str]) -> dict[str, Any]:
    """The form of an answer: changes only of these signals, each to one of its values."""
    groups: dict[tuple[tuple[str, Value], ...], list[str]] = {}
    for path, allowed in values.items():
        groups.setdefault(tuple((type(value).__name__, value) for value in allowed), []).append(path)
    items = [
        _object({"signal": _one_of([_short(path) for path in paths]), "value": _one_of([v for _, v in allowed])})
        for allowed, paths in groups.items()
    ]
    # An array without `items` is refused by strict endpoints, even where it must be empty.
    none = _object({"signal": {"type": "string"}, "value": {"type": "string"}})
    changes = {
        "type": "array",
        "items": none if not items else items[0] if len(items) == 1 else {"anyOf": items},
        "maxItems": MAX_CHANGES if items else 0,
    }
    reads = {
        "type": "array",
        "items": _one_of([_short(path) for path in readable]) if readable else {"type": "string"},
        "maxItems": 4 if readable else 0,
    }
    acts = [
        act
        for act in ModelAct
        if (items or act is not ModelAct.CHANGE) and (readable or act is not ModelAct.ANSWER)
    ]
    say = {"type": "string", "maxLength": MAX_SAY}
    return _object({"act": _one_of([str(act) for act in acts]), "changes": changes, "reads": reads, "say": say})


def choice_schema(count: int, *, bare: bool = False) -> dict[str, Any]:
    """The form of a choice among `count` proposals, numbered from 1; 0 is none of them.

    `bare`: the answer is the number alone, a single token: a small model takes longer to write an object around it
    than to choose. Strict endpoints refuse such a schema, so others are asked for an object.
    """
    numbers = _one_of(list(range(count + 1)))
    return numbers if bare else _object({CHOICE: numbers})


def _one_of(values: Sequence[Value]) -> dict[str, Any]:
    """One of `values`, which are of one kind."""
    kinds = {"boolean": bool, "integer": int, "number": int | float, "string": str}
    kind = next(name for name, kind in kinds.items() if all(isinstance(value, kind) for value in values))
    return {"type": kind, "enum": list(values)}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _short(path: str) -> str:
    return path.removeprefix(PREFIX)


def read_answer(text: str) -> ModelAnswer:
    """Read an answer. Raises `AnswerError`."""
    data = _json_object(text)
    if set(data) != _KEYS:
        raise AnswerError(f"the answer must have exactly the keys {', '.join(sorted(_KEYS))}")
    act, changes, reads, say = data["act"], data["changes"], data["reads"], data["say"]
    if act not in list(ModelAct):
        raise AnswerError(f"act must be one of {', '.join(ModelAct)}")
    if not isinstance(changes, list) or len(changes) > MAX_CHANGES:
        raise AnswerError(f"changes must be a list of at most {MAX_CHANGES}")
    if not isinstance(reads, list) or not all(isinstance(path, str) for path in reads):
        raise AnswerError("reads must be a list of signals")
    if not isinstance(say, str):
        raise AnswerError("say must be a text")
    pairs = tuple(_change(item) for item in changes)
    if bool(pairs) != (act == ModelAct.CHANGE):
        raise AnswerError("changes are given exactly when act is change")
    if act == ModelAct.ANSWER and not reads:
        raise AnswerError("reads must name what is asked when act is answer")
    return ModelAnswer(ModelAct(act), pairs, tuple(_long(path) for path in reads), plain_text(say))


def read_choice(text: str, count: int) -> int:
    """Read a choice, given as a number or as an object around it. Raises `AnswerError`."""
    choice = _json(text)
    if isinstance(choice, dict) and set(choice) == {CHOICE}:
        choice = choice[CHOICE]
    if isinstance(choice, bool) or not isinstance(choice, int) or not 0 <= choice <= count:
        raise AnswerError(f"the answer must be a number from 0 to {count} and nothing else")
    return choice


def _change(item: Any) -> tuple[str, Value]:
    if not isinstance(item, dict) or set(item) != {"signal", "value"} or not isinstance(item["signal"], str):
        raise AnswerError("each change must have exactly signal and value")
    if not isinstance(item["value"], bool | int | float | str):
        raise AnswerError(f"the value of {item['signal'][:80]} must be true, false, a number or a text")
    return _long(item["signal"]), item["value"]


def _long(path: str) -> str:
    return path if path.startswith(PREFIX) else PREFIX + path


def _json_object(text: str) -> dict[str, Any]:
    data = _json(text)
    if not isinstance(data, dict):
        raise AnswerError("the answer must be a JSON object")
    return data


def _json(text: str) -> Any:
    if len(text) > _MAX_TEXT:
        raise AnswerError("the answer is too long")

    def refuse(name: str) -> NoReturn:
        raise AnswerError(f"{name} is not a number")

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise AnswerError("the answer must be JSON and nothing else") from None


def plain_text(text: str) -> str:
    """A model's words as a person may be shown them: one line, printable, short, without addresses."""
    line = " ".join(word for word in text.split() if "://" not in word and "www." not in word.lower())
    shown = "".join(character for character in line if character.isprintable())
    return shown if len(shown) <= MAX_SAY else shown[: MAX_SAY - 1].rstrip() + "…"
