"""What is said of other places, times, people and cars moves nothing in this one; the same words about here do."""

from __future__ import annotations

import pytest
from llm_car import TEMPERATURE, WINDOW, recogniser, targets

from hmi.requests import Context


@pytest.mark.parametrize(
    "said",
    [
        "it's freezing in Norway this time of year",
        "it's boiling at the office",
        "the beer is warm",
        "I'm melting, said the witch",
        "I have my window open",
        "they always open my window",
        "my husband opened my window",
        "why did you open my window",
        "the song is called open my window",
        "please open my window on the bus",
        "I might open my window",
        "the windows on that building are huge",
        "grandma's flat is always freezing",
        "the kids in that car look cold",
        "it's raining in the video",
        "he literally said, quote, open my window, unquote, and laughed",
        "her phone's volume is far too low",
        "babies get cold quickly, I read",
        "bring the kids in, it's dark out, my mum would yell",
        "open my window, and, hmm, wait",
        "open my window before I get home to the zebra",
        "open my window, no, hers",
        "open my window, no",
        "picture this: windows down, music up",
    ],
)
def test_what_is_not_about_this_car_now_moves_nothing(said):
    assert targets(recogniser().interpret(said, Context())) == {}


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("it's freezing in here zebra", None),
        ("it's freezing in this car", TEMPERATURE),
        ("it's freezing on a winter morning", TEMPERATURE),
        ("open my window, I've got the zebra", WINDOW),
        ("I said open my window, zebra", WINDOW),
        ("my window is squeaking zebra, open it", WINDOW),
        ("the mirrors are icy, heat them", "Vehicle.Body.Mirrors.DriverSide.IsHeatingOn"),
        ("the music is too loud, turn it down", "Vehicle.Cabin.Infotainment.Media.Volume"),
        ("I'm on the zebra phone, open my window", WINDOW),
        ("open my window before the zebra gets in", WINDOW),
        ("open my window, he left it shut again zebra", WINDOW),
        ("open my window while we wait for the zebra", WINDOW),
        ("the back is freezing", "Vehicle.Cabin.HVAC.Station.Row2.Driver.Temperature"),
    ],
)
def test_what_is_about_this_car_now_still_counts(said, path):
    found = targets(recogniser().interpret(said, Context()))
    assert (path in found) if path else not found
