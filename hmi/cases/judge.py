"""Compares what a sentence was taken to ask for with what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hmi.assistant.answer import Answer, Outcome
from hmi.cases.case import Turn, Values
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import Value

_PERCENT = 1.01
"""Two thirds is 66, 66.7 or 67 %: levels in percent may differ by one."""
_EXACT = 1e-6


class Verdict(StrEnum):
    """How one turn was judged; the later, the worse."""

    RIGHT = "right"
    OUTCOME = "wrong outcome"
    """Right in what it asks for, or rightly left alone, but ended in another way than the case allows."""
    MISSED = "missed"
    """Nothing was asked of the vehicle, though the sentence does."""
    UNPROVED = "not proved"
    """Asked for, but the vehicle did not show it, and no rule held it back."""
    PARTIAL = "partial"
    """Some of the changes, and no others."""
    MISREAD = "wrong reading"
    """Answered about other signals."""
    WRONG = "wrong actuation"
    """A change was asked for that the sentence does not want."""
    MOVED = "moved"
    """The sentence wants no change, and one was made or would be on a yes."""


_ORDER = list(Verdict)


def worst(verdicts: list[Verdict]) -> Verdict:
    """The worst of `verdicts`, which are not empty."""
    return max(verdicts, key=_ORDER.index)


@dataclass(frozen=True, slots=True)
class Closeness:
    """When two values of one signal count as the same."""

    catalogue: Catalogue
    resolution: Mapping[str, float]
    """Distance of neighbouring values on the bus, by path; 0 where there are none between."""

    def same(self, path: str, one: Value, other: Value) -> bool:
        """Percent levels may differ by one, other numbers by half of what the bus can tell apart."""
        if isinstance(one, bool) or isinstance(other, bool):
            return one is other
        if isinstance(one, str) or isinstance(other, str):
            return str(one).lower() == str(other).lower()
        percent = self.catalogue[path].unit == "percent"
        return abs(one - other) <= (_PERCENT if percent else self.resolution.get(path, 0.0) / 2 + _EXACT)


@dataclass(frozen=True, slots=True)
class Judged:
    """One turn: what came of it, and what was wrong."""

    turn: Turn
    answer: Answer
    verdict: Verdict
    lacking: Values
    """Wanted changes that were not asked for."""
    unwanted: Values
    """Changes that were asked for or made without the sentence or a rule wanting them."""
    companions: Values
    """Changes that rules added."""
    problem: str = ""
    """One line for a person, empty when right."""


def judge(turn: Turn, answer: Answer, close: Closeness, undoing: Values | None = None) -> Judged:
    """Judge by what was requested: a rule that then refuses or asks is not the recogniser's mistake.

    `undoing` is what would take back the changes that rules added to the turn before: a correction may, and need
    not, ask for these.
    """
    back = undoing or {}
    requested = {
        target.path: target.value
        for target in answer.requested
        if not (target.path in back and close.same(target.path, target.value, back[target.path]))
        or any(target.path in wanted for wanted in turn.wanted)
    }
    asked = {target.path for target in answer.requested}
    beside = {target.path: target.value for target in answer.applied if target.path not in asked}
    companions = beside if answer.rules else {}
    unexplained = {} if answer.rules else beside
    lacking, unwanted = _difference(turn, requested, close)
    unwanted = {**unwanted, **unexplained}
    verdict = _verdict(turn, answer, lacking, unwanted)
    problem = "" if verdict is Verdict.RIGHT else _problem(turn, answer, verdict, lacking, unwanted)
    return Judged(turn, answer, verdict, lacking, unwanted, companions, problem)


def _difference(turn: Turn, requested: Values, close: Closeness) -> tuple[Values, Values]:
    """What is lacking and what is unwanted, by the alternative that comes nearest."""
    best: tuple[Values, Values] | None = None
    for wanted in turn.wanted or ({},):
        right = {
            path for path, value in requested.items() if path in wanted and close.same(path, value, wanted[path])
        }
        lacking = {path: value for path, value in wanted.items() if path not in right}
        unwanted = {path: value for path, value in requested.items() if path not in right}
        if best is None or (len(unwanted), len(lacking)) < (len(best[1]), len(best[0])):
            best = lacking, unwanted
    return best or ({}, {})


def _verdict(turn: Turn, answer: Answer, lacking: Values, unwanted: Values) -> Verdict:
    if not turn.wanted:
        return _verdict_at_rest(turn, answer)
    if unwanted:
        return Verdict.WRONG
    if lacking:
        return Verdict.PARTIAL if answer.requested else Verdict.MISSED
    if turn.reads and _read(answer) != set(turn.reads):
        return Verdict.MISREAD
    return _verdict_of_end(turn, answer)


def _verdict_at_rest(turn: Turn, answer: Answer) -> Verdict:
    """For a sentence that wants no change. What is refused does not move."""
    if answer.applied or (answer.requested and answer.outcome is not Outcome.REFUSED):
        return Verdict.MOVED
    if turn.reads and _read(answer) != set(turn.reads):
        return Verdict.MISREAD if answer.answers else Verdict.MISSED
    return _verdict_of_end(turn, answer)


def _verdict_of_end(turn: Turn, answer: Answer) -> Verdict:
    ended = not turn.outcomes or answer.outcome in turn.outcomes
    return Verdict.RIGHT if ended and set(turn.rules) <= set(answer.rules) else Verdict.OUTCOME


def _read(answer: Answer) -> set[str]:
    return {str(item["signal"]) for item in answer.answers}


def _problem(turn: Turn, answer: Answer, verdict: Verdict, lacking: Values, unwanted: Values) -> str:
    parts = []
    if lacking:
        parts.append(f"lacks {spell(lacking)}")
    if unwanted:
        parts.append(f"unwanted {spell(unwanted)}")
    if verdict in (Verdict.MISREAD, Verdict.MISSED) and turn.reads:
        parts.append(f"read {', '.join(sorted(_read(answer))) or 'nothing'}, not {', '.join(turn.reads)}")
    if verdict is Verdict.OUTCOME:
        expected = " or ".join([*turn.outcomes, *(f"rule {rule}" for rule in turn.rules)])
        parts.append(f"ended as {answer.outcome}, not {expected}")
    return f'{verdict} at "{turn.say}": {"; ".join(parts) or answer.outcome}'


def spell(values: Values) -> str:
    """`values` on one line."""
    return ", ".join(f"{path.removeprefix('Vehicle.')} = {value}" for path, value in values.items())
