"""`codriver record`: write what a CAN bus carries into a file."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codriver.clock import VirtualClock
from codriver.errors import InputError
from codriver.settings import Settings, load_settings
from codriver.stopping import stop_event
from hmi.settings import CAN_CHANNEL, CAN_INTERFACE, CAN_OPTIONS, SPEAKER, VEHICLE

if TYPE_CHECKING:
    from hmi.vehicle.recorder import Recorder

_LOOK = 0.2
"""Seconds between two looks whether the recording is to end."""
_BEFORE = 1.0
"""Virtual seconds of traffic before the first sentence, in which every status message has come."""
_AFTER = 1.0


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--interface", help=f"{CAN_INTERFACE.help} [setting {CAN_INTERFACE.key}]")
@click.option("--channel", help=f"{CAN_CHANNEL.help} [setting {CAN_CHANNEL.key}]")
@click.option(
    "--option", "options", multiple=True, metavar="NAME=VALUE", help=f"{CAN_OPTIONS.help} [{CAN_OPTIONS.key}]"
)
@click.option(
    "--say", "sentences", multiple=True, metavar="SENTENCE", help="Record the simulated vehicle obeying."
)
@click.option("--seconds", type=click.FloatRange(min=0), help="End after this time; with --say, after the last.")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def record(file: Path, sentences: tuple[str, ...], seconds: float | None, force: bool, **bus: Any) -> None:
    """Record a CAN bus into FILE until Ctrl-C.

    The extension of FILE names the format: .asc, .blf, .csv, .db, .log or .trc; .gz may follow a text format.
    With --say it is the simulated vehicle that is recorded, in virtual time, while it is told these sentences.

    \b
    Examples:
      codriver record drive.blf --interface socketcan --channel can0
      codriver record window.asc --say "open my window" --say "close it halfway"
    """
    flags = {
        CAN_INTERFACE.key: bus["interface"],
        CAN_CHANNEL.key: bus["channel"],
        CAN_OPTIONS.key: bus["options"],
    }
    named = bool(bus["interface"] or bus["channel"])
    settings = load_settings(flags)
    if sentences and named:
        raise click.UsageError("--say is for the simulated vehicle; leave --interface and --channel out.")
    if not named and not sentences and settings[VEHICLE] != "can":
        raise InputError(
            "There is no bus to record; name it with --interface and --channel, or record the simulated vehicle "
            'with --say "SENTENCE".'
        )
    from hmi.vehicle.recorder import Recorder

    if sentences:
        with Recorder(file, force=force) as recorder:
            _record_simulated(load_settings({**flags, VEHICLE.key: "simulated"}), recorder, sentences, seconds)
    else:
        recorder = _record_bus(settings, file, seconds, force=force)
    click.echo(f"{recorder.count} frames in {recorder.duration:.1f} s are in {file}.")


def _record_bus(settings: Settings, file: Path, seconds: float | None, *, force: bool) -> Recorder:
    from hmi.vehicle.link import Link
    from hmi.vehicle.open import bus_arguments, open_bus
    from hmi.vehicle.recorder import Recorder

    arguments = bus_arguments(settings)
    link = Link(open_bus(arguments), lambda: open_bus(arguments), time.monotonic)
    with closing(link), Recorder(file, force=force) as recorder:
        stop = stop_event()
        click.echo(f"Recording {arguments['interface']} {arguments['channel']} to {file}; Ctrl-C ends it.")
        end = float("inf") if seconds is None else time.monotonic() + seconds
        while not stop.is_set() and (left := end - time.monotonic()) > 0:
            message = link.recv(min(_LOOK, left))
            if message is None:
                recorder.save()
            else:
                recorder.take(message)
    return recorder


def _record_simulated(
    settings: Settings, recorder: Recorder, sentences: tuple[str, ...], seconds: float | None
) -> None:
    from hmi.session import SPEAKERS, open_session
    from hmi.vehicle.open import open_bus
    from hmi.vehicle.recorder import record_in_turn

    with open_session(settings, virtual_time=True) as session:
        simulation = session.simulation
        assert simulation is not None  # noqa: S101 - the settings say so
        assert isinstance(simulation.clock, VirtualClock)  # noqa: S101 - asked for
        with open_bus(simulation.bus) as bus:
            end = record_in_turn(recorder, bus, simulation.clock)
            simulation.clock.advance(_BEFORE)
            for sentence in sentences:
                click.echo(f"> {sentence}")
                click.echo(session.assistant.ask(sentence, "record", SPEAKERS[settings[SPEAKER]]).reply)
            simulation.clock.advance(_AFTER if seconds is None else seconds)
            end()
