"""Independent readings of a sentence: what somebody takes it to mean who does not know what it was written for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from codriver.errors import InputError
from hmi.assistant.answer import Answer, Outcome
from hmi.cases.case import Case, Reading, Turn
from hmi.cases.generate.answer import UnusableError, read_document, read_turns
from hmi.cases.generate.prompt import Message, reading_schema, to_read
from hmi.cases.judge import Closeness, judge
from hmi.cases.judge import Verdict as Judgement
from hmi.cases.run import CaseRunner
from hmi.catalogue.signal import Signal, SignalValue
from hmi.requests import Recogniser

STILL = (Outcome.NEEDS_CLARIFICATION, Outcome.REFUSED, Outcome.NOTHING_TO_DO)
"""How a sentence may end that asks for nothing."""
_TOKENS_EACH = 300
"""Length of an answer about one sentence."""


class Writer(Protocol):
    """A language model behind an OpenAI-compatible endpoint; `hmi.understanding.llm.client.ChatClient` is one."""

    def complete(
        self, messages: Sequence[Message], schema: Mapping[str, Any], *, temperature: float = 0.0, limit: int = 400
    ) -> str:
        """The answer as text. Raises `ResourceError` when there is none."""


@dataclass(frozen=True, slots=True)
class SecondReading:
    """What an independent reader made of a case."""

    agrees: bool
    reading: Reading


def read_by(recogniser: Recogniser, runner: CaseRunner, case: Case) -> SecondReading | None:
    """What `recogniser` makes of `case` on the vehicle of `runner`; None when it does not understand all of it."""
    assistant = runner.session.assistant
    usual, assistant.recogniser = assistant.recogniser, recogniser
    try:
        result = runner.run(case)
    finally:
        assistant.recogniser = usual
    if result.error or any(_silent(turn.answer) for turn in result.turns):
        return None
    turns = tuple(
        _as_read(judged.turn, judged.answer.requested, [str(item["signal"]) for item in judged.answer.answers])
        for judged in result.turns
    )
    return SecondReading(result.right, Reading(recogniser.name, turns))


def read_by_model(
    model: Writer, case: Case, offered: Sequence[Signal], state: Mapping[str, Any], close: Closeness
) -> SecondReading | None:
    """What `model` makes of the sentences of `case`; None when it gives no reading. Raises its errors."""
    limit = _TOKENS_EACH * len(case.turns)
    text = model.complete(to_read(case, offered, state), reading_schema(len(case.turns), offered), limit=limit)
    try:
        found = read_turns(read_document(text), len(case.turns))
        turns = tuple(_turn(turn, data, offered) for turn, data in zip(case.turns, found, strict=True))
    except (UnusableError, InputError):
        return None
    agrees = all(
        judge(turn, _answer(other, offered), close).verdict is Judgement.RIGHT
        for turn, other in zip(case.turns, turns, strict=True)
    )
    return SecondReading(agrees, Reading("model", turns))


def _silent(answer: Answer) -> bool:
    """True when the recogniser said nothing about the meaning: not understood, or it asks back."""
    return answer.outcome is Outcome.NEEDS_CLARIFICATION


def _turn(turn: Turn, data: Mapping[str, Any], offered: Sequence[Signal]) -> Turn:
    """Raises `InputError` for a value that does not fit, `UnusableError` for a signal that was not offered."""
    signals = {signal.path: signal for signal in offered}
    unknown = [path for path in (*data["changes"], *data["reads"]) if path not in signals]
    if unknown:
        raise UnusableError(f"{unknown[0]} was not offered")
    changes = [SignalValue(signals[path], value) for path, value in data["changes"].items()]
    if any(not change.signal.writable for change in changes):
        raise UnusableError("it changes what can only be read")
    return _as_read(turn, changes, data["reads"])


def _as_read(turn: Turn, changes: Sequence[SignalValue], reads: Sequence[str]) -> Turn:
    wanted = ({change.path: change.value for change in changes},) if changes else ()
    outcomes = () if wanted else (Outcome.ANSWERED,) if reads else STILL
    return Turn(turn.say, wanted, tuple(dict.fromkeys(reads)), outcomes, state=turn.state)


def _answer(turn: Turn, offered: Sequence[Signal]) -> Answer:
    """What the assistant would answer if `turn` is what the sentence means."""
    signals = {signal.path: signal for signal in offered}
    values = turn.wanted[0] if turn.wanted else {}
    outcome = Outcome.DONE if values else turn.outcomes[0]
    return Answer(
        turn.say,
        Outcome.REFUSED if outcome in STILL else outcome,
        "",
        requested=tuple(SignalValue(signals[path], value) for path, value in values.items()),
        answers=tuple({"signal": path, "value": None} for path in turn.reads),
    )
