"""`codriver signals`: what the vehicle can report and do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

import click

from codriver.errors import NotFoundError
from codriver.settings import load_settings
from hmi.catalogue.catalogue import load_catalogue
from hmi.catalogue.signal import Signal
from hmi.settings import OVERLAYS, VSS

_GLOB_MARKS = "*?["
_HEADINGS = ("signal", "type", "datatype", "unit", "values")


@click.command()
@click.argument("pattern", default="")
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of the table.")
@click.option("--writable", is_flag=True, help="Only what a sentence may change.")
@click.option("--vss", metavar="FILE", help=f"{VSS.help} [setting {VSS.key}]")
@click.option("--overlay", "overlays", metavar="FILE", multiple=True, help=f"{OVERLAYS.help} [{OVERLAYS.key}]")
def signals(pattern: str, as_json: bool, writable: bool, vss: str | None, overlays: tuple[str, ...]) -> None:
    """List the signals of the vehicle with their types, units and values.

    PATTERN is a part of the path, or a glob over the whole path with or without "Vehicle."; case does not matter.

    \b
    Examples:
      codriver signals window
      codriver signals --writable "Cabin.Seat.Row1.*Heating*"
    """
    settings = load_settings({VSS.key: vss, OVERLAYS.key: overlays})
    found = select(load_catalogue(settings).signals(), pattern, writable=writable)
    if not found:
        kind = "writable signal" if writable else "signal"
        named = f" matches {pattern!r}; `codriver signals` lists them all" if pattern else "; check the VSS export"
        raise NotFoundError(f"No {kind} of the vehicle{named}.")
    if as_json:
        click.echo(json.dumps([describe(signal) for signal in found], ensure_ascii=False, indent=2))
        return
    for line in table(found):
        click.echo(line)


def select(all_signals: Iterable[Signal], pattern: str, *, writable: bool) -> list[Signal]:
    """The signals whose path contains `pattern` or, where it has glob marks, fits it; case does not matter."""
    wanted = pattern.lower()
    is_glob = any(mark in wanted for mark in _GLOB_MARKS)

    def fits(path: str) -> bool:
        if not is_glob:
            return wanted in path
        return fnmatchcase(path, wanted) or fnmatchcase(path.partition(".")[2], wanted)

    return [signal for signal in all_signals if (signal.writable or not writable) and fits(signal.path.lower())]


def describe(signal: Signal) -> dict[str, Any]:
    """The signal as a JSON object, in VSS's own key names; null where nothing is declared."""
    return {
        "path": signal.path,
        "type": signal.type,
        "datatype": signal.datatype,
        "unit": signal.unit or None,
        "min": signal.minimum,
        "max": signal.maximum,
        "allowed": list(signal.allowed) or None,
        "default": signal.default,
        "description": signal.description,
        "writable": signal.writable,
    }


def table(found: Sequence[Signal]) -> list[str]:
    """Lines of a table with one line per signal under a line of headings."""
    rows = [
        _HEADINGS,
        *((signal.path, signal.type, signal.datatype, signal.unit, _values(signal)) for signal in found),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _values(signal: Signal) -> str:
    if signal.allowed:
        return " ".join(map(str, signal.allowed))
    if signal.minimum is None and signal.maximum is None:
        return ""
    low, high = ("" if limit is None else f"{limit:g}" for limit in (signal.minimum, signal.maximum))
    return f"{low}..{high}"
