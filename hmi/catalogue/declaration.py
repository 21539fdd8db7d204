"""From the keys that a VSS file declares for a leaf to a checked `Signal`."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any, cast, get_args

from codriver.errors import InputError
from hmi.catalogue.signal import SCALAR_DATATYPES, Signal, SignalType, Value
from hmi.catalogue.vss_json import broken

_KNOWN = frozenset({"type", "datatype", "unit", "min", "max", "allowed", "description", "default"})
_NOT_KEPT = frozenset({"children"})
_TYPES = get_args(SignalType)
_STRUCT = re.compile(r"\w+(\.\w+)+")
"""Struct types are referred to by their dotted path."""


def signal_from(path: str, keys: Mapping[str, Any], origin: object) -> Signal:
    """Build the signal `path` from its declared `keys`; what VSS does not know goes to `Signal.extras`.

    Raises `FileFormatError` naming `origin` (the file), the path, the problem and the remedy.
    """
    datatype, element = _datatype(path, keys, origin)
    extras = {key: value for key, value in keys.items() if key not in _KNOWN and key not in _NOT_KEPT}
    default = keys.get("default")
    if datatype != element or element not in SCALAR_DATATYPES:
        # An array or struct is shown, never written: its default is kept as the file has it.
        extras |= {} if default is None else {"default": default}
        default = None
    bare = Signal(
        path=path,
        type=_type(path, keys, origin),
        datatype=element,
        unit=_text(path, keys, "unit", origin),
        minimum=_limit(path, keys, "min", element, origin),
        maximum=_limit(path, keys, "max", element, origin),
        description=_text(path, keys, "description", origin),
        extras=extras,
    )
    low, high = bare.bounds()
    if low > high:
        remedy = "correct min, max or the datatype"
        raise broken(origin, path, f"no value is possible from min {low:g} to max {high:g}", remedy)
    signal = dataclasses.replace(bare, datatype=datatype, allowed=_allowed(bare, keys, origin))
    return signal if default is None else dataclasses.replace(signal, default=_default(signal, default, origin))


def _type(path: str, keys: Mapping[str, Any], origin: object) -> SignalType:
    declared = keys.get("type")
    if declared is None:
        problem = "the signal has no type"
        if "datatype" not in keys:
            problem = "this signal is not in the vehicle, and the declaration is too short to create it"
        raise broken(origin, path, problem, "correct the path, or declare type and datatype")
    if declared not in _TYPES:
        raise broken(origin, path, f"the type cannot be {declared!r}", f"use one of {', '.join(_TYPES)}")
    return cast(SignalType, declared)


def _datatype(path: str, keys: Mapping[str, Any], origin: object) -> tuple[str, str]:
    """The datatype as declared, and the datatype of one element of it."""
    declared = keys.get("datatype")
    if declared is None:
        _type(path, keys, origin)
        raise broken(origin, path, "the signal has no datatype", f"use one of {_datatypes()}")
    element = declared.removesuffix("[]") if isinstance(declared, str) else ""
    if element not in SCALAR_DATATYPES and not _STRUCT.fullmatch(element):
        raise broken(origin, path, f"the datatype cannot be {declared!r}", f"use one of {_datatypes()}")
    return cast(str, declared), element


def _datatypes() -> str:
    return f"{', '.join(sorted(SCALAR_DATATYPES))}, an array of them or the path of a struct"


def _text(path: str, keys: Mapping[str, Any], key: str, origin: object) -> str:
    value = keys.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise broken(origin, path, f"the {key} is a text, not {value!r}", "put it in quotes")
    return value


def _limit(path: str, keys: Mapping[str, Any], key: str, element: str, origin: object) -> float | None:
    value = keys.get(key)
    if value is None:
        return None
    if element in {"boolean", "string"} or element not in SCALAR_DATATYPES:
        raise broken(origin, path, f"a {element} has no {key}", f"drop {key} or correct the datatype")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise broken(origin, path, f"{key} is a number, not {value!r}", "correct it")
    return value


def _allowed(bare: Signal, keys: Mapping[str, Any], origin: object) -> tuple[Value, ...]:
    values = keys.get("allowed")
    if values is None:
        return ()
    if not isinstance(values, list) or not values:
        raise broken(
            origin, bare.path, f"allowed is a list of values, not {values!r}", "list them or drop allowed"
        )
    return tuple(_fitting(bare, value, "allowed", origin) for value in values)


def _default(signal: Signal, value: Any, origin: object) -> Value:
    return _fitting(signal, value, "the default", origin)


def _fitting(signal: Signal, value: Any, what: str, origin: object) -> Value:
    try:
        return signal.check(value)
    except InputError as error:
        # The sentence of the value check already names the signal, so it is cut to its predicate.
        problem = str(error).removeprefix(f"{signal.path} ").rstrip(".")
        raise broken(
            origin, signal.path, f"{what} does not fit ({problem})", "correct it or the datatype"
        ) from None
