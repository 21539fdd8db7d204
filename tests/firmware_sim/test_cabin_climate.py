"""The thermal model is plausible, and the climate ECU feeds it what it hears on the bus."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.thermal import Cabin, Station, Surroundings, heat_flow

NIGHT = Surroundings(outside=0, sun=0, stations=[Station(22, 0.6)] * 4)
SUMMER = Surroundings(outside=35, sun=1, stations=[Station(20, 0.8)] * 4, air_conditioning=True)


def after(minutes, start, around):
    cabin = Cabin(start, 0)
    return [cabin.look(around, minute * 60) for minute in range(minutes + 1)]


@pytest.mark.parametrize(("start", "around", "goal"), [(0, NIGHT, 22), (50, SUMMER, 20)])
def test_the_cabin_comes_steadily_to_the_set_point(start, around, goal):
    way = after(30, start, around)
    distances = [abs(value - goal) for value in way]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 1.5


def test_without_air_conditioning_it_does_not_get_cooler_than_outside():
    assert min(after(60, 50, replace(SUMMER, air_conditioning=False, sun=0))) >= 35


def test_more_fan_is_faster():
    slow = replace(NIGHT, stations=[Station(22, 0.2)] * 4)
    assert after(3, 0, slow)[-1] < after(3, 0, NIGHT)[-1] - 1


def test_open_windows_pull_it_to_the_outside_the_more_the_faster_the_car():
    ajar = after(10, 21, replace(NIGHT, stations=[Station(22, 0)] * 4, windows=1))[-1]
    driving = after(10, 21, replace(NIGHT, stations=[Station(22, 0)] * 4, windows=1, speed=80))[-1]
    shut = after(10, 21, replace(NIGHT, stations=[Station(22, 0)] * 4))[-1]
    assert 0 <= driving < ajar < shut < 21


def test_recirculation_helps_the_air_conditioning():
    fresh = after(5, 45, replace(SUMMER, sun=0.5))
    recirculated = after(5, 45, replace(SUMMER, sun=0.5, recirculation=True))
    assert all(0 <= value <= 45 for value in recirculated)
    assert recirculated[-1] <= fresh[-1] + 0.5


def test_the_sun_heats_a_parked_car_above_the_outside():
    parked = Surroundings(outside=25, sun=1, stations=[Station(20, 0)] * 4)
    assert after(180, 25, parked)[-1] > 30


@given(
    st.floats(-40, 80),
    st.builds(
        Surroundings,
        outside=st.floats(-40, 50),
        sun=st.floats(0, 1),
        speed=st.floats(0, 250),
        windows=st.floats(0, 5),
        doors=st.integers(0, 4),
        stations=st.lists(st.builds(Station, st.floats(16, 30), st.floats(0, 1)), min_size=4, max_size=4),
        air_conditioning=st.booleans(),
        recirculation=st.booleans(),
        defroster=st.booleans(),
    ),
)
def test_it_settles_within_bounds_whatever_is_set(start, around):
    values = after(20, start, around)
    assert all(-40.1 <= value <= 95 for value in values)


@given(st.floats(-20, 60))
def test_a_cabin_like_the_outside_at_night_with_the_fans_off_keeps_its_temperature(outside):
    still = Surroundings(outside=outside, sun=0, stations=[Station(21, 0)] * 4)
    assert heat_flow(outside, still) == 0


def test_the_start_of_the_default_car_is_stable(rig):
    rig.wait(600)
    assert rig.values["CabinTemperature"] == pytest.approx(21, abs=1.5)


def test_the_bus_shows_the_cabin_warming_to_a_higher_set_point(rig):
    rig.stage(OutsideTemperature=5, CabinTemperature=10)
    assert rig.values["CabinTemperature"] == pytest.approx(10)
    rig.command(ClimateTempRow1Driver=25, ClimateTempRow1Passenger=25, ClimateFanRow1Driver=100)
    before = rig.values["CabinTemperature"]
    for _ in range(8):
        rig.wait(60)
        assert rig.values["CabinTemperature"] >= before
        before = rig.values["CabinTemperature"]
    assert before > 17


@pytest.mark.parametrize("opening", [{"WindowPosRow1DriverSide": 100}, {"DoorIsOpenRow1DriverSide": 1}])
def test_openings_cool_the_cabin_in_winter(rig, opening):
    rig.stage(OutsideTemperature=-10, CabinTemperature=21, OutsideLight=0)
    rig.wait(120)
    shut = rig.values["CabinTemperature"]
    rig.simulation.reset()
    rig.stage(OutsideTemperature=-10, CabinTemperature=21, OutsideLight=0, **opening)
    rig.wait(120)
    assert rig.values["CabinTemperature"] < shut - 1


def test_climate_needs_the_supply_and_blows_nothing_without(rig):
    rig.stage(PowerState="OFF", OutsideTemperature=0, OutsideLight=0)
    for name, value in (("AirConditioning", 1), ("ClimateTempRow1Driver", 25), ("FrontDefroster", 1)):
        assert rig.reason(**{name: value}) == "NO_POWER"
    rig.wait(600)
    assert rig.values["CabinTemperature"] < 15


def test_settings_are_reported_at_once(rig):
    rig.command(ClimateTempRow2Driver=24.5, ClimateFanRow2Driver=60, ClimateAirRow2Driver="DOWN", Recirculation=1)
    seen = [rig.values[f"Climate{part}Row2Driver"] for part in ("Temp", "Fan", "Air")]
    assert (seen, rig.values["Recirculation"]) == ([24.5, 60, "DOWN"], 1)
