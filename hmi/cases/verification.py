"""One run of `codriver verify`: load, run, count, compare with the last run, report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hmi.cases.case import DEMANDING
from hmi.cases.html import html
from hmi.cases.judge import Judged
from hmi.cases.junit import junit
from hmi.cases.library import LIBRARY, Suite
from hmi.cases.oracle import OracleRunner
from hmi.cases.reading import case_files
from hmi.cases.run import CaseResult, CaseRunner
from hmi.cases.summary import SuiteResult, summarise
from hmi.cases.trend import History, Trend, compare, load_history, remember, trend_file, write_whole
from hmi.session import Session


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that one run gave."""

    suites: tuple[SuiteResult, ...]
    trends: tuple[Trend, ...]
    history: History
    date: str
    """ISO date and time."""

    @property
    def right(self) -> bool:
        """True when every case is."""
        return not any(suite.failures for suite in self.suites)


def verify(
    session: Session,
    suites: Sequence[Suite],
    history: History,
    date: str,
    *,
    oracle: bool = False,
    on_result: Callable[[CaseResult], None] | None = None,
) -> Run:
    """Run `suites` on the simulated vehicle of `session`; with `oracle`, with perfect understanding."""
    runner = OracleRunner(session) if oracle else CaseRunner(session)
    done = tuple(summarise(suite, runner.run_all(suite.cases, on_result), session.families) for suite in suites)
    return Run(done, tuple(compare(history, suite) for suite in done), history, date)


def earlier_runs(folder: Path, paths: Sequence[Path], *, oracle: bool) -> tuple[Path, History]:
    """The file that remembers the runs of `paths` (none: the library), and what is in it."""
    file = trend_file(folder, list(paths) or [LIBRARY], oracle)
    return file, load_history(file)


def write_reports(run: Run, session: Session, files: dict[str, Path]) -> None:
    """Write the reports named in `files` ("html", "junit", "json"). Raises `ResourceError`."""
    makers: dict[str, Callable[[], str]] = {
        "html": lambda: html(run.suites, run.trends, run.history, session.families, run.date),
        "junit": lambda: junit(run.suites),
        "json": lambda: json.dumps(as_json(run), ensure_ascii=False, indent=1),
    }
    for form, file in files.items():
        write_whole(file, makers[form]())


def keep(run: Run, file: Path) -> None:
    """Remember `run` for the next trend. Raises `ResourceError`."""
    remember(file, load_history(file), run.suites, run.date)


def as_json(run: Run) -> dict[str, Any]:
    """The run as a JSON document; of a blind suite only the totals."""
    return {"date": run.date, "suites": [_suite(suite) for suite in run.suites]}


def _suite(suite: SuiteResult) -> dict[str, Any]:
    document = {
        "name": suite.suite.name,
        "cases": suite.total.cases,
        "right": suite.total.right,
        "verdicts": {verdict.value: count for verdict, count in sorted(suite.total.counts.items())},
        "direct_right_percent": suite.figures.commands_right,
        "wrong_actuation_percent": suite.figures.wrong,
        "left_alone_percent": suite.figures.left_alone,
        "understand_ms": {"p50": suite.latency_ms[0], "p95": suite.latency_ms[1]},
        "companions": suite.companions,
        "disputed": suite.suite.disputed,
    }
    if not suite.suite.blind:
        document["results"] = [_result(result) for result in suite.results]
    return document


def _result(result: CaseResult) -> dict[str, Any]:
    return {
        "id": result.case.id,
        "kind": result.case.kind.value,
        "verdict": result.verdict.value,
        "problem": result.problem,
        "rules": list(result.rules),
        "turns": [_turn(turn) for turn in result.turns],
    }


def _turn(judged: Judged) -> dict[str, Any]:
    return {
        "verdict": judged.verdict.value,
        "lacking": dict(judged.lacking),
        "unwanted": dict(judged.unwanted),
        "companions": dict(judged.companions),
        **judged.answer.as_json(),
    }


def library_record(run: Run, folder: Path) -> dict[str, Any]:
    """What a run with perfect understanding says about the case files below `folder`.

    A digest of every file tells later whether the record still speaks about these cases.
    """
    results = {(result.case.file, result.case.id): result for suite in run.suites for result in suite.results}
    kinds: dict[str, int] = {}
    for result in results.values():
        kinds[result.case.kind.value] = kinds.get(result.case.kind.value, 0) + 1
    files = {}
    for file in case_files(folder):
        of_file = [result for (path, _), result in results.items() if path == file]
        files[file.relative_to(folder).as_posix()] = {
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "cases": len(of_file),
            "verified": sum(result.right for result in of_file),
            "failed": {result.case.id: result.verdict.value for result in of_file if not result.right},
        }
    return {
        "date": run.date,
        "cases": len(results),
        "verified": sum(result.right for result in results.values()),
        "multi_turn_implicit_or_impossible": sum(count for kind, count in kinds.items() if kind in DEMANDING),
        "kinds": dict(sorted(kinds.items())),
        "files": files,
    }
