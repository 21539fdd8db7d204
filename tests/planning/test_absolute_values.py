"""Relative wishes become absolute values, and what cannot be says what could."""

from __future__ import annotations

import pytest
from planning_car import (
    FAMILIES,
    FAN,
    SEAT_HEAT,
    TEMPERATURE,
    WINDOW,
    WIPER,
    ask_for,
    flip,
    full,
    less,
    make_plan,
    more,
    put,
    said,
    state,
    written,
)

from hmi.catalogue.families import Degree
from hmi.planning.resolve import resolve
from hmi.requests import Kind, Request


def outcome(*requests, now):
    made = resolve(requests, now, FAMILIES)
    assert not made.impossible, made.impossible
    assert len(made.requested) == 1
    return made.requested[0].value


def refusal(*requests, now=None):
    made = resolve(requests, state() if now is None else now, FAMILIES)
    assert made.requested == ()
    assert len(made.impossible) == 1
    return made.impossible[0].reason


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (TEMPERATURE, 35, "it goes from 16 to 30 °C"),
        (WINDOW, 300, "it goes from 0 to 100 %"),
        (WINDOW, -1, "it goes from 0 to 100 %"),
        (WINDOW, 100.4, "it goes from 0 to 100 %"),
        (WINDOW, float("nan"), "it goes from 0 to 100 %"),
        (WINDOW, "wide", "it goes from 0 to 100 %"),
        ("Cabin.Infotainment.Media.Station", 120.0, "it goes from 87.5 to 108 MHz"),
        ("Body.Horn.IsActive", 3, "it can only be on or off"),
        (WIPER, "WILD", "it can be off, slow, medium, fast, interval or rain sensor"),
        ("Cabin.Light.InteractiveLightBar.Color", "reddish", "it is a colour, such as #FF0000 for red"),
        ("Speed", 200.0, "it can be read, but not changed"),
        (WINDOW, None, "you did not say to what"),
    ],
)
def test_a_value_that_does_not_fit_is_never_bent_to_fit(path, value, reason):
    assert refusal(put(path, value)) == reason


def test_long_lists_of_choices_are_cut_short():
    reason = refusal(put("Cabin.Infotainment.Media.Played.Source", "GRAMOPHONE"))
    assert reason.startswith("it can be ")
    assert " more" in reason


@pytest.mark.parametrize(
    ("path", "value", "result"),
    [
        (WINDOW, 33.4, 33),
        (WINDOW, 50.0, 50),
        (TEMPERATURE, 21.3, 21.5),
        (TEMPERATURE, 22, 22.0),
        ("Cabin.Infotainment.Media.Station", 98.04, 98.0),
        ("Cabin.Light.InteractiveLightBar.Color", "#00ff00", "#00ff00"),
    ],
)
def test_values_are_rounded_to_what_the_bus_can_carry(path, value, result):
    assert outcome(put(path, value), now=state()) == result


@pytest.mark.parametrize(
    ("request_", "start", "result"),
    [
        (more(WINDOW, Degree.LITTLE), 0, 10),
        (more(WINDOW), 0, 25),
        (more(WINDOW, Degree.LOT), 20, 70),
        (less(WINDOW, Degree.LITTLE), 35, 25),
        (less(WINDOW, Degree.LOT), 20, 0),
        (more(WINDOW, amount=7.4), 50, 57),
        (more(WINDOW, amount=500), 50, 100),
        (more(TEMPERATURE), 21.0, 23.0),
        (more(TEMPERATURE, amount=0.1), 21.0, 21.0),
        (less(TEMPERATURE, Degree.LOT), 18.0, 16.0),
        (more(WIPER), "OFF", "INTERVAL"),
        (more(WIPER), "SLOW", "MEDIUM"),
        (less(WIPER), "FAST", "MEDIUM"),
        (more(WIPER, Degree.LOT), "INTERVAL", "MEDIUM"),
        (more(WIPER, amount=3), "OFF", "MEDIUM"),
        (less(WIPER, Degree.LOT), "INTERVAL", "OFF"),
    ],
)
def test_steps(request_, start, result):
    short = request_.signal.path.removeprefix("Vehicle.")
    assert outcome(request_, now=state({short: start})) == result


@pytest.mark.parametrize(
    ("request_", "start", "result"),
    [
        (more(SEAT_HEAT), 0, 33),
        (more(SEAT_HEAT), 33, 67),
        (more(SEAT_HEAT), 67, 100),
        (more(SEAT_HEAT, Degree.LOT), 0, 67),
        (less(SEAT_HEAT), 67, 33),
        (less(SEAT_HEAT), 50, 33),
        (more(SEAT_HEAT), 50, 67),
        (less(SEAT_HEAT), 0, -33),
        (less(SEAT_HEAT, stop=0), 33, 0),
        (less(SEAT_HEAT, stop=0), 0, 0),
        (less(SEAT_HEAT, stop=0), -33, -33),
        (less(SEAT_HEAT, Degree.LOT, stop=0), 33, 0),
        (more(SEAT_HEAT, stop=0), -33, 0),
        (more(FAN), 40, 60),
        (less(FAN, Degree.LOT), 40, 0),
        (more(FAN), 45, 60),
    ],
)
def test_devices_with_levels_go_from_level_to_level(request_, start, result):
    short = request_.signal.path.removeprefix("Vehicle.")
    assert outcome(request_, now=state({short: start})) == result


def test_a_signal_without_a_family_moves_by_a_share_of_its_range():
    assert outcome(more("Cabin.RearShade.Position"), now=state({"Cabin.RearShade.Position": 10})) == 30


@pytest.mark.parametrize(("adjust", "end"), [(more(WINDOW), 100), (less(WINDOW), 0)])
def test_a_step_at_the_end_of_the_range_is_nothing_to_do_and_told(adjust, end):
    made = make_plan(adjust, now=state({WINDOW: end}))
    assert made.changes == ()
    assert [target.value for target in made.already] == [end]
    assert made.at_end == made.already


def test_a_step_that_the_end_cuts_short_is_told_too():
    made = make_plan(less(WINDOW, Degree.LOT), now=state({WINDOW: 30}))
    assert written(made) == [(WINDOW, 0)]
    assert made.at_end == made.requested


def test_a_step_within_the_range_is_not_at_the_end():
    assert make_plan(more(WINDOW)).at_end == ()


def test_steps_of_one_signal_add_up():
    assert outcome(more(WINDOW), more(WINDOW), less(WINDOW, Degree.LITTLE), now=state({WINDOW: 0})) == 40


def test_a_step_after_a_value_goes_on_from_there():
    assert outcome(put(SEAT_HEAT, 67), more(SEAT_HEAT), now=state()) == 100


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (more("Body.Horn.IsActive"), "it can only be on or off"),
        (more("Cabin.Infotainment.HMI.DayNightMode"), "it has no more and no less"),
        (more(WINDOW, amount=0), "you did not say how much"),
        (more(WINDOW, amount=-5), "you did not say how much"),
        (more(WINDOW, amount=float("inf")), "you did not say how much"),
        (Request(Kind.ADJUST, make_plan(put(WINDOW, 1)).requested[0].signal), "you did not say which way"),
        (flip("Cabin.Infotainment.HMI.DayNightMode"), "it is not something that is just on or off"),
    ],
)
def test_steps_that_make_no_sense(request_, reason):
    assert refusal(request_) == reason


def test_a_choice_that_is_off_its_scale_has_no_next_value():
    reason = refusal(more(WIPER), now=state({WIPER: "RAIN_SENSOR"}))
    assert reason == "it is on rain sensor, which is not on the scale from off to fast"


@pytest.mark.parametrize("request_", [more(WINDOW), less(TEMPERATURE), flip(WINDOW), more(WIPER)])
def test_no_step_from_a_value_that_nobody_can_see(request_):
    short = request_.signal.path.removeprefix("Vehicle.")
    assert refusal(request_, now=state({short: None})) == "I can't see where it is now"


@pytest.mark.parametrize(
    ("path", "start", "result"),
    [
        ("Body.Horn.IsActive", False, True),
        ("Body.Horn.IsActive", True, False),
        (WINDOW, 0, 100),
        (WINDOW, 30, 0),
        (FAN, 0, 40),
        (FAN, 60, 0),
        (WIPER, "OFF", "MEDIUM"),
        (WIPER, "RAIN_SENSOR", "OFF"),
    ],
)
def test_toggle(path, start, result):
    assert outcome(flip(path), now=state({path: start})) == result


def test_saying_the_same_twice_is_saying_it_once():
    made = resolve([put(WINDOW, 50), put(WINDOW, 50.0), flip(FAN), flip(FAN)], state({FAN: 0}), FAMILIES)
    assert [target.value for target in made.requested] == [50, 40]
    assert made.impossible == ()


def test_two_different_values_for_one_signal_contradict_each_other_and_nothing_moves():
    assert (
        refusal(put(TEMPERATURE, 20), put(TEMPERATURE, 25))
        == "you asked for two different things, 20 °C and 25 °C"
    )
    assert refusal(put(WINDOW, 0), put(WINDOW, 5), put(WINDOW, 0)).startswith("you asked for two different things")


def test_the_rest_of_the_sentence_is_done_when_one_part_is_impossible():
    made = make_plan(put(TEMPERATURE, 40), put(WINDOW, 10))
    assert written(made) == [(WINDOW, 10)]
    assert [problem.signal.path for problem in made.impossible] == [full(TEMPERATURE)]


@pytest.mark.parametrize(("now", "changes"), [(21.0000001, 0), (21.01, 1)])
def test_a_value_that_is_so_to_a_millionth_is_so(now, changes):
    made = make_plan(put(TEMPERATURE, 21), now=state({TEMPERATURE: now}))
    assert len(made.changes) == changes
    assert len(made.already) == 1 - changes


def test_readings_carry_the_value_and_the_question():
    made = make_plan(ask_for(WINDOW, 0), ask_for("Speed"), now=state({WINDOW: 40, "Speed": None}))
    assert [(reading.value, reading.asked) for reading in made.readings] == [(40, 0), (None, None)]
    assert made.changes == made.requested == ()
    assert said(made) == []
