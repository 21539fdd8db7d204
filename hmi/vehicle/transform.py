"""Between a raw DBC number and a VSS value: mapping lists, linear formulas, texts and colours.

The overlay keys are those of the KUKSA CAN provider: `"transform": {"mapping": [{"from": …, "to": …}]}` or
`"transform": {"math": "x*0.1"}`. A formula is read as a first-degree polynomial of `x` and is never executed;
anything else (`floor(x)`, `x*x`) is refused, because it could not be inverted for the read-back.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from codriver.errors import FileFormatError, InputError
from hmi.catalogue.signal import Signal, Value
from hmi.vehicle.dbc import Field, decimals_of

_MAX_FORMULA = 200
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_MAX_COLOUR = 0xFFFFFF


class CannotHold(Exception):  # noqa: N818 - it is an answer of the car, not an error of the program
    """The DBC signal has no raw value for this VSS value; the text is a clause for the driver."""


class Codec(Protocol):
    """Translates one DBC signal to and from one VSS signal."""

    @property
    def step(self) -> float:
        """Distance of two neighbouring values in VSS units; 0 for values that are not numbers."""

    def decode(self, raw: float) -> Value | None:
        """The VSS value; None for "not available" and for anything that does not fit the VSS signal."""

    def encode(self, value: Value) -> float:
        """The raw number nearest to `value`, always within the DBC range. Raises `CannotHold`."""

    def expected(self, raw: float) -> Value | None:
        """What `raw` stands for, before it is fitted to the VSS type: the value a read-back is compared with."""


@dataclass(frozen=True, slots=True)
class Linear:
    """y = factor * x + offset, with factor not 0."""

    factor: float
    offset: float

    def inverse(self) -> Linear:
        """x from y."""
        return Linear(1 / self.factor, -self.offset / self.factor)


def parse_formula(text: object, where: str) -> Linear:
    """Read a linear formula of `x` such as "x*0.1-40" or "(x-32)/1.8".

    Raises `FileFormatError` naming `where` for anything that is not linear in `x`.
    """
    problem = f"{where}: the formula {text!r} cannot be used; write a linear one such as 'x*0.5-40'."
    if not isinstance(text, str) or len(text) > _MAX_FORMULA:
        raise FileFormatError(problem)
    try:
        factor, offset = _polynomial(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError, RecursionError):
        raise FileFormatError(problem) from None
    if factor == 0 or not math.isfinite(factor) or not math.isfinite(offset):
        raise FileFormatError(problem)
    return Linear(factor, offset)


def _polynomial(node: ast.expr) -> tuple[float, float]:
    """(factor, offset) of an expression tree; `ValueError` when it is not linear in x."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return 0.0, float(number)
        case ast.Name(id="x"):
            return 1.0, 0.0
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            factor, offset = _polynomial(operand)
            return -factor, -offset
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _polynomial(operand)
        case ast.BinOp(left=left, op=operator, right=right):
            return _combine(operator, _polynomial(left), _polynomial(right))
    raise ValueError("not linear")


def _combine(operator: ast.operator, a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    match operator:
        case ast.Add():
            return a[0] + b[0], a[1] + b[1]
        case ast.Sub():
            return a[0] - b[0], a[1] - b[1]
        case ast.Mult() if a[0] == 0 or b[0] == 0:
            return a[0] * b[1] + a[1] * b[0], a[1] * b[1]
        case ast.Div() if b[0] == 0:
            return a[0] / b[1], a[1] / b[1]
    raise ValueError("not linear")


@dataclass(frozen=True, slots=True)
class TableCodec:
    """A list of pairs: booleans, enumerations and texts."""

    signal: Signal
    values: Mapping[float, Value]
    raws: Mapping[Value, float]
    step: float = 0.0

    def decode(self, raw: float) -> Value | None:
        """The VSS value of `raw`, None when the table has none."""
        return self.values.get(raw)

    def encode(self, value: Value) -> float:
        """The raw number of `value`."""
        raw = self.raws.get(value)
        if raw is None:
            raise CannotHold(f"this car has no {value}")
        return raw

    def expected(self, raw: float) -> Value | None:
        """The VSS value that was written as `raw`."""
        return self.values.get(raw)


@dataclass(frozen=True, slots=True)
class NumberCodec:
    """A linear relation between raw number and VSS value. Values between two raw steps go to the nearest one."""

    signal: Signal
    field: Field
    to_vss: Linear
    """From the DBC's physical value to the VSS value."""
    decimals: int
    whole: bool
    """The VSS type is an integer."""

    @property
    def step(self) -> float:
        """One raw step in VSS units."""
        return abs(self.field.scale * self.to_vss.factor)

    def decode(self, raw: float) -> Value | None:
        """The VSS value, rounded to the resolution of the bus."""
        if not self.field.in_range(raw):
            return None
        value = self._vss(raw)
        try:
            return self.signal.check(round(value) if self.whole else value)
        except InputError:
            return None

    def encode(self, value: Value) -> float:
        """The nearest raw number; the ends of the DBC range are never exceeded."""
        back = self.to_vss.inverse()
        raw = self.field.nearest_raw(back.factor * float(value) + back.offset)
        if not self.field.in_range(raw) or raw == self._free():
            unit = f" {self.signal.unit}" if self.signal.unit else ""
            raise CannotHold(f"this car cannot take {value}{unit}")
        return raw

    def expected(self, raw: float) -> Value | None:
        """The number that `raw` stands for, which may lie between two whole VSS values."""
        return self._vss(raw)

    def _vss(self, raw: float) -> float:
        physical = raw * self.field.scale + self.field.offset
        return round(physical * self.to_vss.factor + self.to_vss.offset, self.decimals)

    def _free(self) -> float | None:
        bits = self.field.free_bits
        return None if bits is None else self.field.raw_of_bits(bits)


@dataclass(frozen=True, slots=True)
class ColourCodec:
    """ "#RRGGBB" as one number 0xRRGGBB."""

    signal: Signal
    field: Field
    step: float = 0.0

    def decode(self, raw: float) -> Value | None:
        """The colour in capital letters."""
        return f"#{int(raw):06X}" if 0 <= raw <= _MAX_COLOUR else None

    def encode(self, value: Value) -> float:
        """The colour as a number."""
        if not isinstance(value, str) or not _COLOUR.fullmatch(value):
            raise CannotHold(f"{value} is not a colour such as #FF8800")
        return int(value[1:], 16)

    def expected(self, raw: float) -> Value | None:
        """The colour in capital letters."""
        return self.decode(raw)


def build_codec(signal: Signal, field: Field, transform: object, *, reading: bool) -> Codec:
    """The codec between `field` and `signal` for the overlay's `transform` (None: as it is).

    `reading` tells the direction in which the overlay wrote it: DBC → VSS (`dbc2vss`) or VSS → DBC (`vss2dbc`).
    Raises `FileFormatError` naming the signal for a transform that cannot be used.
    """
    where = f"{signal.path} ({'dbc2vss' if reading else 'vss2dbc'} of the overlay)"
    if transform is None:
        return _identity(signal, field, where)
    if isinstance(transform, Mapping) and "mapping" in transform:
        return _table(signal, field, _pairs(transform["mapping"], where, reading=reading), where)
    if isinstance(transform, Mapping) and "math" in transform:
        formula = parse_formula(transform["math"], where)
        return _number(signal, field, formula if reading else formula.inverse())
    raise FileFormatError(f"{where}: the transform needs a 'mapping' list or a 'math' formula, not {transform!r}.")


def _identity(signal: Signal, field: Field, where: str) -> Codec:
    if signal.datatype == "boolean":
        return TableCodec(signal, {0: False, 1: True}, {False: 0, True: 1})
    if signal.datatype != "string":
        return _number(signal, field, Linear(1.0, 0.0))
    texts = field.texts
    if texts:
        return _table(signal, field, list(texts.items()), where)
    if field.length >= _MAX_COLOUR.bit_length() and not signal.allowed:
        return ColourCodec(signal, field)
    raise FileFormatError(
        f"{where}: the text {signal.name} needs a 'mapping' list or a table of texts for {field.name} in the DBC."
    )


def _number(signal: Signal, field: Field, to_vss: Linear) -> Codec:
    decimals = field.decimals if to_vss.factor == 1 else min(12, field.decimals + decimals_of(to_vss.factor))
    decimals = max(decimals, min(12, decimals_of(to_vss.offset)))
    return NumberCodec(signal, field, to_vss, decimals, whole="int" in signal.datatype)


def _pairs(mapping: object, where: str, *, reading: bool) -> list[tuple[Any, Any]]:
    """(DBC side, VSS side) of every entry of a mapping list."""
    if not isinstance(mapping, list) or not mapping:
        raise FileFormatError(f"{where}: 'mapping' must be a list of {{'from': …, 'to': …}}.")
    pairs = []
    for entry in mapping:
        if not isinstance(entry, Mapping) or "from" not in entry or "to" not in entry:
            raise FileFormatError(f"{where}: the mapping entry {entry!r} needs 'from' and 'to'.")
        pairs.append((entry["from"], entry["to"]) if reading else (entry["to"], entry["from"]))
    return pairs


def _table(signal: Signal, field: Field, pairs: list[tuple[Any, Any]], where: str) -> TableCodec:
    values: dict[float, Value] = {}
    raws: dict[Value, float] = {}
    for dbc_side, vss_side in pairs:
        raw = _raw(field, dbc_side, where)
        try:
            value = signal.check(vss_side)
        except InputError:
            # A text of the DBC that VSS does not know, such as "no request", has no value to show.
            continue
        values.setdefault(raw, value)
        raws.setdefault(value, raw)
    if not values:
        raise FileFormatError(f"{where}: no entry of {field.name} is a value of {signal.path}.")
    return TableCodec(signal, values, raws)


def _raw(field: Field, dbc_side: object, where: str) -> float:
    """A mapping's DBC side, a text of the DBC's table or a physical number, as a raw number."""
    if isinstance(dbc_side, str):
        named = field.raw_of_text(dbc_side)
        if named is None:
            raise FileFormatError(f"{where}: {field.name} has no text {dbc_side!r} in the DBC.")
        return named
    if isinstance(dbc_side, int | float) and math.isfinite(dbc_side):
        raw = field.nearest_raw(float(dbc_side))
        if not 0 <= field.bits_of_raw(raw) <= field.mask or field.raw_of_bits(field.bits_of_raw(raw)) != raw:
            raise FileFormatError(
                f"{where}: {dbc_side!r} does not fit into the {field.length} bits of {field.name}."
            )
        return raw
    raise FileFormatError(f"{where}: {dbc_side!r} is neither a number nor a text of {field.name}.")
