"""Short clauses about values, for a person."""

from __future__ import annotations

import math

from hmi.catalogue.families import Family, FamilyKind
from hmi.catalogue.signal import Signal, Value

_UNITS = {
    "celsius": "°C",
    "percent": "%",
    "degrees": "°",
}
_SHOWN_CHOICES = 8
"""A spoken list longer than this helps nobody."""


def unit_of(signal: Signal) -> str:
    """The signal's unit as it is written after a number, empty without one."""
    return _UNITS.get(signal.unit.lower(), signal.unit)


def spoken(signal: Signal, value: Value, family: Family | None = None) -> str:
    """`value` of `signal` as a person would say it: "22 °C", "on", "slow"."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        words = [word for word, code in family.values.items() if code == value] if family else []
        plain = value.replace("_", " ").lower() if value.isupper() else value
        return plain if plain in words or not words else words[0]
    unit = unit_of(signal)
    if not unit:
        return f"{value:g}"
    return f"{value:g}{unit}" if unit == "°" else f"{value:g} {unit}"


def possible_values(signal: Signal, family: Family | None = None) -> str:
    """What `signal` can be: "it goes from 16 to 30 °C", "it can be off, slow or fast"."""
    if signal.allowed:
        words = list(dict.fromkeys(spoken(signal, value, family) for value in signal.allowed))
        if len(words) > _SHOWN_CHOICES:
            return f"it can be {', '.join(words[:_SHOWN_CHOICES])} and {len(words) - _SHOWN_CHOICES} more"
        return f"it can be {_either(words)}"
    if signal.datatype == "boolean":
        return "it can only be on or off"
    if family is not None and family.kind is FamilyKind.COLOUR:
        return "it is a colour, such as #FF0000 for red"
    if signal.datatype == "string":
        return "it is a text"
    low, high = signal.bounds()
    end = spoken(signal, high)
    if math.isinf(low) or math.isinf(high):
        return "it is a number"
    return f"it goes from {low:g} to {end}"


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
