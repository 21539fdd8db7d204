"""`codriver replay`: what happened in a recorded drive, and questions about it."""

from __future__ import annotations

import json
import threading
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codriver.clock import VirtualClock
from codriver.errors import InputError
from codriver.settings import Settings, load_settings
from codriver.stopping import stop_event
from hmi.settings import (
    CAN_CHANNEL,
    CAN_DATABASE,
    CAN_INTERFACE,
    CAN_OPTIONS,
    OVERLAYS,
    RECORDING,
    REPLAY_SPEED,
    SPEAKER,
    VEHICLE,
    VSS,
)

if TYPE_CHECKING:
    from hmi.vehicle.recording import Recording
    from hmi.vehicle.replay import ReplayVehicle
    from hmi.vehicle.timeline import Event

_LOOK = 0.1
"""Seconds between two looks whether the replay is over."""
_CONVERSATION = "replay"


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dbc", multiple=True, metavar="FILE", help=f"{CAN_DATABASE.help} [setting {CAN_DATABASE.key}]")
@click.option("--vss", metavar="FILE", help=f"{VSS.help} [setting {VSS.key}]")
@click.option("--overlay", "overlays", multiple=True, metavar="FILE", help=f"{OVERLAYS.help} [{OVERLAYS.key}]")
@click.option("--at", "times", type=float, multiple=True, metavar="SECONDS", help="When the next --ask is asked.")
@click.option("--ask", "sentences", multiple=True, metavar="SENTENCE", help="Ask the recorded car, then stop.")
@click.option("--signals", "pattern", default="*", metavar="PATTERN", help="Only events of these signals.")
@click.option("--first", is_flag=True, help="Print the first reading of every signal too.")
@click.option("--speed", type=click.FloatRange(0.01, 1000), help="1: as it was recorded; default: at once.")
@click.option("--onto", metavar="INTERFACE:CHANNEL", help="Send the frames onto this bus instead.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help=f"With --onto: {CAN_OPTIONS.help}.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def replay(file: Path, **given: Any) -> None:
    """Print what happened in the recording FILE: every change, command and refusal, with its time in seconds.

    With --ask the recorded car answers instead: each question is asked at the time of the --at before it, at the
    end of the recording where there is none.

    \b
    Examples:
      codriver replay drive.blf --signals "*Window*"
      codriver replay drive.blf --at 12.5 --ask "is the trunk locked?"
      codriver replay drive.blf --onto socketcan:vcan0
    """
    settings = load_settings(
        {
            VEHICLE.key: "replay",
            RECORDING.key: str(file),
            CAN_DATABASE.key: given["dbc"],
            VSS.key: given["vss"],
            OVERLAYS.key: given["overlays"],
            REPLAY_SPEED.key: given["speed"],
            CAN_OPTIONS.key: given["options"],
        }
    )
    if given["onto"]:
        _send(file, settings, given["onto"])
    elif given["sentences"]:
        questions = _questions(given["times"], given["sentences"])
        _ask(settings, questions, as_json=given["as_json"])
    elif given["times"]:
        raise click.UsageError("--at is the time of a question; add --ask.")
    else:
        printer = _Printer(given["pattern"], first=given["first"], as_json=given["as_json"])
        _print_timeline(settings, printer, at_once=given["speed"] is None)


def _questions(times: tuple[float, ...], sentences: tuple[str, ...]) -> list[tuple[float | None, str]]:
    """Each question with its time, in the order of the times; None: at the end of the recording."""
    if times and len(times) not in (1, len(sentences)):
        raise InputError(f"{len(times)} times (--at) do not fit {len(sentences)} questions; give one for each.")
    moments: list[float | None] = [*times] if len(times) == len(sentences) else [*times] * len(sentences)
    if not times:
        moments = [None] * len(sentences)
    return sorted(zip(moments, sentences, strict=True), key=lambda pair: pair[0] or 0.0)


def _ask(settings: Settings, questions: list[tuple[float | None, str]], *, as_json: bool) -> None:
    from hmi.session import SPEAKERS, open_session
    from hmi.vehicle.replay import ReplayVehicle

    with open_session(settings, virtual_time=True) as session:
        vehicle, clock = session.vehicle, session.vehicle.clock
        assert isinstance(vehicle, ReplayVehicle)  # noqa: S101 - the settings say so
        assert isinstance(clock, VirtualClock)  # noqa: S101 - asked for
        _warn(vehicle.recording)
        start, duration = clock.now(), vehicle.recording.duration
        for moment, _ in questions:
            if moment is not None and not 0 <= moment <= duration:
                raise InputError(
                    f"--at {moment:g} is not in the recording, which goes from 0 to {duration:.3f} s."
                )
        for moment, sentence in questions:
            at = duration if moment is None else moment
            clock.advance(start + at - clock.now())
            answer = session.assistant.ask(sentence, _CONVERSATION, SPEAKERS[settings[SPEAKER]])
            if as_json:
                click.echo(json.dumps({"at": at, **answer.as_json()}, ensure_ascii=False))
            else:
                click.echo(f"{at:10.3f} s  > {sentence}\n{'':14}{answer.reply}")


class _Printer:
    """Prints the events of the signals that somebody wants to see."""

    def __init__(self, pattern: str, *, first: bool, as_json: bool) -> None:
        self._pattern = pattern.lower()
        self._first, self._as_json = first, as_json
        self.first_readings = 0

    def __call__(self, event: Event) -> None:
        if event.kind == "first":
            self.first_readings += 1
            if not self._first:
                return
        path = event.path.lower()
        if not fnmatchcase(path, self._pattern) and not fnmatchcase(path.partition(".")[2], self._pattern):
            return
        if self._as_json:
            click.echo(json.dumps(event.as_json(), ensure_ascii=False))
        else:
            click.echo(f"{event.time:10.3f} s  {_described(event)}")


def _described(event: Event) -> str:
    if event.kind == "refused":
        return f"{event.path} refused: {event.reason}"
    if event.kind == "commanded":
        return f"{event.path} commanded {_shown(event.value)}"
    if event.kind == "first":
        return f"{event.path} is {_shown(event.value)}"
    return f"{event.path} {_shown(event.before)} → {_shown(event.value)}"


def _shown(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _print_timeline(settings: Settings, printer: _Printer, *, at_once: bool) -> None:
    from hmi.catalogue.catalogue import load_catalogue
    from hmi.vehicle.open import open_replay
    from hmi.vehicle.timeline import Timeline

    vehicle = open_replay(settings, load_catalogue(settings), virtual_time=at_once, hold=True)
    try:
        _warn(vehicle.recording)
        Timeline(vehicle, printer)
        vehicle.play()
        _play(vehicle, stop_event())
    finally:
        vehicle.close()
        vehicle.clock.close()
    recording = vehicle.recording
    click.echo(
        f"{recording.count} frames in {recording.duration:.3f} s, readings of {printer.first_readings} signals.",
        err=True,
    )


def _play(vehicle: ReplayVehicle, stop: threading.Event) -> None:
    """Let the whole recording pass, or as much as there is until `stop`."""
    if isinstance(vehicle.clock, VirtualClock):
        while not vehicle.ended and not stop.is_set():
            vehicle.clock.advance(1.0)
        return
    while not vehicle.ended and not stop.wait(_LOOK):
        pass


def _send(file: Path, settings: Settings, onto: str) -> None:
    from hmi.vehicle.open import bus_arguments, open_bus
    from hmi.vehicle.recording import read_recording
    from hmi.vehicle.replay import send_frames

    interface, colon, channel = onto.partition(":")
    if not interface or not colon or not channel:
        raise InputError(f"--onto {onto!r} is not INTERFACE:CHANNEL; write for example socketcan:vcan0.")
    recording = read_recording(file)
    _warn(recording)
    named = load_settings(
        {CAN_INTERFACE.key: interface, CAN_CHANNEL.key: channel, CAN_OPTIONS.key: settings[CAN_OPTIONS]}
    )
    with open_bus(bus_arguments(named)) as bus:
        count = send_frames(recording, bus, settings[REPLAY_SPEED], stop_event())
    click.echo(f"{count} of {recording.count} frames are sent onto {onto}.")


def _warn(recording: Recording) -> None:
    if recording.note:
        click.echo(f"codriver: {recording.note}", err=True)
