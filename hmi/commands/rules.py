"""`codriver rules`: what the policy has to say, and which of it counts for this car."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from typing import Any

import click

from codriver.errors import NotFoundError
from codriver.settings import load_settings
from hmi.catalogue.catalogue import load_catalogue
from hmi.planning.policy import Policy, load_policy
from hmi.planning.rule import Rule
from hmi.settings import RULES_FILE, VSS

_HEADINGS = ("rule", "effect", "safety", "in force", "reason")


@click.command()
@click.argument("rule_id", default="")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of the table.")
@click.option("--rules", "rules_file", metavar="FILE", help=f"{RULES_FILE.help} [setting {RULES_FILE.key}]")
@click.option("--vss", metavar="FILE", help=f"{VSS.help} [setting {VSS.key}]")
def rules(rule_id: str, as_json: bool, rules_file: str | None, vss: str | None) -> None:
    """List the rules that every sentence is checked against, or show the one called RULE_ID.

    A rule that is not in force was switched off (setting planning.disabled), or the car lacks a signal it needs.

    \b
    Examples:
      codriver rules
      codriver rules sunroof-needs-open-shade
    """
    settings = load_settings({RULES_FILE.key: rules_file, VSS.key: vss})
    policy = load_policy(settings, load_catalogue(settings))
    chosen = [find_rule(policy, rule_id)] if rule_id else policy.rules
    if as_json:
        described = [describe(rule, policy) for rule in chosen]
        click.echo(json.dumps(described[0] if rule_id else described, ensure_ascii=False, indent=2))
        return
    for line in details(chosen[0], policy) if rule_id else table(chosen, policy):
        click.echo(line)


def find_rule(policy: Policy, rule_id: str) -> Rule:
    """The rule called `rule_id`. Raises `NotFoundError` naming similar ones."""
    for rule in policy.rules:
        if rule.id == rule_id:
            return rule
    near = difflib.get_close_matches(rule_id, [rule.id for rule in policy.rules])
    hint = f"did you mean {' or '.join(near)}?" if near else "`codriver rules` lists them all."
    raise NotFoundError(f"There is no rule {rule_id!r}; {hint}")


def describe(rule: Rule, policy: Policy) -> dict[str, Any]:
    """The rule as a JSON object; `signals` are the paths of this car that trigger it."""
    return {
        "id": rule.id,
        "effect": str(rule.effect),
        "safety": rule.safety,
        "active": rule.id not in policy.inactive,
        "inactive_because": policy.inactive.get(rule.id),
        "reason": rule.reason,
        "signals": policy.triggers_of(rule),
        "adds": [companion.pattern for companion in rule.companions],
        "source": rule.source,
    }


def table(rules: Sequence[Rule], policy: Policy) -> list[str]:
    """One line per rule under a line of headings."""
    rows = [_HEADINGS]
    for rule in rules:
        in_force = "no" if rule.id in policy.inactive else "yes"
        rows.append((rule.id, str(rule.effect), "yes" if rule.safety else "", in_force, rule.reason))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def details(rule: Rule, policy: Policy) -> list[str]:
    """Everything about one rule, for a person."""
    lines = [
        f"{rule.id}: {rule.effect}{', a safety rule' if rule.safety else ''}, from {rule.source}",
        f"  reason: {rule.reason}",
    ]
    if rule.id in policy.inactive:
        lines.append(f"  not in force: {policy.inactive[rule.id]}")
    lines += [f"  looks at: {path}" for path in policy.triggers_of(rule)]
    lines += [f"  adds: {item.pattern} {item.need.replace('_', ' ')} {item.value}" for item in rule.companions]
    return lines
