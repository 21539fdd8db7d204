"""`codriver verify`: run cases on the current system and report."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codriver.errors import InputError
from codriver.settings import Settings, load_settings
from hmi.settings import LLM_LEVEL, VEHICLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hmi.cases.library import Suite
    from hmi.cases.run import CaseResult
    from hmi.cases.verification import Run

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH…]", type=click.Path(path_type=Path))
@click.option("--split", type=click.Choice(["develop", "held_out"]), help="Only this part of a library.")
@click.option("--oracle", is_flag=True, help="Perfect answers in the recogniser's place: can it be done at all?")
@click.option("--llm/--no-llm", default=None, help=f"With or without the language model [{LLM_LEVEL.key}].")
@click.option(
    "--report", type=click.Path(file_okay=False, path_type=Path), help="Write all reports into this folder."
)
@click.option("--junit", type=_FILE, help="Write JUnit XML to this file.")
@click.option("--html", type=_FILE, help="Write one HTML page to this file.")
@click.option("--json", "as_json", type=_FILE, help="Write everything to this JSON file.")
@click.option("--record", type=_FILE, help="With --oracle: write what was verified, for the library.")
@click.option("--failures", default=20, show_default=True, help="How many failures to print.")
@click.pass_context
def verify(
    context: click.Context,
    /,
    paths: tuple[Path, ...],
    split: str | None,
    report: Path | None,
    *,
    oracle: bool,
    llm: bool | None,
    record: Path | None,
    failures: int,
    **files: Path | None,
) -> None:
    """Run the cases of PATH (files or folders; none: the library that comes along) on the simulated vehicle.

    Held-out cases are counted on their own, and only totals are told unless --split asks for them. The exit code
    is 0 when every case is right, 1 when some are not, 2 for a case file that cannot be used.

    \b
    Examples:
      codriver verify
      codriver verify my_cases.yaml --html report.html --junit report.xml
      codriver verify --split develop --report build/verify
    """
    if record and not oracle:
        raise InputError("--record writes what was done with perfect understanding; give --oracle as well.")
    settings = load_settings({VEHICLE.key: "simulated", LLM_LEVEL.key: False if oracle else llm})
    run = _run(settings, paths, split or "", report, files, oracle=oracle, failures=failures)
    if record:
        _write_record(run, record, paths)
    if not run.right:
        context.exit(1)


def _run(
    settings: Settings,
    paths: tuple[Path, ...],
    split: str,
    report: Path | None,
    files: dict[str, Path | None],
    *,
    oracle: bool,
    failures: int,
) -> Run:
    """Run, print, write the reports, and remember the run."""
    from hmi.cases import terminal
    from hmi.cases.library import load_suites
    from hmi.cases.trend import data_folder
    from hmi.cases.verification import earlier_runs, keep, write_reports
    from hmi.cases.verification import verify as run_suites
    from hmi.session import open_session

    with open_session(settings, virtual_time=True) as session:
        suites = load_suites(paths, split, session.catalogue)
        memory, history = earlier_runs(report or data_folder(), paths, oracle=oracle)
        with _progress(suites) as on_result:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            run = run_suites(session, suites, history, now, oracle=oracle, on_result=on_result)
        for line in terminal.lines(run.suites, run.trends, failures):
            click.echo(line)
        write_reports(run, session, _targets(report, files))
    latest, _ = earlier_runs(data_folder(), paths, oracle=oracle)
    for file in {memory, latest}:  # the requirements look for the latest verdicts in the data folder
        keep(run, file)
    return run


def _write_record(run: Run, record: Path, paths: tuple[Path, ...]) -> None:
    import json

    from hmi.cases.library import LIBRARY
    from hmi.cases.trend import write_whole
    from hmi.cases.verification import library_record

    folder = paths[0] if len(paths) == 1 and paths[0].is_dir() else LIBRARY
    write_whole(record, json.dumps(library_record(run, folder), indent=1) + "\n")


def _targets(report: Path | None, files: dict[str, Path | None]) -> dict[str, Path]:
    """Where each report goes; a file that is named counts before the folder."""
    names = {"html": "report.html", "junit": "junit.xml", "json": "report.json"}
    given = {"html": files["html"], "junit": files["junit"], "json": files["as_json"]}
    return {
        form: target
        for form, name in names.items()
        if (target := given[form] or (report / name if report else None)) is not None
    }


@contextmanager
def _progress(suites: list[Suite]) -> Iterator[Callable[[CaseResult], None]]:
    """A progress bar on a terminal, nothing elsewhere."""
    total = sum(len(suite.cases) for suite in suites)
    with click.progressbar(length=total, label="Cases", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield lambda result: bar.update(1)
