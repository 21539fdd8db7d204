"""Relative moves on one signal: a step up or down, and flipping."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hmi.catalogue.families import Degree, Family, FamilyKind
from hmi.catalogue.signal import Signal, Value
from hmi.planning.wording import spoken
from hmi.requests import Request

_DEFAULT_SHARE = {Degree.LITTLE: 0.1, Degree.SOME: 0.2, Degree.LOT: 0.4}
"""Part of the whole range that a degree means where the family says nothing."""
_CHOICE_STEPS = {Degree.LITTLE: 1, Degree.SOME: 1, Degree.LOT: 2}
_DECIMALS = 6
"""Adding 0.1 and 0.2 must not become 0.30000000000000004."""
_ON_GRID = 0.05
"""A level is a rounded share (67 of 100 for two of three), so it may miss the grid by this part of a level."""


class ImpossibleError(ValueError):
    """A request that cannot become a value; the message is one clause for the driver."""


@dataclass(frozen=True, slots=True)
class Limited:
    """Where a step ends, and whether the end of the range stopped it."""

    value: Value
    at_end: bool


def step(request: Request, start: Value | None, family: Family | None) -> Limited:
    """Where ADJUST `request` leads from `start`, stopping at the end of the range.

    `request.value`, when given, is a nearer stop in its direction: "less seat heating" stops at 0 and does not go
    on into cooling. Raises `ImpossibleError`.
    """
    signal = request.signal
    if request.direction not in (1, -1):
        raise ImpossibleError("you did not say which way")
    if start is None:
        raise ImpossibleError("I can't see where it is now")
    if isinstance(start, bool):
        raise ImpossibleError("it can only be on or off")
    scale = _scale(signal, family)
    if scale:
        return _along_scale(request, start, scale, family)
    if isinstance(start, str) or signal.allowed:
        raise ImpossibleError("it has no more and no less")
    if not math.isfinite(start):
        raise ImpossibleError("I can't see where it is now")
    low, high = _stops(request, start)
    moved = start + request.direction * _distance(request, start, family)
    value = min(max(moved, low), high)
    value = on_grid(signal, value)
    reached = value >= high if request.direction > 0 else value <= low
    return Limited(value, reached)


def on_grid(signal: Signal, value: float) -> float:
    """`value`, within the signal's range, rounded to a whole number or to the `step` that the catalogue declares.

    The bus carries no finer value, so a read-back could never prove one.
    """
    if signal.datatype.startswith(("int", "uint")):
        return round(value)
    grid = signal.extras.get("step")
    if not isinstance(grid, int | float) or grid <= 0:
        return round(value, _DECIMALS)
    low, high = signal.bounds()
    rounded = round(round(value / grid) * grid, _DECIMALS)
    return min(max(rounded, low), high)


def toggled(signal: Signal, now: Value | None, family: Family | None) -> Value:
    """The other one of two states: on/off, open/closed. Raises `ImpossibleError`."""
    if now is None:
        raise ImpossibleError("I can't see where it is now")
    if isinstance(now, bool):
        return not now
    on, off = (family.on, family.off) if family else (None, None)
    if family is not None and family.kind is FamilyKind.OPENING:
        on, off = (signal.bounds()[1] if on is None else on), (0 if off is None else off)
    if on is None or off is None:
        raise ImpossibleError("it is not something that is just on or off")
    return on if now == off else off


def _distance(request: Request, start: float, family: Family | None) -> float:
    """How far to go, in the signal's unit (> 0)."""
    if request.amount is not None:
        if not (math.isfinite(request.amount) and request.amount > 0):
            raise ImpossibleError("you did not say how much")
        return request.amount
    degree = request.degree or Degree.SOME
    low, high = request.signal.bounds()
    amount = (family.steps if family else {}).get(degree)
    if amount is None:
        amount = _DEFAULT_SHARE[degree] * (high - low)
    if not math.isfinite(amount):
        raise ImpossibleError("you did not say how much")
    if family is not None and family.levels > 0 and math.isfinite(high):
        return _to_level(start, amount, request.direction, high / family.levels)
    return amount


def _to_level(start: float, amount: float, direction: int, level: float) -> float:
    """The distance to the level that is `amount` away; a value between two levels counts as the one it passed."""
    steps = max(1, round(amount / level))
    place = start / level
    if abs(place - round(place)) <= _ON_GRID:
        place = round(place)
    target = math.floor(place) + steps if direction > 0 else math.ceil(place) - steps
    return abs(round(target * level) - start)


def _stops(request: Request, start: float) -> tuple[float, float]:
    """The range, cut short by the nearer stop; a value that is beyond that stop already is not pulled back."""
    low, high = request.signal.bounds()
    stop = request.value
    if isinstance(stop, bool) or not isinstance(stop, int | float):
        return low, high
    if request.direction > 0:
        return low, min(high, max(stop, start))
    return max(low, min(stop, start)), high


def _scale(signal: Signal, family: Family | None) -> Sequence[Value]:
    """The order of an ordered choice, least first; empty when it has none."""
    return [value for value in family.scale if value in signal.allowed] if family else ()


def _along_scale(request: Request, start: Value, scale: Sequence[Value], family: Family | None) -> Limited:
    if start not in scale:
        now, least, most = (spoken(request.signal, value, family) for value in (start, scale[0], scale[-1]))
        raise ImpossibleError(f"it is on {now}, which is not on the scale from {least} to {most}")
    count = (
        _CHOICE_STEPS[request.degree or Degree.SOME] if request.amount is None else max(1, round(request.amount))
    )
    place = scale.index(start) + request.direction * count
    place = min(max(place, 0), len(scale) - 1)
    return Limited(scale[place], place == (len(scale) - 1 if request.direction > 0 else 0))
