"""The trend: what the last run of the same cases gave, kept as one small file for each library."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from codriver.errors import ResourceError
from hmi.cases.judge import Verdict
from hmi.cases.summary import SuiteResult

MAX_RUNS = 100
"""Totals of so many runs are kept."""


@dataclass(frozen=True, slots=True)
class Totals:
    """One suite in one run."""

    date: str
    suite: str
    cases: int
    right: int


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What the last run said about one case."""

    verdict: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """Earlier runs of the same cases."""

    totals: tuple[Totals, ...] = ()
    """The oldest first."""
    last: Mapping[str, Outcomes] = field(default_factory=dict)
    """Case id → what the last run said."""

    def before(self, suite: str) -> Totals | None:
        """The last run of `suite`."""
        return next((item for item in reversed(self.totals) if item.suite == suite), None)


@dataclass(frozen=True, slots=True)
class Trend:
    """What is different from the last run; empty when there was none."""

    newly_right: tuple[str, ...]
    newly_wrong: tuple[str, ...]
    new_cases: int


def data_folder() -> Path:
    """Where runs are remembered when no report folder is given."""
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return home / "codriver" / "verify"


def trend_file(folder: Path, paths: Sequence[Path], oracle: bool = False) -> Path:
    """The file in `folder` that remembers the runs of the cases at `paths`."""
    name = "\n".join(sorted({str(path.resolve()) for path in paths}))
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return folder / f"trend-{'oracle-' if oracle else ''}{digest}.json"


def load_history(file: Path) -> History:
    """The runs that `file` remembers; none when it does not exist or cannot be read, for it can be made again."""
    try:
        data: Any = json.loads(file.read_text(encoding="utf-8"))
        return History(
            tuple(Totals(**item) for item in data["totals"]),
            {name: Outcomes(item[0], tuple(item[1:])) for name, item in data["last"].items()},
        )
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return History()


def compare(history: History, suite: SuiteResult) -> Trend:
    """What `suite` says other than the last run."""
    if not history.last:
        return Trend((), (), 0)
    right = Verdict.RIGHT.value
    known = [(result, history.last.get(result.case.id)) for result in suite.results]
    return Trend(
        tuple(item.case.id for item, last in known if last and item.right and last.verdict != right),
        tuple(item.case.id for item, last in known if last and not item.right and last.verdict == right),
        sum(last is None for _, last in known),
    )


def remember(file: Path, history: History, suites: Sequence[SuiteResult], date: str) -> None:
    """Add this run. The file is replaced at once, so a stopped run leaves the old one. Raises `ResourceError`."""
    totals = [Totals(date, suite.suite.name, suite.total.cases, suite.total.right) for suite in suites]
    results = [result for suite in suites for result in suite.results]
    last = {name: [item.verdict, *item.rules] for name, item in history.last.items()}
    last |= {result.case.id: [result.verdict.value, *result.rules] for result in results}
    document = {
        "totals": [asdict(item) for item in (*history.totals, *totals)][-MAX_RUNS * max(1, len(totals)) :],
        "last": last,
    }
    write_whole(file, json.dumps(document, ensure_ascii=False, separators=(",", ":")))


def write_whole(file: Path, text: str) -> None:
    """Write `text` to `file` so that it is there whole or not at all. Raises `ResourceError`."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        reason = (error.strerror or str(error)).lower()
        raise ResourceError(f"{file} cannot be written: {reason}.") from None
