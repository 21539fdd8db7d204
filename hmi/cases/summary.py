"""Counts the results of cases: in all, by kind, by part of the car, by rule, by what understood them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hmi.cases.case import CaseKind
from hmi.cases.judge import Verdict
from hmi.cases.library import Suite
from hmi.cases.run import CaseResult
from hmi.catalogue.family_file import Families

LEAVE_ALONE = frozenset({CaseKind.IMPOSSIBLE, CaseKind.UNRELATED})
"""Kinds that must move nothing."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases got which verdict."""

    name: str
    counts: Counter[Verdict]

    @property
    def cases(self) -> int:
        """All cases."""
        return self.counts.total()

    @property
    def right(self) -> int:
        """Cases that are right in every turn."""
        return self.counts[Verdict.RIGHT]

    @property
    def share(self) -> float:
        """Percent of the cases that are right; 100 of none."""
        return 100.0 * self.right / self.cases if self.cases else 100.0


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures that the system is judged by, in percent; None where the suite has no such cases."""

    commands_right: float | None
    """Of the sentences of kind direct: exactly right."""
    wrong: float | None
    """Of the sentences that want a change: asked for one that they do not want."""
    left_alone: float | None
    """Of impossible and unrelated sentences: moved nothing."""


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """A suite, its results, and everything that is told about them."""

    suite: Suite
    results: tuple[CaseResult, ...]
    total: Tally
    figures: Figures
    by_kind: tuple[Tally, ...]
    by_group: tuple[Tally, ...]
    by_rule: tuple[Tally, ...]
    by_understanding: tuple[Tally, ...]
    companions: int
    """Changes that rules added to what was asked for."""
    unproved: int
    """Cases in which the vehicle did not do something it was told to."""
    latency_ms: tuple[float, float]
    """Median and 95th percentile of understanding one sentence."""

    @property
    def failures(self) -> list[CaseResult]:
        """The cases that went wrong, in their order."""
        return [result for result in self.results if not result.right]


def summarise(suite: Suite, results: Sequence[CaseResult], families: Families) -> SuiteResult:
    """Count `results`, which are those of `suite`."""
    turns = [turn for result in results for turn in result.turns]
    times = sorted(turn.answer.latency_ms.get("understand", 0.0) for turn in turns)
    return SuiteResult(
        suite=suite,
        results=tuple(results),
        total=Tally(suite.name, Counter(result.verdict for result in results)),
        figures=_figures(results),
        by_kind=_tallies(results, lambda result: [result.case.kind]),
        by_group=_tallies(results, lambda result: groups_of(result, families)),
        by_rule=_tallies(results, lambda result: result.rules),
        by_understanding=_tallies(results, _understanding),
        companions=sum(len(turn.companions) for turn in turns),
        unproved=sum(result.unproved for result in results),
        latency_ms=(_percentile(times, 0.5), _percentile(times, 0.95)),
    )


def groups_of(result: CaseResult, families: Families) -> list[str]:
    """The parts of the car ("windows", "climate") that a case is about; "nothing" for one about none."""
    found = [families.of(path) for path in result.case.paths()]
    return list(dict.fromkeys(family.group if family else "other" for family in found)) or ["nothing"]


def _understanding(result: CaseResult) -> list[str]:
    """Who understood the case, where a sentence was understood."""
    names = [turn.answer.understood_by for turn in result.turns if turn.answer.understood_by]
    return ["+".join(dict.fromkeys(names))] if names else []


def _tallies(results: Iterable[CaseResult], names: Callable[[CaseResult], Iterable[str]]) -> tuple[Tally, ...]:
    """One tally for each name, the one with the most cases first."""
    counts: dict[str, Counter[Verdict]] = {}
    for result in results:
        for name in names(result):
            counts.setdefault(name, Counter())[result.verdict] += 1
    tallies = [Tally(name, count) for name, count in counts.items()]
    return tuple(sorted(tallies, key=lambda tally: (-tally.cases, tally.name)))


def _figures(results: Sequence[CaseResult]) -> Figures:
    direct = [result.right for result in results if result.case.kind is CaseKind.DIRECT]
    turns = [turn for result in results for turn in result.turns]
    wrong = [turn.verdict is Verdict.WRONG for turn in turns if turn.turn.moves]
    still = [
        all(turn.verdict is not Verdict.MOVED for turn in result.turns)
        for result in results
        if result.case.kind in LEAVE_ALONE
    ]
    return Figures(_percent(direct), _percent(wrong), _percent(still))


def _percent(marks: Sequence[bool]) -> float | None:
    return 100.0 * sum(marks) / len(marks) if marks else None


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
