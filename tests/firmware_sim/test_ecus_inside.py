"""SEATS, LIGHTS, INFOTAINMENT and GATEWAY."""

import pytest


@pytest.mark.parametrize(
    ("name", "target", "seconds"),
    [
        ("SeatPosRow1DriverSide", 170, 2.0),
        ("SeatHeightRow1PassengerSide", 60, 2.0),
        ("SeatReclineRow2DriverSide", 32, 2.0),
        ("HeadrestPosRow2PassengerSide", 70, 2.0),
        ("SeatLumbarRow1DriverSide", 70, 2.0),
    ],
)
def test_seats_travel_at_their_speed(rig, name, target, seconds):
    start = rig.values[name]
    assert rig.reason(**{name: target}) == "NONE"
    rig.wait(seconds / 2)
    assert rig.values[name] == pytest.approx((start + target) / 2, abs=abs(target - start) / 8)
    rig.wait(seconds / 2 + 0.1)
    assert rig.values[name] == target


def test_seat_heating_and_massage_are_instant_and_need_the_supply(rig):
    rig.command(SeatHeatRow1DriverSide=-67, SeatMassageRow1DriverSide=33)
    assert (rig.values["SeatHeatRow1DriverSide"], rig.values["SeatMassageRow1DriverSide"]) == (-67, 33)
    rig.stage(PowerState="OFF")
    assert rig.reason(SeatHeatRow1DriverSide=100) == "NO_POWER"
    assert rig.reason(SeatPosRow1DriverSide=100) == "NO_POWER"


def test_belts_and_occupants_are_staged(rig):
    rig.stage(SeatBeltedRow1DriverSide=1, SeatOccupancyRow2DriverSide="OCCUPIED")
    assert rig.values["SeatBeltedRow1DriverSide"] == 1
    assert rig.values["SeatOccupancyRow2DriverSide"] == "OCCUPIED"


def test_the_main_light_switch_drives_the_lamps(rig):
    rig.command(LightSwitch="BEAM")
    assert (rig.values["BeamLow"], rig.values["ParkingLights"], rig.values["LicensePlateLight"]) == (1, 1, 1)
    rig.wait(0.1)
    rig.command(LightSwitch="POSITION")
    assert (rig.values["BeamLow"], rig.values["ParkingLights"]) == (0, 1)
    rig.wait(0.1)
    rig.command(LightSwitch="DAYTIME_RUNNING_LIGHTS")
    assert rig.values["RunningLights"] == 1
    rig.wait(0.1)
    rig.command(LightSwitch="OFF")
    lamps = ("BeamLow", "BeamHigh", "ParkingLights", "LicensePlateLight", "RunningLights")
    assert [rig.values[lamp] for lamp in lamps] == [0] * 5


def test_auto_lights_follow_the_outside_light_with_hysteresis(rig):
    rig.command(LightSwitch="AUTO")
    assert rig.values["BeamLow"] == 0
    seen = []
    for light in (20, 35, 45, 35):
        rig.stage(OutsideLight=light)
        rig.wait(0.1)
        seen.append(rig.values["BeamLow"])
    assert seen == [1, 1, 0, 0]


def test_one_indicator_ends_the_other_unless_both_are_asked_for(rig):
    rig.command(IndicatorLeft=1)
    rig.wait(0.1)
    rig.command(IndicatorRight=1)
    assert (rig.values["IndicatorLeft"], rig.values["IndicatorRight"]) == (0, 1)
    rig.wait(0.1)
    rig.command(IndicatorLeft=1, IndicatorRight=1)
    assert (rig.values["IndicatorLeft"], rig.values["IndicatorRight"]) == (1, 1)


def test_beams_go_out_with_the_supply_and_hazard_lights_stay(rig):
    rig.command(LightSwitch="BEAM", HazardLights=1, DomeLight=1)
    rig.stage(PowerState="LOCK")
    rig.wait(0.1)
    assert (rig.values["BeamLow"], rig.values["HazardLights"], rig.values["DomeLight"]) == (0, 1, 1)
    assert rig.reason(BeamLow=1) == "NO_POWER"
    rig.stage(PowerState="ON")
    rig.wait(0.1)
    assert rig.values["BeamLow"] == 1


def test_the_returning_supply_leaves_the_other_lamps_alone(rig):
    rig.command(ParkingLights=1)
    rig.stage(PowerState="OFF")
    rig.wait(0.1)
    rig.stage(PowerState="ON")
    rig.wait(0.1)
    assert (rig.values["ParkingLights"], rig.values["BeamLow"]) == (1, 0)


def test_the_backup_light_burns_in_reverse(rig):
    rig.stage(GearCurrent=-1)
    assert rig.values["BackupLight"] == 1
    rig.stage(GearCurrent=2)
    rig.wait(0.1)
    assert rig.values["BackupLight"] == 0


def test_colours_and_intensities_are_instant(rig):
    rig.command(AmbientOnRow2DriverSide=1, AmbientDimRow2DriverSide=80, AmbientRgbRow2DriverSide=0xFFA500)
    seen = [rig.values[f"Ambient{part}Row2DriverSide"] for part in ("On", "Dim", "Rgb")]
    assert seen == [1, 80, 0xFFA500]
    assert rig.values["AmbientRgbRow1DriverSide"] == 0xFFFFFF
    assert rig.reason(AmbientRgbRow1DriverSide=0xFFFFFF) == "NONE"


@pytest.mark.parametrize("action", ["SKIP_FORWARD", "SKIP_BACKWARD", "FAST_FORWARD", "FAST_BACKWARD"])
def test_after_a_skip_the_player_plays_on(rig, action):
    rig.command(MediaAction=action)
    assert rig.values["MediaAction"] == action
    rig.wait(0.9)
    assert rig.values["MediaAction"] == action
    rig.wait(0.2)
    assert rig.values["MediaAction"] == "PLAY"


def test_stop_lasts_also_right_after_a_skip(rig):
    rig.command(MediaAction="SKIP_FORWARD")
    rig.wait(0.5)
    rig.command(MediaAction="STOP")
    rig.wait(5)
    assert rig.values["MediaAction"] == "STOP"


def test_the_radio_takes_stations_and_stops_without_supply(rig):
    rig.command(MediaStation=101.3, MediaSource="DAB", MediaAction="PLAY", MediaVolume=55)
    assert (rig.values["MediaStation"], rig.values["MediaSource"]) == (pytest.approx(101.3), "DAB")
    rig.stage(PowerState="OFF")
    rig.wait(0.1)
    assert rig.values["MediaAction"] == "STOP"
    assert rig.reason(MediaVolume=10) == "NO_POWER"


def test_pairing_needs_bluetooth(rig):
    assert rig.reason(BluetoothIsPairing=1) == "NONE"
    rig.wait(0.1)
    rig.command(BluetoothIsOn=0)
    assert (rig.values["BluetoothIsOn"], rig.values["BluetoothIsPairing"]) == (0, 0)
    assert rig.reason(BluetoothIsPairing=1) == "NOT_AVAILABLE"
    acks = rig.command(BluetoothIsOn=1, BluetoothIsPairing=1)
    assert [ack.reason for ack in acks] == ["NONE", "NONE"]


def test_a_speed_means_moving_unless_staged_otherwise(rig):
    rig.stage(VehicleSpeed=0.1)
    assert rig.values["VehicleIsMoving"] == 1
    rig.stage(VehicleSpeed=0)
    assert rig.values["VehicleIsMoving"] == 0
    rig.stage(VehicleIsMoving=1)
    assert rig.values["VehicleIsMoving"] == 1
    rig.stage(VehicleSpeed=50, VehicleIsMoving=0)
    assert rig.values["VehicleIsMoving"] == 0


def test_warnings_follow_from_levels(rig):
    rig.stage(FuelLevel=5, TirePressureRow2Left=150)
    assert (rig.values["FuelIsLow"], rig.values["TireIsLowRow2Left"], rig.values["TireIsLowRow1Left"]) == (1, 1, 0)
    rig.stage(FuelLevel=60, TirePressureRow2Left=230)
    assert (rig.values["FuelIsLow"], rig.values["TireIsLowRow2Left"]) == (0, 0)
