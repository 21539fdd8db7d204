"""VSS exports and overlays: both spellings, merging, deleting, and what is passed through."""

from collections.abc import Callable
from pathlib import Path

import pytest
from vss_samples import LEAF, export

from codriver.errors import InputError, NotFoundError
from codriver.settings import InForce, Settings
from hmi.catalogue.catalogue import Catalogue, default_catalogue, load_catalogue
from hmi.settings import OVERLAYS, VSS

Write = Callable[..., Path]


def settings(vss: str = "", overlays: tuple[str, ...] = ()) -> Settings:
    return Settings({VSS.key: InForce(VSS, vss, "test"), OVERLAYS.key: InForce(OVERLAYS, list(overlays), "test")})


def test_an_export_becomes_signals_with_all_their_keys(write: Write) -> None:
    flap = {**LEAF, "default": 5, "comment": "Slow.", "uuid": "1", "dbc2vss": {"signal": "Flap"}}
    mode = {"type": "actuator", "datatype": "string", "allowed": ["A", "B"], "default": "B"}
    car = Catalogue.load(write(export(Flap=flap, Box={"type": "branch", "children": {"Mode": mode}})))
    assert list(car) == ["Vehicle.Flap", "Vehicle.Box.Mode"]
    signal = car["Vehicle.Flap"]
    assert (signal.type, signal.datatype, signal.unit, signal.description) == (
        "actuator",
        "uint8",
        "percent",
        "A flap.",
    )
    assert (signal.minimum, signal.maximum, signal.default) == (0, 100, 5)
    assert signal.extras == {"comment": "Slow.", "uuid": "1", "dbc2vss": {"signal": "Flap"}}
    assert car["Vehicle.Box.Mode"].allowed == ("A", "B")
    assert car["Vehicle.Box.Mode"].default == "B"


def test_the_flat_spelling_means_the_same(write: Write) -> None:
    nested = Catalogue.load(write(export(Flap=LEAF, Box={"children": {"Lid": LEAF}})))
    flat = Catalogue.load(
        write({"Vehicle": {"type": "branch"}, "Vehicle.Flap": LEAF, "Vehicle.Box.Lid": LEAF}, "flat.json")
    )
    assert flat.signals() == nested.signals()


def test_an_overlay_changes_key_by_key_and_adds(write: Write) -> None:
    base = write(export(Flap={**LEAF, "type": "sensor", "dbc2vss": {"signal": "Old", "interval_ms": 100}}))
    change = write(export(Flap={"type": "actuator", "dbc2vss": {"signal": "New"}}), "change.json")
    add = write({"Vehicle.Box.Lid": {**LEAF, "max": 50}}, "add.json")
    car = Catalogue.load(base, [change, add])
    assert list(car) == ["Vehicle.Flap", "Vehicle.Box.Lid"]
    assert car["Vehicle.Flap"].writable
    assert car["Vehicle.Flap"].unit == "percent"
    assert car["Vehicle.Flap"].extras == {"dbc2vss": {"signal": "New"}}, "a key is replaced whole"
    assert car["Vehicle.Box.Lid"].maximum == 50


def test_the_last_overlay_is_on_top(write: Write) -> None:
    first = write({"Vehicle.Flap": {"max": 60}}, "first.json")
    second = write({"Vehicle.Flap": {"max": 70}}, "second.json")
    base = write(export(Flap=LEAF))
    assert Catalogue.load(base, [first, second])["Vehicle.Flap"].maximum == 70
    assert Catalogue.load(base, [second, first])["Vehicle.Flap"].maximum == 60


@pytest.mark.parametrize("name", ["more.vspec", "more.yaml", "more.yml"])
def test_overlays_may_be_yaml_where_on_and_off_are_words(write: Write, name: str) -> None:
    text = """
Vehicle.Radio.Power:
  type: actuator
  datatype: string
  allowed: [ON, OFF]
  default: OFF
Vehicle.Flap:
  max: 40
"""
    car = Catalogue.load(write(export(Flap=LEAF)), [write(text, name)])
    assert car["Vehicle.Radio.Power"].allowed == ("ON", "OFF")
    assert car["Vehicle.Radio.Power"].default == "OFF"
    assert car["Vehicle.Flap"].maximum == 40


def test_an_overlay_deletes_a_signal_or_a_branch(write: Write) -> None:
    base = write(export(Flap=LEAF, Box={"children": {"Lid": LEAF, "Key": LEAF}}, Boxes=LEAF))
    car = Catalogue.load(base, [write({"Vehicle.Box": {"delete": True}}, "less.json")])
    assert list(car) == ["Vehicle.Flap", "Vehicle.Boxes"]


def test_a_deleted_signal_can_come_back_as_another(write: Write) -> None:
    gone = write({"Vehicle.Flap": {"delete": True}}, "gone.json")
    back = write({"Vehicle.Flap": {"type": "sensor", "datatype": "boolean"}}, "back.json")
    assert Catalogue.load(write(export(Flap=LEAF, Lid=LEAF)), [gone, back])["Vehicle.Flap"].unit == ""


def test_arrays_and_structs_are_shown_and_never_written(write: Write) -> None:
    array = {"type": "actuator", "datatype": "uint8[]", "arraysize": 2, "min": 0, "max": 9, "default": [1, 2]}
    words = {"type": "attribute", "datatype": "string[]", "allowed": ["A", "B"]}
    struct = {"type": "actuator", "datatype": "VehicleDataTypes.Point"}
    document = export(Array=array, Words=words, Point=struct)
    point = {"type": "struct", "children": {"X": {"type": "property", "datatype": "float"}}}
    document["ComplexDataTypes"] = {"VehicleDataTypes": {"type": "branch", "children": {"Point": point}}}
    car = Catalogue.load(write(document))
    assert list(car) == ["Vehicle.Array", "Vehicle.Words", "Vehicle.Point"]
    assert not any(signal.writable for signal in car.signals())
    assert car["Vehicle.Array"].extras == {"arraysize": 2, "default": [1, 2]}
    assert car["Vehicle.Words"].allowed == ("A", "B")
    with pytest.raises(InputError, match=r"datatype uint8\[\], which codriver does not write"):
        car["Vehicle.Array"].check(1)


def test_settings_without_a_car_mean_the_default_vehicle() -> None:
    assert load_catalogue(settings()) is default_catalogue()


def test_own_overlays_lie_over_the_default_vehicle(write: Write) -> None:
    car = load_catalogue(settings(overlays=(str(write({"Vehicle.Speed": {"max": 250}})),)))
    assert car["Vehicle.Speed"].maximum == 250
    assert car["Vehicle.Cabin.Sunroof.Position"].writable, "the overlay that codriver brings must stay"
    assert default_catalogue()["Vehicle.Speed"].maximum is None


def test_nothing_of_the_default_vehicle_gets_into_another_car(write: Write) -> None:
    base = write(export(Flap=LEAF))
    overlay = write({"Vehicle.Flap": {"max": 40}}, "more.json")
    car = load_catalogue(settings(str(base), (str(overlay),)))
    assert list(car) == ["Vehicle.Flap"]
    assert car["Vehicle.Flap"].maximum == 40
    with pytest.raises(NotFoundError):
        car["Vehicle.Speed"]
