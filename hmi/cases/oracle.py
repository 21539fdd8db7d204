"""Runs cases with perfect understanding in the recogniser's place: what remains is planning, rules and vehicle.

It shows that what a case expects can be done: each change is proved by its read-back, or a rule holds it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hmi.assistant.answer import Answer, Outcome
from hmi.cases.case import Case, Turn, Values
from hmi.cases.judge import Judged, Verdict, spell
from hmi.cases.run import CONVERSATION, CaseResult, CaseRunner
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import Value
from hmi.requests import Act, Context, Interpretation, Kind, Request
from hmi.session import Session

NAME = "oracle"

_ACTS: Mapping[Outcome, Act] = {
    Outcome.NEEDS_CLARIFICATION: Act.UNKNOWN,
    Outcome.REFUSED: Act.REFUSE,
    Outcome.NOTHING_TO_DO: Act.SMALLTALK,
    Outcome.ANSWERED: Act.HELP,
}
"""How to end a turn that wants neither changes nor readings."""


class Oracle:
    """A recogniser that is told beforehand what the next sentence means."""

    name = NAME

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.next = Turn("")
        self.alternative = 0

    def wanted(self) -> Values:
        """The changes of the next sentence, by the alternative that is chosen; the last one where it has fewer."""
        wanted = self.next.wanted
        return wanted[min(self.alternative, len(wanted) - 1)] if wanted else {}

    def interpret(self, text: str, context: Context) -> Interpretation:
        """What `next` says, whatever `text` is."""
        changes = [Request(Kind.SET, self._catalogue[path], value) for path, value in self.wanted().items()]
        readings = [Request(Kind.READ, self._catalogue[path]) for path in self.next.reads]
        if changes or readings:
            return Interpretation(Act.REQUEST, (*changes, *readings), understood_by=NAME)
        outcome = next((item for item in _ACTS if item in self.next.outcomes), Outcome.NEEDS_CLARIFICATION)
        return Interpretation(_ACTS[outcome], refusal="that cannot be", understood_by=NAME)


class OracleRunner(CaseRunner):
    """Runs every alternative of a case with perfect understanding. Takes over the session's recogniser."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._oracle = Oracle(session.catalogue)
        session.assistant.recogniser = self._oracle

    def run(self, case: Case) -> CaseResult:
        """The result of the first alternative that goes wrong, else of the first one."""
        results = []
        for self._oracle.alternative in range(max(len(turn.wanted) for turn in case.turns) or 1):
            results.append(super().run(case))
            if not results[-1].right:
                return results[-1]
        return results[0]

    def turn(self, case: Case, turn: Turn) -> Judged:
        """Say the sentence, say yes where a rule asks, and look at the vehicle."""
        self._oracle.next = turn
        before = self.session.vehicle.state()
        judged = super().turn(case, turn)
        answer = judged.answer
        if answer.outcome is Outcome.NEEDS_CONFIRMATION:
            answer = self.session.assistant.confirm(CONVERSATION, True)
            judged = replace(judged, answer=replace(answer, rules=(*judged.answer.rules, *answer.rules)))
        missing = self._unproved(answer, before)
        if judged.verdict is not Verdict.RIGHT or not missing:
            return judged
        problem = f'{Verdict.UNPROVED} at "{turn.say}": {spell(missing)}; {answer.reply}'
        return replace(judged, verdict=Verdict.UNPROVED, problem=problem)

    def _unproved(self, answer: Answer, before: Mapping[str, Value]) -> Values:
        """The wanted changes that neither the read-back nor a rule accounts for."""
        applied = {target.path for target in answer.applied}
        missing = {
            path: value
            for path, value in self._oracle.wanted().items()
            if path not in applied and not (path in before and self.close.same(path, before[path], value))
        }
        return {} if answer.rules and answer.outcome is not Outcome.FAILED else missing
