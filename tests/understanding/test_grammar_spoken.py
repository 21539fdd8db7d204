"""Ways of asking that add nothing, regional spellings, contrasts, and verb forms that no file lists."""

import re

import pytest
from grammar_kit import read, wanted
from hypothesis import given
from hypothesis import strategies as st

from hmi.requests import Act
from hmi.understanding.grammar.spoken import plain

_WORDS = "would you be a love and if you'd could do with I'll have the window cos , doon when got sec".split()
_ADDED = {"please", "make", "sure", "because", "down"}
W = "Cabin.Door.{}.{}.Window.Position"
FL, FR = W.format("Row1", "DriverSide"), W.format("Row1", "PassengerSide")
RR = W.format("Row2", "PassengerSide")
ROOF = "Cabin.Sunroof.Position"


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("I'd be ever so grateful if you'd close the roof", {ROOF: 0}),
        ("would you be a dear and close the roof", {ROOF: 0}),
        ("do us a favour, shut the roof", {ROOF: 0}),
        ("would you mind awfully shutting the roof", {ROOF: 0}),
        ("do you reckon you could manage to shut the roof", {ROOF: 0}),
        ("I would like that the roof is closed", {ROOF: 0}),
        ("it'd be lovely to have the roof halfway", {ROOF: 50}),
        ("gie's the passenger windae doon", {FR: 100}),
        ("shut the roof like a good girl", {ROOF: 0}),
        ("I need the roof shutting when you've got a moment", {ROOF: 0}),
        ("open the rear left, no, the rear right window", {RR: 100}),
        ("open the left window, not the right one", {FL: 100}),
    ],
)
def test_the_wish_is_what_remains(said, wish):
    assert wanted(said) == wish


@pytest.mark.parametrize(
    "said",
    [
        "would you mind if I opened the window",
        "I'll have to open the window",
        "open the window if it stops raining",
        "the sliding door open",
        "stop beeping",
        "maybe we should have dimmed the lights",
        "window down, not all the way",
        "all the windows down, not mine",
        "stop here, put the emergency lights",
    ],
)
def test_what_is_no_such_way_of_asking_stays(said):
    assert read(said).act is not Act.REQUEST


@given(st.lists(st.sampled_from(_WORDS), max_size=14))
def test_saying_it_plainly_adds_no_words_but_known_ones(words):
    text = " ".join(words)
    added = set(re.findall(r"[a-z]+", plain(text).lower())) - set(re.findall(r"[a-z]+", text.lower()))
    assert added <= _ADDED


def test_plain_commands_stay_as_they_are():
    for said in ("open the window", "set the passenger's side to 22.5 °C", "is the boot open?"):
        assert plain(said) == said
