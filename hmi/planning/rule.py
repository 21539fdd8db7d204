"""A rule: when it looks at a change, under which conditions it speaks, and what it then does.

A `Rule` is data that no car has seen yet. `Rule.bind` looks up its signals in a catalogue and gives one `Guard`
for every path that triggers it; a guard is what the review runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from codriver.errors import InputError
from hmi.catalogue.signal import Signal, SignalValue, Value
from hmi.planning.conditions import (
    SPEAKERS,
    Check,
    Comparison,
    Condition,
    Named,
    SignalIndex,
    Situation,
    Speaker,
    Test,
    captured,
    depends_on_speaker,
    fill,
    fill_speaker,
    find,
)
from hmi.planning.plan import Effect

Need = Literal["value", "at_least", "at_most"]
"""What a companion wants of its signal: exactly this, this or more, this or less."""

CANNOT_TELL = "I can't see everything that this depends on"
"""Said when a safety rule lacks a value and its condition has no words of its own for that."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """Changes of these signals to such values make the rule look."""

    patterns: tuple[str, ...]
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Companion:
    """A change that the rule adds, as data."""

    pattern: str
    need: Need
    value: Value
    where: Comparison | None = None
    """Only signals whose value compares so need it; without, every signal that is not as needed."""
    unless: tuple[Condition, ...] = ()
    phase: int = 0
    optional: bool = False
    """False: the change that triggered the rule cannot be without it, and is refused when it is refused."""


@dataclass(frozen=True, slots=True)
class BoundCompanion:
    """A companion for one signal of this car."""

    signal: Signal
    need: Need
    value: Value
    where: Test | None
    unless: tuple[Check, ...]
    phase: int
    optional: bool

    def is_met(self, value: Value | None, target: Value) -> bool:
        """Whether `value` is as needed when the triggering signal takes `target`.

        An unseen value is not, except where only some values (`where`) need the change.
        """
        if value == self.value:
            return True
        if self.where is not None:
            return value is None or not self.where(value, target)
        if value is None:
            return False
        if self.need == "value":
            return value == self.value
        if isinstance(value, str) or isinstance(self.value, str):
            return False
        return value >= self.value if self.need == "at_least" else value <= self.value


@dataclass(frozen=True, slots=True)
class Guard:
    """One rule on one triggering path of this car."""

    rule: Rule
    comparison: Comparison
    test: Test
    checks: tuple[tuple[Check, str], ...]
    """Conditions that must hold, each with what to say when it is unknown."""
    exceptions: tuple[Check, ...]
    companions: Mapping[Speaker, tuple[BoundCompanion, ...]]

    def needs(self, speaker: Speaker) -> tuple[BoundCompanion, ...]:
        """The companions for this speaker; somebody in an unusual place counts as the driver."""
        return self.companions.get(speaker) or self.companions.get(SPEAKERS[0], ())

    def speaks(self, change: SignalValue, situation: Situation) -> str:
        """The reason when the rule speaks about `change`, empty when it does not."""
        target = change.value
        if not self.test(target, target) or not self.comparison.moves(target, situation.now.get(change.path)):
            return ""
        reason = self.rule.reason
        for check, unknown in self.checks:
            answer = check(situation, target)
            if answer is False or (answer is None and not self.rule.safety):
                return ""
            if answer is None:
                reason = unknown
        for check in self.exceptions:
            answer = check(situation, target)
            if answer or (answer is None and not self.rule.safety):
                return ""
        return reason


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the policy."""

    id: str
    effect: Effect
    reason: str
    """For the driver, one clause."""
    triggers: tuple[Trigger, ...]
    safety: bool = False
    conditions: tuple[Condition, ...] = ()
    """All must hold, in the state after the sentence."""
    unless: tuple[Condition, ...] = ()
    """None may hold."""
    together: int = 1
    """Speaks only when at least so many changes of one sentence do."""
    requested_only: bool = False
    """Looks only at what the sentence asks for, not at companions of other rules."""
    already: bool = False
    """Adds its companions even to a value that the vehicle has already (a light that is white, but off)."""
    companions: tuple[Companion, ...] = ()
    source: str = ""
    """The file it comes from."""

    def bind(self, signals: SignalIndex) -> dict[str, list[Guard]]:
        """Its guards by path; empty when this car lacks the signals it needs.

        Raises `InputError` for a value that a signal of this car cannot have.
        """
        guards: dict[str, list[Guard]] = {}
        for trigger in self.triggers:
            for pattern in trigger.patterns:
                for signal in signals.match(pattern):
                    trigger.comparison.check(signal)
                    guard = self._guard(trigger, captured(pattern, signal.path), signals)
                    if guard is not None:
                        guards.setdefault(signal.path, []).append(guard)
        return guards

    def lacking(self, signals: SignalIndex) -> tuple[str, ...]:
        """The patterns that find no signal in this car and keep the rule from working, none for a working one."""
        if self.bind(signals):
            return ()
        patterns = [pattern for trigger in self.triggers for pattern in trigger.patterns]
        found = [(pattern, signal) for pattern in patterns for signal in signals.match(pattern)]
        if not found:
            return tuple(patterns)
        captures = captured(found[0][0], found[0][1].path)
        lacks = [pattern for item in self.conditions for pattern in item.missing(captures, signals)]
        return tuple(lacks) or tuple(fill(companion.pattern, captures) for companion in self.companions)

    def _guard(self, trigger: Trigger, captures: Sequence[str], signals: SignalIndex) -> Guard | None:
        checks = [(item.bind(captures, signals), _unknown(item)) for item in self.conditions]
        bound = tuple((check, unknown) for check, unknown in checks if check)
        if len(bound) < len(checks):
            return None
        companions = _bind_companions(self.companions, captures, signals)
        if self.companions and not any(companions.values()):
            return None
        exceptions = tuple(check for item in self.unless if (check := item.bind(captures, signals)))
        return Guard(self, trigger.comparison, trigger.comparison.test(), bound, exceptions, companions)


def _unknown(condition: Condition) -> str:
    return condition.unknown or CANNOT_TELL if isinstance(condition, Named) else CANNOT_TELL


def _bind_companions(
    companions: Sequence[Companion], captures: Sequence[str], signals: SignalIndex
) -> dict[Speaker, tuple[BoundCompanion, ...]]:
    if not companions:
        return {}
    if any(depends_on_speaker(item.pattern) for item in companions):
        return {speaker: _companions_for(speaker, companions, captures, signals) for speaker in SPEAKERS}
    same = _companions_for(SPEAKERS[0], companions, captures, signals)
    return dict.fromkeys(SPEAKERS, same)


def _companions_for(
    speaker: Speaker, companions: Sequence[Companion], captures: Sequence[str], signals: SignalIndex
) -> tuple[BoundCompanion, ...]:
    bound: list[BoundCompanion] = []
    for item in companions:
        pattern = fill(item.pattern, captures)
        # Somebody in a row without a station of its own speaks for the driver's.
        found = find(fill_speaker(pattern, speaker), signals) or find(fill_speaker(pattern, SPEAKERS[0]), signals)
        where = item.where.test() if item.where else None
        unless = tuple(check for part in item.unless if (check := part.bind(captures, signals)))
        for signal in found:
            value = SignalValue(signal, item.value).value
            if item.where:
                item.where.check(signal)
            if not signal.writable:
                raise InputError(f"{signal.path} can be read, but not changed; a companion needs an actuator.")
            bound.append(BoundCompanion(signal, item.need, value, where, unless, item.phase, item.optional))
    return tuple(bound)
