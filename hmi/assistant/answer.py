"""What the assistant gives back for one sentence: the contract of `codriver ask --json` and of the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hmi.catalogue.signal import SignalValue, Value


class Outcome(StrEnum):
    """How a turn of the conversation ended."""

    DONE = "done"
    NOTHING_TO_DO = "nothing_to_do"
    NEEDS_CONFIRMATION = "needs_confirmation"
    NEEDS_CLARIFICATION = "needs_clarification"
    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """One turn: what was asked, what was done and proved, and the sentence to say."""

    text: str
    outcome: Outcome
    reply: str
    requested: tuple[SignalValue, ...] = ()
    applied: tuple[SignalValue, ...] = ()
    answers: tuple[Mapping[str, Value | None], ...] = ()
    """One `{"signal": path, "value": value}` for each reading."""
    rules: tuple[str, ...] = ()
    """Ids of the rules that spoke."""
    understood_by: str = ""
    latency_ms: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds for understand, plan and act."""
    options: tuple[str, ...] = ()
    """Labels to choose from, with NEEDS_CLARIFICATION."""
    conversation: str = ""

    def as_json(self) -> dict[str, Any]:
        """The object of the batch contract, without id and session."""
        return {
            "text": self.text,
            "requested": [change.as_json() for change in self.requested],
            "applied": [change.as_json() for change in self.applied],
            "answers": [dict(answer) for answer in self.answers],
            "outcome": str(self.outcome),
            "rules": list(self.rules),
            "reply": self.reply,
            "understood_by": self.understood_by,
            "latency_ms": {step: round(ms, 2) for step, ms in self.latency_ms.items()},
            "options": list(self.options),
        }
