"""Which faults can hit what: the ECUs of the bus, and the actuators behind them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from codriver.errors import InputError
from codriver.simulation import FAULT_KINDS, Fault
from hmi.catalogue.catalogue import Catalogue
from hmi.vehicle.dbc import layouts, load_database
from hmi.vehicle.mapping import MOTION_SUFFIX

_NODE_KINDS = ("silent", "lost", "delayed", "corrupted")
_SHARES = ("lost", "corrupted")
_PINCHABLE = ("Window", "Sunroof")
"""Closing these can catch a hand; the name of the DBC status signal begins so."""


def check_fault(fault: Fault) -> None:
    """Check kind and parameter. Raises `InputError`; whether the target exists, the simulation knows."""
    if fault.kind not in FAULT_KINDS:
        raise InputError(f"There is no fault {fault.kind!r}; use one of {', '.join(FAULT_KINDS)}.")
    if fault.kind in _SHARES and fault.parameter > 1:
        raise InputError(f"The share of {fault.kind} frames is {fault.parameter:g}; it must be in 0..1.")


@lru_cache(maxsize=2)
def fault_targets(database: Path, catalogue: Catalogue) -> Mapping[str, list[str]]:
    """Fault kind → the names it can hit, for a list to choose from."""
    messages = layouts(load_database(database))
    nodes = list(dict.fromkeys(message.node for message in messages if message.name.endswith("_Ack")))
    fields = {name for message in messages for name in message.fields}
    actuators = [
        name
        for signal in catalogue.signals()
        if signal.writable and (name := (signal.extras.get("dbc2vss") or {}).get("signal")) in fields
    ]
    pinchable = [n for n in actuators if n + MOTION_SUFFIX in fields and n.startswith(_PINCHABLE)]
    targets = dict.fromkeys(FAULT_KINDS, actuators)
    targets.update(dict.fromkeys(_NODE_KINDS, nodes))
    return {**targets, "pinch": pinchable}
