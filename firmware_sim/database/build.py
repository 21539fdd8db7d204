"""`python -m firmware_sim.database.build` writes the DBC file and the VSS overlay from `bus.yaml`."""

from __future__ import annotations

from pathlib import Path

from firmware_sim.database.dbc import dbc_text
from firmware_sim.database.overlay import overlay_text
from firmware_sim.database.table import load_bus

_ROOT = Path(__file__).resolve().parents[2]
DBC_FILE = _ROOT / "firmware_sim" / "data" / "codriver.dbc"
OVERLAY_FILE = _ROOT / "hmi" / "catalogue" / "data" / "can.json"


def built() -> dict[Path, str]:
    """Each generated file's path and text."""
    bus = load_bus()
    return {DBC_FILE: dbc_text(bus), OVERLAY_FILE: overlay_text(bus)}


if __name__ == "__main__":
    for path, text in built().items():
        path.write_text(text, encoding="utf-8")
