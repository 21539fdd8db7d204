"""Runs cases on the current system: each one conversation on a fresh simulated vehicle, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from codriver.errors import CodriverError
from hmi.assistant.answer import Outcome
from hmi.cases.case import Case, Turn, Values
from hmi.cases.judge import Closeness, Judged, Verdict, judge, worst
from hmi.session import SPEAKERS, Session

CONVERSATION = "case"
"""The id of the conversation that a case is."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case and what came of its turns."""

    case: Case
    turns: tuple[Judged, ...]
    error: str = ""
    """Why the case could not be run: its state cannot be staged."""

    @property
    def verdict(self) -> Verdict:
        """That of its worst turn."""
        return Verdict.MISSED if self.error else worst([turn.verdict for turn in self.turns])

    @property
    def right(self) -> bool:
        """True when every turn was."""
        return self.verdict is Verdict.RIGHT

    @property
    def problem(self) -> str:
        """The first thing that went wrong, empty when nothing did."""
        return self.error or next((turn.problem for turn in self.turns if turn.problem), "")

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the rules that spoke."""
        return tuple(dict.fromkeys(rule for turn in self.turns for rule in turn.answer.rules))

    @property
    def unproved(self) -> bool:
        """True when the vehicle did not do something that it was told to."""
        return any(turn.answer.outcome is Outcome.FAILED for turn in self.turns)


def closeness(session: Session) -> Closeness:
    """When values count as the same on the bus of this session."""
    steps = {
        path: binding.status.codec.step
        for path, binding in session.vehicle.bindings.items()
        if binding.status is not None
    }
    return Closeness(session.catalogue, steps)


class CaseRunner:
    """Runs cases, one after the other, on one simulated vehicle."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.close = closeness(session)
        self._undoing: Values = {}

    def run(self, case: Case) -> CaseResult:
        """Run one case on a fresh vehicle. Raises `InputError` for a vehicle that is not simulated."""
        self.session.reset()
        judged: list[Judged] = []
        self._undoing = {}
        for number, turn in enumerate(case.turns):
            try:
                self.session.stage({**case.state, **turn.state} if number == 0 else turn.state)
            except CodriverError as error:
                return CaseResult(case, tuple(judged), f"its state cannot be staged: {error}")
            judged.append(self.turn(case, turn))
            if judged[-1].answer.outcome is Outcome.FAILED:
                self.session.settle()
        return CaseResult(case, tuple(judged))

    def turn(self, case: Case, turn: Turn) -> Judged:
        """Say one sentence of `case` and judge the answer."""
        before = self.session.vehicle.state()
        answer = self.session.assistant.ask(turn.say, CONVERSATION, SPEAKERS[case.speaker])
        judged = judge(turn, answer, self.close, self._undoing)
        self._undoing = {path: before[path] for path in judged.companions if path in before}
        return judged

    def run_all(
        self, cases: Iterable[Case], on_result: Callable[[CaseResult], None] | None = None
    ) -> list[CaseResult]:
        """Run `cases` in their order; `on_result` hears of each."""
        results = []
        for case in cases:
            results.append(self.run(case))
            if on_result is not None:
                on_result(results[-1])
        return results
