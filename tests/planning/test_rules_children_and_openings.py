"""Child locks, and things that must be out of the way before others open."""

from __future__ import annotations

import pytest
from planning_car import (
    ALL_WINDOWS,
    DOOR,
    REAR_WINDOW,
    ROOF,
    SHADE,
    TRUNK,
    WINDOW,
    full,
    make_plan,
    put,
    said,
    state,
    written,
)

from hmi.planning.plan import Effect

CHILD = (2, "passenger")
WINDOW_LOCK = "Cabin.IsWindowChildLockEngaged"
CHILD_LOCK = "Cabin.Door.Row2.PassengerSide.IsChildLockActive"
REAR_DOOR = "Cabin.Door.Row2.PassengerSide.IsOpen"
REAR_LOCK = "Cabin.Door.Row2.PassengerSide.IsLocked"
RAIN = {"Body.Raindetection.Intensity": 1}


@pytest.mark.parametrize("lock", [WINDOW_LOCK, CHILD_LOCK])
@pytest.mark.parametrize("value", [0, 60])
def test_rear_windows_stay_when_they_are_locked_and_a_child_asks(lock, value):
    now = state({lock: True, REAR_WINDOW: 30})
    made = make_plan(put(REAR_WINDOW, value), now=now, speaker=CHILD)
    assert said(made) == [("rear-windows-locked", Effect.REFUSE)]
    assert made.changes == ()
    assert written(make_plan(put(REAR_WINDOW, value), now=now)) == [(REAR_WINDOW, value)]


def test_rear_windows_move_for_the_back_when_they_are_not_locked():
    other_door = {"Cabin.Door.Row2.DriverSide.IsChildLockActive": True}
    made = make_plan(put(REAR_WINDOW, 60), now=state(other_door), speaker=CHILD)
    assert written(made) == [(REAR_WINDOW, 60)]


def test_the_front_windows_are_not_the_rear_windows():
    made = make_plan(put(WINDOW, 60), now=state({WINDOW_LOCK: True}), speaker=CHILD)
    assert written(made) == [(WINDOW, 60)]


def test_a_lock_that_nobody_can_see_counts_for_the_back_only():
    now = state({WINDOW_LOCK: None})
    made = make_plan(put(REAR_WINDOW, 60), now=now, speaker=CHILD)
    assert [hit.reason for hit in made.hits] == ["I can't tell whether the rear windows are locked"]
    assert made.changes == ()
    assert written(make_plan(put(REAR_WINDOW, 60), now=now)) == [(REAR_WINDOW, 60)]


@pytest.mark.parametrize(("path", "before", "value"), [(REAR_DOOR, False, True), (REAR_LOCK, True, False)])
def test_child_lock_on_doors(path, before, value):
    now = state({CHILD_LOCK: True, path: before})
    made = make_plan(put(path, value), now=now, speaker=CHILD)
    assert said(made) == [("rear-doors-child-locked", Effect.REFUSE)]
    assert made.changes == ()
    assert written(make_plan(put(path, value), now=now)) == [(path, value)]
    free = state({path: before})
    assert written(make_plan(put(path, value), now=free, speaker=CHILD)) == [(path, value)]


def test_closing_and_locking_a_child_locked_door_is_for_everyone():
    now = state({CHILD_LOCK: True, REAR_DOOR: True})
    made = make_plan(put(REAR_DOOR, False), put(REAR_LOCK, True), now=now, speaker=CHILD)
    assert written(made) == [(REAR_DOOR, False), (REAR_LOCK, True)]


@pytest.mark.parametrize("lock", [WINDOW_LOCK, CHILD_LOCK])
def test_child_locks_are_released_from_the_front_only(lock):
    made = make_plan(put(lock, False), now=state({lock: True}), speaker=CHILD)
    assert said(made) == [("child-locks-off-from-the-back", Effect.REFUSE)]
    assert made.changes == ()
    assert written(make_plan(put(lock, False), now=state({lock: True}))) == [(lock, False)]
    assert written(make_plan(put(lock, True), speaker=CHILD)) == [(lock, True)]


def test_a_child_cannot_release_the_lock_and_use_it_in_one_sentence():
    made = make_plan(put(WINDOW_LOCK, False), put(REAR_WINDOW, 60), now=state({WINDOW_LOCK: True}), speaker=CHILD)
    assert made.changes == ()
    assert [hit.rule for hit in made.hits] == ["child-locks-off-from-the-back", "rear-windows-locked"]


def test_the_front_can_do_just_that():
    made = make_plan(put(WINDOW_LOCK, False), put(REAR_WINDOW, 60), now=state({WINDOW_LOCK: True}))
    assert written(made) == [(WINDOW_LOCK, False), (REAR_WINDOW, 60)]


def test_air_conditioning_from_the_back_may_close_locked_windows():
    now = state({WINDOW_LOCK: True, REAR_WINDOW: 60})
    made = make_plan(put("Cabin.HVAC.IsAirConditioningActive", True), now=now, speaker=CHILD)
    assert (REAR_WINDOW, 0) in written(made)
    assert not made.needs_confirmation


@pytest.mark.parametrize(
    ("rule", "path", "value", "lock"),
    [
        ("door-unlocks-first", DOOR, True, "Cabin.Door.Row1.DriverSide.IsLocked"),
        ("trunk-unlocks-first", TRUNK, 100, "Body.Trunk.Rear.IsLocked"),
    ],
)
def test_what_is_locked_unlocks_before_it_opens(rule, path, value, lock):
    made = make_plan(put(path, value), now=state({lock: True}))
    assert written(made) == [(lock, False), (path, value)]
    assert [change.phase for change in made.changes] == [-1, 0]
    assert [change.rule for change in made.changes] == [rule, ""]
    assert said(made) == [(rule, Effect.ADD)]
    assert not made.needs_confirmation


def test_a_wanted_unlocking_just_moves_forward():
    lock = "Body.Trunk.Rear.IsLocked"
    made = make_plan(put(TRUNK, 100), put(lock, False), now=state({lock: True}))
    assert written(made) == [(lock, False), (TRUNK, 100)]
    assert said(made) == []


def test_an_open_door_cannot_stay_locked_without_a_question():
    lock = "Cabin.Door.Row1.DriverSide.IsLocked"
    made = make_plan(put(DOOR, True), put(lock, True), now=state({lock: True}))
    assert said(made) == [("door-unlocks-first", Effect.ASK)]
    assert made.needs_confirmation
    assert written(made) == [(DOOR, True)]


@pytest.mark.parametrize(
    ("lock", "opening", "value"),
    [
        ("Cabin.Door.Row1.DriverSide.IsLocked", DOOR, True),
        ("Body.Trunk.Rear.IsLocked", TRUNK, 40),
    ],
)
def test_locking_what_is_open_is_done_and_told(lock, opening, value):
    made = make_plan(put(lock, True), now=state({opening: value}))
    assert said(made) == [("locking-while-open", Effect.TELL)]
    assert written(made) == [(lock, True)]
    assert said(make_plan(put(lock, True))) == []


@pytest.mark.parametrize("position", [100, 40, -100])
def test_the_shade_opens_before_the_sunroof(position):
    made = make_plan(put(ROOF, position))
    assert written(made) == [(SHADE, 100), (ROOF, position)]
    assert [change.phase for change in made.changes] == [-1, 0]
    assert said(made) == [("sunroof-needs-open-shade", Effect.ADD)]
    assert made.hits[0].signals == (full(SHADE),)


@pytest.mark.parametrize("shade", [40, 100])
def test_a_shade_that_is_open_far_enough_stays(shade):
    assert written(make_plan(put(ROOF, 40), now=state({SHADE: shade}))) == [(ROOF, 40)]


def test_a_shade_that_nobody_can_see_is_opened_only_where_it_might_matter():
    # The rule is no safety rule and `where` speaks of a value: an unseen shade is left alone, the ECU decides.
    assert written(make_plan(put(ROOF, 40), now=state({SHADE: None}))) == [(ROOF, 40)]


def test_a_wanted_shade_moves_forward():
    made = make_plan(put(ROOF, 100), put(SHADE, 100))
    assert written(made) == [(SHADE, 100), (ROOF, 100)]
    assert said(made) == []


def test_closing_the_sunroof_needs_no_companion():
    assert written(make_plan(put(ROOF, 0), now=state({ROOF: 50}))) == [(ROOF, 0)]


def test_the_sunroof_closes_before_its_shade():
    made = make_plan(put(SHADE, 0), now=state({SHADE: 100, ROOF: 50}))
    assert written(made) == [(ROOF, 0), (SHADE, 0)]
    assert [change.phase for change in made.changes] == [-1, 0]
    assert said(made) == [("shade-needs-closed-sunroof", Effect.ADD)]


def test_both_closed_in_one_sentence_close_in_the_right_order():
    made = make_plan(put(SHADE, 0), put(ROOF, 0), now=state({SHADE: 100, ROOF: 50}))
    assert written(made) == [(ROOF, 0), (SHADE, 0)]
    assert said(made) == []


def test_a_shade_that_stays_wider_than_the_sunroof_closes_alone():
    assert written(make_plan(put(SHADE, 60), now=state({SHADE: 100, ROOF: 50}))) == [(SHADE, 60)]


def test_opposite_wishes_for_sunroof_and_shade_are_asked():
    made = make_plan(put(ROOF, 100), put(SHADE, 0))
    assert said(made) == [("sunroof-needs-open-shade", Effect.ASK)]
    assert made.needs_confirmation
    assert written(made) == [(ROOF, 100)]


@pytest.mark.parametrize(("path", "value"), [(WINDOW, 10), (WINDOW, 100), (ROOF, 100), (ROOF, -100)])
def test_opening_in_rain_is_asked(path, value):
    made = make_plan(put(path, value), now=state(RAIN, {SHADE: 100}))
    assert said(made) == [("opening-in-rain", Effect.ASK)]
    assert written(made) == [(path, value)]
    assert said(make_plan(put(path, value), now=state({SHADE: 100}))) == []
    assert said(make_plan(put(path, value), now=state({SHADE: 100, "Body.Raindetection.Intensity": None}))) == []


@pytest.mark.parametrize(("path", "before", "value"), [(WINDOW, 100, 0), (WINDOW, 60, 20), (ROOF, -100, 0)])
def test_closing_in_rain_is_done(path, before, value):
    made = make_plan(put(path, value), now=state(RAIN, {path: before, SHADE: 100}))
    assert said(made) == []
    assert written(made) == [(path, value)]


def test_one_question_covers_all_windows():
    made = make_plan(*(put(path, 100) for path in ALL_WINDOWS), now=state(RAIN))
    assert said(made) == [("opening-in-rain", Effect.ASK)]
    assert made.hits[0].signals == tuple(map(full, ALL_WINDOWS))
