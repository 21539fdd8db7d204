"""Which signals of the catalogue a CAN database can serve, and what is in the way of the others."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from codriver.errors import FileFormatError
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import Signal
from hmi.vehicle.dbc import Field, Layout
from hmi.vehicle.frames import checksum_field
from hmi.vehicle.mapping import Place, declared, index_signals, place_of
from hmi.vehicle.transform import NumberCodec, TableCodec

_NEAR_NAMES = 3
_SCALE_APART = 5.0
"""One range that is so many times the other means two scales, not two cars."""
_CHECKSUM_NAME = re.compile(r"crc|check_?sum|chksum|chks", re.IGNORECASE)
_UNITS: Mapping[str, str] = {
    spelling: unit
    for unit, spellings in {
        "%": "% percent pct",
        "°C": "°c degc celsius",
        "°F": "°f degf fahrenheit",
        "K": "k kelvin",
        "km/h": "km/h kmh kph km/hr",
        "mph": "mph mi/h",
        "m/s": "m/s",
        "deg": "deg degree degrees °",
        "rad": "rad radians",
        "mm": "mm",
        "cm": "cm",
        "m": "m",
        "km": "km",
        "miles": "mi mile miles",
        "kPa": "kpa",
        "bar": "bar",
        "psi": "psi",
        "V": "v volt",
        "mV": "mv",
        "kHz": "khz",
        "MHz": "mhz",
    }.items()
    for spelling in spellings.split()
}
"""Spellings of units in small letters → one spelling; other units are not compared."""


@dataclass(slots=True)
class Served:
    """What the database has for one signal of the catalogue."""

    signal: Signal
    mapped: bool = False
    """An overlay says where the signal is."""
    reads: bool = False
    writes: bool = False
    """It can be commanded, and the result can be read back."""
    message: Layout | None = None
    """The message in which it is read."""
    problems: list[str] = field(default_factory=list)
    """Sentences about what is in the way of reading or writing it rightly."""
    notes: list[str] = field(default_factory=list)
    """Sentences about limits that may be meant."""

    def as_json(self) -> dict[str, Any]:
        """The form for programs."""
        return {
            "signal": self.signal.path,
            "mapped": self.mapped,
            "reads": self.reads,
            "writes": self.writes,
            "problems": self.problems,
            "notes": self.notes,
        }


def served_signals(
    catalogue: Catalogue, messages: Sequence[Layout], usual: Catalogue | None = None
) -> list[Served]:
    """Every signal of `catalogue` against the `messages` of a database, in the catalogue's order.

    `usual` is the catalogue whose mappings belong to another car, the simulated one: a mapping that comes from
    there and that the database knows nothing about counts as none.
    """
    index = index_signals(messages)
    counts: dict[str, list[str]] = {}
    for message in messages:
        for name in message.fields:
            counts.setdefault(name, []).append(message.name)
    return [_Check(signal, index, counts, usual).result() for signal in catalogue.signals()]


class _Check:
    """The check of one signal."""

    def __init__(
        self,
        signal: Signal,
        index: Mapping[str, tuple[Layout, Field]],
        homes: Mapping[str, list[str]],
        usual: Catalogue | None,
    ) -> None:
        """`homes` names the messages that have a signal of a name."""
        self._signal, self._index, self._homes = signal, index, homes
        self._usual = usual.get(signal.path) if usual is not None else None
        self._served = Served(signal)

    def result(self) -> Served:
        """Look at both directions."""
        served = self._served
        status = self._place(reading=True)
        command = self._place(reading=False)
        served.reads = status is not None
        served.message = None if status is None else status.message
        served.writes = self._signal.writable and status is not None and command is not None
        if status is not None:
            self._check_place(status, reading=True)
        if command is not None:
            self._check_command(command, proved=status is not None)
        return served

    def _place(self, *, reading: bool) -> Place | None:
        keys = declared(self._signal, reading=reading)
        if keys is None:
            return None
        inherited = self._usual is not None and declared(self._usual, reading=reading) == keys
        try:
            place = place_of(self._signal, self._index, reading=reading)
        except FileFormatError as error:
            self._served.mapped = True
            self._served.problems.append(str(error))
            return None
        if place is None and inherited:
            return None
        self._served.mapped = True
        if place is None:
            self._served.problems.append(self._missing(keys["signal"]))
        elif inherited:
            self._served.notes.append(
                f"{place.field.name} is mapped as in the simulated vehicle and not by an overlay of yours; "
                "see that it means the same here."
            )
        elif len(self._homes.get(keys["signal"], ())) > 1:
            messages = ", ".join(self._homes[keys["signal"]])
            self._served.notes.append(
                f"Several messages have a signal {keys['signal']} ({messages}); the one of {place.message.name} "
                f"is used, write {place.message.name}.{keys['signal']} to say so."
            )
        return place

    def _missing(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._index, n=_NEAR_NAMES)
        hint = f"did you mean {' or '.join(near)}?" if near else "no other one is named like it."
        return f"The DBC has no signal {name}; {hint}"

    def _check_command(self, place: Place, *, proved: bool) -> None:
        served, message = self._served, place.message
        if not self._signal.writable:
            served.notes.append(f"It is a {self._signal.type}, so its 'vss2dbc' key is not used.")
            return
        if not proved and declared(self._signal, reading=True) is None:
            served.problems.append("It cannot be written, because without 'dbc2vss' nothing can be read back.")
        if place.field.multiplexer is not None:
            served.writes = False
            served.problems.append(f"It cannot be commanded, because {place.field.name} is multiplexed.")
        unknown = _unknown_checksums(message)
        if unknown:
            served.problems.append(f"{message.name} has {' and '.join(unknown)}, which codriver cannot compute.")
        self._check_place(place, reading=False)

    def _check_place(self, place: Place, *, reading: bool) -> None:
        codec = place.codec
        if isinstance(codec, NumberCodec):
            self._check_unit(place, codec)
            self._check_range(place, codec, reading=reading)
        elif isinstance(codec, TableCodec):
            self._check_words(place, codec, reading=reading)
        if reading:
            self._check_message(place.message)

    def _check_message(self, message: Layout) -> None:
        if message.cycle is None:
            self._served.notes.append(
                f"{message.name} has no cycle time (GenMsgCycleTime) in the DBC, so its readings never grow stale."
            )
        unknown = _unknown_checksums(message)
        if unknown:
            self._served.notes.append(f"{' and '.join(unknown)} of {message.name} is not checked.")

    def _check_unit(self, place: Place, codec: NumberCodec) -> None:
        if (codec.to_vss.factor, codec.to_vss.offset) != (1.0, 0.0):
            return
        here, there = (_UNITS.get(unit.strip().lower()) for unit in (self._signal.unit, place.field.unit))
        if here and there and here != there:
            self._served.problems.append(
                f"{place.field.name} is in {place.field.unit} and the signal in {self._signal.unit}; add a 'math' "
                "transform to its overlay."
            )

    def _check_range(self, place: Place, codec: NumberCodec, *, reading: bool) -> None:
        low, high = self._signal.minimum, self._signal.maximum
        if low is None or high is None or high <= low:
            return
        least, most = _reach(codec)
        wide = max(most - least, codec.step)
        unit = f" {self._signal.unit}" if self._signal.unit else ""
        ranges = f"{place.field.name} goes from {least:g} to {most:g}{unit}, the signal from {low:g} to {high:g}"
        apart = most < low or least > high or not 1 / _SCALE_APART <= wide / (high - low) <= _SCALE_APART
        if apart:
            self._served.problems.append(
                f"{ranges}: the scale does not fit; add a 'math' transform to its overlay."
            )
        elif not reading and (least > low or most < high):
            self._served.notes.append(f"{ranges}; what lies outside is refused.")
        elif reading and (least < low or most > high):
            self._served.notes.append(f"{ranges}; readings outside are not told.")

    def _check_words(self, place: Place, codec: TableCodec, *, reading: bool) -> None:
        words = [str(word) for word in self._signal.allowed if word not in codec.raws]
        if self._signal.datatype == "boolean":
            words = [str(word).lower() for word in (False, True) if word not in codec.raws]
        if words:
            so = "is never read" if reading else "cannot be asked for"
            self._served.notes.append(f"No value of {place.field.name} means {' or '.join(words)}, so that {so}.")
        texts = [text for raw, text in place.field.texts.items() if raw not in codec.values]
        if reading and texts:
            self._served.notes.append(f"{place.field.name} has {', '.join(texts)}, which the signal cannot be.")


def _unknown_checksums(message: Layout) -> list[str]:
    """Signals of a message that look like a checksum of another kind than codriver's."""
    known = checksum_field(message)
    return [
        name for name in message.fields if _CHECKSUM_NAME.search(name) and (known is None or name != known.name)
    ]


def _reach(codec: NumberCodec) -> tuple[float, float]:
    """The smallest and the largest value, in VSS units, that the DBC signal can hold."""
    place = codec.field
    if place.is_float:
        raws = (float("-inf"), float("inf"))
    elif place.signed:
        raws = (-(1 << (place.length - 1)), (1 << (place.length - 1)) - 1)
    else:
        raws = (0, place.mask - (1 if place.free_bits is not None else 0))
    ends = sorted(raw * place.scale + place.offset for raw in raws)
    low = ends[0] if place.minimum is None else max(ends[0], place.minimum)
    high = ends[1] if place.maximum is None else min(ends[1], place.maximum)
    values = sorted(codec.to_vss.factor * end + codec.to_vss.offset for end in (low, high))
    return round(values[0], 6), round(values[1], 6)
