"""How far: the numbers, fractions, extremes and degree words of a clause, and what they mean for each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hmi.catalogue.families import Degree, Family, FamilyKind
from hmi.catalogue.signal import Signal, Value
from hmi.requests import Kind, Request

_HIGHEST_LEVEL = 12
"""A bare number up to this is a level, for a device that has levels; above it is a percentage."""
CRACK = 10
"""Percent open of a cracked window."""
_WORD_LEVELS = {"low": 20.0, "medium": 50.0, "high": 80.0}
"""Percent of the range, for devices without levels of their own."""


@dataclass(slots=True)
class Amount:
    """What a clause says about how far; every field is empty when nothing was said."""

    number: float | None = None
    unit: str = ""
    """percent, degrees, celsius, fahrenheit, megahertz, millimetres, centimetres, level, notches or nothing."""
    relation: str = ""
    """ "to" or "by" before the number, or nothing."""
    fraction: float | None = None
    extreme: str = ""
    level: str = ""
    value: Value | None = None
    colour: str = ""
    degree: Degree | None = None
    more: int = 0
    """+1 for "more", -1 for "less"."""
    full: bool = False

    def targets(self) -> int:
        """How many different target values the clause names."""
        named = (self.number, self.fraction, self.value)
        return sum(item is not None for item in named) + bool(self.extreme) + bool(self.level) + bool(self.colour)

    def empty(self) -> bool:
        """True when the clause says nothing about how far."""
        return not self.targets() and self.degree is None and not self.more and not self.full


class NoSenseError(Exception):
    """The operation and the amount make no sense together for this family."""


class ImpossibleValueError(Exception):
    """They do, but the device cannot: the message says what it can."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of each member: a request without its signal."""

    kind: Kind
    value: Value | None = None
    direction: int = 0
    amount: float | None = None
    degree: Degree | None = None

    def on(self, signal: Signal) -> Request:
        """The request on `signal`."""
        return Request(self.kind, signal, self.value, self.direction, self.amount, self.degree)


def wish_for(family: Family, operation: str, amount: Amount) -> Wish:
    """What `operation` ("" for none) with `amount` asks of a member of `family`.

    Raises `NoSenseError` when the two do not fit together or the family, `ImpossibleValueError` when they do and
    the device has no such value.
    """
    if amount.targets() > 1:
        raise NoSenseError
    return _BY_KIND[family.kind](family, operation, amount)


def _set(value: Value) -> Wish:
    return Wish(Kind.SET, value)


def _adjust(family: Family, direction: int, amount: Amount, number: float | None = None) -> Wish:
    if family.negative:
        direction = -direction
    # a seat's heating and cooling share one signal: "less heating" ends at off, it does not begin to cool
    lowest = _lowest(family)
    easing = direction != (-1 if family.negative else 1)
    stop = 0 if family.kind is FamilyKind.LEVEL and lowest < 0 and easing else None
    if number is not None:
        if number <= 0:
            raise NoSenseError
        return Wish(Kind.ADJUST, stop, direction, number)
    return Wish(Kind.ADJUST, stop, direction, None, amount.degree or Degree.SOME)


def _switch(family: Family, operation: str, amount: Amount) -> Wish:
    if amount.targets() or amount.degree or amount.more:
        raise NoSenseError
    truths = {"on": True, "off": False, "open": True, "close": False, "lock": True, "unlock": False}
    if operation == "toggle":
        return Wish(Kind.TOGGLE)
    if operation not in truths:
        raise NoSenseError
    return _set(truths[operation])


def _opening(family: Family, operation: str, amount: Amount) -> Wish:
    if operation in family.values:
        if not amount.empty() and not amount.full:
            raise NoSenseError
        return _set(family.values[operation])
    way = {"open": 1, "close": -1, "crack": 1}.get(operation, 0)
    if operation and not way:
        raise NoSenseError
    if operation == "crack":
        if amount.targets() or amount.more:
            raise NoSenseError
        return _set(CRACK)
    if amount.value is not None or amount.colour or amount.level:
        raise NoSenseError
    share = amount.fraction if amount.fraction is not None else amount.number
    if share is not None:
        return _opening_share(family, way, amount, share)
    if amount.extreme or (amount.full and way):
        if way:
            return _set(100 if way > 0 else 0)
        return _set(100 if amount.extreme == "max" else 0)
    if amount.degree or amount.more:
        if not way and not amount.more:
            raise NoSenseError
        return _adjust(family, (way or 1) * (amount.more or 1), amount)
    if not way:
        raise NoSenseError
    return _set(100 if way > 0 else 0)


def _opening_share(family: Family, way: int, amount: Amount, share: float) -> Wish:
    if (
        share < 0 and _lowest(family) < 0
    ):  # a sunroof that tilts has values below zero, which nobody means by "minus ten percent"
        raise ImpossibleValueError(f"The {family.label} opens from 0 to 100 percent.")
    if amount.number is not None and amount.unit not in ("", "percent"):
        raise NoSenseError
    if amount.relation == "by" or amount.more:
        if not way and not amount.more:
            raise NoSenseError
        return _adjust(family, (way or 1) * (amount.more or 1), amount, share)
    if way < 0 and amount.relation != "to" and share != 50:
        raise NoSenseError  # "close it 30 percent": open by 30 or by 70?
    return _set(_whole(share))


def _level(family: Family, operation: str, amount: Amount) -> Wish:
    if operation and operation not in ("on", "off", "up", "down"):
        raise NoSenseError
    if amount.value is not None or amount.colour:
        raise NoSenseError
    way = {"up": 1, "down": -1}.get(operation, 0)
    if amount.level and amount.more:  # "a little more strong"
        return _adjust(family, amount.more if amount.level == "high" else -amount.more, amount)
    if amount.number is not None:
        return _level_number(family, operation, way, amount)
    if amount.fraction is not None or amount.level or amount.extreme:
        if operation == "off":
            raise NoSenseError
        return _set(_signed(family, _level_target(family, way, amount)))
    if way or amount.more:
        if amount.full:
            return _set(_signed(family, 100 if way > 0 else _bottom(family)))
        return _adjust(family, -1 if amount.more < 0 else way or 1, amount)
    if amount.full and operation == "on":
        return _set(_signed(family, 100))
    return _level_switch(family, operation, amount)


def _level_switch(family: Family, operation: str, amount: Amount) -> Wish:
    value = {"on": family.on, "off": family.off}.get(operation)
    if value is None:
        raise NoSenseError
    if operation == "on" and amount.degree is Degree.LITTLE and family.levels:
        return _set(_signed(family, _nth_level(family, 1)))
    if amount.degree:
        raise NoSenseError
    return _set(_signed(family, float(value)))


def _level_number(family: Family, operation: str, way: int, amount: Amount) -> Wish:
    number = amount.number or 0.0
    by_level = amount.unit in ("notches", "level") or (
        family.levels > 0 and amount.unit == "" and abs(number) <= 3
    )
    if amount.unit not in ("", "percent", "level", "notches"):
        raise NoSenseError
    if (
        number < 0
        and amount.unit != "level"
        and amount.relation != "to"
        and not family.negative
        and _lowest(family) >= 0
    ):  # "volume minus five"
        return _adjust(family, -1, amount, -number * (family.steps.get(Degree.SOME, 10.0) if by_level else 1))
    relative = amount.relation == "by" or bool(amount.more) or amount.unit == "notches"
    relative = relative or (bool(way) and amount.relation != "to" and amount.unit != "level")
    if relative:
        if not way and not amount.more:
            raise NoSenseError
        step = number * family.steps.get(Degree.SOME, 10.0) if by_level else number
        return _adjust(family, (way or 1) * (amount.more or 1), amount, step)
    if operation == "off" and number != 0:
        raise NoSenseError
    if number < 0 and _lowest(family) < 0:  # heating and cooling of a seat are one signal, but not one device
        raise ImpossibleValueError(f"The {family.label} starts at 0.")
    if family.levels and amount.unit != "percent" and (number <= _HIGHEST_LEVEL or amount.unit == "level"):
        if number != int(number) or not 0 <= number <= family.levels:
            raise ImpossibleValueError(f"The {family.label} has levels 1 to {family.levels}.")
        return _set(_signed(family, _nth_level(family, int(number))))
    return _set(_signed(family, number))


def _level_target(family: Family, way: int, amount: Amount) -> float:
    if amount.fraction is not None:
        return amount.fraction
    if amount.extreme:
        if amount.extreme == "least" and family.levels:
            return _nth_level(family, 1)
        highest = amount.extreme == "max" and way >= 0
        return 100.0 if highest else _bottom(family)
    if family.levels:
        nth = {"low": 1, "medium": (family.levels + 1) // 2, "high": family.levels}[amount.level]
        return _nth_level(family, nth)
    return _WORD_LEVELS[amount.level]


def _nth_level(family: Family, nth: int) -> float:
    return float(round(100 * nth / family.levels))


def _lowest(family: Family) -> float:
    return next(iter(family.members.values())).bounds()[0]


def _bottom(family: Family) -> float:
    return max(0.0, _lowest(family))


def _signed(family: Family, strength: float) -> Value:
    return _whole(-strength if family.negative and strength else strength)


def _whole(number: float) -> Value:
    return int(number) if number == int(number) else number


def _temperature(family: Family, operation: str, amount: Amount) -> Wish:
    way = {"up": 1, "down": -1}.get(operation, 0)
    if operation and not way:
        raise NoSenseError
    if amount.value is not None or amount.colour or amount.level or amount.fraction is not None:
        raise NoSenseError
    if amount.number is not None:
        if amount.unit not in ("", "degrees", "celsius", "fahrenheit", "notches"):
            raise NoSenseError
        return _temperature_number(family, way, amount, amount.number)
    signal = next(iter(family.members.values()))
    low, high = signal.bounds()
    if amount.extreme:
        return _set(high if amount.extreme == "max" and way >= 0 else low)
    if amount.full and way:
        return _set(high if way > 0 else low)
    if not way and not amount.more:
        raise NoSenseError
    return _adjust(family, -1 if amount.more < 0 else way or 1, amount)


def _temperature_number(family: Family, way: int, amount: Amount, number: float) -> Wish:
    fahrenheit = amount.unit == "fahrenheit"
    # "two degrees warmer" is a difference; "warm it up to 24" and "make it warmer, 24" are targets
    if amount.relation == "by" or amount.more or (way and amount.relation != "to" and number <= 10):
        if not way and not amount.more:
            raise NoSenseError
        return _adjust(family, (way or 1) * (amount.more or 1), amount, number * 5 / 9 if fahrenheit else number)
    return _set(round((number - 32) * 5 / 9 * 2) / 2 if fahrenheit else _whole(number))


def _axis(family: Family, operation: str, amount: Amount) -> Wish:
    way = {"up": 1, "down": -1}.get(operation, 0)
    if (operation and not way and operation != "set") or amount.colour or amount.level:
        raise NoSenseError
    signal = next(iter(family.members.values()))
    low, high = signal.bounds()
    if amount.value is not None:
        return _set(amount.value)
    if amount.number is not None:
        return _axis_number(family, way, amount, amount.number, signal)
    if amount.fraction is not None:
        return _set(_whole(round(low + (high - low) * amount.fraction / 100, 1)))
    if amount.extreme and (way or (family.words.get("vertical") and not operation)):
        return _set(_whole(high if amount.extreme == "max" and way >= 0 else low))
    if amount.full and way:
        return _set(_whole(high if way > 0 else low))
    if not way:
        raise NoSenseError
    return _adjust(family, way * (amount.more or 1), amount)


_AXIS_UNITS = {"mm": {"", "millimetres", "centimetres"}, "degrees": {"", "degrees"}, "percent": {"", "percent"}}


def _axis_number(family: Family, way: int, amount: Amount, number: float, signal: Signal) -> Wish:
    share = amount.unit == "percent" and signal.unit == "mm"
    if not share and amount.unit not in _AXIS_UNITS.get(signal.unit, {"", "megahertz", "notches"}):
        raise NoSenseError
    if amount.unit == "centimetres":
        number *= 10
    if share:
        low, high = signal.bounds()
        number = (high - low) * number / 100
    if amount.relation == "by" or amount.more or (way and amount.relation != "to"):
        if not way:
            raise NoSenseError
        return _adjust(family, way * (amount.more or 1), amount, number)
    return _set(_whole(number))


def _choice(family: Family, operation: str, amount: Amount) -> Wish:
    allowed = next(iter(family.members.values())).allowed
    if operation in allowed:
        if not amount.empty() and not amount.degree:
            raise NoSenseError
        return _set(operation)
    if amount.value is not None:
        if operation not in ("", "set", "on") or amount.degree:
            raise NoSenseError
        return _set(amount.value)
    if amount.extreme == "max" and family.scale and operation in ("", "set", "on") and amount.targets() == 1:
        return _set(family.scale[-1])
    if amount.targets():
        raise NoSenseError
    if operation in ("up", "down") or (amount.more and not operation):
        if not family.scale:
            raise NoSenseError
        way = {"up": 1, "down": -1}.get(operation, 1) * (amount.more or 1)
        return Wish(Kind.ADJUST, None, way, None, amount.degree or Degree.SOME)
    value = {"on": family.on, "off": family.off}.get(operation)
    if value is None or amount.degree or amount.more:
        raise NoSenseError
    return _set(value)


def _colour(family: Family, operation: str, amount: Amount) -> Wish:
    if not amount.colour or operation or amount.degree or amount.more:
        raise NoSenseError
    return _set(amount.colour)


def _reading(family: Family, operation: str, amount: Amount) -> Wish:
    raise NoSenseError


_BY_KIND: dict[FamilyKind, Callable[[Family, str, Amount], Wish]] = {
    FamilyKind.OPENING: _opening,
    FamilyKind.HATCH: _switch,
    FamilyKind.LOCK: _switch,
    FamilyKind.SWITCH: _switch,
    FamilyKind.LEVEL: _level,
    FamilyKind.TEMPERATURE: _temperature,
    FamilyKind.AXIS: _axis,
    FamilyKind.CHOICE: _choice,
    FamilyKind.COLOUR: _colour,
    FamilyKind.READING: _reading,
}
