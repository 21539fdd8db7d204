"""Sentences one by one: what they ask for, and above all what they do not."""

import pytest
from grammar_kit import read, talk, wanted

from hmi.requests import Act, Option, Question

W = "Cabin.Door.{}.{}.Window.Position"
FL, FR = W.format("Row1", "DriverSide"), W.format("Row1", "PassengerSide")
RL, RR = W.format("Row2", "DriverSide"), W.format("Row2", "PassengerSide")
TEMPERATURE = "Cabin.HVAC.Station.{}.Temperature"
AC = "Cabin.HVAC.IsAirConditioningActive"

ASKED = [
    ("open the driver's window halfway and set the passenger side to 23 degrees",
     {FL: 50, TEMPERATURE.format("Row1.Passenger"): 23.0}),
    ("close the windows and turn the AC on", {FL: 0, FR: 0, RL: 0, RR: 0, AC: True}),
    ("open the window", {FL: 100}),
    ("the left rear window, put it down", {RL: 100}),
    ("in the back, open the windows", {RL: 100, RR: 100}),
    ("all windows down except mine", {FR: 100, RL: 100, RR: 100}),
    ("open every window apart from the back right one", {FL: 100, FR: 100, RL: 100}),
    ("all but the driver's window open", {FR: 100, RL: 100, RR: 100}),
    ("open all of the windows other than the two at the back", {FL: 100, FR: 100}),
    ("all windows except mine to 30 percent", {FR: 30, RL: 30, RR: 30}),
    ("22 degrees everywhere but in the back",
     {TEMPERATURE.format("Row1.Driver"): 22.0, TEMPERATURE.format("Row1.Passenger"): 22.0}),
    ("open the driver's, no wait, the passenger's window", {FR: 100}),
    ("driver and passenger windows down", {FL: 100, FR: 100}),
    ("windows and sunroof open", {FL: 100, FR: 100, RL: 100, RR: 100, "Cabin.Sunroof.Position": 100}),
    ("could you crack my window a touch", {FL: 10}),
    ("open my window by 20 percent", {FL: 20}),
    ("two degrees warmer", {TEMPERATURE.format("Row1.Driver"): 23.0}),
    ("72 degrees fahrenheit please", {TEMPERATURE.format("Row1.Driver"): 22.0}),
    ("AC on at 22 degrees", {AC: True, TEMPERATURE.format("Row1.Driver"): 22.0}),
    ("change the fan from level two to level four", {"Cabin.HVAC.Station.Row1.Driver.FanSpeed": 80}),
    ("turn on the seat heater", {"Cabin.Seat.Row1.DriverSide.HeatingCooling": 67}),
    ("cool the passenger seat", {"Cabin.Seat.Row1.PassengerSide.HeatingCooling": -67}),
    ("warm the steering wheel, level three", {"Chassis.SteeringWheel.HeatingCooling": 100}),
    ("no lumbar support please", {"Cabin.Seat.Row1.DriverSide.Backrest.LumbarSupport": 0.0}),
    ("move the left mirror a little to the right", {"Body.Mirrors.DriverSide.Pan": -10}),
    ("fold in the two mirrors",
     {"Body.Mirrors.DriverSide.IsFolded": True, "Body.Mirrors.PassengerSide.IsFolded": True}),
    ("it's getting dark, headlights on", {"Body.Lights.Beam.Low.IsOn": True}),
    ("wipers on slow", {"Body.Windshield.Front.Wiping.Mode": "SLOW"}),
    ("switch to bluetooth", {"Cabin.Infotainment.Media.Played.Source": "BLUETOOTH"}),
    ("turn off bluetooth", {"Cabin.Infotainment.Bluetooth.IsOn": False}),
    ("volume minus five", {"Cabin.Infotainment.Media.Volume": 25}),
    ("fan minus one", {"Cabin.HVAC.Station.Row1.Driver.FanSpeed": 20}),
    ("make sure the trunk is locked", {"Body.Trunk.Rear.IsLocked": True}),
    ("hazards", {"Body.Lights.Hazard.IsSignaling": True}),
    ("left indicator", {"Body.Lights.DirectionIndicator.Left.IsSignaling": True}),
    ("I'd appreciate it if the radio were a bit louder", {"Cabin.Infotainment.Media.Volume": 35}),
    ("I no longer need the parking lights", {"Body.Lights.Parking.IsOn": False}),
    ("reading light, please", {"Cabin.Light.Spotlight.Row1.DriverSide.IsLightOn": True}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ASKED)
def test_asks_for(text, expected):
    assert wanted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "don't open the window",
        "do not close the sunroof",
        "never turn off the headlights",
        "if it rains close the windows",
        "when we get home unlock the doors",
        "turn on the AC in ten minutes",
        "if it is raining, close the windows",
        "unless it's cold, open my window",
        "once I'm parked, fold the mirrors",
        "the window is open",
        "my seat heating is on",
        "I opened the trunk",
        "someone closed my window",
        "should I turn on the fog lights",
        "am I allowed to open the trunk",
        "open the minibar",
        "open the windows and the minibar",
        "open the window, minibar",
        "make me a sandwich and open the window",
        "close it a third",
        "close the window 30 percent",
        "the weather is nice today",
        "open",
        "22",
        "left",
        "and",
        "open close the window",
        "turn the lights on and off",
        "open the sliding door on the left",
        "turn left at the next light",
        "that door's still open",
        "the trunk's open",
        "my window's stuck",
        "if it rains, open the trunk",
        "never, open the trunk",
        "open the trunk, don't",
        "open the trunk, tomorrow",
        "don't, open the window",
        "open the window, no don't",
        "the kids opened the window",
        "the passenger opened the door",
        "mom opened the window",
        "I already opened the window",
        "thanks for opening the window",
        "the window opened",
        "I love open windows",
        "I might open the window",
        "the kids locked the doors",
        "turn on the radio instead of opening the sunroof",
        "without opening the window, turn on the radio",
        "warm up my bottom",
        "heat my back",
        "turn on the lights at eight",
        "open 2 windows",
        "except mine",
        "heat all the seats, not mine",
        "open the windows except the sunroof",
        "open the window later",
        "phone call's too quiet",
    ],
)
def test_asks_for_nothing(text):
    interpretation = read(text)
    assert wanted(text) == {}
    assert interpretation.act in (Act.UNKNOWN, Act.CLARIFY, Act.DENY) or all(
        request.kind == "read" for request in interpretation.requests
    )


def test_a_word_nobody_knows_is_named():
    assert "minibar" in read("open the minibar").leftover


def test_an_ambiguous_word_is_asked_about_with_the_real_options():
    interpretation = read("turn on the lights")
    assert interpretation.act is Act.CLARIFY
    labels = [option.label for option in interpretation.question.options]
    assert "the low beam" in labels
    assert "the dome light" in labels


def test_the_answer_to_a_question_picks_an_option():
    question = read("close the shade").question
    labels = [option.label for option in question.options]
    chosen = read("the sunroof one", question=question)
    assert chosen.act is Act.CHOOSE
    assert "sunroof" in labels[chosen.choice]
    assert read("the second one", question=question).choice == 1


def test_yes_counts_only_when_something_was_asked():
    assert read("yes").act is not Act.CONFIRM
    assert read("yes", awaiting_confirmation=True).act is Act.CONFIRM
    assert read("yes", question=Question("?", (Option("a", ()),))).act is Act.CONFIRM


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("yeah go ahead", Act.CONFIRM),
        ("sure, go ahead", Act.CONFIRM),
        ("yes please do", Act.CONFIRM),
        ("yes go for it", Act.CONFIRM),
        ("no thanks, leave it", Act.DENY),
        ("nah never mind", Act.DENY),
    ],
)
def test_an_answer_may_be_made_of_several(text, act):
    assert read(text, awaiting_confirmation=True).act is act


def test_the_row_of_the_last_request_stays():
    assert talk("open the rear left window", "close it", "open it again", "the right one too")[3] == {RR: 100}


@pytest.mark.parametrize(("text", "act"), [("undo that", Act.UNDO), ("never mind", Act.DENY), ("help", Act.HELP),
                                           ("thanks a lot", Act.SMALLTALK), ("", Act.UNKNOWN)])  # fmt: skip
def test_steering_the_conversation(text, act):
    assert read(text).act is act


@pytest.mark.parametrize(
    "text",
    ["make it warmer and colder right now", "sunroof to minus ten percent", "set my seat heating to minus 50"],
)
def test_contradictions_and_values_of_another_device_are_refused(text):
    assert read(text).act is Act.REFUSE


@pytest.mark.parametrize(
    "text",
    [
        "close all the windows except, hmm",
        "open the sunroof, wait",
        "turn the heating up, hang on a second",
        "open the trunk and the",
        "perhaps we'll open the roof on the way back",
        "the hazards",
        "look at it in the mirror",
        "my boss is breathing down my neck, needs to cool it",
    ],
)
def test_half_a_sentence_and_plans_ask_for_nothing(text):
    assert read(text).act is Act.UNKNOWN


def test_an_impossible_level_is_refused_with_what_is_possible():
    interpretation = read("seat heating level seven")
    assert interpretation.act is Act.REFUSE
    assert "1 to 3" in interpretation.refusal


@pytest.mark.parametrize("text", ["screen brightness to minus ten percent", "set the temperature to 60 degrees"])
def test_an_impossible_value_is_handed_on_as_it_was_said(text):
    """Planning refuses it with what is possible; the grammar must not bend it to fit."""
    assert read(text).act is Act.REQUEST
    assert wanted(text) == {}


def test_a_place_decides_who_is_meant():
    assert wanted("open my window", speaker=(2, "passenger")) == {RR: 100}
    assert wanted("open the window", speaker=(1, "passenger")) == {FR: 100}
    assert wanted("open the window behind me") == {RL: 100}


def test_follow_ups():
    window = talk("open my window halfway", "a bit more", "and the passenger's too", "close it again")
    assert window[:2] == [{FL: 50}, {FL: 60}]
    assert set(window[2]) == set(window[3]) == {FR}
    assert talk("turn on the wipers", "a bit faster", "turn them off")[1:] == [
        {"Body.Windshield.Front.Wiping.Mode": "FAST"},
        {"Body.Windshield.Front.Wiping.Mode": "OFF"},
    ]
    assert talk("turn on my seat heater", "same for the passenger") == [
        {"Cabin.Seat.Row1.DriverSide.HeatingCooling": 67},
        {"Cabin.Seat.Row1.PassengerSide.HeatingCooling": 67},
    ]


def test_follow_ups_about_the_last_two_devices_and_for_somebody_else():
    front, rear = "Body.Lights.Fog.Front.IsOn", "Body.Lights.Fog.Rear.IsOn"
    assert talk("front fogs on", "and the rear", "both off")[2] == {front: False, rear: False}
    assert talk("fan to level two", "and for the passenger, level four")[1] == {
        "Cabin.HVAC.Station.Row1.Passenger.FanSpeed": 80
    }
    assert talk("sunroof half open", "all the way")[1] == {"Cabin.Sunroof.Position": 100}
    assert talk("high beams", "off, someone's coming", "on again")[2] == {"Body.Lights.Beam.High.IsOn": True}


@pytest.mark.parametrize("said", ["not mine, the passenger's", "oh no, for the passenger"])
def test_a_correction_may_say_what_was_not_meant(said):
    first = read("reading light on")
    second = read(said, memory=first.memory)
    assert second.replaces_last
    assert {request.signal.path for request in second.requests} == {
        "Vehicle.Cabin.Light.Spotlight.Row1.PassengerSide.IsLightOn"
    }


def test_a_correction_takes_the_last_turn_back():
    first = read("open the driver's window")
    second = read("no, the other one", memory=first.memory)
    assert second.replaces_last
    assert [request.signal.path.removeprefix("Vehicle.") for request in second.requests] == [FR]
    value = read("no, make it 30 percent", memory=first.memory)
    assert not value.replaces_last


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("is the trunk locked?", ["Body.Trunk.Rear.IsLocked"]),
        ("how warm is it?", ["Cabin.HVAC.AmbientAirTemperature"]),
        ("how warm is it outside", ["Exterior.AirTemperature"]),
        ("which windows are open", [FL, FR, RL, RR]),
        ("how fast are we going", ["Speed"]),
        ("is it raining", ["Body.Raindetection.Intensity"]),
    ],
)
def test_questions_only_read(text, paths):
    interpretation = read(text)
    assert wanted(text) == {}
    assert [request.signal.path.removeprefix("Vehicle.") for request in interpretation.requests] == paths
