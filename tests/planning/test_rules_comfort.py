"""Climate, lights and sound."""

from __future__ import annotations

import pytest
from planning_car import (
    AC,
    ALL_FANS,
    ALL_WINDOWS,
    DEFROST,
    DRIVING,
    FAN,
    FOG,
    HIGH,
    LOW,
    REAR_FOG,
    TEMPERATURE,
    WINDOW,
    full,
    make_plan,
    put,
    said,
    state,
    written,
)

from hmi.planning.plan import Effect

NO_FAN = dict.fromkeys(ALL_FANS, 0)
RECIRCULATION = "Cabin.HVAC.IsRecirculationActive"
BAR = "Cabin.Light.InteractiveLightBar"
SPOT = "Cabin.Light.Spotlight.Row2.DriverSide"
AMBIENT = "Cabin.Light.AmbientLight.Row1.PassengerSide"
MUTED, VOLUME = "Cabin.Infotainment.Media.IsMuted", "Cabin.Infotainment.Media.Volume"
DARK = {"Exterior.LightIntensity": 5.0}


def test_air_conditioning_closes_windows_that_are_more_than_20_percent_open():
    positions = dict(zip(ALL_WINDOWS, (100, 21, 20, 0), strict=True))
    made = make_plan(put(AC, True), now=state(positions))
    assert written(made) == [(AC, True), (ALL_WINDOWS[0], 0), (ALL_WINDOWS[1], 0)]
    assert said(made) == [("air-conditioning-closes-windows", Effect.ADD)]
    assert made.hits[0].signals == (full(ALL_WINDOWS[0]), full(ALL_WINDOWS[1]))
    assert not made.needs_confirmation


def test_air_conditioning_leaves_windows_that_nobody_can_see():
    assert written(make_plan(put(AC, True), now=state({WINDOW: None}))) == [(AC, True)]


def test_air_conditioning_in_a_closed_car_is_just_done():
    made = make_plan(put(AC, True))
    assert written(made) == [(AC, True)]
    assert said(made) == []


def test_air_conditioning_off_needs_nothing():
    assert written(make_plan(put(AC, False), now=state({AC: True, WINDOW: 100}))) == [(AC, False)]


@pytest.mark.parametrize(
    ("speaker", "station"),
    [
        ((1, "driver"), "Row1.Driver"),
        ((1, "passenger"), "Row1.Passenger"),
        ((2, "driver"), "Row2.Driver"),
        ((3, "driver"), "Row1.Driver"),
        ((7, "middle"), "Row1.Driver"),
    ],
)
def test_air_conditioning_raises_the_speakers_fan_when_none_runs(speaker, station):
    made = make_plan(put(AC, True), now=state(NO_FAN), speaker=speaker)
    assert written(made) == [(AC, True), (f"Cabin.HVAC.Station.{station}.FanSpeed", 20)]
    assert said(made) == [("air-conditioning-needs-fan", Effect.ADD)]


def test_one_running_fan_is_enough_for_the_air_conditioning():
    made = make_plan(put(AC, True), now=state(NO_FAN, {ALL_FANS[3]: 20}))
    assert written(made) == [(AC, True)]


def test_air_conditioning_without_any_fan_is_asked():
    made = make_plan(put(AC, True), *(put(path, 0) for path in ALL_FANS))
    assert ("air-conditioning-needs-fan", Effect.ASK) in said(made)
    assert (FAN, 20) not in written(made)
    assert made.needs_confirmation


@pytest.mark.parametrize(("position", "asked"), [(25, False), (26, True), (100, True)])
def test_opening_windows_with_the_air_conditioning_on(position, asked):
    made = make_plan(put(WINDOW, position), now=state({AC: True}))
    assert said(made) == ([("windows-open-with-air-conditioning", Effect.ASK)] if asked else [])
    assert written(made) == [(WINDOW, position)]


def test_closing_windows_further_with_the_air_conditioning_on_is_done():
    assert said(make_plan(put(WINDOW, 50), now=state({AC: True, WINDOW: 80}))) == []


@pytest.mark.parametrize("before", [0, 50])
def test_air_conditioning_and_open_windows_in_one_sentence_are_one_question(before):
    made = make_plan(put(AC, True), put(WINDOW, 100), now=state({WINDOW: before}))
    assert said(made) == [("windows-open-with-air-conditioning", Effect.ASK)]
    assert written(made) == [(AC, True), (WINDOW, 100)]


def test_a_window_that_the_sentence_leaves_half_open_is_asked_about():
    made = make_plan(put(AC, True), put(WINDOW, 50), now=state({WINDOW: 80}))
    assert said(made) == [("air-conditioning-closes-windows", Effect.ASK)]
    assert written(made) == [(AC, True), (WINDOW, 50)]


def test_a_window_that_the_sentence_nearly_closes_is_no_question():
    made = make_plan(put(AC, True), put(WINDOW, 10), now=state({WINDOW: 80}))
    assert said(made) == []


def test_windows_may_open_when_the_sentence_turns_the_air_conditioning_off():
    made = make_plan(put(AC, False), put(WINDOW, 100), now=state({AC: True}))
    assert said(made) == []


def test_defrosting_brings_dry_air_a_strong_fan_and_closed_windows():
    made = make_plan(put(DEFROST, True), now=state(NO_FAN, {WINDOW: 60}))
    station = "Cabin.HVAC.Station.Row1"
    assert dict(written(made)) == {
        DEFROST: True,
        AC: True,
        f"{station}.Driver.FanSpeed": 40,
        f"{station}.Passenger.FanSpeed": 40,
        f"{station}.Driver.AirDistribution": "UP",
        f"{station}.Passenger.AirDistribution": "UP",
        WINDOW: 0,
    }
    assert said(made) == [
        ("defrosting-needs-dry-air", Effect.ADD),
        ("air-conditioning-closes-windows", Effect.ADD),
    ]


def test_defrosting_from_the_back_needs_no_second_fan():
    made = make_plan(put(DEFROST, True), now=state(NO_FAN), speaker=(2, "driver"))
    assert not any(path.startswith("Cabin.HVAC.Station.Row2") for path, _ in written(made))


def test_defrosting_leaves_a_faster_fan_alone():
    made = make_plan(put(DEFROST, True), now=state({FAN: 80}))
    assert FAN not in dict(written(made))


def test_defrosting_skips_what_is_so_already():
    up = {f"Cabin.HVAC.Station.Row1.{side}.AirDistribution": "UP" for side in ("Driver", "Passenger")}
    made = make_plan(put(DEFROST, True), now=state(up, {AC: True}))
    assert written(made) == [(DEFROST, True)]
    assert said(made) == []


def test_defrosting_without_air_conditioning_is_asked():
    made = make_plan(put(DEFROST, True), put(AC, False))
    assert ("defrosting-needs-dry-air", Effect.ASK) in said(made)
    assert AC not in dict(written(made))


@pytest.mark.parametrize(
    ("rule", "path", "before", "value"),
    [
        ("no-fan-while-defrosting", FAN, 40, 0),
        ("damp-air-while-defrosting", AC, True, False),
        ("damp-air-while-defrosting", RECIRCULATION, False, True),
    ],
)
def test_working_against_the_defroster_is_done_and_told(rule, path, before, value):
    made = make_plan(put(path, value), now=state({DEFROST: True, path: before}))
    assert said(made) == [(rule, Effect.TELL)]
    assert written(made) == [(path, value)]
    assert said(make_plan(put(path, value), now=state({path: before}))) == []


@pytest.mark.parametrize(("target", "told"), [(24.0, False), (24.5, True), (17.5, True), (18.0, False)])
def test_a_zone_far_from_the_others_is_told(target, told):
    made = make_plan(put(TEMPERATURE, target))
    assert said(made) == ([("zones-apart", Effect.TELL)] if told else [])
    assert written(made) == [(TEMPERATURE, target)]


def test_all_zones_together_are_not_apart():
    zones = [path.replace("FanSpeed", "Temperature") for path in ALL_FANS]
    assert said(make_plan(*(put(path, 28.0) for path in zones))) == []


def test_a_temperature_without_a_fan_is_told():
    made = make_plan(put(TEMPERATURE, 22.0), now=state({FAN: 0}))
    assert said(made) == [("temperature-without-fan", Effect.TELL)]
    other = "Cabin.HVAC.Station.Row1.Passenger.Temperature"
    assert said(make_plan(put(other, 22.0), now=state({FAN: 0}))) == []


@pytest.mark.parametrize("fog", [FOG, REAR_FOG])
def test_fog_lights_bring_the_low_beam_and_end_the_high_beam(fog):
    made = make_plan(put(fog, True), now=state({HIGH: True}))
    assert written(made) == [(LOW, True), (HIGH, False), (fog, True)]
    assert [change.phase for change in made.changes] == [-1, -1, 0]
    assert said(made) == [("fog-lights-with-low-beam", Effect.ADD)]


def test_fog_lights_off_change_nothing_else():
    assert written(make_plan(put(FOG, False), now=state({FOG: True, LOW: True}))) == [(FOG, False)]


@pytest.mark.parametrize("fog", [FOG, REAR_FOG])
def test_no_high_beam_in_fog(fog):
    made = make_plan(put(HIGH, True), now=state({fog: True}))
    assert said(made) == [("no-high-beam-in-fog", Effect.REFUSE)]
    assert made.changes == ()
    assert written(make_plan(put(HIGH, True))) == [(HIGH, True)]


def test_no_high_beam_when_nobody_can_see_the_fog_lights():
    made = make_plan(put(HIGH, True), now=state({FOG: None}))
    assert [hit.reason for hit in made.hits] == ["I can't tell whether the fog lights are on"]
    assert made.changes == ()


def test_fog_lights_off_and_high_beam_on_in_one_sentence():
    made = make_plan(put(FOG, False), put(HIGH, True), now=state({FOG: True}))
    assert written(made) == [(FOG, False), (HIGH, True)]
    assert said(made) == []


def test_fog_lights_and_high_beam_in_one_sentence():
    made = make_plan(put(FOG, True), put(HIGH, True))
    assert written(made) == [(LOW, True), (FOG, True)]
    assert said(made) == [("no-high-beam-in-fog", Effect.REFUSE), ("fog-lights-with-low-beam", Effect.ADD)]
    assert not made.needs_confirmation


def test_fog_lights_with_the_low_beam_off_are_asked():
    made = make_plan(put(FOG, True), put(LOW, False))
    assert said(made) == [("fog-lights-with-low-beam", Effect.ASK)]
    assert written(made) == [(FOG, True)]


def test_fog_and_defrost_in_one_sentence_keep_their_own_companions():
    made = make_plan(put(FOG, True), put(DEFROST, True), now=state({HIGH: True}))
    changes = dict(written(made))
    assert changes[LOW] is True
    assert changes[HIGH] is False
    assert changes[AC] is True
    assert [hit.rule for hit in made.hits] == ["fog-lights-with-low-beam", "defrosting-needs-dry-air"]


@pytest.mark.parametrize(
    ("path", "before", "value"), [(LOW, True, False), ("Body.Lights.LightSwitch", "BEAM", "OFF")]
)
def test_lights_off_in_the_dark(path, before, value):
    on = {path: before}
    made = make_plan(put(path, value), now=state(DRIVING, DARK, on))
    assert said(made) == [("lights-off-in-the-dark", Effect.ASK)]
    assert written(made) == [(path, value)]
    assert said(make_plan(put(path, value), now=state(DRIVING, on))) == []
    assert said(make_plan(put(path, value), now=state(DARK, on))) == []
    unseen = make_plan(put(path, value), now=state(DRIVING, {"Exterior.LightIntensity": None}, on))
    assert [hit.reason for hit in unseen.hits] == ["I can't tell how dark it is"]


@pytest.mark.parametrize(
    ("light", "path", "value"),
    [
        (AMBIENT, f"{AMBIENT}.Color", "#FF0000"),
        (AMBIENT, f"{AMBIENT}.Color", "#FFFFFF"),
        (AMBIENT, f"{AMBIENT}.Intensity", 80),
        (SPOT, f"{SPOT}.Intensity", 20),
        (SPOT, f"{SPOT}.Intensity", 50),
        (BAR, f"{BAR}.Color", "#00FF00"),
    ],
)
def test_a_light_comes_on_for_a_colour_or_brightness(light, path, value):
    made = make_plan(put(path, value))
    assert (f"{light}.IsLightOn", True) in written(made)
    assert not made.needs_confirmation
    assert made.hits[0].effect is Effect.ADD
    assert said(make_plan(put(path, value), now=state({f"{light}.IsLightOn": True}))) == []


def test_a_light_that_is_to_go_off_is_not_switched_on():
    made = make_plan(put(f"{BAR}.IsLightOn", False), put(f"{BAR}.Color", "#00FF00"))
    assert said(made) == [("light-bar-comes-on", Effect.ASK)]
    assert written(made) == [(f"{BAR}.Color", "#00FF00")]


def test_louder_unmutes_and_quieter_does_not():
    made = make_plan(put(VOLUME, 60), now=state({MUTED: True}))
    assert written(made) == [(VOLUME, 60), (MUTED, False)]
    assert said(made) == [("louder-unmutes", Effect.ADD)]
    assert written(make_plan(put(VOLUME, 10), now=state({MUTED: True}))) == [(VOLUME, 10)]
