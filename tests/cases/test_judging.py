"""What counts as right, and which way wrong is wrong."""

import pytest
from case_samples import AC, AMBIENT, HER_WINDOW, MY_WINDOW, TEMPERATURE, VOLUME, one_turn

from hmi.assistant.answer import Answer, Outcome
from hmi.cases.case import Turn
from hmi.cases.judge import Closeness, Verdict, judge, worst
from hmi.catalogue.catalogue import default_catalogue
from hmi.catalogue.signal import SignalValue

CATALOGUE = default_catalogue()
CLOSE = Closeness(CATALOGUE, {TEMPERATURE: 0.5})
STILL = (Outcome.NEEDS_CLARIFICATION, Outcome.REFUSED, Outcome.NOTHING_TO_DO)


def values(changes):
    return tuple(SignalValue(CATALOGUE[path], value) for path, value in changes.items())


def answer(outcome=Outcome.DONE, requested=None, applied=None, reads=(), rules=()):
    wanted = requested or {}
    return Answer(
        "", outcome, "", values(wanted), values(wanted if applied is None else applied),
        tuple({"signal": path, "value": 1} for path in reads), tuple(rules),
    )  # fmt: skip


def verdict(turn, given, undoing=None):
    return judge(turn, given, CLOSE, undoing).verdict


WANTS = Turn("", ({MY_WINDOW: 50, AC: True},))


def test_exactly_the_changes_are_right():
    assert verdict(WANTS, answer(requested={AC: True, MY_WINDOW: 50})) is Verdict.RIGHT


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        ({}, Verdict.MISSED),
        ({AC: True}, Verdict.PARTIAL),
        ({AC: False, MY_WINDOW: 50}, Verdict.WRONG),
        ({AC: True, MY_WINDOW: 50, VOLUME: 1}, Verdict.WRONG),
        ({HER_WINDOW: 50}, Verdict.WRONG),
    ],
)
def test_each_way_to_be_wrong(requested, expected):
    assert verdict(WANTS, answer(requested=requested)) is expected


def test_what_is_lacking_and_unwanted_is_named():
    found = judge(WANTS, answer(requested={AC: True, VOLUME: 3}), CLOSE)
    assert (found.lacking, found.unwanted) == ({MY_WINDOW: 50}, {VOLUME: 3})
    assert "lacks Cabin.Door.Row1.DriverSide.Window.Position = 50" in found.problem
    assert "unwanted Cabin.Infotainment.Media.Volume = 3" in found.problem


def test_any_alternative_will_do_and_the_nearest_one_explains():
    turn = Turn("", ({MY_WINDOW: 100}, {AC: True, VOLUME: 10}))
    assert verdict(turn, answer(requested={MY_WINDOW: 100})) is Verdict.RIGHT
    assert verdict(turn, answer(requested={AC: True, VOLUME: 10})) is Verdict.RIGHT
    assert verdict(turn, answer(requested={MY_WINDOW: 100, AC: True})) is Verdict.WRONG
    assert judge(turn, answer(requested={AC: True}), CLOSE).lacking == {VOLUME: 10}


@pytest.mark.parametrize(
    ("path", "one", "other", "same"),
    [
        (MY_WINDOW, 66, 67, True),
        (MY_WINDOW, 65, 67, False),
        (TEMPERATURE, 21.0, 21.25, True),
        (TEMPERATURE, 21.0, 21.5, False),
        (AMBIENT, "#ff0000", "#FF0000", True),
        (AMBIENT, "#FF0000", "#FF0001", False),
        (AC, True, 1, False),
        (AC, True, False, False),
    ],
)
def test_values_that_count_as_the_same(path, one, other, same):
    assert CLOSE.same(path, one, other) is same


def test_a_rule_that_refuses_is_no_mistake():
    assert verdict(WANTS, answer(Outcome.REFUSED, {AC: True, MY_WINDOW: 50}, {}, rules=["r"])) is Verdict.RIGHT


def test_companions_of_rules_are_counted_apart():
    found = judge(
        WANTS, answer(requested={AC: True, MY_WINDOW: 50}, applied={AC: True, VOLUME: 1}, rules=["r"]), CLOSE
    )
    assert found.verdict is Verdict.RIGHT
    assert found.companions == {VOLUME: 1}


def test_a_change_that_nobody_accounts_for_is_a_wrong_actuation():
    given = answer(requested={AC: True, MY_WINDOW: 50}, applied={AC: True, MY_WINDOW: 50, VOLUME: 1})
    assert verdict(WANTS, given) is Verdict.WRONG


def test_taking_back_what_a_rule_added_is_neither_needed_nor_wrong():
    turn = Turn("", ({AC: True},))
    given = answer(requested={AC: True, VOLUME: 7})
    assert verdict(turn, given) is Verdict.WRONG
    assert verdict(turn, given, {VOLUME: 7}) is Verdict.RIGHT
    assert verdict(turn, given, {VOLUME: 9}) is Verdict.WRONG
    assert verdict(turn, answer(requested={AC: True}), {AC: True}) is Verdict.RIGHT


QUIET = Turn("", outcomes=STILL)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(Outcome.NEEDS_CLARIFICATION), Verdict.RIGHT),
        (answer(Outcome.REFUSED, {AC: True}, {}), Verdict.RIGHT),
        (answer(Outcome.DONE, {AC: True}), Verdict.MOVED),
        (answer(Outcome.NEEDS_CONFIRMATION, {AC: True}, {}), Verdict.MOVED),
        (answer(Outcome.NOTHING_TO_DO, {AC: True}, {}), Verdict.MOVED),
        (answer(Outcome.REFUSED, {AC: True}, {VOLUME: 1}), Verdict.MOVED),
        (answer(Outcome.ANSWERED), Verdict.OUTCOME),
    ],
)
def test_a_sentence_that_wants_nothing(given, expected):
    assert verdict(QUIET, given) is expected


ASKS = Turn("", reads=(AC, VOLUME), outcomes=(Outcome.ANSWERED,))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(Outcome.ANSWERED, reads=[VOLUME, AC]), Verdict.RIGHT),
        (answer(Outcome.ANSWERED, reads=[AC]), Verdict.MISREAD),
        (answer(Outcome.ANSWERED, reads=[AC, VOLUME, MY_WINDOW]), Verdict.MISREAD),
        (answer(Outcome.NEEDS_CLARIFICATION), Verdict.MISSED),
        (answer(Outcome.DONE, {AC: True}, reads=[AC, VOLUME]), Verdict.MOVED),
        (answer(Outcome.DONE, reads=[AC, VOLUME]), Verdict.OUTCOME),
    ],
)
def test_a_question(given, expected):
    assert verdict(ASKS, given) is expected


def test_a_rule_that_should_speak_has_to():
    turn = one_turn(wanted=({AC: True},), rules=("dry",)).turns[0]
    assert verdict(turn, answer(requested={AC: True})) is Verdict.OUTCOME
    assert verdict(turn, answer(requested={AC: True}, rules=["dry"])) is Verdict.RIGHT


def test_moving_wrongly_is_worse_than_missing():
    assert worst([Verdict.MISSED, Verdict.WRONG, Verdict.RIGHT]) is Verdict.WRONG
    assert worst([Verdict.WRONG, Verdict.MOVED]) is Verdict.MOVED
