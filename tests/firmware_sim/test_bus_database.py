"""The DBC file and the VSS overlay are what the table says, and fit the default vehicle."""

import json
from pathlib import Path

import cantools
import pytest

from codriver.errors import FileFormatError
from firmware_sim.database import build
from firmware_sim.database.dbc import dbc_text
from firmware_sim.database.overlay import overlay_text
from firmware_sim.database.table import TABLE_FILE, load_bus

CATALOGUE = build.OVERLAY_FILE.parent
SHARED = {"AliveCounter", "Checksum", "Sequence"}


@pytest.fixture(scope="module")
def database():
    return cantools.database.load_file(build.DBC_FILE, strict=True)


def leaves(node, path, found):
    for name, child in node.items():
        here = f"{path}.{name}" if path else name
        if "children" in child:
            leaves(child["children"], here, found)
        else:
            found.setdefault(here, {}).update(child)
    return found


def catalogue(*names):
    found = {}
    for name in names:
        leaves(json.loads((CATALOGUE / name).read_text()), "", found)
    return found


@pytest.mark.parametrize("path", [build.DBC_FILE, build.OVERLAY_FILE], ids=lambda path: path.name)
def test_committed_file_is_what_the_table_builds(path):
    assert path.read_text(encoding="utf-8") == build.built()[path]


def test_frames_are_classic_can_with_guards(database):
    assert len(database.messages) > 50
    for message in database.messages:
        assert (message.length, message.is_extended_frame, message.is_fd) == (8, False, False)
        guard = {signal.name: (signal.start, signal.length) for signal in message.signals if signal.name in SHARED}
        expected = {"AliveCounter": (48, 4), "Checksum": (56, 8)}
        if "_Command_" in message.name:
            expected["Sequence"] = (40, 8)
        assert guard == expected, message.name


def test_payload_names_are_unique_and_whole(database):
    names = [
        signal.name for message in database.messages for signal in message.signals if signal.name not in SHARED
    ]
    assert len(names) == len(set(names))
    assert "WindowPosRow1PassengerSide_Motion" in names


def test_all_ones_means_nothing(database):
    for message in database.messages:
        word = {"Status": "SNA", "Command": "NoRequest"}.get(message.name.split("_")[1])
        for signal in message.signals:
            if word and signal.name not in SHARED:
                assert signal.choices[(1 << signal.length) - 1] == word
                assert signal.maximum < ((1 << signal.length) - 1) * signal.scale + signal.offset


def test_every_overlay_leaf_is_in_the_vehicle_and_the_dbc(database):
    known = catalogue("vehicle.json", "overlay.json")
    signals = {signal.name: message for message in database.messages for signal in message.signals}
    mapped = catalogue("can.json")
    assert len(mapped) > 180
    for path, leaf in mapped.items():
        assert path in known
        status = signals[leaf["dbc2vss"]["signal"]]
        assert leaf["dbc2vss"]["interval_ms"] <= status.cycle_time
        assert ("vss2dbc" in leaf) == (known[path]["type"] == "actuator"), path
        if "vss2dbc" in leaf:
            assert "_Command_" in signals[leaf["vss2dbc"]["signal"]].name


def test_every_actuator_of_the_vehicle_is_on_the_bus():
    mapped = catalogue("can.json")
    actuators = [
        path for path, leaf in catalogue("vehicle.json", "overlay.json").items() if leaf["type"] == "actuator"
    ]
    assert [path for path in actuators if path not in mapped] == []


def test_ranges_and_words_equal_the_vehicle(database):
    known = catalogue("vehicle.json", "overlay.json")
    signals = {signal.name: signal for message in database.messages for signal in message.signals}
    for path, leaf in catalogue("can.json").items():
        signal, declared = signals[leaf["dbc2vss"]["signal"]], known[path]
        if "allowed" in declared:
            words = [str(word) for raw, word in signal.choices.items() if word != "SNA"]
            assert sorted(words) == sorted(declared["allowed"]), path
        if "Rgb" not in signal.name:
            assert signal.minimum <= declared.get("min", signal.minimum), path
            assert signal.maximum >= declared.get("max", signal.maximum), path


def test_start_values_equal_the_vehicle(database):
    known = catalogue("vehicle.json", "overlay.json")
    signals = {signal.name: signal for message in database.messages for signal in message.signals}
    for path, leaf in catalogue("can.json").items():
        signal, default = signals[leaf["dbc2vss"]["signal"]], known[path].get("default")
        if isinstance(default, str) and default.startswith("#"):
            default = int(default[1:], 16)
        start = signal.raw_to_scaled(signal.raw_initial or 0)
        assert default is not None and start == (
            default if isinstance(default, str) else pytest.approx(float(default))
        ), path


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = TABLE_FILE.read_text()
    assert old in text
    file = tmp_path / "bus.yaml"
    file.write_text(text.replace(old, new))
    return file


def test_a_topic_too_big_for_a_frame_is_refused(tmp_path):
    file = edited(tmp_path, "percent: {bits: 8, maximum: 100", "percent: {bits: 16, maximum: 100")
    with pytest.raises(FileFormatError, match="DOORS_Status_Windows needs 76 bits, 48 are free"):
        load_bus(file)


def test_a_kind_without_a_free_value_is_refused(tmp_path):
    file = edited(tmp_path, "switch: {bits: 2", "switch: {bits: 1")
    with pytest.raises(FileFormatError, match="no free all-ones value"):
        load_bus(file)


def test_a_repeated_name_is_refused(tmp_path):
    file = edited(tmp_path, "name: BeamHigh", "name: BeamLow")
    with pytest.raises(FileFormatError, match="BeamLow is used twice"):
        load_bus(file)


def test_building_is_deterministic():
    assert (dbc_text(load_bus()), overlay_text(load_bus())) == (dbc_text(load_bus()), overlay_text(load_bus()))
