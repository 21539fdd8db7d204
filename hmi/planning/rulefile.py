"""Reads rules from YAML. Every mistake is a `FileFormatError` that names the file, the rule and the problem.

The form, by example (the head of data/rules.yaml explains every key):

    conditions:
      moving: {sources: [{Vehicle.Speed: {above: 0}}, {Vehicle.IsMoving: {is: true}}],
               unknown: I can't tell whether the car is moving}
    rules:
      - id: horn-in-town
        effect: ask                      # refuse, ask, add or tell
        reason: the horn is loud in town
        safety: false
        when: {signal: Vehicle.Body.Horn.IsActive, to: {is: true}}
        if: [moving, {Vehicle.Speed: {below: 50}}]
        unless: [{speaker: {row: 2}}]
        add: [{signal: Vehicle.Body.Lights.Hazard.IsSignaling, value: true, phase: -1}]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from codriver.errors import FileFormatError, ended
from codriver.yaml_files import load_yaml
from hmi.catalogue.signal import Value
from hmi.planning.conditions import (
    COMPARISONS,
    FLAG_TESTS,
    MOVES,
    VALUE_TESTS,
    AllOf,
    AnyOf,
    Compare,
    Comparison,
    Condition,
    Named,
    SpeakerSits,
)
from hmi.planning.plan import Effect
from hmi.planning.rule import Companion, Need, Rule, Trigger

_RULE_KEYS = frozenset(
    {"id", "effect", "reason", "safety", "when", "if", "unless", "together", "requested_only", "already", "add"}
)
_COMPANION_KEYS = frozenset({"signal", "value", "at_least", "at_most", "where", "unless", "phase", "optional"})
_NEEDS: tuple[Need, ...] = ("value", "at_least", "at_most")
_SPEAKER_KEYS = frozenset({"row", "from_row", "side"})


@dataclass(slots=True)
class RuleFile:
    """What one file declares, on top of the named conditions that it may use."""

    origin: str
    conditions: dict[str, Named] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)


def read_rules(file: Path, conditions: Mapping[str, Named] | None = None, origin: str = "") -> RuleFile:
    """The rules in `file`; `conditions` are those it may use by name, `origin` is what to call the file.

    Raises `FileFormatError`.
    """
    origin = origin or str(file)
    reader = _Reader(origin, dict(conditions or {}))
    document = reader.mapping(load_yaml(file) or {}, {"conditions", "rules"}, "the file")
    for name, data in reader.mapping(document.get("conditions") or {}, None, "conditions").items():
        reader.where = f"condition {name!r}"
        reader.conditions[name] = reader.named(name, data)
    result = RuleFile(origin, reader.conditions)
    reader.where = ""
    for number, data in enumerate(reader.sequence(document.get("rules") or [], "rules"), start=1):
        reader.where = f"rule {number}"
        rule = reader.rule(data)
        if any(other.id == rule.id for other in result.rules):
            reader.fail("the file has two rules of this id; give every rule its own")
        result.rules.append(rule)
    return result


class _Reader:
    """Turns plain data into rules; `where` says which part is being read."""

    def __init__(self, origin: str, conditions: dict[str, Named]) -> None:
        self.origin = origin
        self.conditions = conditions
        self.where = ""

    def fail(self, problem: str) -> NoReturn:
        """Raise `FileFormatError` with where we are."""
        place = f"{self.origin}: {self.where}" if self.where else self.origin
        raise FileFormatError(f"{place}: {ended(problem)}")

    def mapping(self, data: Any, keys: frozenset[str] | set[str] | None, what: str) -> dict[str, Any]:
        """`data` as a mapping with text keys, out of `keys` when given."""
        if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
            self.fail(f"{what} must be a mapping of names to values, not {data!r}")
        for key in data:
            if keys is not None and key not in keys:
                self.fail(f"{what} has no key {key!r}; it can have {', '.join(sorted(keys))}")
        return data

    def sequence(self, data: Any, what: str) -> list[Any]:
        """`data` as a list; one lone item counts as a list of it."""
        if data is None:
            return []
        if not isinstance(data, list | dict | str):
            self.fail(f"{what} must be a list, not {data!r}")
        return data if isinstance(data, list) else [data]

    def text(self, data: Any, what: str) -> str:
        """`data` as a text that is not empty."""
        if not isinstance(data, str) or not data.strip():
            self.fail(f"{what} must be a text, not {data!r}")
        return data.strip()

    def flag(self, data: Any, what: str) -> bool:
        """`data` as true or false."""
        if not isinstance(data, bool):
            self.fail(f"{what} must be true or false, not {data!r}")
        return data

    def whole(self, data: Any, what: str, minimum: int) -> int:
        """`data` as a whole number of at least `minimum`."""
        if isinstance(data, bool) or not isinstance(data, int) or data < minimum:
            self.fail(f"{what} must be a whole number of at least {minimum}, not {data!r}")
        return data

    def scalar(self, data: Any, what: str) -> Value:
        """`data` as something that one signal can hold."""
        if not isinstance(data, bool | int | float | str):
            self.fail(f"{what} must be one value, not {data!r}")
        return data

    def rule(self, data: Any) -> Rule:
        """One item of `rules`."""
        keys = self.mapping(data, _RULE_KEYS, "a rule")
        name = self.text(keys.get("id"), "id")
        self.where = f"rule {name!r}"
        effect = self.effect(keys.get("effect"))
        companions = tuple(self.companion(item) for item in self.sequence(keys.get("add"), "add"))
        if (effect is Effect.ADD) != bool(companions):
            self.fail("a rule has companions under 'add' exactly when its effect is add")
        if effect is Effect.ADD and "together" in keys:
            self.fail("'together' is for rules that refuse, ask or tell")
        if effect is not Effect.ADD and "already" in keys:
            self.fail("'already' is for rules that add")
        triggers = tuple(self.trigger(item) for item in self.sequence(keys.get("when"), "when"))
        if not triggers:
            self.fail("it needs 'when', the change that it looks at")
        return Rule(
            id=name,
            effect=effect,
            reason=self.text(keys.get("reason"), "reason").rstrip("."),
            triggers=triggers,
            safety=self.flag(keys.get("safety", False), "safety"),
            conditions=self.condition_list(keys.get("if"), "if"),
            unless=self.condition_list(keys.get("unless"), "unless"),
            together=self.whole(keys.get("together", 1), "together", 1),
            requested_only=self.flag(keys.get("requested_only", False), "requested_only"),
            already=self.flag(keys.get("already", False), "already"),
            companions=companions,
            source=self.origin,
        )

    def effect(self, data: Any) -> Effect:
        """One of the four effects."""
        if data not in list(Effect):
            self.fail(f"effect must be one of {', '.join(Effect)}, not {data!r}")
        return Effect(data)

    def trigger(self, data: Any) -> Trigger:
        """One item of `when`."""
        keys = self.mapping(data, {"signal", "to"}, "when")
        patterns = tuple(self.pattern(item) for item in self.sequence(keys.get("signal"), "signal"))
        if not patterns:
            self.fail("when needs 'signal', a VSS path or pattern")
        comparison = self.comparison(keys["to"], COMPARISONS | MOVES) if "to" in keys else Comparison(())
        return Trigger(patterns, comparison)

    def pattern(self, data: Any) -> str:
        """A VSS path, wildcards allowed."""
        path = self.text(data, "signal")
        if "." not in path or not all(path.split(".")) or any(sign.isspace() for sign in path):
            self.fail(f"{path!r} is not a VSS path such as Vehicle.Cabin.Door.*.*.IsOpen")
        return path

    def comparison(self, data: Any, known: frozenset[str] = COMPARISONS) -> Comparison:
        """`{above: 0}`; a bare value is short for `{is: value}`."""
        if not isinstance(data, dict):
            return Comparison((("is", self.scalar(data, "a comparison")),))
        keys = self.mapping(data, known, "a comparison")
        if not keys:
            self.fail("a comparison is empty")
        for name, operand in keys.items():
            if name in FLAG_TESTS and operand is not True:
                self.fail(f"{name} takes true, not {operand!r}")
            if name not in FLAG_TESTS | VALUE_TESTS and (
                isinstance(operand, bool) or not isinstance(operand, int | float)
            ):
                self.fail(f"{name} takes a number, not {operand!r}")
            self.scalar(operand, name)
        return Comparison(tuple(keys.items()))

    def condition_list(self, data: Any, what: str) -> tuple[Condition, ...]:
        """The items of `if`, `unless`, `any` and `all`."""
        return tuple(self.condition(item) for item in self.sequence(data, what))

    def condition(self, data: Any) -> Condition:
        """One condition: a name, a group, the speaker, or signals with comparisons."""
        if isinstance(data, str):
            if data not in self.conditions:
                known = ", ".join(sorted(self.conditions)) or "none"
                self.fail(f"there is no condition {data!r} (known: {known})")
            return self.conditions[data]
        keys = self.mapping(data, None, "a condition")
        found = tuple(self.one_condition(name, value) for name, value in keys.items())
        if not found:
            self.fail("a condition is empty")
        return found[0] if len(found) == 1 else AllOf(found)

    def one_condition(self, name: str, value: Any) -> Condition:
        """`name: value` of a condition's mapping."""
        if name in ("any", "all", "sources"):
            items = self.condition_list(value, name)
            return AllOf(items) if name == "all" else AnyOf(items, redundant=name == "sources")
        if name == "speaker":
            return self.speaker(value)
        if name == "every":
            every = self.mapping(value, None, "every").items()
            return AllOf(tuple(Compare(self.pattern(key), self.comparison(data), True) for key, data in every))
        return Compare(self.pattern(name), self.comparison(value))

    def speaker(self, data: Any) -> SpeakerSits:
        """`{row: 2}`, `{from_row: 2}`, `{side: driver}`."""
        keys = self.mapping(data, _SPEAKER_KEYS, "speaker")
        if keys.get("side", "driver") not in ("driver", "passenger"):
            self.fail(f"side is driver or passenger, not {keys['side']!r}")
        rows = {key: self.whole(keys[key], key, 1) for key in ("row", "from_row") if key in keys}
        return SpeakerSits(rows.get("row"), rows.get("from_row"), keys.get("side"))

    def named(self, name: str, data: Any) -> Named:
        """One item of `conditions`: conditions, and optionally `unknown`, what to say when it cannot be told."""
        keys = dict(self.mapping(data, None, "a condition"))
        unknown = self.text(keys.pop("unknown"), "unknown").rstrip(".") if "unknown" in keys else ""
        return Named(name, self.condition(keys), unknown)

    def companion(self, data: Any) -> Companion:
        """One item of `add`."""
        keys = self.mapping(data, _COMPANION_KEYS, "a companion")
        needs = [need for need in _NEEDS if need in keys]
        if len(needs) != 1:
            self.fail(f"a companion needs exactly one of {', '.join(_NEEDS)}")
        phase = keys.get("phase", 0)
        return Companion(
            pattern=self.pattern(keys.get("signal")),
            need=needs[0],
            value=self.scalar(keys[needs[0]], needs[0]),
            where=self.comparison(keys["where"]) if "where" in keys else None,
            unless=self.condition_list(keys.get("unless"), "unless"),
            phase=self.whole(phase, "phase", -100),
            optional=self.flag(keys.get("optional", False), "optional"),
        )
