"""Every broken VSS file is refused in one sentence that names the file, the place, the problem and the remedy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from vss_samples import LEAF, export

from codriver.errors import FileFormatError
from hmi.catalogue.catalogue import Catalogue

Write = Callable[..., Path]


def refusal(base: Path, *overlays: Path) -> str:
    with pytest.raises(FileFormatError) as caught:
        Catalogue.load(base, overlays)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"type": "gadget"}, "the type cannot be 'gadget'; use one of actuator, sensor, attribute"),
        ({"type": None}, "the signal has no type"),
        ({"datatype": "unit8"}, "the datatype cannot be 'unit8'; use one of boolean, double, float, int16"),
        ({"datatype": 8}, "the datatype cannot be 8"),
        ({"datatype": None}, "the signal has no datatype"),
        ({"datatype": "boolean"}, "a boolean has no min"),
        ({"unit": 5}, "the unit is a text, not 5"),
        ({"description": ["x"]}, "the description is a text"),
        ({"min": "0"}, "min is a number, not '0'"),
        ({"max": True}, "max is a number, not True"),
        ({"max": float("nan")}, "max is a number, not nan"),
        ({"min": 60, "max": 50}, "no value is possible from min 60 to max 50"),
        ({"min": 300, "max": None}, "no value is possible from min 300 to max 255"),
        ({"default": 101}, "the default does not fit (cannot be 101 percent; it goes from 0 to 100 percent)"),
        ({"default": "half"}, "the default does not fit (is a number, not 'half')"),
        ({"default": 0.5}, "the default does not fit (is a whole number, not 0.5)"),
        ({"allowed": ["A"]}, "allowed does not fit (is a number, not 'A')"),
        ({"allowed": []}, "allowed is a list of values, not []"),
        ({"allowed": "A"}, "allowed is a list of values, not 'A'"),
        ({"allowed": [1, 2], "default": 3}, "the default does not fit (cannot be 3; it can be 1, 2)"),
    ],
)
def test_a_broken_declaration(write: Write, change: dict[str, Any], problem: str) -> None:
    leaf = {key: value for key, value in {**LEAF, **change}.items() if value is not None}
    path = write(export(Box={"children": {"Lid": leaf}}))
    message = refusal(path)
    assert message.startswith(f"{path}, Vehicle.Box.Lid: {problem}")
    assert "; " in message, "there is no remedy"


def test_the_file_that_spoke_last_is_blamed(write: Write) -> None:
    overlay = write({"Vehicle.Flap": {"min": 200}}, "overlay.json")
    assert refusal(write(export(Flap=LEAF)), overlay).startswith(f"{overlay}, Vehicle.Flap: no value is possible")


def test_a_misspelt_path_in_an_overlay(write: Write) -> None:
    overlay = write({"Vehicle.Flop": {"max": 50}}, "overlay.json")
    message = refusal(write(export(Flap=LEAF)), overlay)
    assert message.startswith(f"{overlay}, Vehicle.Flop: this signal is not in the vehicle")


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        ("{", "", "it is not JSON ("),
        ("", "", "it is not JSON ("),
        ("[]", "", "the top level is not an object of signals"),
        ("{}", "", "it declares no signals"),
        ('{"Vehicle": {"type": "branch"}}', "", "it declares no signals"),
        ('{"Vehicle": 5}', ", Vehicle", "an object is needed here, not 5"),
        ('{"Vehicle": {"children": {"Flap": null}}}', ", Vehicle.Flap", "an object is needed here, not None"),
        ('{"Vehicle": {"children": [1]}}', ", Vehicle", "children is an object, not [1]"),
        ('{"Vehicle": {"type": "sensor", "children": {}}}', ", Vehicle", "a sensor cannot have children"),
        ('{"Vehicle": {"children": {"A b": {}}}}', ", Vehicle.A b", "this is not a signal path"),
        ('{"Vehicle": {"children": {"A": {}, "A": {}}}}', ", Vehicle", "'A' is declared twice; keep one"),
        ('{"Vehicle": {"children": {"A": {"x": {"y": 1, "y": 2}}}}}', ", Vehicle.A.x", "'y' is declared twice"),
        ("[" * 100_000, "", "its objects are nested too deeply"),
    ],
)
def test_a_broken_file(write: Write, content: str, place: str, problem: str) -> None:
    path = write(content)
    assert refusal(path).startswith(f"{path}{place}: {problem}")


def test_the_same_signal_in_both_spellings(write: Write) -> None:
    path = write({**export(Flap=LEAF), "Vehicle.Flap": LEAF})
    assert refusal(path).startswith(f"{path}, Vehicle.Flap: the signal is declared twice")


def test_a_signal_with_something_below_it(write: Write) -> None:
    base = write(export(Flap=LEAF))
    below = write({"Vehicle.Flap.Hinge": LEAF}, "below.json")
    nested = write(export(Flap={"children": {"Hinge": LEAF}}), "nested.json")
    assert "Vehicle.Flap is a signal, and a signal has no children" in refusal(base, below)
    assert f"{nested}, Vehicle.Flap: this is a signal, and a signal has no children" in refusal(base, nested)


def test_unexpanded_instances(write: Write) -> None:
    path = write(export(Door={"type": "branch", "instances": ["Left", "Right"], "children": {"IsOpen": LEAF}}))
    message = refusal(path)
    assert message.startswith(f"{path}, Vehicle.Door: the branch still has unexpanded instances")
    assert "--expand" in message


def test_deleting_what_is_not_there(write: Write) -> None:
    overlay = write({"Vehicle.Flop": {"delete": True}}, "overlay.json")
    assert "there is no such signal or branch to delete" in refusal(write(export(Flap=LEAF)), overlay)


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    assert refusal(path) == f"{path}: there is no such file; check the path in the settings."


def test_a_folder_and_a_file_that_is_no_text(tmp_path: Path) -> None:
    assert "it cannot be read" in refusal(tmp_path)
    binary = tmp_path / "car.json"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "give a readable UTF-8 file" in refusal(binary)


def test_broken_yaml(write: Write) -> None:
    base = write(export(Flap=LEAF))
    for text, problem in (("a: [", "line"), ("- 1", "top level"), ("Vehicle.Flap: {max: 1}\n" * 2, "given twice")):
        overlay = write(text, "overlay.yaml")
        message = refusal(base, overlay)
        assert str(overlay) in message
        assert problem in message


def test_a_vspec_that_only_includes_others(write: Write) -> None:
    overlay = write("Vehicle:\n  type: branch\n#include Body.vspec Vehicle.Body\n", "car.vspec")
    assert "export it with `vspec export json`" in refusal(overlay)
