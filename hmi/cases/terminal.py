"""The report of a run for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hmi.cases.judge import Verdict
from hmi.cases.summary import SuiteResult, Tally
from hmi.cases.trend import Trend

_COLUMNS = (
    (Verdict.WRONG, "wrong"),
    (Verdict.MOVED, "moved"),
    (Verdict.PARTIAL, "partial"),
    (Verdict.MISSED, "missed"),
    (Verdict.MISREAD, "misread"),
    (Verdict.OUTCOME, "outcome"),
    (Verdict.UNPROVED, "unproved"),
)


def lines(suites: Sequence[SuiteResult], trends: Sequence[Trend], failures: int) -> Iterator[str]:
    """The table, the figures, and the first `failures` failures of every suite that is not blind."""
    names = [tally.name for suite in suites for tally in _tallies(suite)]
    width = max(map(len, names), default=0) + 4
    yield " " * width + "cases  right      %" + "".join(f"{name:>9}" for _, name in _COLUMNS)
    for suite in suites:
        yield _row(suite.total, width, 0)
        if suite.suite.blind:
            continue
        for title, tallies in _blocks(suite):
            if tallies:
                yield f"  {title}"
                yield from (_row(tally, width, 4) for tally in tallies)
    for suite, trend in zip(suites, trends, strict=True):
        yield ""
        yield from _about(suite, trend)
    for suite in suites:
        if not suite.suite.blind:
            yield from _failures(suite, failures)


def _tallies(suite: SuiteResult) -> list[Tally]:
    return [suite.total, *(tally for _, tallies in _blocks(suite) for tally in tallies)]


def _blocks(suite: SuiteResult) -> list[tuple[str, tuple[Tally, ...]]]:
    return [
        ("by kind", suite.by_kind),
        ("by part of the car", suite.by_group),
        ("by rule that spoke", suite.by_rule),
        ("by what understood", suite.by_understanding),
    ]


def _row(tally: Tally, width: int, indent: int) -> str:
    counts = "".join(f"{tally.counts[verdict] or '':>9}" for verdict, _ in _COLUMNS)
    name = " " * indent + tally.name
    return f"{name:<{width}}{tally.cases:>5}{tally.right:>7}{tally.share:>7.1f}{counts}".rstrip()


def _about(suite: SuiteResult, trend: Trend) -> Iterator[str]:
    figures = suite.figures
    told = [
        ("direct commands exactly right", figures.commands_right),
        ("wrong actuation", figures.wrong),
        ("impossible or unrelated that moved nothing", figures.left_alone),
    ]
    shown = ", ".join(f"{name} {value:.1f} %" for name, value in told if value is not None)
    median, slow = suite.latency_ms
    yield f"{suite.suite.name}: {shown or 'no commands'}"
    yield (
        f"  understanding p50 {median:.1f} ms, p95 {slow:.1f} ms; "
        f"rules added {suite.companions} changes; {suite.unproved} cases not carried out by the vehicle"
    )
    if suite.suite.blind:
        yield f"  held out: totals only (--split {suite.suite.name} tells all)"
    if suite.suite.disputed:
        yield f"  {suite.suite.disputed} disputed cases were not run; settle them with `codriver testgen review`"
    if trend.newly_right or trend.newly_wrong:
        yield f"  since the last run: {len(trend.newly_right)} newly right, {len(trend.newly_wrong)} newly wrong"


def _failures(suite: SuiteResult, most: int) -> Iterator[str]:
    failed = suite.failures
    if not failed or most <= 0:
        return
    yield ""
    yield f"{suite.suite.name}: {len(failed)} of {suite.total.cases} cases went wrong"
    for result in failed[:most]:
        yield f"  {result.case.id}: {result.problem}"
    if len(failed) > most:
        yield f"  … and {len(failed) - most} more (--failures, --html)"
