"""What both levels together must not do at once: for later, an opinion, a remark, or of something else."""

from __future__ import annotations

import pytest
from llm_car import FACTORY, FAMILIES, WINDOW, grammar, recogniser, targets

from hmi.requests import Act, Context, Interpretation
from hmi.understanding.cascade import Cascade

REAR = {
    "Vehicle.Cabin.Door.Row2.DriverSide.Window.Position",
    "Vehicle.Cabin.Door.Row2.PassengerSide.Window.Position",
}


def meant(said: str) -> Interpretation:
    return Cascade(grammar(), recogniser(None, dict(FACTORY)), FAMILIES).interpret(said, Context())


@pytest.mark.parametrize(
    "said",
    [
        "unlock the doors in a sec",
        "open the boot in two secs please",
        "turn off the headlights in a quick sec",
        "open the windows in a jiffy",
        "mind that the doors are unlocked",
        "I wish that the doors were unlocked",
        "do you think we could open the windows",
        "I wonder if we could open the sunroof",
        "I wonder if we might open the trunk",
        "would it be possible to drive with the trunk open",
        "locking the doors is annoying",
        "folding the mirrors is annoying",
        "heating my seat is nice",
        "warning light",
        "emergency light",
        "flashers",
        "bright lights",
        "open the windows before the motorway",
        "lock the doors before the trip",
        "jam the trunk open",
        "jam the sunroof shut",
        "ram the door shut",
        "punch the sunroof open",
        "kick open the trunk",
        "break open the trunk",
        "turn on noise cancelling",
        "turn the noise on",
        "stop making noise",
    ],
)
def test_nothing_moves_at_once(said):
    assert not targets(meant(said))


@pytest.mark.parametrize(
    "said",
    [
        "open my window a sec",
        "do you think you could open my window",
        "would it be possible to open my window",
        "opening my window please",
        "hazards",
        "slam the boot",
        "kick the volume up",
        "stop that noise",
        "turn that racket down",
        "close the windows before it rains",
        "shut the windows before the wasp gets in",
        "turn the fog lights on before it runs the battery down",
    ],
)
def test_what_is_wished_for_now_moves(said):
    assert targets(meant(said))


def test_what_is_yours_is_theirs_who_are_spoken_to():
    assert set(targets(meant("Kids, open your windows"))) == REAR
    assert WINDOW in targets(meant("Kids, open the windows"))


@pytest.mark.parametrize("said", ["what is that noise", "is the noise on", "is the din off"])
def test_noise_is_no_name_for_music_in_a_question(said):
    assert meant(said).act is Act.UNKNOWN


def test_a_light_that_is_to_be_closed_is_not_offered_on():
    for said in ("close the road lights", "close the headlights"):
        question = meant(said).question
        assert question is None or not any(wish.value for option in question.options for wish in option.requests)


def test_two_opposite_wishes_are_refused_without_a_question():
    refused = meant("make it warmer and colder")
    assert refused.act is Act.REFUSE
    assert "?" not in refused.refusal
