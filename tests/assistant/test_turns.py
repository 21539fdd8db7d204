"""One sentence at a time: outcomes, what is requested and applied, and what is said."""

from __future__ import annotations

import pytest
from assistant_fakes import (
    AMBIENT,
    DRIVER_WINDOW,
    FAN,
    RAIN,
    REAR_WINDOW,
    SEAT,
    SHADE,
    SPEED,
    SUNROOF,
    TEMPERATURE,
    TRUNK,
    TRUNK_LOCK,
    VOLUME,
    WINDOWS,
    Act,
    Interpretation,
    Talk,
    more,
    pairs,
    put,
    read,
)

from hmi.assistant.answer import Outcome
from hmi.vehicle.base import WriteOutcome


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_a_request_is_done_proved_and_told(talk):
    answer = talk.say("open my window halfway", put(DRIVER_WINDOW, 50))
    assert answer.outcome is Outcome.DONE
    assert pairs(answer.requested) == pairs(answer.applied) == [(DRIVER_WINDOW, 50)]
    assert answer.reply == "Driver's window is half open."
    assert answer.understood_by == "script"
    assert set(answer.latency_ms) == {"understand", "plan", "act"}
    assert talk.vehicle.values[DRIVER_WINDOW] == 50


@pytest.mark.parametrize(
    ("requests", "reply"),
    [
        ([put(path, 100) for path in WINDOWS], "All windows are open."),
        ([put(path, 30) for path in WINDOWS[:2]], "Both front windows are 30 % open."),
        ([put(path, 30) for path in WINDOWS[2:]], "Both rear windows are 30 % open."),
        ([put(path, 100) for path in WINDOWS[::2]], "Both driver-side windows are open."),
        (
            [put(path, 100) for path in WINDOWS[:3]],
            "All windows except the rear passenger-side one are open.",
        ),
        ([put(path, 100) for path in WINDOWS[1:]], "All windows except the driver's are open."),
        ([put(path, 30) for path in WINDOWS[::3]], "Driver's and rear passenger-side windows are 30 % open."),
        ([put("Vehicle.Cabin.Infotainment.HMI.Brightness", 30)], "Display brightness is at 30 %."),
        ([put("Vehicle.Cabin.Infotainment.HMI.DayNightMode", "NIGHT")], "Display mode is set to night."),
        ([put(REAR_WINDOW, 100)], "Rear passenger-side window is open."),
        ([put(TEMPERATURE, 22.5)], "Driver's temperature is set to 22.5 °C."),
        ([put(FAN, 60)], "Driver's fan is at level 3."),
        ([put(FAN, 55)], "Driver's fan is at 55 %."),
        ([put(SEAT, 67)], "Driver's seat heating is at level 2."),
        ([put(SEAT, -100)], "Driver's seat cooling is at level 3."),
        ([put(TRUNK_LOCK, True)], "Trunk is locked."),
        ([put("Vehicle.Body.Trunk.Front.IsLocked", True)], "Front trunk is locked."),
        ([put("Vehicle.Body.Lights.Hazard.IsSignaling", True)], "Hazard lights are on."),
        ([put("Vehicle.Body.Lights.DirectionIndicator.Left.IsSignaling", True)], "Left turn signal is on."),
        ([put("Vehicle.Cabin.HVAC.IsRecirculationActive", True)], "Air recirculation is on."),
        ([put("Vehicle.Body.Windshield.Front.Wiping.Mode", "FAST")], "Wipers are on fast."),
        ([put("Vehicle.Body.Mirrors.DriverSide.IsFolded", True)], "Driver's mirror is folded in."),
        ([put("Vehicle.Body.Hood.IsOpen", True)], "Hood is open."),
        ([put(DRIVER_WINDOW, 100), put(VOLUME, 40)], "Driver's window is open and the volume is at 40 %."),
        ([put("Vehicle.Cabin.Infotainment.Media.Played.Source", "USB")], "Audio source is set to USB."),
    ],
)
def test_replies_speak_of_devices_as_people_do(talk, requests, reply):
    assert talk.say("please", *requests).reply == reply


def test_companions_are_applied_and_told_but_not_requested(talk):
    talk.stage(**{TRUNK_LOCK: True})
    answer = talk.say("open the trunk", put(TRUNK, 100))
    assert pairs(answer.requested) == [(TRUNK, 100)]
    assert pairs(answer.applied) == [(TRUNK_LOCK, False), (TRUNK, 100)]
    assert answer.reply == (
        "Trunk is open. I've also unlocked the trunk, because a locked trunk has to be unlocked to open."
    )
    assert talk.vehicle.written == [[(TRUNK_LOCK, False)], [(TRUNK, 100)]]
    assert answer.rules == ("trunk-unlocks-first",)


def test_what_is_so_already_is_not_written(talk):
    answer = talk.say("close my window", put(DRIVER_WINDOW, 0))
    assert (answer.outcome, answer.applied, talk.vehicle.written) == (Outcome.NOTHING_TO_DO, (), [])
    assert pairs(answer.requested) == [(DRIVER_WINDOW, 0)]
    assert answer.reply == "The driver's window is already closed."


def test_a_group_is_told_as_one_even_if_part_of_it_was_so_already(talk):
    talk.stage(**{DRIVER_WINDOW: 70})
    answer = talk.say("close all windows", *[put(path, 0) for path in WINDOWS])
    assert pairs(answer.applied) == [(DRIVER_WINDOW, 0)]
    assert answer.reply == "All windows are closed."


def test_a_rule_refuses_and_the_wish_is_still_reported(talk):
    talk.stage(**{SPEED: 50.0})
    answer = talk.say("open the trunk", put(TRUNK, 100))
    assert answer.outcome is Outcome.REFUSED
    assert pairs(answer.requested) == [(TRUNK, 100)]
    assert (answer.applied, answer.rules) == ((), ("closed-while-moving",))
    assert answer.reply == (
        "I can't open the trunk: doors, hood, trunk and fuel flap stay shut while the car is moving."
    )
    assert talk.vehicle.values[TRUNK] == 0


def test_one_part_refused_and_the_other_done_is_done_and_tells_both(talk):
    talk.stage(**{SPEED: 50.0})
    answer = talk.say("trunk and music", put(TRUNK, 100), put(VOLUME, 40))
    assert answer.outcome is Outcome.DONE
    assert pairs(answer.applied) == [(VOLUME, 40)]
    assert answer.reply.startswith("Volume is at 40 %, but I can't open the trunk: doors")


def test_impossible_values_are_refused_with_what_is_possible(talk):
    answer = talk.say("35 degrees", put(TEMPERATURE, 35))
    assert (answer.outcome, answer.requested, answer.applied) == (Outcome.REFUSED, (), ())
    assert answer.reply == "I can't set the driver's temperature like that: it goes from 16 to 30 °C."


@pytest.mark.parametrize(
    ("path", "value", "misbehaviour", "outcome", "reply"),
    [
        (
            DRIVER_WINDOW,
            0,
            (WriteOutcome.BLOCKED, 40, "something is in the way"),
            Outcome.FAILED,
            "The driver's window stopped at 40 %: something is in the way.",
        ),
        (
            DRIVER_WINDOW,
            0,
            (WriteOutcome.BLOCKED, 80, "it does not move"),
            Outcome.FAILED,
            "The driver's window did not move and is still 80 % open: it does not move.",
        ),
        (
            DRIVER_WINDOW,
            0,
            (WriteOutcome.SILENT, None, ""),
            Outcome.FAILED,
            "I can't confirm that the driver's window is closed: the control unit does not answer.",
        ),
        (
            DRIVER_WINDOW,
            0,
            (WriteOutcome.CORRUPTED, None, ""),
            Outcome.FAILED,
            "I can't confirm that the driver's window is closed: what the control unit sends can't be trusted.",
        ),
        (
            TRUNK_LOCK,
            True,
            (WriteOutcome.REFUSED, False, "the fuse has blown"),
            Outcome.REFUSED,
            "The trunk is still unlocked: the fuse has blown.",
        ),
        (
            TRUNK_LOCK,
            True,
            (WriteOutcome.REFUSED, None, "the fuse has blown"),
            Outcome.REFUSED,
            "I could not lock the trunk: the fuse has blown.",
        ),
        (
            DRIVER_WINDOW,
            0,
            (WriteOutcome.SUPERSEDED, 10, ""),
            Outcome.FAILED,
            "The driver's window is not closed: somebody changed it meanwhile.",
        ),
    ],
)
def test_a_vehicle_that_does_not_do_it(talk, path, value, misbehaviour, outcome, reply):
    talk.stage(**{DRIVER_WINDOW: 80})
    talk.vehicle.misbehave[path] = misbehaviour
    answer = talk.say("do it", put(path, value))
    assert (answer.outcome, answer.applied, answer.reply) == (outcome, (), reply)
    assert pairs(answer.requested) == [(path, value)]


def test_a_partial_failure_is_failed_and_applies_only_what_was_proved(talk):
    talk.stage(**dict.fromkeys(WINDOWS, 100))
    talk.vehicle.misbehave[REAR_WINDOW] = (WriteOutcome.BLOCKED, 40, "something is in the way")
    answer = talk.say("close all windows", *[put(path, 0) for path in WINDOWS])
    assert answer.outcome is Outcome.FAILED
    assert pairs(answer.applied) == [(path, 0) for path in WINDOWS[:3]]
    assert answer.reply == (
        "All windows except the rear passenger-side one are closed, but the rear passenger-side window "
        "stopped at 40 %: something is in the way."
    )


def test_what_depends_on_a_failed_companion_is_left_alone_and_the_rest_is_done(talk):
    talk.vehicle.misbehave[SHADE] = (WriteOutcome.BLOCKED, 30, "it is jammed")
    answer = talk.say("sunroof and music", put(SUNROOF, 100), put(VOLUME, 40))
    assert answer.outcome is Outcome.FAILED
    assert pairs(answer.applied) == [(VOLUME, 40)]
    assert talk.vehicle.written == [[(SHADE, 100)], [(VOLUME, 40)]]
    assert answer.reply == (
        "Volume is at 40 %, but the sunroof shade stopped at 30 %: it is jammed. "
        "I left the sunroof alone because of that."
    )


def test_a_signal_that_this_vehicle_cannot_write_does_not_take_the_others_along(talk):
    talk.vehicle.unwritable.add(VOLUME)
    answer = talk.say("both", put(DRIVER_WINDOW, 100), put(VOLUME, 40))
    assert pairs(answer.applied) == [(DRIVER_WINDOW, 100)]
    assert "this vehicle has no command for it" in answer.reply


@pytest.mark.parametrize(
    ("state", "requests", "reply"),
    [
        ({TRUNK_LOCK: True}, [read(TRUNK_LOCK)], "The trunk is locked."),
        ({TRUNK_LOCK: True}, [read(TRUNK_LOCK, True)], "Yes, the trunk is locked."),
        ({TRUNK_LOCK: False}, [read(TRUNK_LOCK, True)], "No, the trunk is unlocked."),
        (
            {"Vehicle.Cabin.HVAC.AmbientAirTemperature": 21.5},
            [read("Vehicle.Cabin.HVAC.AmbientAirTemperature")],
            "It's 21.5 °C inside.",
        ),
        ({}, [read(path, 0) for path in WINDOWS], "Yes, all windows are closed."),
        (
            {REAR_WINDOW: 40},
            [read(path, 0) for path in WINDOWS],
            "No, the rear passenger-side window is 40 % open.",
        ),
        (
            {REAR_WINDOW: 50},
            [read(path, 100) for path in WINDOWS],
            "Only the rear passenger-side window is half open.",
        ),
        (
            dict.fromkeys(WINDOWS[2:], 100),
            [read(path, 100) for path in WINDOWS],
            "Only the rear windows are open.",
        ),
        (
            {"Vehicle.Cabin.Infotainment.Bluetooth.IsOn": True},
            [read("Vehicle.Cabin.Infotainment.Bluetooth.IsOn")],
            "Bluetooth is on.",
        ),
        ({}, [read(path, 100) for path in WINDOWS], "No, all windows are closed."),
        ({SPEED: 0.0}, [read(SPEED)], "The car is standing still."),
        ({SPEED: 87.4}, [read(SPEED)], "The speed is 87.4 km/h."),
        ({RAIN: 0}, [read(RAIN, True)], "No, it isn't raining."),
        ({FAN: 60}, [read(FAN, 40)], "Yes, the driver's fan is at level 3."),
        ({"Vehicle.Powertrain.Range": 420000}, [read("Vehicle.Powertrain.Range")], "The range is 420 km."),
        (
            {WINDOWS[0]: 100},
            [read(path) for path in WINDOWS[:2]],
            "The driver's window is open and the passenger's window is closed.",
        ),
    ],
)
def test_questions_are_answered_and_move_nothing(talk, state, requests, reply):
    talk.stage(**state)
    answer = talk.say("tell me", *requests)
    assert (answer.outcome, answer.reply) == (Outcome.ANSWERED, reply)
    assert [item["signal"] for item in answer.answers] == [wish.signal.path for wish in requests]
    assert (answer.requested, answer.applied, talk.vehicle.written) == ((), (), [])


def test_a_reading_that_nobody_has_is_said_to_be_missing(talk):
    del talk.vehicle.values[TRUNK_LOCK]
    answer = talk.say("is it locked", read(TRUNK_LOCK, True))
    assert answer.answers == ({"signal": TRUNK_LOCK, "value": None},)
    assert answer.reply == "I can't see the trunk: there is no reading to trust."


def test_colours_are_named(talk):
    answer = talk.say("make it red", put(AMBIENT, "#FF0000"))
    assert answer.reply.startswith("Driver's ambient light is red.")


def test_words_that_were_not_understood_are_quoted_and_nothing_moves(talk):
    answer = talk.say("frobnicate the\x07 window")
    assert (answer.outcome, answer.requested, talk.vehicle.written) == (Outcome.NEEDS_CLARIFICATION, (), [])
    assert "“frobnicate the window”" in answer.reply
    assert talk.say("   ").reply == "I didn't hear anything. What should the car do?"


def test_a_request_with_leftover_words_changes_nothing(talk):
    answer = talk.say("open the window unless", put(DRIVER_WINDOW, 100), leftover=("unless",))
    assert (answer.outcome, answer.requested, talk.vehicle.written) == (Outcome.NEEDS_CLARIFICATION, (), [])


def test_a_request_for_nothing_is_not_understood(talk):
    talk.recogniser.script["hm"] = Interpretation(Act.REQUEST)
    assert talk.say("hm").outcome is Outcome.NEEDS_CLARIFICATION


def test_the_recogniser_refuses_with_its_own_words(talk):
    answer = talk.say("fly", act=Act.REFUSE, refusal="This car can't fly.")
    assert (answer.outcome, answer.reply, answer.requested) == (Outcome.REFUSED, "This car can't fly.", ())
    wished = talk.say("half the trunk", put(TRUNK, 50), act=Act.REFUSE)
    assert (wished.outcome, pairs(wished.requested)) == (Outcome.REFUSED, [(TRUNK, 50)])
    assert talk.vehicle.written == []


def test_smalltalk_and_help(talk):
    assert talk.say("hello", act=Act.SMALLTALK).outcome is Outcome.NOTHING_TO_DO
    answer = talk.say("help", act=Act.HELP)
    assert answer.outcome is Outcome.ANSWERED
    assert "windows" in answer.reply and "climate" in answer.reply


def test_relative_wishes_become_absolute(talk):
    talk.stage(**{VOLUME: 30})
    assert pairs(talk.say("louder", more(VOLUME)).requested) == [(VOLUME, 40)]
