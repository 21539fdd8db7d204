"""What stays as it is while the car moves."""

from __future__ import annotations

import pytest
from planning_car import DOOR, DRIVING, ROOF, TRUNK, WINDOW, full, make_plan, put, said, state, written

from hmi.planning.plan import Effect

SEAT = "Cabin.Seat.Row1.DriverSide"
CANNOT_TELL = "I can't tell whether the car is moving"

REFUSED = [
    ("closed-while-moving", DOOR, True),
    ("closed-while-moving", "Cabin.Door.Row2.PassengerSide.IsOpen", True),
    ("closed-while-moving", TRUNK, 100),
    ("closed-while-moving", "Body.Trunk.Front.Position", 10),
    ("closed-while-moving", "Body.Hood.IsOpen", True),
    ("closed-while-moving", "Powertrain.FuelSystem.IsFuelPortFlapOpen", True),
    ("driver-seat-while-moving", f"{SEAT}.Position", 100),
    ("driver-seat-while-moving", f"{SEAT}.Height", 10),
    ("driver-seat-while-moving", f"{SEAT}.Backrest.Recline", 40.0),
    ("steering-wheel-while-moving", "Chassis.SteeringWheel.Tilt", 10),
    ("steering-wheel-while-moving", "Chassis.SteeringWheel.Extension", 90),
    ("mirror-folding-while-moving", "Body.Mirrors.DriverSide.IsFolded", True),
    ("video-while-moving", "Cabin.Infotainment.HMI.IsVideoOn", True),
]


@pytest.mark.parametrize(("rule", "path", "value"), REFUSED)
@pytest.mark.parametrize(
    "motion", [DRIVING, {"Speed": 3.0}, {"IsMoving": True}, {"Speed": None, "IsMoving": True}]
)
def test_refused_while_moving(rule, path, value, motion):
    made = make_plan(put(path, value), now=state(motion))
    assert said(made) == [(rule, Effect.REFUSE)]
    assert made.hits[0].signals == (full(path),)
    assert made.changes == ()
    assert [target.value for target in made.requested] == [value]
    assert not made.needs_confirmation


@pytest.mark.parametrize(("rule", "path", "value"), REFUSED)
@pytest.mark.parametrize("motion", [{}, {"Speed": None}, {"IsMoving": None}])
def test_done_while_parked(rule, path, value, motion):
    made = make_plan(put(path, value), now=state(motion))
    assert written(made) == [(path, value)]
    assert said(made) == []


@pytest.mark.parametrize(("rule", "path", "value"), REFUSED)
def test_refused_when_nobody_can_tell(rule, path, value):
    made = make_plan(put(path, value), now=state({"Speed": None, "IsMoving": None}))
    assert said(made) == [(rule, Effect.REFUSE)]
    assert made.hits[0].reason == CANNOT_TELL
    assert made.changes == ()


@pytest.mark.parametrize(
    ("path", "now", "value"),
    [
        (DOOR, True, False),
        (TRUNK, 100, 0),
        (TRUNK, 80, 20),
        ("Body.Hood.IsOpen", True, False),
        ("Body.Mirrors.DriverSide.IsFolded", True, False),
        ("Cabin.Infotainment.HMI.IsVideoOn", True, False),
        ("Body.Mirrors.DriverSide.Pan", 0, 20),
        ("Cabin.Seat.Row1.PassengerSide.Position", 120, 20),
        (f"{SEAT}.Backrest.LumbarSupport", 20.0, 60.0),
        (f"{SEAT}.HeatingCooling", 0, 67),
        (WINDOW, 0, 100),
    ],
)
def test_what_is_harmless_is_done_while_moving(path, now, value):
    made = make_plan(put(path, value), now=state(DRIVING, {path: now}))
    assert written(made) == [(path, value)]
    assert said(made) == []


@pytest.mark.parametrize("path", ["Cabin.Door.Row1.DriverSide.IsLocked", "Body.Trunk.Rear.IsLocked"])
def test_unlocking_is_asked_while_moving_and_done_while_parked(path):
    made = make_plan(put(path, False), now=state(DRIVING, {path: True}))
    assert said(made) == [("unlocking-while-moving", Effect.ASK)]
    assert made.needs_confirmation
    assert written(made) == [(path, False)]
    assert said(make_plan(put(path, False), now=state({path: True}))) == []
    unseen = make_plan(put(path, False), now=state({path: True, "Speed": None, "IsMoving": None}))
    assert unseen.hits[0].reason == CANNOT_TELL
    assert unseen.needs_confirmation


def test_locking_is_never_asked():
    assert said(make_plan(put("Cabin.Door.Row1.DriverSide.IsLocked", True), now=state(DRIVING))) == []


def test_a_refused_door_takes_its_companion_along():
    made = make_plan(put(DOOR, True), now=state(DRIVING, {"Cabin.Door.Row1.DriverSide.IsLocked": True}))
    assert made.changes == ()
    assert said(made) == [("closed-while-moving", Effect.REFUSE)]


def test_what_is_allowed_of_a_sentence_is_done():
    made = make_plan(put(TRUNK, 100), put(WINDOW, 20), now=state(DRIVING))
    assert written(made) == [(WINDOW, 20)]
    assert [target.path for target in made.requested] == [full(TRUNK), full(WINDOW)]


@pytest.mark.parametrize(
    ("speed", "paths", "asked"),
    [
        (101.0, [WINDOW, ROOF], True),
        (101.0, [WINDOW, "Cabin.Door.Row1.PassengerSide.Window.Position"], True),
        (101.0, [WINDOW], False),
        (100.0, [WINDOW, ROOF], False),
    ],
)
def test_bulk_opening_at_speed(speed, paths, asked):
    made = make_plan(*(put(path, 100) for path in paths), now=state({"Speed": speed}))
    assert (("bulk-opening-at-speed", Effect.ASK) in said(made)) is asked
    assert made.needs_confirmation is asked


def test_bulk_closing_at_speed_is_done():
    open_ = {WINDOW: 100, ROOF: 100}
    made = make_plan(put(WINDOW, 0), put(ROOF, 0), now=state({"Speed": 150.0}, open_))
    assert said(made) == []
    assert written(made) == [(WINDOW, 0), (ROOF, 0)]
