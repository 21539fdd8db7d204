"""Relative wishes → absolute values: what each request means for the vehicle as it is now.

A value that is asked for outright and does not fit is impossible, never bent to fit: "35 degrees" must not
silently become 30. A relative wish stops at the end of the range, as a person turning a knob would expect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from codriver.errors import InputError
from hmi.catalogue.families import Family, FamilyKind
from hmi.catalogue.signal import Signal, SignalValue, Value
from hmi.planning.plan import Impossible, Reading
from hmi.planning.steps import ImpossibleError, on_grid, step, toggled
from hmi.planning.wording import possible_values, spoken
from hmi.requests import Kind, Request

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")

State = Mapping[str, Value]
"""VSS path → last trustworthy value; signals without one are absent."""


class FamilyIndex(Protocol):
    """Finds the family of a signal."""

    def of(self, path: str) -> Family | None:
        """The family that has `path` as a member, None when there is none."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Requests made absolute. No rule has seen them yet."""

    requested: tuple[SignalValue, ...] = ()
    """One value for each signal, in the order of the sentence."""
    at_end: tuple[SignalValue, ...] = ()
    """Those of `requested` that a relative request brought to (or left at) the end of the range."""
    readings: tuple[Reading, ...] = ()
    impossible: tuple[Impossible, ...] = ()


@dataclass(slots=True)
class _Wishes:
    """What has been gathered so far, by path."""

    wanted: dict[str, SignalValue] = field(default_factory=dict)
    at_end: set[str] = field(default_factory=set)
    readings: list[Reading] = field(default_factory=list)
    impossible: dict[str, Impossible] = field(default_factory=dict)

    def want(self, target: SignalValue, at_end: bool) -> None:
        self.wanted[target.path] = target
        (self.at_end.add if at_end else self.at_end.discard)(target.path)

    def cannot(self, signal: Signal, reason: str) -> None:
        self.wanted.pop(signal.path, None)
        self.impossible.setdefault(signal.path, Impossible(signal, reason))


def resolve(
    requests: Sequence[Request], state: State, families: FamilyIndex, under_way: State | None = None
) -> Resolution:
    """Make `requests` absolute for a vehicle in `state`. Pure: the arguments are not changed.

    A relative request counts from where a signal is going, if it is `under_way`.

    Several relative requests on one signal add up. Two requests that want different values of one signal, a value
    outside the range, and a step from a value that nobody can see become `Impossible`.
    """
    wishes = _Wishes()
    expected = {**state, **under_way} if under_way else state
    for request in requests:
        if request.kind is Kind.READ:
            wishes.readings.append(Reading(request.signal, state.get(request.signal.path), request.value))
        elif not request.signal.writable:
            wishes.cannot(request.signal, "it can be read, but not changed")
        elif request.signal.path not in wishes.impossible:
            _add(wishes, request, expected, families.of(request.signal.path))
    return Resolution(
        tuple(wishes.wanted.values()),
        tuple(target for path, target in wishes.wanted.items() if path in wishes.at_end),
        tuple(wishes.readings),
        tuple(wishes.impossible.values()),
    )


def _add(wishes: _Wishes, request: Request, state: State, family: Family | None) -> None:
    """Put one SET, ADJUST or TOGGLE into `wishes`."""
    signal = request.signal
    before = wishes.wanted.get(signal.path)
    try:
        if request.kind is Kind.ADJUST:
            start = before.value if before else state.get(signal.path)
            moved = step(request, start, family)
            wishes.want(SignalValue(signal, moved.value), moved.at_end)
            return
        value = request.value if request.kind is Kind.SET else toggled(signal, state.get(signal.path), family)
        target = absolute(signal, value, family)
    except ImpossibleError as problem:
        wishes.cannot(signal, str(problem))
        return
    if before is not None and before.value != target.value:
        first, second = spoken(signal, before.value, family), spoken(signal, target.value, family)
        wishes.cannot(signal, f"you asked for two different things, {first} and {second}")
    elif before is None:
        wishes.want(target, at_end=False)


def absolute(signal: Signal, value: Value | None, family: Family | None) -> SignalValue:
    """`value` as a value of `signal`, rounded to the finest step that the signal knows once its range is checked.

    Raises `ImpossibleError` with what would be possible.
    """
    if value is None:
        raise ImpossibleError("you did not say to what")
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = signal.bounds()
        if low <= value <= high:
            value = on_grid(signal, value)
    if family is not None and family.kind is FamilyKind.COLOUR and not _COLOUR.fullmatch(str(value)):
        raise ImpossibleError(possible_values(signal, family))
    try:
        return SignalValue(signal, value)
    except InputError:
        raise ImpossibleError(possible_values(signal, family)) from None
