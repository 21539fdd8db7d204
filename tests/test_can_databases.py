"""One CAN database file is parsed once, and again when it has been written since."""

from __future__ import annotations

import os
import shutil

import cantools
import pytest

from codriver.can_databases import parse_database
from firmware_sim.codec import DBC_FILE, load_layout
from hmi.vehicle.dbc import load_database

OVERLAPPING = """VERSION ""
BS_:
BU_: A
BO_ 1 One: 8 A
 SG_ First : 0|8@1+ (1,0) [0|255] "" A
 SG_ Second : 4|8@1+ (1,0) [0|255] "" A
"""


def test_the_vehicle_and_the_simulation_share_what_was_parsed(monkeypatch):
    parsed = load_database(DBC_FILE)
    monkeypatch.setattr(cantools.database, "load_file", None)
    assert load_database(DBC_FILE) is parsed
    assert set(load_layout().messages) == {message.name for message in parsed.messages}


def test_a_file_that_was_written_since_is_read_again(tmp_path):
    file = tmp_path / "car.dbc"
    shutil.copy(DBC_FILE, file)
    first = parse_database(file, strict=True)
    os.utime(file, ns=(1, 1))
    assert parse_database(file, strict=True) is not first


def test_signals_that_overlap_are_read_only_where_that_is_allowed(tmp_path):
    file = tmp_path / "car.dbc"
    file.write_text(OVERLAPPING)
    with pytest.raises(cantools.Error):
        parse_database(file, strict=True)
    assert len(parse_database(file, strict=False).messages[0].signals) == 2
