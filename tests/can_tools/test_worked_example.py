"""The worked example of docs/can.md, followed to the letter."""

import pytest
from click.testing import CliRunner
from example_car import sentences

from codriver.cli import root
from codriver.settings import load_settings
from hmi.session import open_session

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
LOCK = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"


@pytest.fixture
def session(body):
    with open_session(load_settings()) as session:
        yield session


def say(session, text):
    return session.assistant.ask(text, "test", (1, "driver"))


def test_the_sentences_of_the_page_move_the_car(session, body):
    half, wipers, speed = sentences()
    answer = say(session, half)
    assert answer.outcome == "done"
    assert body.state["WinShutFL"] == 50.0
    assert say(session, wipers).outcome == "done"
    assert body.state["WiperState"] == 2
    assert "99.78 km/h" in say(session, speed).reply


def test_only_what_is_asked_for_is_commanded(session, body):
    say(session, "lock my door")
    assert body.state == {"WinShutFL": 100.0, "LockFL": 1, "WiperState": 0}
    assert [wish["LockFLWish"] for wish in body.wishes] == [1]


def test_half_steps_and_inverted_scales_are_read_back(session, body):
    body.state["WinShutFL"] = 87.5
    body.clock.advance(0.2)
    # VSS declares whole percents; the bus has half ones.
    assert session.vehicle.read(WINDOW) == 12
    body.state["LockFL"] = 2
    body.clock.advance(0.2)
    assert session.vehicle.read(LOCK) is True


def test_what_the_dbc_does_not_have_is_one_sentence(session, body):
    answer = say(session, "turn on my seat heating")
    assert answer.outcome in ("refused", "failed")
    assert (
        answer.reply == "I could not set the driver's seat heating to level 2: this vehicle has no command for it."
    )
    assert not body.wishes


def test_the_check_finds_everything_of_the_page_served(folder):
    result = CliRunner().invoke(root, ["can", "check", "--seconds", "0", "*Row1.DriverSide.Window*"])
    assert result.exit_code == 0
    assert f"read and write  {WINDOW}" in result.output
