"""Looking signals up: by path, by pattern, and what an unknown name is answered with."""

import pytest

from codriver.errors import InputError, NotFoundError
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import Signal


def catalogue(*paths: str) -> Catalogue:
    return Catalogue([Signal(path, "sensor", "boolean") for path in paths])


CAR = catalogue(
    "Vehicle.Door.Row2.Right.Window",
    "Vehicle.Door.Row1.Left.Window",
    "Vehicle.Door.Row1.Right.Window",
    "Vehicle.Door.Row1.Left.IsOpen",
    "Vehicle.Door.Count",
    "Vehicle.Speed",
)


def matched(pattern: str) -> list[str]:
    return [signal.path.removeprefix("Vehicle.") for signal in CAR.match(pattern)]


def test_it_behaves_like_a_mapping_in_file_order() -> None:
    assert list(CAR)[:2] == ["Vehicle.Door.Row2.Right.Window", "Vehicle.Door.Row1.Left.Window"]
    assert len(CAR) == 6
    assert [signal.path for signal in CAR.signals()] == list(CAR)
    assert "Vehicle.Speed" in CAR
    assert "Vehicle.Door" not in CAR
    assert CAR["Vehicle.Speed"].path == "Vehicle.Speed"
    assert CAR.get("Vehicle.Speed") is CAR["Vehicle.Speed"]
    assert CAR.get("Vehicle.Sped") is None


def test_an_unknown_path_is_answered_with_similar_ones() -> None:
    with pytest.raises(NotFoundError) as caught:
        CAR["Vehicle.Door.Row1.Lef.Window"]
    message = str(caught.value)
    assert message.startswith("The vehicle has no signal 'Vehicle.Door.Row1.Lef.Window'; did you mean")
    assert "Vehicle.Door.Row1.Left.Window" in message
    assert message.count("Vehicle.Door.") <= 4


def test_a_path_like_no_other_is_answered_with_the_command_that_lists_them() -> None:
    with pytest.raises(NotFoundError, match="`codriver signals` lists all"):
        CAR["banana"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("Vehicle.Speed", ["Speed"]),
        ("Vehicle.*", ["Speed"]),  # one part is one part: no branch, nothing deeper
        ("Vehicle.Door.*.*.Window", ["Door.Row2.Right.Window", "Door.Row1.Left.Window", "Door.Row1.Right.Window"]),
        ("Vehicle.Door.Row1.{Right,Left}.Window", ["Door.Row1.Left.Window", "Door.Row1.Right.Window"]),
        ("Vehicle.Door.{Row1}.Left.{IsOpen,Window}", ["Door.Row1.Left.Window", "Door.Row1.Left.IsOpen"]),
        ("*.Door.Row*.Left.Is*", ["Door.Row1.Left.IsOpen"]),
        ("Vehicle.Door.{Row1,*2}.Right.*", ["Door.Row2.Right.Window", "Door.Row1.Right.Window"]),
        (
            "Vehicle.Door.Row{2,3,1}.{L,R}*.Window",
            ["Door.Row2.Right.Window", "Door.Row1.Left.Window", "Door.Row1.Right.Window"],
        ),
        ("Vehicle.Door", []),
        ("Vehicle.Window.*", []),
        ("Vehicle.Speed.*", []),
        ("vehicle.speed", []),
    ],
)
def test_match(pattern: str, expected: list[str]) -> None:
    assert matched(pattern) == expected
    assert matched(pattern) == expected, "the remembered answer differs from the first"


@pytest.mark.parametrize(
    "pattern", ["", "Vehicle..Speed", "Vehicle.{Door", "Vehicle.{}", "Vehicle.{a,}", "Vehicle.a,b", "A.{b}{c}"]
)
def test_a_broken_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(InputError, match="is not a signal pattern"):
        CAR.match(pattern)
