"""Verifies one case that a model wrote: form, catalogue, vehicle, independent reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from codriver.errors import FileFormatError
from hmi.cases.case import DIALOGUES, Case, CaseKind, Provenance, Standing
from hmi.cases.generate.answer import UnusableError, read_turns, read_values
from hmi.cases.generate.assignment import Assignment
from hmi.cases.generate.readers import STILL, SecondReading, Writer, read_by, read_by_model
from hmi.cases.generate.similar import Known
from hmi.cases.oracle import OracleRunner
from hmi.cases.reading import parse_case
from hmi.cases.run import CaseRunner
from hmi.requests import Recogniser
from hmi.session import Session

_QUIET = frozenset({CaseKind.IMPOSSIBLE, CaseKind.UNRELATED})


class InvalidError(ValueError):
    """The draft is no case; the message is the reason, in one clause."""


class DuplicateError(ValueError):
    """There is nearly the same case already."""


@dataclass(slots=True)
class Checker:
    """Verifies drafts on one simulated vehicle. Takes over the session's recogniser."""

    session: Session
    grammar: Recogniser
    model: Writer
    known: Known
    """All cases so far; what is verified or disputed is added."""
    model_reads: bool = True
    """False for a model that is too small to be a second reader: what only it understands is no case."""

    def check(self, draft: Any, assignment: Assignment, name: str, provenance: Provenance) -> Case:
        """The case in `draft`, verified or disputed.

        Raises `InvalidError` or `DuplicateError` for a draft that is dropped, and the errors of the model.
        """
        case = self._parsed(draft, assignment, name, provenance)
        if self.known.has(case):
            raise DuplicateError(case.text())
        result = OracleRunner(self.session).run(case)
        if not result.right:
            raise InvalidError(f"the vehicle cannot do it: {result.problem}")
        if assignment.rule is not None:
            if assignment.rule.id not in result.rules:
                raise InvalidError(f"the rule {assignment.rule.id} does not speak")
            # The turn in which it did is known now, so the case can ask for it.
            spoken = [judged.answer.rules for judged in result.turns]
            turns = zip(case.turns, spoken, strict=True)
            rule = assignment.rule.id
            case = replace(
                case, turns=tuple(replace(turn, rules=(rule,) if rule in rules else ()) for turn, rules in turns)
            )
        case = self._settled(case, assignment)
        self.known.add(case)
        return case

    def _parsed(self, draft: Any, assignment: Assignment, name: str, provenance: Provenance) -> Case:
        try:
            data = _mapping(draft, assignment, name)
            case = parse_case(data, self.session.catalogue)
        except UnusableError as error:
            raise InvalidError(str(error)) from None
        except FileFormatError as error:
            raise InvalidError(str(error).partition(": case ")[2].partition(": ")[2].rstrip(".")) from None
        _fits_kind(case)
        offered = {signal.path for signal in assignment.offered}
        strange = [path for path in case.paths() if path not in offered]
        if strange:
            raise InvalidError(f"{strange[0]} was not offered")
        return replace(case, provenance=provenance)

    def _settled(self, case: Case, assignment: Assignment) -> Case:
        """`case` with its standing, by the grammar's reading or, where it has none, the model's."""
        # What the grammar cannot read may be impossible or merely unknown to it: that takes another reader.
        second = read_by(self.grammar, CaseRunner(self.session), _without_rules(case))
        if second is None and not self.model_reads:
            raise InvalidError("no independent reader could read it")
        if second is None:
            second = self._read_by_model(case, assignment)
        if second is None:
            return replace(case, standing=Standing.DISPUTED, reason="no independent reader could read it")
        if second.agrees:
            return case
        if not self.model_reads and not _same_subject(case, second):
            raise InvalidError(f"the {second.reading.by} takes it to be about something else")
        return replace(
            case,
            standing=Standing.DISPUTED,
            reason=f"read otherwise by the {second.reading.by}",
            other_reading=second.reading,
        )

    def _read_by_model(self, case: Case, assignment: Assignment) -> SecondReading | None:
        runner = CaseRunner(self.session)
        self.session.reset()
        self.session.stage({**case.state, **case.turns[0].state})
        state = dict(self.session.vehicle.state())
        return read_by_model(self.model, _without_rules(case), assignment.offered, state, runner.close)


def _same_subject(case: Case, second: SecondReading) -> bool:
    """True when both readings have a signal in common: then a person can say which is right."""
    return bool(set(case.paths()) & {path for turn in second.reading.turns for path in turn.paths()})


def _without_rules(case: Case) -> Case:
    """A reader is judged by the meaning alone."""
    return replace(case, turns=tuple(replace(turn, rules=()) for turn in case.turns))


def _mapping(draft: Any, assignment: Assignment, name: str) -> Mapping[str, Any]:
    """`draft` in the form of a case file."""
    turns = []
    for data in read_turns(draft):
        if "say" not in data:
            raise UnusableError("a turn has no sentence")
        turn: dict[str, Any] = {"say": data["say"]}
        if data["changes"]:
            turn["expect"] = data["changes"]
        if data["reads"]:
            turn["reads"] = data["reads"]
        if not data["changes"]:
            turn["outcome"] = ["answered"] if data["reads"] else [outcome.value for outcome in STILL]
        turns.append(turn)
    state = read_values(draft.get("state") or [])
    case: dict[str, Any] = {"id": name, "kind": assignment.kind.value, "turns": turns}
    return case | ({"state": state} if state else {})


def _fits_kind(case: Case) -> None:
    """Raises `InvalidError` for a case that is not of its kind."""
    moving = any(turn.moves for turn in case.turns)
    if case.kind in DIALOGUES and len(case.turns) < 2:
        raise InvalidError("a dialogue needs two sentences")
    if case.kind not in DIALOGUES and len(case.turns) > 1:
        raise InvalidError(f"a case of kind {case.kind} has one sentence")
    if case.kind in _QUIET and (moving or any(turn.reads for turn in case.turns)):
        raise InvalidError(f"an {case.kind} sentence changes and reads nothing")
    if case.kind is CaseKind.QUESTION and (moving or not case.turns[0].reads):
        raise InvalidError("a question reads something and changes nothing")
    if case.kind not in _QUIET | {CaseKind.QUESTION} and not moving:
        raise InvalidError("it changes nothing")
    if case.kind is CaseKind.MULTI and len(case.turns[0].wanted[0]) < 2:
        raise InvalidError("several wishes change more than one signal")
