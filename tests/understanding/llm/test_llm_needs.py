"""Implicit needs: the data holds together, and reading them accounts for every word."""

from __future__ import annotations

import pytest
from llm_car import DOOR, FACTORY, FAMILIES, TEMPERATURE, recogniser, targets

from codriver.errors import FileFormatError
from hmi.catalogue.families import FamilyKind
from hmi.requests import Act, Context
from hmi.understanding.grammar.text import words_of
from hmi.understanding.llm.needs import check_needs, load_needs, spoken_value
from hmi.understanding.llm.phrases import GAP, Pattern, PhraseSet
from hmi.understanding.llm.words import word_lists

REAR_TEMPERATURES = {
    "Vehicle.Cabin.HVAC.Station.Row2.Driver.Temperature": 23.0,
    "Vehicle.Cabin.HVAC.Station.Row2.Passenger.Temperature": 23.0,
}


def test_every_proposal_means_something_for_its_device():
    needs = load_needs()
    check_needs(needs, FAMILIES)
    assert len(needs.needs) > 60
    for need in needs.needs:
        for proposal in need.proposals:
            assert proposal.device in FAMILIES.by_id, need.id


def test_no_door_lid_or_window_is_opened_without_asking():
    for need in load_needs().needs:
        for proposal in need.proposals:
            family = FAMILIES[proposal.device]
            opens = proposal.value in ("open", "crack", "unlock", "tilt") or (
                family.kind is FamilyKind.OPENING and proposal.change > 0
            )
            if opens and family.id != "sunroof_shade":
                assert not proposal.act, f"{need.id} opens the {family.label} without asking"


def test_every_phrase_of_every_need_is_found_again_in_a_sentence_made_of_it():
    needs = load_needs()
    examples = {name: _some_phrase(phrases) for name, phrases in needs.sets.items()}
    lost = []
    for need in needs.needs:
        for pattern in need.says:
            words = []
            for part in pattern.parts:
                words += [] if part == GAP else examples[part[1:-1]] if part.startswith("<") else [part]
            if pattern.find(words, needs.sets) is None:
                lost.append((need.id, pattern.parts))
    assert lost == []


def _some_phrase(phrases: PhraseSet) -> list[str]:
    return list(phrases._by_first[min(phrases.first_words)][0])


@pytest.mark.parametrize(
    ("said", "path", "value"),
    [
        ("I'm absolutely freezing", TEMPERATURE, 23.0),
        ("ugh, it's so hot in here", TEMPERATURE, 19.0),
        ("my bum is cold", "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling", 67),
        ("I can't see a thing out of the back", "Vehicle.Cabin.HVAC.IsRearDefrosterActive", True),
        ("the windscreen's all steamed up", "Vehicle.Cabin.HVAC.IsFrontDefrosterActive", True),
        ("it's started to rain", "Vehicle.Body.Windshield.Front.Wiping.Mode", "MEDIUM"),
        ("this song is awful", "Vehicle.Cabin.Infotainment.Media.Action", "SKIP_FORWARD"),
        (
            "it's a tight squeeze here",
            "Vehicle.Body.Mirrors.DriverSide.IsFolded",
            True,
        ),
    ],
)
def test_a_clear_need_is_met(said, path, value):
    meant = recogniser().interpret(said, Context())
    assert meant.act is Act.REQUEST, meant
    assert targets(meant)[path] == value


def test_a_need_is_met_where_the_sentence_says():
    assert targets(recogniser().interpret("it's freezing back here", Context())) == REAR_TEMPERATURES
    assert targets(recogniser().interpret("the kids are cold", Context())) == REAR_TEMPERATURES
    everyone = targets(recogniser().interpret("everyone is freezing", Context()))
    assert len(everyone) == 4


def test_a_need_is_met_where_the_speaker_sits():
    meant = recogniser().interpret("I'm cold", Context(speaker=(2, "passenger")))
    assert set(targets(meant)) == {"Vehicle.Cabin.HVAC.Station.Row2.Passenger.Temperature"}


@pytest.mark.parametrize(
    "said", ["let some air in for the kids", "it is so stuffy in here", "I'd like to take a nap"]
)
def test_where_several_things_would_help_or_something_opens_the_driver_is_asked(said):
    meant = recogniser().interpret(said, Context())
    assert meant.act is Act.CLARIFY
    assert meant.question is not None
    assert all(option.requests and option.label in meant.question.text for option in meant.question.options)


@pytest.mark.parametrize(
    "said",
    [
        "my coffee is cold",
        "is it cold outside",
        "the weather forecast says it will be freezing tomorrow",
        "I was cold yesterday",
        "if I'm cold I'll tell you",
        "I'm not cold",
        "my brother's house is freezing",
        "that's cool, thanks",
        "he told me the music was too loud",
        "I have a cold",
    ],
)
def test_what_only_sounds_like_a_need_moves_nothing(said):
    assert targets(recogniser().interpret(said, Context())) == {}


def test_a_state_decides_between_proposals():
    window = DOOR + "Row1.DriverSide.Window.Position"
    draught = "there's a draught in here"
    assert targets(recogniser(state={window: 40}).interpret(draught, Context()), {window: 40}) == {window: 0}
    assert FACTORY[window] == 0
    assert targets(recogniser().interpret(draught, Context())) == {}


def test_cooling_counts_below_zero():
    cooling = FAMILIES["seat_cooling"]
    assert spoken_value(cooling, "on") == -67
    assert spoken_value(cooling, "off") == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "two parts"),
        ("sets: {}\nneeds: {}", "set called mild"),
        ("sets: {mild: [so]}\nneeds: {x: {says: [a]}}", "need x must have says and do"),
        ("sets: {mild: [so]}\nneeds: {x: {says: ['<y>'], do: []}}", "unknown sets y"),
        ("sets: {mild: [so]}\nneeds: {x: {says: ['... a'], do: []}}", "begins with a gap"),
        ("sets: {mild: [so]}\nneeds: {x: {says: [a], where: moon, do: []}}", "place 'moon'"),
        ("sets: {mild: [so]}\nneeds: {x: {says: [a], do: [{device: fan}]}}", "either change or set"),
        ("sets: {mild: [so]}\nneeds: {x: {says: [a], do: [{device: fan, change: side}]}}", "up or down"),
        (
            "sets: {mild: [so]}\nneeds: {x: {says: [a], do: [{device: fan, change: up, degree: huge}]}}",
            "degree 'huge'",
        ),
        ("sets: {mild: [so]}\nneeds: {x: {says: [a], do: [{device: fan, change: up, when: fan}]}}", "`when`"),
        ("sets: {mild: [so]}\nneeds: {x: {says: [a], do: [{fan: up}]}}", "mapping with device"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path, content, message):
    file = tmp_path / "needs.yaml"
    file.write_text(content)
    with pytest.raises(FileFormatError, match=message):
        load_needs(file)


def test_a_value_that_a_device_does_not_know_is_named(tmp_path):
    file = tmp_path / "needs.yaml"
    file.write_text("sets: {mild: [so]}\nneeds: {x: {says: [a], do: [{device: wiper, set: SIDEWAYS}]}}")
    with pytest.raises(FileFormatError, match="'SIDEWAYS'"):
        check_needs(load_needs(file), FAMILIES)


def test_a_gap_does_not_reach_over_a_pause():
    sets = {"mild": PhraseSet(["so"])}
    pattern = Pattern.parse("screen ... dark")
    assert pattern.find(words_of("the screen looks rather dark"), sets)
    assert not pattern.find(words_of("the screen, make it dark"), sets)


def test_the_word_lists_are_read():
    assert ("if",) in word_lists()["not_now"]
