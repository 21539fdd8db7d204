"""A pytest plug-in: `pytest --codriver-cases PATH` runs case files as tests, one test for each case.

It is loaded by every pytest run in an environment with codriver, so it imports nothing until it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hmi.cases.case import Case
    from hmi.cases.run import CaseResult, CaseRunner

_OPTION = "codriver_cases"
_PATHS = pytest.StashKey[list[Path]]()
_RUNNER = pytest.StashKey["CaseRunner"]()


class CaseFailed(Exception):  # noqa: N818 - pytest says "failed"
    """A case that went wrong."""

    def __init__(self, result: CaseResult) -> None:
        super().__init__(result.problem)
        self.result = result


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--codriver-cases`."""
    parser.getgroup("codriver").addoption(
        "--codriver-cases",
        dest=_OPTION,
        action="append",
        default=[],
        metavar="PATH",
        help="run the cases of this file or folder on codriver's simulated vehicle; may be repeated",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let pytest collect the case files; without other arguments, nothing else."""
    given = config.getoption(_OPTION)
    if not given:
        return
    paths = [Path(path) if Path(path).is_absolute() else config.invocation_params.dir / path for path in given]
    for path in paths:
        if not path.exists():
            raise pytest.UsageError(f"--codriver-cases: there is no file or folder at {path}.")
    config.stash[_PATHS] = [path.resolve() for path in paths]
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args.clear()
    config.args.extend(map(str, paths))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the simulated vehicle."""
    runner = config.stash.get(_RUNNER, None)
    if runner is not None:
        runner.session.close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A YAML file at or below one of the paths is a case file."""
    paths = parent.config.stash.get(_PATHS, [])
    resolved = file_path.resolve()
    if file_path.suffix in (".yaml", ".yml") and any(
        path == resolved or path in resolved.parents for path in paths
    ):
        collector: pytest.Collector = CaseFile.from_parent(parent, path=file_path)
        return collector
    return None


class CaseFile(pytest.File):
    """One case file."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each case."""
        from codriver.errors import CodriverError
        from hmi.cases.reading import load_cases

        try:
            cases = load_cases(self.path, _runner(self.config).session.catalogue)
        except CodriverError as error:
            raise self.CollectError(str(error)) from None
        for case in cases:
            yield CaseItem.from_parent(self, name=case.id, case=case)


class CaseItem(pytest.Item):
    """One case."""

    def __init__(self, *, case: Case, **keys: Any) -> None:
        super().__init__(**keys)
        self.case = case

    def runtest(self) -> None:
        """Run it; a disputed one is skipped. Raises `CaseFailed`."""
        from hmi.cases.case import Standing

        if self.case.standing is Standing.DISPUTED:
            pytest.skip("disputed; settle it with `codriver testgen review`")
        result = _runner(self.config).run(self.case)
        if not result.right:
            raise CaseFailed(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was said turn by turn, and what went wrong."""
        if not isinstance(excinfo.value, CaseFailed):
            return super().repr_failure(excinfo, style)
        result = excinfo.value.result
        lines = [f"case {self.case.id} ({self.case.kind}) in {self.path}"]
        for turn in result.turns:
            lines.append(f'  driver: "{turn.turn.say}"')
            lines.append(f"  car:    {turn.answer.reply} [{turn.answer.outcome}]")
            if turn.problem:
                lines.append(f"  {turn.problem}")
        if result.error:
            lines.append(f"  {result.error}")
        return "\n".join(lines)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where pytest says that it is."""
        return self.path, None, f"case {self.name}"


def _runner(config: pytest.Config) -> CaseRunner:
    """The one vehicle of this run, started when the first case file is read."""
    runner = config.stash.get(_RUNNER, None)
    if runner is None:
        from codriver.settings import load_settings
        from hmi.cases.run import CaseRunner
        from hmi.session import open_session
        from hmi.settings import VEHICLE

        runner = CaseRunner(open_session(load_settings({VEHICLE.key: "simulated"}), virtual_time=True))
        config.stash[_RUNNER] = runner
    return runner
