"""What holds for any wish on any signal of the car, whatever the vehicle makes of it."""

from __future__ import annotations

import re

from assistant_fakes import CATALOGUE, Talk, pairs, put, read
from hypothesis import given, settings
from hypothesis import strategies as st

from hmi.assistant.answer import Outcome
from hmi.vehicle.base import WriteOutcome

WRITABLE = [signal for signal in CATALOGUE.signals() if signal.writable]
READABLE = [signal for signal in CATALOGUE.signals() if not signal.datatype.endswith("[]")]
WRONG = [outcome for outcome in WriteOutcome if outcome is not WriteOutcome.PROVED]
ENDED = {Outcome.DONE, Outcome.NOTHING_TO_DO, Outcome.REFUSED, Outcome.FAILED, Outcome.NEEDS_CONFIRMATION}


def values_of(signal) -> st.SearchStrategy:
    """Values that fit `signal`."""
    if signal.allowed:
        return st.sampled_from(signal.allowed)
    if signal.datatype == "boolean":
        return st.booleans()
    if signal.datatype == "string":
        return st.sampled_from(["#FF0000", "#123456", "#FFFFFF"])
    low, high = signal.bounds()
    return st.integers(int(low), int(high)) if high < 1e6 else st.integers(0, 1000)


wishes = st.lists(
    st.sampled_from(WRITABLE).flatmap(lambda signal: values_of(signal).map(lambda value: put(signal.path, value))),
    min_size=1,
    max_size=5,
)
troubles = st.dictionaries(
    st.sampled_from([signal.path for signal in WRITABLE]),
    st.tuples(st.sampled_from(WRONG), st.none(), st.sampled_from(["", "it is jammed"])),
    max_size=30,
)


def is_a_sentence(reply: str) -> bool:
    """True for words that begin with a capital, end as a sentence and have no hole in them."""
    return bool(re.fullmatch(r"[A-Z“\d#].*[.?!]", reply)) and not re.search(r"\{|\}|None|  | ,| \.", reply)


@settings(max_examples=300, deadline=None)
@given(wishes, troubles)
def test_applied_is_what_the_vehicle_proved_and_every_turn_ends_with_a_sentence(requests, misbehave):
    talk = Talk()
    talk.vehicle.misbehave = misbehave
    before = dict(talk.vehicle.values)
    answer = talk.say("do it", *requests)
    assert answer.outcome in ENDED
    assert is_a_sentence(answer.reply), answer.reply
    applied = dict(pairs(answer.applied))
    after = talk.vehicle.values
    assert {path for path in after if after[path] != before.get(path)} <= set(applied)
    assert all(after[path] == value for path, value in applied.items())
    assert not set(applied) & set(misbehave)
    if answer.outcome is Outcome.DONE:
        assert applied


@settings(max_examples=200, deadline=None)
@given(wishes)
def test_undo_brings_the_car_back_unless_a_rule_is_against_it(requests):
    talk = Talk()
    before = dict(talk.vehicle.values)
    talk.say("do it", *requests)
    changed = talk.vehicle.values != before
    answer = talk.say("undo")
    assert is_a_sentence(answer.reply), answer.reply
    while answer.outcome is Outcome.NEEDS_CONFIRMATION:
        answer = talk.say("yes")
    if not changed:
        assert answer.outcome is Outcome.NOTHING_TO_DO
    elif answer.outcome is Outcome.DONE and not answer.rules:
        unknown_before = {path for path in talk.vehicle.values if path not in before}
        assert {path: value for path, value in talk.vehicle.values.items() if path not in unknown_before} == before


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(READABLE).flatmap(
            lambda signal: st.tuples(st.just(signal), st.none() | values_of(signal), st.none() | values_of(signal))
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda item: item[0].path,
    )
)
def test_any_state_can_be_told(asked):
    talk = Talk()
    for signal, value, _ in asked:
        talk.vehicle.values.pop(signal.path, None)
        if value is not None:
            talk.vehicle.values[signal.path] = signal.check(value)
    answer = talk.say("tell me", *[read(signal.path, question) for signal, _, question in asked])
    assert answer.outcome is Outcome.ANSWERED
    assert is_a_sentence(answer.reply), answer.reply
    assert len(answer.answers) == len(asked)
    assert talk.vehicle.written == []
