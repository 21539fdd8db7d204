"""BODY: lids, horn, wipers, mirrors and the steering column."""

import pytest


@pytest.mark.parametrize("end", ["Rear", "Front"])
def test_a_trunk_travels_and_reports_open_as_soon_as_it_leaves_the_latch(rig, end):
    assert rig.reason(**{f"Trunk{end}Pos": 100}) == "NONE"
    rig.wait(0.2)
    assert rig.values[f"Trunk{end}IsOpen"] == 1
    assert 0 < rig.values[f"Trunk{end}Pos"] < 10
    rig.wait(5)
    assert rig.values[f"Trunk{end}Pos"] == 100
    rig.command(**{f"Trunk{end}Pos": 0})
    rig.wait(5.1)
    assert rig.values[f"Trunk{end}IsOpen"] == 0


def test_a_locked_trunk_does_not_open_and_opens_when_unlocked_in_the_same_frame(rig):
    rig.command(TrunkRearIsLocked=1)
    assert rig.reason(TrunkRearPos=100) == "LOCKED"
    acks = rig.command(TrunkRearPos=100, TrunkRearIsLocked=0)
    assert [ack.reason for ack in acks] == ["NONE", "NONE"]


@pytest.mark.parametrize(
    ("name", "value"), [("TrunkRearPos", 100), ("TrunkFrontPos", 1), ("HoodIsOpen", 1), ("FuelFlapIsOpen", 1)]
)
def test_no_lid_opens_while_driving(rig, name, value):
    rig.stage(VehicleSpeed=30)
    assert rig.reason(**{name: value}) == "MOVING"
    assert rig.reason(**{name: 0}) == "NONE"
    rig.stage(VehicleSpeed=0)
    assert rig.reason(**{name: value}) == "NONE"
    rig.wait(6)
    assert rig.values[name] == value


def test_a_trunk_staged_open_has_a_position_that_fits(rig):
    rig.stage(TrunkRearIsOpen=1)
    assert (rig.values["TrunkRearPos"], rig.values["TrunkRearIsOpen"]) == (100, 1)
    rig.stage(TrunkRearPos=0)
    assert rig.values["TrunkRearIsOpen"] == 0


def test_the_horn_falls_silent_by_itself(rig):
    rig.command(HornIsActive=1)
    assert rig.values["HornIsActive"] == 1
    rig.wait(4.9)
    assert rig.values["HornIsActive"] == 1
    rig.wait(0.2)
    assert rig.values["HornIsActive"] == 0


def test_the_horn_stops_on_command_and_its_limit_starts_anew(rig):
    rig.command(HornIsActive=1)
    rig.wait(3)
    rig.command(HornIsActive=0)
    rig.wait(0.1)
    assert rig.values["HornIsActive"] == 0
    rig.command(HornIsActive=1)
    rig.wait(4)
    assert rig.values["HornIsActive"] == 1


def test_the_rain_sensor_moves_the_wipers_only_in_rain(rig):
    rig.command(WiperModeFront="RAIN_SENSOR")
    assert rig.values["WiperIsWipingFront"] == 0
    rig.stage(RainIntensity=40)
    assert rig.values["WiperIsWipingFront"] == 1
    rig.stage(RainIntensity=0)
    rig.wait(0.1)
    assert rig.values["WiperIsWipingFront"] == 0


def test_wipers_stand_still_without_supply(rig):
    rig.command(WiperModeFront="FAST")
    assert rig.values["WiperIsWipingFront"] == 1
    rig.stage(PowerState="OFF")
    rig.wait(0.1)
    assert rig.values["WiperIsWipingFront"] == 0
    assert rig.reason(WiperModeFront="OFF") == "NO_POWER"


def test_mirrors_fold_and_turn_in_their_time(rig):
    rig.command(MirrorIsFoldedDriverSide=1, MirrorPanDriverSide=100, MirrorTiltDriverSide=-50)
    rig.wait(0.9)
    assert rig.values["MirrorPanDriverSide"] < 100
    assert (rig.values["MirrorTiltDriverSide"], rig.values["MirrorIsFoldedDriverSide"]) == (-50, 0)
    rig.wait(0.7)
    assert (rig.values["MirrorPanDriverSide"], rig.values["MirrorIsFoldedDriverSide"]) == (100, 1)
    assert rig.values["MirrorIsFoldedPassengerSide"] == 0


def test_a_fold_that_is_taken_back_does_not_happen(rig):
    rig.command(MirrorIsFoldedDriverSide=1)
    rig.wait(0.5)
    rig.command(MirrorIsFoldedDriverSide=0)
    rig.wait(3)
    assert rig.values["MirrorIsFoldedDriverSide"] == 0


def test_the_steering_column_travels_and_heats(rig):
    rig.command(SteeringTilt=100, SteeringExtension=0, SteeringHeating=67)
    assert rig.values["SteeringHeating"] == 67
    rig.wait(1.9)
    assert rig.values["SteeringTilt"] < 100
    rig.wait(0.2)
    assert (rig.values["SteeringTilt"], rig.values["SteeringExtension"]) == (100, 0)


def test_a_low_washer_level_is_reported(rig):
    rig.stage(WasherLevel=10)
    assert rig.values["WasherIsLow"] == 1
    rig.stage(WasherLevel=50)
    assert rig.values["WasherIsLow"] == 0
