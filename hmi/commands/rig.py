"""`codriver rig`: check, draw and secure a rig on GPIO pins."""

from __future__ import annotations

import getpass
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codriver.errors import NotFoundError, ResourceError
from codriver.settings import Settings, load_settings
from hmi.settings import RIG_FILE, RIG_PINS

if TYPE_CHECKING:
    from hmi.catalogue.catalogue import Catalogue
    from hmi.vehicle.gpio.check import Finding, Trial
    from hmi.vehicle.gpio.rigfile import Rig


_DATA = Path(__file__).parents[1] / "vehicle" / "gpio" / "data"


@click.group()
def rig() -> None:
    """Check, draw and secure a rig on GPIO pins."""


_FILE = click.option("--file", "file", metavar="FILE", help=f"{RIG_FILE.help} [setting {RIG_FILE.key}]")
_PINS = click.option("--pins", metavar="NAME", help=f"{RIG_PINS.help} [setting {RIG_PINS.key}]")


@rig.command()
@click.argument("device", required=False)
@_FILE
@_PINS
@click.option("--yes", is_flag=True, help="Ask nothing; only what the rig itself can prove counts.")
@click.pass_context
def check(ctx: click.Context, device: str | None, file: str | None, pins: str | None, yes: bool) -> None:
    """Drive each device in turn (or only DEVICE) and ask what was seen.

    Ends with exit code 1 when something is not as it should be. All outputs are in their safe state afterwards.

    \b
    Examples:
      codriver rig check
      codriver rig check "driver window"
      codriver rig check --pins simulated --yes
    """
    from hmi.vehicle.gpio.check import attempt, trials
    from hmi.vehicle.gpio.open import open_rig

    settings, read = _read(file, pins)
    chosen = [trial for trial in trials(read) if device in (None, trial.device.name)]
    if not chosen:
        names = ", ".join(repr(each.name) for each in read.devices)
        raise NotFoundError(f"{read.file} has no device {device!r}; it has {names}.")
    wrong = []
    with closing(open_rig(settings, _catalogue(settings))) as vehicle:
        for trial in chosen:
            _announce(trial)
            finding = attempt(vehicle, trial)
            if not _accepted(finding, ask=not yes):
                wrong.append(trial.device.name)
    vehicle.clock.close()
    if wrong:
        click.echo(f"Not as it should be: {', '.join(wrong)}. `codriver rig diagram` shows their wires.")
        ctx.exit(1)
    click.echo(f"All {len(chosen)} devices are as they should be.")


@rig.command()
@_FILE
@click.option("--svg", metavar="FILE", type=click.Path(path_type=Path), help="Write a drawing (SVG) as well.")
def diagram(file: str | None, svg: Path | None) -> None:
    """Print the wiring as a table: which pin of the header goes where.

    \b
    Examples:
      codriver rig diagram
      codriver rig diagram --svg rig.svg
    """
    from hmi.vehicle.gpio import diagram as drawing

    _, read = _read(file, None)
    table = [drawing.HEADINGS, *drawing.rows(read)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
    if svg is not None:
        try:
            svg.write_text(drawing.svg(read, read.file.name), encoding="utf-8")
        except OSError as error:
            raise ResourceError(f"{svg} cannot be written ({error.strerror}); name another file.") from None
        click.echo(f"Drawing written to {svg}.")


@rig.command()
def types() -> None:
    """Print every type of device with its keys; those in ** must be given."""
    from hmi.vehicle.gpio.kinds import describe

    click.echo(describe())


@rig.command()
def example() -> None:
    """Print the rig file of the documentation's rig, to begin with.

    \b
    Example:
      codriver rig example > rig.yaml
    """
    click.echo((_DATA / "example-rig.yaml").read_text(encoding="utf-8"), nl=False)


@rig.command()
@_FILE
def service(file: str | None) -> None:
    """Print a systemd unit that runs codriver on this rig, for this user and this installation.

    \b
    Example:
      codriver rig service | sudo tee /etc/systemd/system/codriver.service
    """
    _, read = _read(file, None)
    text = (_DATA / "codriver.service").read_text(encoding="utf-8")
    program = Path(sys.argv[0]).absolute()
    places = {
        "USER": getpass.getuser(),
        "FOLDER": Path.cwd(),
        "RIG_FILE": read.file.absolute(),
        "CODRIVER": program,
    }
    for name, value in places.items():
        text = text.replace(f"@{name}@", str(value))
    click.echo(text, nl=False)


@rig.command()
@_FILE
@_PINS
def safe(file: str | None, pins: str | None) -> None:
    """Put every output into its safe state and leave.

    For the case that program and guardian were killed together; the systemd unit runs it whenever the service
    ends.
    """
    from hmi.vehicle.gpio.guarded import GuardedPins

    settings, read = _read(file, pins)
    GuardedPins(read.wiring(), settings[RIG_PINS], {RIG_FILE.variable: str(read.file.resolve())}).close()
    click.echo("Every output is in its safe state.")


def _read(file: str | None, pins: str | None) -> tuple[Settings, Rig]:
    from hmi.vehicle.gpio.open import rig_of

    settings = load_settings({RIG_FILE.key: file, RIG_PINS.key: pins})
    return settings, rig_of(settings, _catalogue(settings))


def _catalogue(settings: Settings) -> Catalogue:
    from hmi.catalogue.catalogue import load_catalogue

    return load_catalogue(settings)


def _announce(trial: Trial) -> None:
    signals = ", ".join(signal.path for signal in trial.device.signals.values())
    click.echo(f"{trial.device.name} ({trial.device.kind.name}, {signals})")


def _accepted(finding: Finding, *, ask: bool) -> bool:
    if not finding.good:
        click.echo(f"  failed: {finding.problem}")
        return False
    if finding.trial.changes:
        click.echo("  proved: " + ", ".join(str(result.actual) for result in finding.results))
    else:
        click.echo(f"  reads {finding.reading}")
    return not ask or click.confirm(f"  {finding.trial.question}", default=True)
