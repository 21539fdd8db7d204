"""Reads what the model wrote. Nothing in it is trusted: what is not of the expected form is told as a problem."""

from __future__ import annotations

import json
import math
from typing import Any

MAX_SENTENCE = 300
"""Characters of one sentence; nobody says more to a car at once."""
_MAX_TURNS = 6
_MAX_CASES = 50


class UnusableError(ValueError):
    """The answer, or a part of it, cannot be used; the message says why, in one clause."""


def read_document(text: str) -> dict[str, Any]:
    """The JSON object in `text`, prose or a code fence around it left aside. Raises `UnusableError`."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise UnusableError("the answer holds no JSON object")
    try:
        document = json.loads(text[start : end + 1], parse_constant=_no_constant)
    except UnusableError:
        raise
    except (ValueError, RecursionError):
        raise UnusableError("the answer is not JSON") from None
    if not isinstance(document, dict):
        raise UnusableError("the answer is not a JSON object")
    return document


def _no_constant(name: str) -> float:
    raise UnusableError(f"{name} is not a value of any signal")


def drafts(text: str) -> list[Any]:
    """The items under "cases", unchecked. Raises `UnusableError`."""
    found = read_document(text).get("cases")
    if not isinstance(found, list) or not found:
        raise UnusableError("the answer has no list of cases")
    return found[:_MAX_CASES]


def read_turns(data: Any, count: int | None = None) -> list[dict[str, Any]]:
    """The turns of a draft or of a reading as mappings with `changes` and `reads` (and `say`, where given).

    `count`, when given, is how many there must be. Raises `UnusableError`.
    """
    turns = data.get("turns") if isinstance(data, dict) else None
    if not isinstance(turns, list) or not turns:
        raise UnusableError("it has no turns")
    if len(turns) > _MAX_TURNS or (count is not None and len(turns) != count):
        raise UnusableError(f"it has {len(turns)} turns")
    return [_turn(turn) for turn in turns]


def _turn(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise UnusableError("a turn is not an object")
    turn: dict[str, Any] = {"changes": read_values(data.get("changes", [])), "reads": data.get("reads", [])}
    if not isinstance(turn["reads"], list) or not all(isinstance(item, str) for item in turn["reads"]):
        raise UnusableError("reads is not a list of signals")
    if "say" in data:
        turn["say"] = sentence(data["say"])
    return turn


def sentence(data: Any) -> str:
    """A sentence that a person could have said. Raises `UnusableError`."""
    if not isinstance(data, str):
        raise UnusableError("a sentence is not a text")
    said = " ".join(data.split())
    if not any(letter.isalpha() for letter in said):
        raise UnusableError("a sentence is empty")
    if len(said) > MAX_SENTENCE:
        raise UnusableError(f"a sentence has {len(said)} characters")
    if not said.isprintable():
        raise UnusableError("a sentence has characters that nobody can say")
    if "Vehicle." in said or "_" in said:
        raise UnusableError(f"nobody says {said!r}")
    return said


def read_values(data: Any) -> dict[str, Any]:
    """A list of `{"signal", "value"}` as a mapping. Raises `UnusableError` for two values of one signal."""
    if not isinstance(data, list):
        raise UnusableError("changes are not a list")
    values: dict[str, Any] = {}
    for item in data:
        if not isinstance(item, dict) or not isinstance(item.get("signal"), str) or "value" not in item:
            raise UnusableError("a change has no signal and value")
        path, value = item["signal"], item["value"]
        if not isinstance(value, bool | int | float | str) or (
            isinstance(value, float) and not math.isfinite(value)
        ):
            raise UnusableError(f"the value of {path} is none")
        if values.get(path, value) != value:
            raise UnusableError(f"{path} has two values")
        values[path] = value
    return values
