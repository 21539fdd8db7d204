"""`codriver can check`: what a CAN database can serve, and what is on the bus."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from codriver.errors import NotFoundError
from codriver.settings import Settings, load_settings
from codriver.stopping import stop_event
from hmi.commands.signals import select
from hmi.settings import CAN_CHANNEL, CAN_DATABASE, CAN_INTERFACE, CAN_OPTIONS, OVERLAYS, VEHICLE, VSS

if TYPE_CHECKING:
    from hmi.vehicle.dbc import Layout
    from hmi.vehicle.serving import Served
    from hmi.vehicle.traffic import Traffic

_LOOK = 0.2
"""Seconds between two looks whether the time is over."""
_UNKNOWN = "(not in the DBC)"


@click.group()
def can() -> None:
    """Tools for CAN buses and their databases."""


@can.command()
@click.argument("pattern", default="")
@click.option("--dbc", multiple=True, metavar="FILE", help=f"{CAN_DATABASE.help} [setting {CAN_DATABASE.key}]")
@click.option("--vss", metavar="FILE", help=f"{VSS.help} [setting {VSS.key}]")
@click.option("--overlay", "overlays", multiple=True, metavar="FILE", help=f"{OVERLAYS.help} [{OVERLAYS.key}]")
@click.option("--interface", help=f"{CAN_INTERFACE.help} [setting {CAN_INTERFACE.key}]")
@click.option("--channel", help=f"{CAN_CHANNEL.help} [setting {CAN_CHANNEL.key}]")
@click.option(
    "--option", "options", multiple=True, metavar="NAME=VALUE", help=f"{CAN_OPTIONS.help} [{CAN_OPTIONS.key}]"
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    default=3.0,
    show_default=True,
    help="Watch the bus so long; 0: not at all.",
)
@click.option("--all", "show_all", is_flag=True, help="List every signal, served or not.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of the report.")
@click.pass_context
def check(context: click.Context, /, pattern: str, show_all: bool, as_json: bool, **given: Any) -> None:
    """Say which signals the DBC serves and which not, and what is on the bus.

    PATTERN chooses signals by a part of their path or a glob; one that is not served is a problem then. The bus is
    watched when --interface or --channel names it or vehicle.kind is "can"; nothing is sent. The exit code is 0
    when all is well, 1 with problems, 2 when a file or the bus cannot be used.

    \b
    Examples:
      codriver can check --dbc car.dbc --overlay car.json
      codriver can check --dbc car.dbc --overlay car.json "*Window*"
      codriver can check --interface socketcan --channel can0 --option bitrate=500000
    """
    settings = load_settings(
        {
            CAN_DATABASE.key: given["dbc"],
            VSS.key: given["vss"],
            OVERLAYS.key: given["overlays"],
            CAN_INTERFACE.key: given["interface"],
            CAN_CHANNEL.key: given["channel"],
            CAN_OPTIONS.key: given["options"],
        }
    )
    from hmi.vehicle.dbc import layouts
    from hmi.vehicle.open import bus_database

    messages = layouts(bus_database(settings))
    served = _served(settings, messages, pattern)
    on_bus = bool(given["interface"] or given["channel"]) or settings[VEHICLE] == "can"
    traffic = _watch(settings, messages, served, given["seconds"]) if on_bus and given["seconds"] else None
    problems = _problems(served, traffic, asked=bool(pattern))
    if as_json:
        click.echo(json.dumps(_document(served, traffic, problems), ensure_ascii=False, indent=2))
    else:
        _print(served, traffic, problems, show_all=show_all or bool(pattern))
    context.exit(1 if problems else 0)


def _served(settings: Settings, messages: list[Layout], pattern: str) -> list[Served]:
    from hmi.catalogue.catalogue import default_catalogue, load_catalogue
    from hmi.vehicle.serving import served_signals

    catalogue = load_catalogue(settings)
    wanted = {signal.path for signal in select(catalogue.signals(), pattern, writable=False)}
    if not wanted:
        raise NotFoundError(f"No signal of the vehicle matches {pattern!r}; `codriver signals` lists them all.")
    usual = default_catalogue() if settings[CAN_DATABASE] else None
    return [served for served in served_signals(catalogue, messages, usual) if served.signal.path in wanted]


def _watch(settings: Settings, messages: list[Layout], served: list[Served], seconds: float) -> Traffic:
    """Listen for `seconds`, or until Ctrl-C."""
    from hmi.vehicle.link import Link
    from hmi.vehicle.open import bus_arguments, open_bus
    from hmi.vehicle.traffic import Traffic

    traffic = Traffic(messages, {each.message.key for each in served if each.message is not None})
    arguments = bus_arguments(settings)
    link = Link(open_bus(arguments), lambda: open_bus(arguments), time.monotonic)
    stop = stop_event()
    with closing(link):
        end = time.monotonic() + seconds
        while not stop.is_set() and (left := end - time.monotonic()) > 0:
            message = link.recv(min(_LOOK, left))
            if message is not None:
                traffic.take(message, time.monotonic())
    return traffic


def _problems(served: list[Served], traffic: Traffic | None, *, asked: bool) -> list[str]:
    found = [_sentence(each, problem) for each in served for problem in each.problems]
    if asked:
        found += [
            f"{each.signal.path}: {_why_not(each)}" for each in served if not each.reads and not each.problems
        ]
    if not any(each.reads or each.writes for each in served) and not asked:
        found.append("The DBC serves no signal of the vehicle; map its signals in an overlay.")
    return found + ([] if traffic is None else traffic.problems())


def _sentence(served: Served, text: str) -> str:
    path = served.signal.path
    return text if text.startswith(path) else f"{path}: {text}"


def _why_not(served: Served) -> str:
    return "No overlay maps it to a signal of the DBC." if not served.mapped else "Only its command is mapped."


def _document(served: list[Served], traffic: Traffic | None, problems: list[str]) -> dict[str, Any]:
    document: dict[str, Any] = {"problems": problems, "signals": [each.as_json() for each in served]}
    if traffic is not None:
        document["traffic"] = [seen.as_json() for seen in traffic.seen()]
    return document


def _print(served: list[Served], traffic: Traffic | None, problems: list[str], *, show_all: bool) -> None:
    both = sum(each.reads and each.writes for each in served)
    only_read = sum(each.reads and not each.writes for each in served)
    unmapped = sum(not each.mapped for each in served)
    click.echo(
        f"{both + only_read} of {len(served)} signals are served: {both} can be read and written, "
        f"{only_read} only read; {unmapped} are not mapped."
    )
    if show_all:
        for each in served:
            state = "read and write" if each.writes else "read" if each.reads else "-"
            click.echo(f"  {state:14}  {each.signal.path}")
    notes = [_sentence(each, note) for each in served for note in each.notes]
    if notes:
        click.echo("Notes:")
        for note in notes:
            click.echo(f"  {note}")
    if traffic is not None:
        _print_traffic(traffic)
    click.echo(f"{len(problems)} problem{'' if len(problems) == 1 else 's'}{':' if problems else '.'}")
    for problem in problems:
        click.echo(f"  {problem}")


def _print_traffic(traffic: Traffic) -> None:
    seen = traffic.seen()
    known = sum(each.layout is not None for each in seen)
    width = max((len(each.layout.name) for each in seen if each.layout is not None), default=0)
    width = max(width, len(_UNKNOWN))
    click.echo(f"On the bus: {len(seen)} identifiers, {known} of them in the DBC.")
    for each in seen:
        name = _UNKNOWN if each.layout is None else each.layout.name
        cycle = each.layout.cycle if each.layout is not None else None
        period = "" if each.period is None else f"every {each.period * 1000:.0f} ms"
        wanted = "" if cycle is None else f" of {cycle * 1000:.0f} ms"
        number = f"0x{each.frame_id:08X}" if each.extended else f"0x{each.frame_id:03X}"
        line = (
            f"  {number:10}  {name:{width}}  {each.count:6} frames  {period}{wanted}  {', '.join(each.problems())}"
        )
        click.echo(line.rstrip())
