"""Rule files: every mistake names the file, the rule and the problem; other cars; settings."""

from __future__ import annotations

import pytest
from planning_car import CATALOGUE, POLICY, make_plan, put, rules_of, said

from codriver.errors import FileFormatError, InputError
from codriver.settings import load_settings
from hmi.catalogue.catalogue import Catalogue
from hmi.planning.plan import Effect
from hmi.planning.policy import default_policy, load_policy, make_policy
from hmi.settings import SETTINGS

HORN = "Vehicle.Body.Horn.IsActive"
WHEN = f"when: {{signal: {HORN}}}"
START = f"id: r, effect: tell, reason: x, {WHEN}"


def settings(**flags: object):
    return load_settings({key.replace("__", "."): value for key, value in flags.items()}, {}, [], SETTINGS)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rules: [", "cannot be read as YAML"),
        ("- 1", "the file must be a mapping"),
        (f"rules: [{{{START}, id: s}}]", "the key 'id' is given twice"),
        ("rulez: []", "has no key 'rulez'; it can have conditions, rules"),
        ("rules: [1]", "rule 1: a rule must be a mapping"),
        ("rules: 5", "rules must be a list"),
        ("rules: [{effect: ask}]", "rule 1: id must be a text"),
        ("rules: [{id: r}]", "rule 'r': effect must be one of refuse, ask, add, tell, not None"),
        ("rules: [{id: r, effect: warn}]", "effect must be one of refuse, ask, add, tell, not 'warn'"),
        ("rules: [{id: r, effect: tell, reason: x}]", "it needs 'when'"),
        (f"rules: [{{id: r, effect: tell, {WHEN}}}]", "reason must be a text"),
        (f"rules: [{{{START}, safe: true}}]", "a rule has no key 'safe'"),
        (f"rules: [{{{START}, safety: 1}}]", "safety must be true or false"),
        (f"rules: [{{{START}, together: 0}}]", "together must be a whole number of at least 1"),
        (f"rules: [{{{START}, already: true}}]", "'already' is for rules that add"),
        (f"rules: [{{{START}}}, {{{START}}}]", "two rules of this id"),
        (f"rules: [{{{START}, if: moving}}]", "there is no condition 'moving' (known: none)"),
        (f"rules: [{{{START}, if: {{}}}}]", "a condition is empty"),
        (f"rules: [{{{START}, if: {{any: 3}}}}]", "any must be a list"),
        (f"rules: [{{{START}, if: {{Speed: 3}}}}]", "'Speed' is not a VSS path"),
        (f"rules: [{{{START}, if: {{Vehicle.Speed: {{over: 3}}}}}}]", "a comparison has no key 'over'"),
        (f"rules: [{{{START}, if: {{Vehicle.Speed: {{}}}}}}]", "a comparison is empty"),
        (f"rules: [{{{START}, if: {{Vehicle.Speed: {{above: x}}}}}}]", "above takes a number, not 'x'"),
        (f"rules: [{{{START}, if: {{Vehicle.Speed: {{above: true}}}}}}]", "above takes a number, not True"),
        (f"rules: [{{{START}, if: {{Vehicle.Speed: {{is: [1]}}}}}}]", "is must be one value"),
        (f"rules: [{{{START}, if: {{Vehicle.Speed: {{opens: true}}}}}}]", "a comparison has no key 'opens'"),
        (f"rules: [{{{START}, if: {{speaker: {{side: left}}}}}}]", "side is driver or passenger, not 'left'"),
        (f"rules: [{{{START}, if: {{speaker: {{row: 0}}}}}}]", "row must be a whole number of at least 1"),
        (f"rules: [{{{START}, if: {{speaker: {{seat: 0}}}}}}]", "speaker has no key 'seat'"),
        ("rules: [{id: r, effect: tell, reason: x, when: {to: 3}}]", "when needs 'signal'"),
        (
            f"rules: [{{id: r, effect: tell, reason: x, when: {{signal: {HORN}, to: {{opens: 1}}}}}}]",
            "opens takes true",
        ),
        (f"rules: [{{id: r, effect: add, reason: x, {WHEN}}}]", "'add' exactly when its effect is add"),
        (f"rules: [{{{START}, add: [{{signal: {HORN}, value: 1}}]}}]", "'add' exactly when its effect is add"),
        (f"rules: [{{id: r, effect: add, reason: x, {WHEN}, add: {{signal: {HORN}}}}}]", "exactly one of value"),
        (
            f"rules: [{{id: r, effect: add, reason: x, {WHEN}, together: 2, add: {{signal: {HORN}, value: 1}}}}]",
            "'together' is for rules that refuse, ask or tell",
        ),
        ("conditions: {c: 3}", "condition 'c': a condition must be a mapping"),
    ],
)
def test_mistakes_are_named(text, problem):
    with pytest.raises(FileFormatError) as caught:
        rules_of(text)
    assert "own.yaml" in str(caught.value) or "rules.yaml" in str(caught.value)
    assert problem in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (
            "effect: tell, when: {signal: Vehicle.Body.Lights.LightSwitch, to: false}",
            "Vehicle.Body.Lights.LightSwitch is a text, not False",
        ),
        (f"effect: tell, {WHEN}, if: {{Vehicle.Body.Lights.LightSwitch: DIM}}", "cannot be 'DIM'"),
        (
            f"effect: add, {WHEN}, add: {{signal: Vehicle.Cabin.HVAC.Station.*.*.FanSpeed, at_least: 120}}",
            "it goes from 0 to 100 percent",
        ),
        (f"effect: add, {WHEN}, add: {{signal: Vehicle.Speed, value: 0}}", "can be read, but not changed"),
        (f"effect: tell, {WHEN}, if: {{'Vehicle.Body.Trunk.[a].IsOpen': true}}", "is not a signal pattern"),
    ],
)
def test_values_that_this_car_cannot_have_are_mistakes(rule, problem):
    rules = rules_of(f"rules: [{{id: r, reason: x, {rule}}}]")
    with pytest.raises(FileFormatError) as caught:
        make_policy(CATALOGUE, rules)
    assert str(caught.value).startswith("own.yaml: rule 'r': ")
    assert problem in str(caught.value)


def test_an_empty_file_has_no_rules():
    assert rules_of("") == []


def test_all_built_in_rules_work_in_the_default_car():
    assert POLICY.inactive == {}
    assert all(POLICY.triggers_of(rule) for rule in POLICY.rules)
    assert all(rule.reason[0].islower() and rule.reason[-1] != "." for rule in POLICY.rules)


def test_rules_without_their_signals_rest_in_other_cars():
    small = Catalogue(
        [signal for signal in CATALOGUE.signals() if "Shade" not in signal.path and "Fog" not in signal.path]
    )
    policy = default_policy(small)
    assert policy.inactive == {
        "sunroof-needs-open-shade": "the car has no Vehicle.Cabin.Sunroof.Shade.Position",
        "shade-needs-closed-sunroof": "the car has no Vehicle.Cabin.Sunroof.Shade.Position",
        "fog-lights-with-low-beam": "the car has no Vehicle.Body.Lights.Fog.*.IsOn",
        "no-high-beam-in-fog": "the car has no Vehicle.Body.Lights.Fog.Front.IsOn "
        "and no Vehicle.Body.Lights.Fog.Rear.IsOn",
    }
    assert said(make_plan(put("Cabin.Sunroof.Position", 100), policy=policy)) == []


def test_one_of_two_sources_is_enough_for_other_cars():
    small = Catalogue([signal for signal in CATALOGUE.signals() if signal.path != "Vehicle.IsMoving"])
    assert default_policy(small).inactive == {}


def test_own_rules_join_the_built_in_ones(tmp_path):
    file = tmp_path / "own.yaml"
    rule = f"id: horn-at-speed, effect: ask, reason: it is loud, when: {{signal: {HORN}, to: true}}, if: moving"
    file.write_text(f"rules: [{{{rule}}}]")
    policy = load_policy(settings(planning__rules=str(file)), CATALOGUE)
    assert len(policy.rules) == len(POLICY.rules) + 1
    made = make_plan(put("Body.Horn.IsActive", True), now={"Vehicle.Speed": 5.0}, policy=policy)
    assert said(made) == [("horn-at-speed", Effect.ASK)]


def test_an_own_rule_cannot_take_the_place_of_a_built_in_one(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(f"rules: [{{id: video-while-moving, effect: tell, reason: x, {WHEN}}}]")
    with pytest.raises(FileFormatError, match="'video-while-moving': a built-in rule has this id"):
        load_policy(settings(planning__rules=str(file)), CATALOGUE)


def test_a_missing_rule_file_is_one_sentence(tmp_path):
    with pytest.raises(FileFormatError, match=r"none\.yaml cannot be read"):
        load_policy(settings(planning__rules=str(tmp_path / "none.yaml")), CATALOGUE)


def test_a_rule_file_that_is_no_text(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_bytes(b"\xff\x00rules")
    with pytest.raises(FileFormatError, match=r"own\.yaml cannot be read"):
        load_policy(settings(planning__rules=str(file)), CATALOGUE)


def test_rules_can_be_switched_off():
    policy = load_policy(settings(planning__disabled=["opening-in-rain"]), CATALOGUE)
    assert policy.inactive == {"opening-in-rain": "switched off in the settings"}
    rain = {"Vehicle.Body.Raindetection.Intensity": 50}
    window = "Cabin.Door.Row1.DriverSide.Window.Position"
    assert said(make_plan(put(window, 50), now=rain)) == [("opening-in-rain", Effect.ASK)]
    assert said(make_plan(put(window, 50), now=rain, policy=policy)) == []


def test_an_unknown_rule_cannot_be_switched_off():
    with pytest.raises(InputError, match=r"planning\.disabled names 'rain', which no rule is called"):
        load_policy(settings(planning__disabled=["rain"]), CATALOGUE)


def test_a_safety_rule_needs_a_second_setting_to_be_switched_off():
    off = ["closed-while-moving"]
    with pytest.raises(InputError, match=r"safety rule 'closed-while-moving'.*planning.allow-disabling-safety"):
        load_policy(settings(planning__disabled=off), CATALOGUE)
    both = {"planning.disabled": off, "planning.allow-disabling-safety": True}
    policy = load_policy(load_settings(both, {}, [], SETTINGS), CATALOGUE)
    assert list(policy.inactive) == off
