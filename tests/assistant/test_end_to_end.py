"""From the sentence over the simulated bus to the reply."""

from __future__ import annotations

import json

import pytest
from assistant_fakes import GRAMMAR_ONLY

from codriver.errors import InputError, NotFoundError
from codriver.simulation import Fault
from hmi.assistant.answer import Outcome
from hmi.assistant.batch import Batch
from hmi.session import SPEAKERS, Session, open_session
from hmi.settings import SPEAKER

DRIVER_WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
PASSENGER_WINDOW = "Vehicle.Cabin.Door.Row1.PassengerSide.Window.Position"
SUNROOF = "Vehicle.Cabin.Sunroof.Position"
SHADE = "Vehicle.Cabin.Sunroof.Shade.Position"
SPEED = "Vehicle.Speed"
RAIN = "Vehicle.Body.Raindetection.Intensity"


@pytest.fixture(scope="module")
def opened():
    with open_session(GRAMMAR_ONLY, virtual_time=True) as session:
        yield session


@pytest.fixture
def session(opened) -> Session:
    opened.reset()
    return opened


def say(session: Session, text: str, **state):
    session.stage(state)
    return session.assistant.ask(text, "talk")


def pairs(values) -> dict[str, object]:
    return {item.path: item.value for item in values}


def test_the_sentence_of_the_design(session):
    answer = say(session, "open the driver's window halfway")
    assert answer.outcome is Outcome.DONE
    assert pairs(answer.requested) == pairs(answer.applied) == {DRIVER_WINDOW: 50}
    assert answer.reply == "Driver's window is half open."
    assert answer.understood_by == "grammar"
    assert session.vehicle.read(DRIVER_WINDOW) == 50


def test_a_companion_comes_first(session):
    answer = say(session, "open the sunroof", **{SHADE: 0})
    assert pairs(answer.requested) == {SUNROOF: 100}
    assert pairs(answer.applied) == {SHADE: 100, SUNROOF: 100}
    assert "I've also opened the sunroof shade" in answer.reply


def test_a_rule_refuses(session):
    answer = say(session, "open the trunk", **{SPEED: 60.0})
    assert (answer.outcome, answer.rules) == (Outcome.REFUSED, ("closed-while-moving",))
    assert pairs(answer.requested) == {"Vehicle.Body.Trunk.Rear.Position": 100}
    assert session.vehicle.read("Vehicle.Body.Trunk.Rear.Position") == 0


def test_a_rule_asks_and_the_driver_says_yes(session):
    asked = say(session, "open my window", **{RAIN: 40.0})
    assert (asked.outcome, session.vehicle.read(DRIVER_WINDOW)) == (Outcome.NEEDS_CONFIRMATION, 0)
    assert say(session, "yes please").outcome is Outcome.DONE
    assert session.vehicle.read(DRIVER_WINDOW) == 100


def test_no_leaves_it(session):
    say(session, "open my window", **{RAIN: 40.0})
    assert say(session, "no").outcome is Outcome.NOTHING_TO_DO
    assert session.vehicle.read(DRIVER_WINDOW) == 0


def test_a_conversation_with_follow_up_correction_and_undo(session):
    say(session, "open my window halfway")
    assert pairs(say(session, "a bit more").applied) == {DRIVER_WINDOW: 60}
    corrected = say(session, "no, the passenger's")
    assert pairs(corrected.applied)[DRIVER_WINDOW] == 50
    say(session, "undo that")
    assert pairs(say(session, "undo").applied) == {DRIVER_WINDOW: 0}
    assert session.vehicle.read(PASSENGER_WINDOW) == 0
    assert say(session, "undo").outcome is Outcome.NOTHING_TO_DO


def test_a_question_is_answered(session):
    locks = [
        f"Vehicle.Cabin.Door.Row{row}.{side}Side.IsLocked" for row in (1, 2) for side in ("Driver", "Passenger")
    ]
    answer = say(session, "are the doors locked?", **dict.fromkeys(locks[1:], True))
    assert (answer.outcome, answer.reply) == (Outcome.ANSWERED, "No, the driver's door is unlocked.")
    assert {item["signal"]: item["value"] for item in answer.answers} == {path: path != locks[0] for path in locks}
    assert answer.requested == answer.applied == ()


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        (Fault("pinch", "WindowPosRow1DriverSide"), "window stopped at"),
        (Fault("silent", "DOORS"), "I can't confirm that the driver's window is closed"),
        (Fault("fuse", "WindowPosRow1DriverSide"), "window"),
    ],
)
def test_a_fault_is_told_and_nothing_is_claimed(session, fault, reply):
    session.stage({DRIVER_WINDOW: 100})
    session.simulation.inject(fault)
    answer = say(session, "close my window")
    assert answer.outcome in (Outcome.FAILED, Outcome.REFUSED)
    assert answer.applied == ()
    assert reply in answer.reply
    assert " closed." not in answer.reply


def test_what_is_not_understood_moves_nothing(session):
    answer = say(session, "please frobnicate the windows")
    assert (answer.outcome, answer.requested) == (Outcome.NEEDS_CLARIFICATION, ())
    assert "frobnicate" in answer.reply
    assert session.scene() == {}


def test_a_reset_session_is_fresh(session):
    say(session, "open all the windows")
    session.reset()
    assert session.scene() == {}
    assert say(session, "undo").outcome is Outcome.NOTHING_TO_DO


def test_staging_is_all_or_nothing(session):
    for state in ({DRIVER_WINDOW: 50, "Vehicle.Nope": 1}, {DRIVER_WINDOW: 50, SHADE: 101}):
        with pytest.raises((NotFoundError, InputError)):
            session.stage(state)
        assert session.scene() == {}


def test_a_scene_can_be_left_and_entered_again(session):
    say(session, "open all the windows and the sunroof, and turn the volume to 20")
    say(session, "ambient light red everywhere", **{SPEED: 50.0})
    scene = dict(session.scene())
    assert scene
    session.reset_vehicle()
    session.stage(scene)
    assert session.scene() == scene


def test_sessions_of_a_batch_keep_their_own_vehicle(session):
    turns = ["open my window halfway", "a bit more", "undo", "is my window open?"]
    lines = [{"id": f"{name}{n}", "text": text, "session": name} for n, text in enumerate(turns) for name in "abc"]
    apart = sorted(lines, key=lambda line: line["session"])
    alone = [{"id": "x", "text": "open the passenger window"}]

    def results(batch: list[dict]) -> dict[str, object]:
        raw = [json.dumps(line).encode() for line in batch]
        outs = Batch(session, SPEAKERS[SPEAKER.default]).run(raw)
        return {out["id"]: (out["applied"], out["answers"], out["outcome"], out["reply"]) for out in outs}

    mixed = results([line for pair in zip(lines, alone * len(lines), strict=True) for line in pair])
    session.reset()
    unmixed = results(apart + alone)
    assert mixed == unmixed
    assert mixed["a1"][0] == [{"signal": DRIVER_WINDOW, "value": 60}]
