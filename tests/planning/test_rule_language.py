"""The rule language: conditions, companions, clashes, and rules that need each other."""

from __future__ import annotations

import pytest
from planning_car import (
    CATALOGUE,
    DRIVING,
    FAN,
    FOG,
    HIGH,
    LOW,
    REAR_FOG,
    ROOF,
    TEMPERATURE,
    TRUNK,
    WINDOW,
    make_plan,
    put,
    rules_of,
    said,
    state,
    written,
)

from hmi.planning.plan import Effect
from hmi.planning.policy import make_policy

HORN = "Body.Horn.IsActive"
DOME = "Cabin.Light.IsDomeOn"


def policy(text: str, **options: object):
    return make_policy(CATALOGUE, rules_of(text), **options)  # type: ignore[arg-type]


def rule(condition: str = "", *, safety: bool = False, effect: str = "ask") -> str:
    """A rule about the horn with this text as its conditions."""
    return f"""
    - id: horn
      effect: {effect}
      safety: {str(safety).lower()}
      reason: it is loud
      when: {{signal: Vehicle.{HORN}, to: {{is: true}}}}
      {condition}
    """


def horn(condition: str, *, now=None, safety: bool = False, speaker=(1, "driver"), extra: str = "") -> bool:
    """Whether the rule about the horn speaks."""
    made = policy(f"{extra}\nrules:{rule(condition, safety=safety)}")
    assert made.inactive == {}
    return said(make_plan(put(HORN, True), now=now or state(), policy=made, speaker=speaker)) != []


@pytest.mark.parametrize(
    ("comparison", "speed", "speaks"),
    [
        ("{above: 50}", 50.0, False),
        ("{above: 50}", 51.0, True),
        ("{below: 50}", 50.0, False),
        ("{below: 50}", 49.0, True),
        ("{at_least: 50}", 50.0, True),
        ("{at_least: 50}", 49.0, False),
        ("{at_most: 50}", 50.0, True),
        ("{at_most: 50}", 51.0, False),
        ("{above: 10, below: 50}", 30.0, True),
        ("{above: 10, below: 50}", 60.0, False),
        ("{is: 30}", 30.0, True),
        ("30", 30.0, True),
        ("{is_not: 30}", 30.0, False),
        ("{is_not: 30}", 31.0, True),
    ],
)
def test_comparisons(comparison, speed, speaks):
    assert horn(f"if: {{Vehicle.Speed: {comparison}}}", now=state({"Speed": speed})) is speaks


@pytest.mark.parametrize(
    ("condition", "lights", "speaks"),
    [
        ("if: {Vehicle.Body.Lights.Fog.*.IsOn: true}", (True, False), True),
        ("if: {Vehicle.Body.Lights.Fog.*.IsOn: true}", (False, False), False),
        ("if: {every: {Vehicle.Body.Lights.Fog.*.IsOn: true}}", (True, False), False),
        ("if: {every: {Vehicle.Body.Lights.Fog.*.IsOn: true}}", (True, True), True),
        ("unless: {Vehicle.Body.Lights.Fog.*.IsOn: true}", (True, False), False),
        ("unless: {Vehicle.Body.Lights.Fog.*.IsOn: true}", (False, False), True),
        ("if: {all: [{Vehicle.Body.Lights.Fog.*.IsOn: true}, {Vehicle.Speed: 0}]}", (True, False), True),
        ("if: [{Vehicle.Body.Lights.Fog.*.IsOn: true}, {Vehicle.Speed: {above: 0}}]", (True, False), False),
        ("if: {any: [{Vehicle.Body.Lights.Fog.*.IsOn: true}, {Vehicle.Speed: 0}]}", (False, False), True),
    ],
)
def test_groups(condition, lights, speaks):
    assert horn(condition, now=state(dict(zip((FOG, REAR_FOG), lights, strict=True)))) is speaks


@pytest.mark.parametrize(
    "condition", ["if: {Vehicle.Body.Lights.Fog.*.IsOn: true}", "if: {Vehicle.Speed: {above: 0}}"]
)
def test_only_safety_rules_speak_about_what_they_cannot_see(condition):
    unseen = state({FOG: None, "Speed": None})
    assert horn(condition, now=unseen, safety=True)
    assert not horn(condition, now=unseen)
    made = policy(f"rules:{rule(condition, safety=True)}")
    hit = make_plan(put(HORN, True), now=unseen, policy=made).hits[0]
    assert hit.reason == "I can't see everything that this depends on"


def test_one_false_condition_silences_a_safety_rule_that_cannot_see_another():
    condition = f"if: [{{Vehicle.Speed: {{above: 0}}}}, {{Vehicle.{FOG}: true}}]"
    assert not horn(condition, now=state({"Speed": None}), safety=True)


@pytest.mark.parametrize(
    "condition",
    [
        f"if: {{all: [{{Vehicle.{FOG}: true}}, {{Vehicle.Speed: 0}}]}}",
        f"unless: {{Vehicle.{FOG}: true}}",
        "if: {every: {Vehicle.Body.Lights.Fog.*.IsOn: true}}",
    ],
)
def test_other_rules_keep_quiet_about_what_they_cannot_see(condition):
    unseen = state({FOG: None, REAR_FOG: True})
    assert not horn(condition, now=unseen)
    assert horn(condition, now=unseen, safety=True)


def test_redundant_sources_need_only_one_that_is_seen():
    condition = "if: {sources: [{Vehicle.Speed: {above: 0}}, {Vehicle.IsMoving: true}]}"
    assert not horn(condition, now=state({"Speed": None}), safety=True)
    assert horn(condition, now=state({"Speed": None, "IsMoving": None}), safety=True)
    assert horn(condition, now=state({"IsMoving": True}))


@pytest.mark.parametrize(
    ("sits", "speaker", "speaks"),
    [
        ("{row: 2}", (2, "driver"), True),
        ("{row: 2}", (3, "driver"), False),
        ("{from_row: 2}", (3, "driver"), True),
        ("{from_row: 2}", (1, "driver"), False),
        ("{side: passenger}", (1, "passenger"), True),
        ("{row: 1, side: passenger}", (1, "driver"), False),
    ],
)
def test_speaker(sits, speaker, speaks):
    assert horn(f"if: {{speaker: {sits}}}", speaker=speaker) is speaks


def test_conditions_may_speak_of_the_speakers_place():
    condition = "if: {Vehicle.Cabin.Seat.Row$row.$sideSide.IsBelted: true}"
    belted = state({"Cabin.Seat.Row2.PassengerSide.IsBelted": True})
    assert horn(condition, now=belted, speaker=(2, "passenger"))
    assert not horn(condition, now=belted, speaker=(2, "driver"))
    assert not horn(condition, now=belted, speaker=(3, "driver"))


def test_named_conditions():
    fast = "fast: {Vehicle.Speed: {above: 100}}"
    extra = f"conditions: {{{fast}, very fast: {{all: [fast, {{Vehicle.Speed: {{above: 200}}}}]}}}}"
    assert horn("if: fast", now=state({"Speed": 120.0}), extra=extra)
    assert not horn("if: very fast", now=state({"Speed": 120.0}), extra=extra)


def test_a_rule_sees_the_state_after_the_sentence():
    made = policy(f"rules:{rule(f'if: {{Vehicle.{DOME}: true}}')}")
    assert said(make_plan(put(HORN, True), put(DOME, True), policy=made)) == [("horn", Effect.ASK)]
    assert said(make_plan(put(HORN, True), put(DOME, False), now=state({DOME: True}), policy=made)) == []


def test_a_rule_looks_only_at_changes():
    made = policy(f"rules:{rule()}")
    plan = make_plan(put(HORN, True), now=state({HORN: True}), policy=made)
    assert (plan.hits, plan.changes) == ((), ())
    assert [target.value for target in plan.already] == [True]


def add(first: str, second: str = "", more: str = "") -> str:
    extra = f"""
    - id: second
      effect: add
      reason: so it says
      when: {{signal: Vehicle.{HORN}, to: {{is: true}}}}
      add: {second}
    """
    return f"""
    rules:
    - id: first
      effect: add
      reason: that is how it is
      when: {{signal: Vehicle.{HORN}, to: {{is: true}}}}
      add: {first}
    {extra if second else ""}
    {more}
    """


def test_companions_of_two_rules_meet_at_the_higher_need():
    for one, other in ((20, 40), (40, 20)):
        made = policy(
            add(f"{{signal: Vehicle.{FAN}, at_least: {one}}}", f"{{signal: Vehicle.{FAN}, at_least: {other}}}")
        )
        assert written(make_plan(put(HORN, True), now=state({FAN: 0}), policy=made)) == [(HORN, True), (FAN, 40)]
        assert written(make_plan(put(HORN, True), now=state({FAN: 60}), policy=made)) == [(HORN, True)]


def test_at_most_lowers():
    made = policy(add(f"{{signal: Vehicle.{FAN}, at_most: 20}}"))
    assert written(make_plan(put(HORN, True), policy=made)) == [(HORN, True), (FAN, 20)]
    assert written(make_plan(put(HORN, True), now=state({FAN: 10}), policy=made)) == [(HORN, True)]


def test_rules_that_contradict_each_other_are_asked_about():
    made = policy(add(f"{{signal: Vehicle.{FAN}, at_most: 20}}", f"{{signal: Vehicle.{FAN}, at_least: 60}}"))
    plan = make_plan(put(HORN, True), policy=made)
    assert written(plan) == [(HORN, True), (FAN, 20)]
    assert said(plan) == [("first", Effect.ADD), ("second", Effect.ASK)]
    assert plan.hits[1].reason == "so it says, which does not go with another rule"
    assert plan.needs_confirmation


def test_a_companion_that_the_sentence_contradicts_is_asked_about_and_not_added():
    made = policy(add(f"{{signal: Vehicle.{FAN}, value: 60}}"))
    plan = make_plan(put(HORN, True), put(FAN, 0), policy=made)
    assert written(plan) == [(HORN, True), (FAN, 0)]
    assert [hit.reason for hit in plan.hits] == ["that is how it is, and you asked for something else"]
    assert plan.needs_confirmation


def test_a_companion_that_contradicts_a_wish_already_fulfilled_is_asked_about_too():
    made = policy(add(f"{{signal: Vehicle.{FAN}, value: 60}}"))
    plan = make_plan(put(HORN, True), put(FAN, 40), policy=made)
    assert written(plan) == [(HORN, True)]
    assert plan.needs_confirmation


CHAIN = f"""
    - id: link
      effect: add
      reason: the low beam comes first
      when: {{signal: Vehicle.{DOME}, to: {{is: true}}}}
      add: {{signal: Vehicle.{LOW}, value: true, phase: -1}}
"""


def test_companions_of_companions_come_before_them():
    made = policy(add(f"{{signal: Vehicle.{DOME}, value: true, phase: -2}}", more=CHAIN))
    plan = make_plan(put(HORN, True), policy=made)
    assert written(plan) == [(LOW, True), (DOME, True), (HORN, True)]
    assert [change.phase for change in plan.changes] == [-3, -2, 0]
    assert [change.rule for change in plan.changes] == ["link", "first", ""]


def test_a_wanted_link_of_the_chain_moves_with_it():
    made = policy(add(f"{{signal: Vehicle.{DOME}, value: true, phase: -2}}", more=CHAIN))
    plan = make_plan(put(HORN, True), put(LOW, True), put(DOME, True), policy=made)
    assert written(plan) == [(LOW, True), (DOME, True), (HORN, True)]
    assert plan.hits == ()


def test_rules_that_each_want_to_be_first_come_to_an_end():
    circle = f"""
    - id: circle
      effect: add
      reason: round and round
      when: {{signal: Vehicle.{DOME}, to: {{is: true}}}}
      add: {{signal: Vehicle.{HORN}, value: true, phase: -1}}
    """
    made = policy(add(f"{{signal: Vehicle.{DOME}, value: true, phase: -1}}", more=circle))
    plan = make_plan(put(HORN, True), policy=made)
    assert sorted(written(plan)) == [(HORN, True), (DOME, True)]


def test_rules_that_undo_each_other_come_to_an_end():
    undo = f"""
    - id: undo
      effect: add
      reason: no horn with the light on
      when: {{signal: Vehicle.{DOME}, to: {{is: true}}}}
      add: {{signal: Vehicle.{HORN}, value: false}}
    """
    made = policy(add(f"{{signal: Vehicle.{DOME}, value: true}}", more=undo))
    plan = make_plan(put(HORN, True), policy=made)
    assert written(plan) == [(HORN, True), (DOME, True)]
    assert said(plan) == [("first", Effect.ADD), ("undo", Effect.ASK)]


FORBID = f"""
    - id: forbid
      effect: refuse
      reason: the trunk stays shut
      when: {{signal: Vehicle.{TRUNK}, to: {{opens: true}}}}
"""


def test_a_change_cannot_be_when_the_companion_that_it_needs_cannot():
    made = policy(add(f"{{signal: Vehicle.{TRUNK}, value: 100, phase: -1}}", more=FORBID))
    plan = make_plan(put(HORN, True), put(FAN, 60), policy=made)
    assert written(plan) == [(FAN, 60)]
    assert said(plan) == [("forbid", Effect.REFUSE)]
    assert plan.hits[0].signals == (f"Vehicle.{HORN}",)


def test_a_change_cannot_be_when_its_companion_was_asked_for_and_refused():
    made = policy(add(f"{{signal: Vehicle.{TRUNK}, value: 100, phase: -1}}", more=FORBID))
    plan = make_plan(put(TRUNK, 100), put(HORN, True), policy=made)
    assert plan.changes == ()
    assert {hit.effect for hit in plan.hits} == {Effect.REFUSE}
    assert {path for hit in plan.hits for path in hit.signals} == {f"Vehicle.{HORN}", f"Vehicle.{TRUNK}"}


def test_an_optional_companion_that_cannot_be_is_left_out_and_told():
    made = policy(add(f"{{signal: Vehicle.{TRUNK}, value: 100, optional: true}}", more=FORBID))
    plan = make_plan(put(HORN, True), policy=made)
    assert written(plan) == [(HORN, True)]
    assert said(plan) == [("forbid", Effect.TELL)]
    assert not plan.needs_confirmation


def test_companions_are_asked_about_like_wishes_unless_the_rule_is_about_wishes_only():
    ask = f"""
    - id: ask
      effect: ask
      reason: the trunk opens
      when: {{signal: Vehicle.{TRUNK}, to: {{opens: true}}}}
    """
    text = add(f"{{signal: Vehicle.{TRUNK}, value: 100}}", more=ask)
    assert make_plan(put(HORN, True), policy=policy(text)).needs_confirmation
    only = text.replace("effect: ask\n", "effect: ask\n      requested_only: true\n")
    assert not make_plan(put(HORN, True), policy=policy(only)).needs_confirmation
    assert make_plan(put(TRUNK, 100), policy=policy(only)).needs_confirmation


def test_moves():
    text = f"""
    rules:
    - {{id: more, effect: tell, reason: r, when: {{signal: Vehicle.{ROOF}, to: {{opens: true}}}}}}
    - {{id: less, effect: tell, reason: r, when: {{signal: Vehicle.{ROOF}, to: {{closes: true}}}}}}
    """
    for before, value, rules in [
        (0, 40, ["more"]),
        (0, -40, ["more"]),
        (40, -40, []),
        (-100, -20, ["less"]),
        (50, 0, ["less"]),
        (None, 50, ["more", "less"]),
        (None, 0, ["less"]),
    ]:
        made = make_plan(put(ROOF, value), now=state({ROOF: before}), policy=policy(text))
        assert [hit.rule for hit in made.hits] == rules, (before, value)


def test_a_rule_without_a_comparison_looks_at_every_change():
    text = f"rules: [{{id: any, effect: tell, reason: r, when: {{signal: Vehicle.{ROOF}}}}}]"
    assert said(make_plan(put(ROOF, 0), now=state({ROOF: 10}), policy=policy(text))) == [("any", Effect.TELL)]


def test_several_triggers():
    text = f"""
    rules:
    - id: two
      effect: tell
      reason: r
      when:
        - {{signal: Vehicle.{LOW}, to: {{is: false}}}}
        - {{signal: [Vehicle.{HIGH}, Vehicle.{FOG}], to: {{is: true}}}}
    """
    made = policy(text)
    assert said(make_plan(put(HIGH, True), policy=made)) == [("two", Effect.TELL)]
    assert said(make_plan(put(LOW, True), policy=made)) == []


def test_a_refusal_counts_only_changes_that_are_left():
    text = """
    rules:
    - {id: two, effect: refuse, reason: r, together: 2, when: {signal: Vehicle.Body.Lights.Fog.*.IsOn}}
    """
    made = policy(text)
    assert written(make_plan(put(FOG, True), policy=made)) == [(FOG, True)]
    assert make_plan(put(FOG, True), put(REAR_FOG, True), policy=made).changes == ()


def test_a_refused_question_needs_no_answer():
    text = f"rules:{rule(effect='refuse')}{rule().replace('id: horn', 'id: other')}"
    made = make_plan(put(HORN, True), policy=policy(text))
    assert said(made) == [("horn", Effect.REFUSE)]
    assert not made.needs_confirmation


def test_arguments_stay_as_they_are():
    now = state(DRIVING, {WINDOW: 50})
    before = dict(now)
    requests = [put("Cabin.HVAC.IsAirConditioningActive", True), put(TEMPERATURE, 25), put(TRUNK, 100)]
    make_plan(*requests, now=now)
    assert now == before
