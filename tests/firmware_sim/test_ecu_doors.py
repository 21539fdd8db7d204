"""DOORS: travel times, latches, child locks, the sunroof's shade."""

import pytest

WINDOW = "WindowPosRow1DriverSide"
MOTION = "WindowPosRow1DriverSide_Motion"


def test_a_window_needs_its_time_and_shows_the_way(rig):
    rig.command(WindowPosRow1DriverSide=100)
    assert rig.values[MOTION] == "OPENING"
    rig.wait(2.25)
    assert 45 <= rig.values[WINDOW] <= 55
    rig.wait(2.2)
    assert rig.values[WINDOW] < 100
    rig.wait(0.1)
    assert (rig.values[WINDOW], rig.values[MOTION]) == (100, "IDLE")


def test_a_new_target_on_the_way_turns_the_window_round(rig):
    rig.command(WindowPosRow1DriverSide=100)
    rig.wait(1)
    way = rig.values[WINDOW]
    rig.command(WindowPosRow1DriverSide=0)
    assert rig.values[MOTION] == "CLOSING"
    rig.wait(1.1)
    assert 0 < way < 30 and rig.values[WINDOW] == 0


@pytest.mark.parametrize(
    ("name", "target", "seconds"),
    [
        ("SunroofShadePos", 100, 4),
        ("RearShadePos", 0, 4),
        ("ShadePosRow2DriverSide", 0, 4),
        ("SunroofPos", -100, 5),
    ],
)
def test_roof_and_shades_travel(rig, name, target, seconds):
    assert rig.reason(**{name: target}) == "NONE"
    rig.wait(seconds - 0.2)
    assert rig.values[name] != target
    rig.wait(0.3)
    assert rig.values[name] == target


def test_the_sunroof_does_not_open_under_a_closed_shade_but_tilts(rig):
    assert rig.reason(SunroofPos=50) == "SHADE_CLOSED"
    assert rig.reason(SunroofPos=-100) == "NONE"
    rig.wait(6)
    assert rig.reason(SunroofPos=0) == "NONE"


def test_the_sunroof_opens_together_with_its_shade(rig):
    acks = rig.command(SunroofPos=100, SunroofShadePos=100)
    assert [ack.reason for ack in acks] == ["NONE", "NONE"]
    rig.wait(5.1)
    assert (rig.values["SunroofPos"], rig.values["SunroofShadePos"]) == (100, 100)


def test_a_locked_door_does_not_open_until_it_is_unlocked(rig):
    rig.command(DoorIsLockedRow1DriverSide=1)
    assert rig.reason(DoorIsOpenRow1DriverSide=1) == "LOCKED"
    acks = rig.command(DoorIsOpenRow1DriverSide=1, DoorIsLockedRow1DriverSide=0)
    assert [ack.reason for ack in acks] == ["NONE", "NONE"]
    rig.wait(1)
    assert rig.values["DoorIsOpenRow1DriverSide"] == 0
    rig.wait(0.3)
    assert rig.values["DoorIsOpenRow1DriverSide"] == 1


def test_no_door_opens_while_driving_but_it_closes(rig):
    rig.stage(DoorIsOpenRow2DriverSide=1, VehicleSpeed=5.1)
    assert rig.reason(DoorIsOpenRow1DriverSide=1) == "MOVING"
    assert rig.reason(DoorIsOpenRow2DriverSide=0) == "NONE"
    rig.stage(VehicleSpeed=5)
    assert rig.reason(DoorIsOpenRow1DriverSide=1) == "NONE"


def test_commands_open_a_rear_door_whose_child_lock_is_on_the_inside_handle_does_not(rig):
    rig.command(DoorChildLockRow2DriverSide=1)
    rig.stage(DoorInsideHandleRow2DriverSide=1)
    rig.wait(2)
    assert rig.values["DoorIsOpenRow2DriverSide"] == 0
    assert rig.reason(DoorIsOpenRow2DriverSide=1) == "NONE"
    rig.wait(2)
    assert rig.values["DoorIsOpenRow2DriverSide"] == 1


def test_inside_handles_open_free_rear_doors_and_unlock_front_doors(rig):
    rig.stage(DoorIsLockedRow1DriverSide=1, DoorIsLockedRow2PassengerSide=1)
    rig.stage(
        DoorInsideHandleRow1DriverSide=1, DoorInsideHandleRow2DriverSide=1, DoorInsideHandleRow2PassengerSide=1
    )
    rig.wait(2)
    opened = [
        rig.values[f"DoorIsOpen{place}"] for place in ("Row1DriverSide", "Row2DriverSide", "Row2PassengerSide")
    ]
    assert opened == [1, 1, 0]
    assert rig.values["DoorIsLockedRow1DriverSide"] == 0


def test_a_window_follows_its_switch_while_it_is_held(rig):
    rig.stage(WindowSwitchRow2DriverSide="OPEN")
    rig.wait(1)
    rig.stage(WindowSwitchRow2DriverSide="RELEASED")
    rig.wait(2)
    assert 18 <= rig.values["WindowPosRow2DriverSide"] <= 25
    rig.stage(WindowSwitchRow2DriverSide="CLOSE")
    rig.wait(2)
    assert rig.values["WindowPosRow2DriverSide"] == 0


@pytest.mark.parametrize("lock", ["WindowChildLock", "DoorChildLockRow2DriverSide"])
def test_child_locks_cut_off_the_rear_switch_but_not_commands(rig, lock):
    rig.command(**{lock: 1})
    rig.stage(WindowSwitchRow2DriverSide="OPEN", WindowSwitchRow1DriverSide="OPEN")
    rig.wait(5)
    assert (rig.values["WindowPosRow2DriverSide"], rig.values["WindowPosRow1DriverSide"]) == (0, 100)
    assert rig.reason(WindowPosRow2DriverSide=40) == "NONE"
    rig.wait(5)
    assert rig.values["WindowPosRow2DriverSide"] == 40


@pytest.mark.parametrize("state", ["UNDEFINED", "LOCK", "OFF"])
def test_without_supply_windows_refuse_and_latches_work(rig, state):
    rig.stage(PowerState=state)
    assert rig.reason(WindowPosRow1DriverSide=50) == "NO_POWER"
    assert rig.reason(DoorIsLockedRow1DriverSide=1) == "NONE"
    rig.stage(WindowSwitchRow1DriverSide="OPEN")
    rig.wait(5)
    assert rig.values[WINDOW] == 0


@pytest.mark.parametrize("state", ["ACC", "ON", "START"])
def test_with_supply_windows_move(rig, state):
    rig.stage(PowerState=state)
    assert rig.reason(WindowPosRow1DriverSide=50) == "NONE"


def test_losing_the_supply_stops_a_window_on_the_way(rig):
    rig.command(WindowPosRow1DriverSide=100)
    rig.wait(2)
    rig.stage(PowerState="OFF")
    rig.wait(5)
    assert 40 <= rig.values[WINDOW] <= 50
    assert rig.values[MOTION] == "NO_POWER"
