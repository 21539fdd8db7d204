"""Sentences from a file or a pipe: one JSON object per line in, one per line out, in order.

Lines of one session are one conversation on one vehicle, even when other lines come between; a line without a
session gets a vehicle and a conversation of its own. There is one simulated vehicle: it is put into the state of
whichever session speaks.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from codriver.errors import CodriverError, InputError
from hmi.assistant.answer import Outcome
from hmi.assistant.assistant import Assistant
from hmi.assistant.conversation import Conversations
from hmi.assistant.turn import Speaker
from hmi.catalogue.signal import Value

_NO_SESSION = "no session"
_KEYS = ("id", "text", "session", "state")


def batch_conversations() -> Conversations:
    """What a batch remembers: every session to its end, however many there are, and no history nobody reads."""
    return Conversations(limit=sys.maxsize, turns=1)


class Stage(Protocol):
    """A simulated vehicle with an assistant, as a batch needs it."""

    @property
    def assistant(self) -> Assistant:
        """Who is spoken to."""

    def reset_vehicle(self) -> None:
        """Bring the vehicle back to its factory state."""

    def stage(self, values: Mapping[str, Value]) -> None:
        """Put values into the vehicle: all of them, or none and an error."""

    def settle(self) -> None:
        """Let what still moves come to rest."""

    def scene(self) -> Mapping[str, Value]:
        """What differs from the factory state."""


@dataclass(frozen=True, slots=True)
class Line:
    """One input line that can be used."""

    id: str | int | float | bool | None
    text: str
    session: str | int | None
    state: Mapping[str, Any]


class LineError(InputError):
    """A line that cannot be used; `line_id` is its id as far as it could be read."""

    def __init__(self, message: str, line_id: Any = None) -> None:
        super().__init__(message)
        self.line_id = line_id


def parse_line(raw: bytes) -> Line:
    """Read one line. Raises `LineError`."""
    try:
        data = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise LineError("The line is not UTF-8 text; save the batch as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        reason = (
            error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deep or has a huge number"
        )
        raise LineError(f"The line is not a JSON object: {reason[:1].lower()}{reason[1:]}.") from None
    if not isinstance(data, dict):
        raise LineError(f"The line must be a JSON object with the keys {', '.join(_KEYS)}, not {_kind(data)}.")
    line_id = data.get("id")
    if isinstance(line_id, dict | list):
        raise LineError(f"id must be a text, a number, true, false or null, not {_kind(line_id)}.")
    text, session, state = data.get("text"), data.get("session"), data.get("state")
    if not isinstance(text, str):
        problem = f"not {_kind(text)}" if "text" in data else "and it is missing"
        raise LineError(f"text must be the sentence as a text, {problem}.", line_id)
    if session is not None and (isinstance(session, bool) or not isinstance(session, str | int)):
        raise LineError(f"session must be a text, not {_kind(session)}.", line_id)
    if state is not None and not isinstance(state, dict):
        raise LineError(f"state must be an object of signal paths and values, not {_kind(state)}.", line_id)
    return Line(line_id, text, session, state or {})


def _kind(data: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(data), "a number")


def as_line(document: Mapping[str, Any]) -> bytes:
    """`document` as one line of UTF-8 JSON; lone surrogates, which UTF-8 cannot hold, are escaped."""
    try:
        return json.dumps(document, ensure_ascii=False).encode("utf-8") + b"\n"
    except UnicodeEncodeError:
        return json.dumps(document).encode("ascii") + b"\n"


@dataclass(slots=True)
class Batch:
    """Runs the lines of one batch."""

    stage: Stage
    speaker: Speaker
    bad_lines: int = 0
    """Lines that could not be used so far."""
    _scenes: dict[str, Mapping[str, Value]] = field(default_factory=dict)
    """What the vehicle of each session looks like while another one is on stage."""
    _on_stage: str = _NO_SESSION
    _moving: bool = False
    """True when something did not arrive, so it may be moving still."""

    def run(self, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        """One output object for each line that is not blank, as soon as it is known."""
        for raw in lines:
            if raw.strip():
                yield self._one(raw.removeprefix(b"\xef\xbb\xbf"))

    def _one(self, raw: bytes) -> dict[str, Any]:
        line_id = None
        try:
            line = parse_line(raw)
            line_id = line.id
            return self._answer(line)
        except CodriverError as error:
            self.bad_lines += 1
            known = error.line_id if isinstance(error, LineError) else line_id
            return {"id": known, "error": str(error)}

    def _answer(self, line: Line) -> dict[str, Any]:
        # The type is part of the name: session 1 and session "1" are two sessions.
        name = _NO_SESSION if line.session is None else f"{type(line.session).__name__} {line.session}"
        self._set_stage(name)
        if line.state:
            self.stage.stage(line.state)
        answer = self.stage.assistant.ask(line.text, name, self.speaker)
        self._moving = self._moving or answer.outcome is Outcome.FAILED
        return {"id": line.id, "session": line.session, **answer.as_json()}

    def _set_stage(self, name: str) -> None:
        """Bring on the vehicle of session `name`, and put the present one aside."""
        if name == self._on_stage and name != _NO_SESSION:
            return
        if self._on_stage != _NO_SESSION:
            if self._moving:
                self.stage.settle()
            self._scenes[self._on_stage] = self.stage.scene()
        self._on_stage, self._moving = name, False
        self.stage.reset_vehicle()
        if name == _NO_SESSION:
            self.stage.assistant.forget(name)
        elif self._scenes.get(name):
            self.stage.stage(self._scenes[name])
