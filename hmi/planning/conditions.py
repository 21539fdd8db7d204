"""The small language that rules are written in: comparisons, and conditions on the vehicle's state.

A condition is true, false, or unknown (None) when a value it needs cannot be seen. Conditions are parsed once as
data, bound once to the signals of a catalogue, and are then plain functions of a `Situation`.

Patterns are those of `Catalogue.match`. In a condition of a rule, `$1` stands for the part of the triggering path
that the first wildcard of the rule's own pattern matched (`$2` for the second), `$row` and `$side` for the
speaker's row ("1") and side ("Driver" or "Passenger").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hmi.catalogue.signal import Signal, Value

Speaker = tuple[int, str]
"""Row (1 = front) and side ("driver" or "passenger")."""

SPEAKERS: tuple[Speaker, ...] = tuple((row, side) for row in (1, 2, 3) for side in ("driver", "passenger"))


class SignalIndex(Protocol):
    """What the rules need of a catalogue."""

    def match(self, pattern: str) -> Sequence[Signal]:
        """The signals whose path fits the pattern."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a condition can see."""

    now: Mapping[str, Value]
    """The vehicle before the sentence."""
    after: Mapping[str, Value]
    """The vehicle as it will be: `now` with the allowed part of the sentence and its companions laid over it."""
    speaker: Speaker = (1, "driver")


Check = Callable[[Situation, Value], bool | None]
"""(situation, the value that the triggering signal is to take) → true, false or unknown."""

Test = Callable[[Value, Value], bool]
"""(a signal's value, the value that the triggering signal is to take) → does it compare?"""


def _size(value: Value) -> float:
    """How far a device is from closed or off, in either direction (a sunroof tilts to -100)."""
    return abs(value) if isinstance(value, int | float) else 0.0


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


_TESTS: Mapping[str, Callable[[Value], Test]] = {
    "is": lambda operand: lambda value, _: value == operand,
    "is_not": lambda operand: lambda value, _: value != operand,
    "above": lambda operand: lambda value, _: _number(value) > _number(operand),
    "below": lambda operand: lambda value, _: _number(value) < _number(operand),
    "at_least": lambda operand: lambda value, _: _number(value) >= _number(operand),
    "at_most": lambda operand: lambda value, _: _number(value) <= _number(operand),
    "apart_from_request": lambda operand: (
        lambda value, target: abs(_number(value) - _number(target)) > _number(operand)
    ),
    "short_of_request": lambda _: lambda value, target: _size(value) < _size(target),
    "beyond_request": lambda _: lambda value, target: _size(value) > _size(target),
}
VALUE_TESTS = frozenset({"is", "is_not"})
"""Comparisons whose operand must be a value of the signal; the others take a number, or `true` for `_request`."""
FLAG_TESTS = frozenset({"short_of_request", "beyond_request", "opens", "closes"})
COMPARISONS = frozenset(_TESTS)
MOVES = frozenset({"opens", "closes"})
"""Comparisons of a trigger with the present value: further from 0 (closed, off) than now, or nearer."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One or several comparisons that must all hold, for example {"at_least": 20, "below": 80}."""

    parts: tuple[tuple[str, Value], ...]

    def test(self) -> Test:
        """The comparison as a function; `opens` and `closes` are the trigger's business and left out."""
        tests = [_TESTS[name](operand) for name, operand in self.parts if name not in MOVES]
        if len(tests) == 1:
            return tests[0]
        return lambda value, target: all(test(value, target) for test in tests)

    def check(self, signal: Signal) -> None:
        """Raise `InputError` for "is: X" where `signal` can never be X: it would never hold, unnoticed."""
        for name, operand in self.parts:
            if name in VALUE_TESTS:
                signal.check(operand)

    def moves(self, target: Value, now: Value | None) -> bool:
        """Whether going from `now` to `target` is the move asked for; from an unseen value it may always be."""
        for name, _ in self.parts:
            if name == "opens" and not (_size(target) > _size(now) if now is not None else _size(target) > 0):
                return False
            if name == "closes" and now is not None and not _size(target) < _size(now):
                return False
        return True


class Condition(Protocol):
    """Parsed data that becomes a check for one catalogue and one triggering path."""

    def bind(self, captures: Sequence[str], signals: SignalIndex) -> Check | None:
        """The check, or None when this car lacks the signals it needs."""

    def missing(self, captures: Sequence[str], signals: SignalIndex) -> tuple[str, ...]:
        """The patterns for which this car has no signal and without which the condition cannot be."""


@dataclass(frozen=True, slots=True)
class Compare:
    """A signal, or any (`every`: all) of the signals of a pattern, compares so."""

    pattern: str
    comparison: Comparison
    every: bool = False

    def bind(self, captures: Sequence[str], signals: SignalIndex) -> Check | None:
        """See `Condition`."""
        pattern, test, every = fill(self.pattern, captures), self.comparison.test(), self.every
        if depends_on_speaker(pattern):
            return self._bind_for_speaker(pattern, signals)
        found = find(pattern, signals)
        for signal in found:
            self.comparison.check(signal)
        paths = tuple(signal.path for signal in found)
        if not paths:
            return None
        if len(paths) == 1:
            return _compare_one(paths[0], test)
        return lambda situation, target: _compare_several(situation.after, paths, test, target, every)

    def _bind_for_speaker(self, pattern: str, signals: SignalIndex) -> Check | None:
        checks = {
            speaker: Compare(fill_speaker(pattern, speaker), self.comparison, self.every).bind((), signals)
            for speaker in SPEAKERS
        }
        if not any(checks.values()):
            return None

        def check(situation: Situation, target: Value) -> bool | None:
            bound = checks.get(situation.speaker)
            return bound(situation, target) if bound else False

        return check

    def missing(self, captures: Sequence[str], signals: SignalIndex) -> tuple[str, ...]:
        """See `Condition`."""
        return () if self.bind(captures, signals) else (fill(self.pattern, captures),)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one holds; else unknown as soon as one is unknown.

    With `redundant` the items are sources of one and the same fact (the speed, the moving flag): it is unknown
    only when none of them can be seen.
    """

    items: tuple[Condition, ...]
    redundant: bool = False

    def bind(self, captures: Sequence[str], signals: SignalIndex) -> Check | None:
        """See `Condition`; items for which the car lacks signals do not count."""
        checks = [check for item in self.items if (check := item.bind(captures, signals))]
        if not checks:
            return None
        if self.redundant:
            return lambda situation, target: any_seen([check(situation, target) for check in checks])
        return lambda situation, target: any_of([check(situation, target) for check in checks])

    def missing(self, captures: Sequence[str], signals: SignalIndex) -> tuple[str, ...]:
        """See `Condition`."""
        if self.bind(captures, signals):
            return ()
        return tuple(pattern for item in self.items for pattern in item.missing(captures, signals))


@dataclass(frozen=True, slots=True)
class AllOf:
    """All hold; false as soon as one is false, else unknown as soon as one is unknown."""

    items: tuple[Condition, ...]

    def bind(self, captures: Sequence[str], signals: SignalIndex) -> Check | None:
        """See `Condition`."""
        checks = [item.bind(captures, signals) for item in self.items]
        bound = [check for check in checks if check]
        if len(bound) < len(checks):
            return None
        return lambda situation, target: all_of([check(situation, target) for check in bound])

    def missing(self, captures: Sequence[str], signals: SignalIndex) -> tuple[str, ...]:
        """See `Condition`."""
        return tuple(pattern for item in self.items for pattern in item.missing(captures, signals))


@dataclass(frozen=True, slots=True)
class SpeakerSits:
    """The speaker sits in this row, or in this or a later one, or on this side."""

    row: int | None = None
    from_row: int | None = None
    side: str | None = None

    def bind(self, captures: Sequence[str], signals: SignalIndex) -> Check | None:
        """See `Condition`."""
        return lambda situation, _: self.holds(situation.speaker)

    def holds(self, speaker: Speaker) -> bool:
        """Whether `speaker` sits there."""
        row, side = speaker
        return (
            self.row in (None, row)
            and (self.from_row is None or row >= self.from_row)
            and self.side in (None, side)
        )

    def missing(self, captures: Sequence[str], signals: SignalIndex) -> tuple[str, ...]:
        """See `Condition`: a speaker sits in every car."""
        return ()


@dataclass(frozen=True, slots=True)
class Named:
    """A condition with a name, and what to say when it is unknown ("I can't tell whether the car is moving")."""

    name: str
    condition: Condition
    unknown: str = ""

    def bind(self, captures: Sequence[str], signals: SignalIndex) -> Check | None:
        """See `Condition`."""
        return self.condition.bind(captures, signals)

    def missing(self, captures: Sequence[str], signals: SignalIndex) -> tuple[str, ...]:
        """See `Condition`."""
        return self.condition.missing(captures, signals)


def any_of(answers: Sequence[bool | None]) -> bool | None:
    """True when one is true, else None when one is unknown."""
    if True in answers:
        return True
    return None if None in answers else False


def any_seen(answers: Sequence[bool | None]) -> bool | None:
    """True when one is true, None when all are unknown."""
    if True in answers:
        return True
    return False if False in answers else None


def all_of(answers: Sequence[bool | None]) -> bool | None:
    """False when one is false, else None when one is unknown."""
    if False in answers:
        return False
    return None if None in answers else True


def _compare_one(path: str, test: Test) -> Check:
    def check(situation: Situation, target: Value) -> bool | None:
        value = situation.after.get(path)
        return None if value is None else test(value, target)

    return check


def _compare_several(
    values: Mapping[str, Value], paths: Sequence[str], test: Test, target: Value, every: bool
) -> bool | None:
    seen = [values.get(path) for path in paths]
    answers = [None if value is None else test(value, target) for value in seen]
    return all_of(answers) if every else any_of(answers)


_PLACEHOLDER = re.compile(r"\$(\d)")


def captured(pattern: str, path: str) -> tuple[str, ...]:
    """The parts of `path` that the wildcard parts of `pattern` stand for, in order."""
    pairs = zip(pattern.split("."), path.split("."), strict=True)
    return tuple(part for wanted, part in pairs if "*" in wanted or wanted.startswith("{"))


def fill(pattern: str, captures: Sequence[str]) -> str:
    """`pattern` with `$1`, `$2` … replaced by what was captured; a number beyond that stays as it is."""
    return _PLACEHOLDER.sub(
        lambda found: captures[int(found[1]) - 1] if 0 < int(found[1]) <= len(captures) else found[0], pattern
    )


def find(pattern: str, signals: SignalIndex) -> Sequence[Signal]:
    """The signals of a filled pattern; none while a `$n` is left for which nothing was captured."""
    return () if "$" in pattern else signals.match(pattern)


def depends_on_speaker(pattern: str) -> bool:
    """Whether `pattern` has a place for the speaker's row or side."""
    return "$row" in pattern or "$side" in pattern


def fill_speaker(pattern: str, speaker: Speaker) -> str:
    """`pattern` with `$row` and `$side` replaced by the speaker's."""
    row, side = speaker
    return pattern.replace("$row", str(row)).replace("$side", side.capitalize())
