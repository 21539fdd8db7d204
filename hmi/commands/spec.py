"""`codriver spec`: write the requirements, with their tests and what has none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codriver.settings import Settings, load_settings
from hmi.settings import VEHICLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hmi.cases.requirements import Evidence, Requirement
    from hmi.session import Session


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH…]", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    help="The folder to write into; default: here.",
)
@click.option("--prose", is_flag=True, help="Let the language model introduce the sections; marked as such.")
def spec(paths: tuple[Path, ...], out: Path, prose: bool) -> None:
    """Write requirements.md and requirements.html: from the catalogue, the rules, and the cases of PATH.

    Without PATH: the library that comes along. Verdicts are those of the last `codriver verify` with the same
    PATH; if there was none, the cases are run now.

    \b
    Examples:
      codriver spec --out docs/requirements
      codriver spec my_cases.yaml --prose
    """
    from hmi.cases import specification
    from hmi.cases.requirements import derive
    from hmi.cases.trend import write_whole
    from hmi.session import open_session

    settings = load_settings({VEHICLE.key: "simulated"})
    with open_session(settings, virtual_time=True) as session:
        evidence = _evidence(session, paths)
        signals = [session.catalogue[path] for path in session.vehicle.bindings]
        requirements = derive(signals, session.families, session.policy, evidence)
    written, model = _prose(settings, requirements) if prose else ({}, "")
    date = datetime.now(UTC).date().isoformat()
    write_whole(out / "requirements.md", specification.markdown(requirements, date, written, model))
    write_whole(out / "requirements.html", specification.html(requirements, date, written, model))
    missing = len(specification.untested(requirements))
    click.echo(
        f"{len(requirements)} requirements, {missing} of them without a test, are in {out}/requirements.md."
    )


def _evidence(session: Session, paths: Sequence[Path]) -> Evidence:
    """The cases, their latest verdicts, and the rules that they meet when they are understood."""
    from hmi.cases.library import load_suites
    from hmi.cases.oracle import OracleRunner
    from hmi.cases.requirements import Evidence
    from hmi.cases.run import CaseRunner
    from hmi.cases.trend import Outcomes, data_folder
    from hmi.cases.verification import earlier_runs

    cases = tuple(case for suite in load_suites(paths, catalogue=session.catalogue) for case in suite.cases)
    _, history = earlier_runs(data_folder(), paths, oracle=False)
    latest = dict(history.last)
    if not any(case.id in latest for case in cases):
        for result in CaseRunner(session).run_all(cases):
            latest[result.case.id] = Outcomes(result.verdict, result.rules)
    rules = {result.case.id: result.rules for result in OracleRunner(session).run_all(cases)}
    return Evidence(cases, latest, rules)


def _prose(settings: Settings, requirements: Sequence[Requirement]) -> tuple[dict[str, str], str]:
    from hmi.cases.generate.model import open_writer
    from hmi.cases.prose import write_prose

    with open_writer(settings) as (writer, model):
        return write_prose(writer, requirements), model
