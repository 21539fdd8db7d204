"""One signal of a COVESA VSS catalogue, and a value that is known to fit it.

A `SignalValue` checks its value at birth (type, range, allowed list), so whoever holds one need not check again:
an out-of-range value cannot be constructed, wherever it came from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from codriver.errors import InputError

Value = bool | int | float | str
"""What one scalar signal can hold."""

SignalType = Literal["actuator", "sensor", "attribute"]

_INTEGER_RANGES: Mapping[str, tuple[int, int]] = {
    f"{sign}int{bits}": ((0, 2**bits - 1) if sign else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    for bits in (8, 16, 32, 64)
    for sign in ("u", "")
}
SCALAR_DATATYPES = frozenset(_INTEGER_RANGES) | {"boolean", "float", "double", "string"}


@dataclass(frozen=True, slots=True)
class Signal:
    """A leaf of the catalogue, as VSS declares it.

    `extras` holds every key that VSS does not know (vss-tools calls them extended attributes): `dbc2vss` and
    `vss2dbc` in the KUKSA CAN provider's convention, and this project's own.
    """

    path: str
    type: SignalType
    datatype: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[Value, ...] = ()
    description: str = ""
    default: Value | None = None
    extras: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def writable(self) -> bool:
        """True for an actuator of a scalar type: something a request may change."""
        return self.type == "actuator" and self.datatype in SCALAR_DATATYPES

    def bounds(self) -> tuple[float, float]:
        """The narrowest declared numeric range; infinite where neither VSS nor the datatype limits it."""
        low, high = _INTEGER_RANGES.get(self.datatype, (-math.inf, math.inf))
        return (
            low if self.minimum is None else max(low, self.minimum),
            high if self.maximum is None else min(high, self.maximum),
        )

    def check(self, value: object) -> Value:
        """Return `value` as this signal's own type.

        An integer-valued float becomes an int for an integer signal and an int becomes a float for a float
        signal; nothing else is converted. Raises `InputError` naming the signal, the problem and what would fit.
        """
        if self.datatype == "boolean":
            if isinstance(value, bool):
                return value
            raise InputError(f"{self.path} is true or false, not {value!r}.")
        if self.datatype == "string":
            return self._check_text(value)
        if self.datatype not in SCALAR_DATATYPES:
            raise InputError(f"{self.path} has the datatype {self.datatype}, which codriver does not write.")
        return self._check_number(value)

    def _check_text(self, value: object) -> str:
        if not isinstance(value, str):
            raise InputError(f"{self.path} is a text, not {value!r}.")
        if self.allowed and value not in self.allowed:
            choices = ", ".join(map(str, self.allowed))
            raise InputError(f"{self.path} cannot be {value!r}; it can be {choices}.")
        return value

    def _check_number(self, value: object) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"{self.path} is a number, not {value!r}.")
        try:
            finite = math.isfinite(value)
        except OverflowError:  # an integer with hundreds of digits, as JSON may carry one
            raise InputError(f"{self.path} cannot be a number of that size.") from None
        if not finite:
            raise InputError(f"{self.path} needs a finite number, not {value!r}.")
        low, high = self.bounds()
        if not low <= value <= high:
            unit = f" {self.unit}" if self.unit else ""
            raise InputError(f"{self.path} cannot be {value:g}{unit}; it goes from {low:g} to {high:g}{unit}.")
        if self.allowed and value not in self.allowed:
            raise InputError(f"{self.path} cannot be {value!r}; it can be {', '.join(map(str, self.allowed))}.")
        if self.datatype in _INTEGER_RANGES:
            if value != int(value):
                raise InputError(f"{self.path} is a whole number, not {value!r}.")
            return int(value)
        return float(value)


@dataclass(frozen=True, slots=True)
class SignalValue:
    """A signal together with a value that fits it; construction raises `InputError` when it does not."""

    signal: Signal
    value: Value

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", self.signal.check(self.value))

    @property
    def path(self) -> str:
        """The signal's VSS path."""
        return self.signal.path

    def as_json(self) -> dict[str, Value]:
        """The form of the batch contract: `{"signal": path, "value": value}`."""
        return {"signal": self.path, "value": self.value}
