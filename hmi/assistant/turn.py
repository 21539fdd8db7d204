"""One sentence on its way to an answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from hmi.assistant.acting import Deed
from hmi.assistant.answer import Answer, Outcome
from hmi.assistant.conversation import Conversation
from hmi.planning.plan import Plan

Speaker = tuple[int, str]
"""Row (1 = front) and side ("driver" or "passenger") of the person who speaks."""

DRIVER: Speaker = (1, "driver")


@dataclass(slots=True)
class Turn:
    """One sentence on its way to an answer."""

    conversation: Conversation
    text: str
    speaker: Speaker
    begun: int
    """How many stops had been asked for when it was said (`Movements.stops`)."""
    understood_by: str = ""
    latency_ms: dict[str, float] = field(default_factory=lambda: {"understand": 0.0, "plan": 0.0, "act": 0.0})

    def clock(self, step: str, started: float) -> None:
        """Add the time since `started` (`time.perf_counter`) to `step`."""
        self.latency_ms[step] += (time.perf_counter() - started) * 1000

    def answer(self, outcome: Outcome, reply: str, plan: Plan | None = None, deeds: Sequence[Deed] = ()) -> Answer:
        """The answer of this turn."""
        plan = plan or Plan()
        return Answer(
            text=self.text,
            outcome=outcome,
            reply=reply,
            requested=plan.requested,
            applied=tuple(deed.change.target for deed in deeds if deed.proved),
            answers=tuple({"signal": r.signal.path, "value": r.value} for r in plan.readings),
            rules=tuple(dict.fromkeys(hit.rule for hit in plan.hits)),
            understood_by=self.understood_by,
            latency_ms=self.latency_ms,
            conversation=self.conversation.id,
        )
