"""`codriver rules`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from planning_car import CATALOGUE, POLICY

from codriver.errors import NotFoundError
from hmi.commands.rules import rules
from hmi.planning.policy import load_policy


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("CODRIVER_PLANNING_RULES", "CODRIVER_PLANNING_DISABLED", "CODRIVER_CATALOGUE_VSS"):
        monkeypatch.delenv(name, raising=False)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(rules, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_every_rule_has_a_line():
    lines = run().splitlines()
    assert lines[0].split()[:3] == ["rule", "effect", "safety"]
    assert [line.split()[0] for line in lines[1:]] == [rule.id for rule in POLICY.rules]


def test_json_lists_every_rule():
    listed = json.loads(run("--json"))
    assert [entry["id"] for entry in listed] == [rule.id for rule in POLICY.rules]
    assert all(entry["active"] and entry["signals"] and entry["inactive_because"] is None for entry in listed)


def test_one_rule_in_detail():
    text = run("sunroof-needs-open-shade")
    assert "the sunroof opens only with its shade open" in text
    assert "looks at: Vehicle.Cabin.Sunroof.Position" in text
    assert "adds: Vehicle.Cabin.Sunroof.Shade.Position value 100" in text


def test_one_rule_as_json():
    entry = json.loads(run("closed-while-moving", "--json"))
    assert entry["effect"] == "refuse"
    assert entry["safety"] is True
    assert "Vehicle.Body.Hood.IsOpen" in entry["signals"]
    assert entry["adds"] == []


def test_a_rule_that_is_switched_off_says_so(monkeypatch):
    monkeypatch.setenv("CODRIVER_PLANNING_DISABLED", "zones-apart")
    line = next(line for line in run().splitlines() if line.startswith("zones-apart"))
    assert line.split()[2] == "no"
    assert "not in force: switched off in the settings" in run("zones-apart")
    entry = json.loads(run("zones-apart", "--json"))
    assert (entry["active"], entry["signals"]) == (False, [])


def test_own_rules_are_listed_with_their_file(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text("rules: [{id: own, effect: tell, reason: hello, when: {signal: Vehicle.Body.Horn.IsActive}}]")
    entry = json.loads(run("own", "--json", "--rules", str(file)))
    assert entry["source"] == str(file)


def test_an_unknown_rule_names_similar_ones():
    with pytest.raises(NotFoundError, match="There is no rule 'zone-apart'; did you mean zones-apart"):
        CliRunner().invoke(rules, ["zone-apart"], catch_exceptions=False)
    with pytest.raises(NotFoundError, match="lists them all"):
        CliRunner().invoke(rules, ["xyz"], catch_exceptions=False)


def test_the_command_shows_the_policy_in_force():
    from codriver.settings import load_settings

    assert [rule.id for rule in load_policy(load_settings(), CATALOGUE).rules] == [
        rule.id for rule in POLICY.rules
    ]
