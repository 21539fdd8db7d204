"""Requests inside other talk: found when the talk is only talk, doubted otherwise."""

from __future__ import annotations

import pytest
from llm_car import DOOR, FAMILIES, TEMPERATURE, WINDOW, grammar, recogniser, targets

from hmi.requests import Act, Context
from hmi.understanding.grammar.lexicon import Lexicon
from hmi.understanding.llm.partial import PartialReader

TRUNK = "Vehicle.Body.Trunk.Rear.Position"


@pytest.fixture(scope="module")
def reader() -> PartialReader:
    return PartialReader(grammar(), Lexicon(FAMILIES))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("boot open please, I've got the pushchair", {TRUNK: 100}),
        ("open my window halfway, the toll booth wants my money", {WINDOW: 50}),
        ("sweetheart behave yourself. Close my window.", {WINDOW: 0}),
        ("set my temperature to 24 because grandma always complains", {TEMPERATURE: 24}),
        ("what a day, honestly, close the boot, the milk is falling out", {TRUNK: 0}),
        ("close my window, my zebra", {WINDOW: 0}),
        ("yoink my window up", {WINDOW: 0}),
        ("close my window so the zebra can't climb out", {WINDOW: 0}),
        ("close my window while I zebra", {WINDOW: 0}),
        ("shut the boot, stuff's all over the zebra", {TRUNK: 0}),
        ("my window halfway to let the zebra breathe", {WINDOW: 50}),
    ],
)
def test_talk_around_a_request_leaves_it_clear(reader, said, expected):
    part = reader.read(said, Context())
    assert part is not None
    assert part.doubt == ""
    assert targets(part.meant) == expected


@pytest.mark.parametrize(
    "said",
    [
        "I opened the window yesterday and it was lovely",
        "open the window when the zebra crosses",
        "in ten minutes open the window zebra",
        "he told me open the window zebra",
        "the neighbours always open the windows loudly zebra",
        "open the window, no zebra, don't",
        "open the window and start the popcorn machine",
        "open the window for grandma, she's in the back",
        "I'm scared the zebra opens the door",
        "a zebra blinding me in the mirror",
        "heat the cup holder please",
        "look up the song about zebras",
        "imagine my window up",
        "zebra the door open",
        "zebra up, open it",
        "close my window, my zebra window's already open",
        "open the boot so the zebra can climb out when we stop",
    ],
)
def test_anything_else_around_it_makes_it_doubtful(reader, said):
    part = reader.read(said, Context())
    assert part is None or part.doubt
    assert targets(recogniser().interpret(said, Context())) == {}


def test_a_question_is_no_request(reader):
    assert reader.read("did the zebra open the window", Context()) is None


def test_what_is_doubtful_is_asked_with_the_request_as_the_option():
    meant = recogniser().interpret("open the passenger door for extraction purposes", Context())
    assert meant.act is Act.CLARIFY
    assert meant.question is not None
    (option,) = meant.question.options
    assert {wish.signal.path for wish in option.requests} == {DOOR + "Row1.PassengerSide.IsOpen"}
    assert meant.question.text == "Shall I open the passenger's door?"


def test_another_time_is_refused_with_the_reason():
    meant = recogniser().interpret("close the sunroof if a zebra comes", Context())
    assert meant.act is Act.REFUSE
    assert "right away" in meant.refusal


def test_an_impossible_value_stays_impossible(reader):
    part = reader.read("temperature to 45 degrees, said the zebra", Context())
    assert part is None or not targets(part.meant)
