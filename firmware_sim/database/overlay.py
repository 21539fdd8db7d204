"""Writes the VSS overlay that maps leaves to the DBC, with the keys of the KUKSA CAN provider's convention."""

from __future__ import annotations

import json
from typing import Any

from firmware_sim.database.table import Bus, BusMessage, BusSignal


def overlay_text(bus: Bus) -> str:
    """The overlay as JSON text: a VSS tree whose leaves carry only `dbc2vss` and, where commandable, `vss2dbc`."""
    root: dict[str, Any] = {"type": "branch", "children": {}}
    for message in bus.messages:
        for signal in message.signals:
            if signal.path:
                _put(root, signal.path.split("."), _leaf(message, signal))
    return json.dumps({"Vehicle": root}, indent=1) + "\n"


def _put(branch: dict[str, Any], parts: list[str], leaf: dict[str, Any]) -> None:
    for part in parts[:-1]:
        branch = branch["children"].setdefault(part, {"type": "branch", "children": {}})
    branch["children"][parts[-1]] = leaf


def _leaf(message: BusMessage, signal: BusSignal) -> dict[str, Any]:
    pairs = _pairs(signal)
    leaf: dict[str, Any] = {"dbc2vss": {"signal": signal.name, "interval_ms": message.fast or message.cycle}}
    if pairs:
        leaf["dbc2vss"]["transform"] = {"mapping": [{"from": raw, "to": value} for raw, value in pairs]}
    if signal.command:
        leaf["vss2dbc"] = {"signal": signal.command}
        if pairs:
            leaf["vss2dbc"]["transform"] = {"mapping": [{"from": value, "to": raw} for raw, value in pairs]}
    return leaf


def _pairs(signal: BusSignal) -> list[tuple[int | str, bool | str]]:
    """(DBC value, VSS value): numbers for booleans, names for signals with a value table. Numbers and colours need
    no mapping; a colour's number is 0xRRGGBB."""
    if signal.kind.boolean:
        return [(0, False), (1, True)]
    return [(name, name) for name in signal.kind.values]
