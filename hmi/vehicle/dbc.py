"""The CAN database as this package needs it: where the bits of a signal are and what a raw number means.

cantools parses the file; its own decoder builds a dictionary of every signal of a frame, which is several times
slower than reading only the bits that somebody asked for. So each signal becomes a `Field` once, at start-up.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import cantools
from cantools.database import Database
from cantools.database.can import Message as DbcMessage
from cantools.database.can import Signal as DbcSignal

from codriver.can_databases import parse_database
from codriver.errors import FileFormatError, ResourceError

_NO_VALUE_WORD = re.compile(
    r"(no[_ ]?(request|change|command)|sna|not[_ ]?available|invalid|signal[_ ]not[_ ]available)", re.IGNORECASE
)
EXTENDED = 1 << 31
"""Added to the key of a message with a 29-bit identifier, because the same number may exist with 11 bits."""


@dataclass(frozen=True, slots=True)
class Field:
    """One signal of one message: its bits, its scale and its texts."""

    name: str
    start: int
    """Start bit as the DBC counts; acknowledgements name a signal by it."""
    length: int
    shift: int
    """Distance of the least significant bit from the end of the frame taken as one number."""
    big_endian: bool
    signed: bool
    is_float: bool
    scale: float
    offset: float
    minimum: float | None
    maximum: float | None
    choices: Mapping[int, str]
    initial: int
    """Raw start value declared in the DBC, 0 where it declares none."""
    multiplexer: tuple[Field, frozenset[int]] | None = None
    """The switch of a multiplexed signal, and the raw values for which this signal is in the frame."""
    unit: str = ""
    """As the database writes it."""

    @property
    def mask(self) -> int:
        """All bits of the signal set, at its own scale (not shifted)."""
        return (1 << self.length) - 1

    @property
    def decimals(self) -> int:
        """Digits behind the point that the scale and offset can produce."""
        return 12 if self.is_float else max(decimals_of(self.scale), decimals_of(self.offset))

    def bits(self, little: int, big: int) -> int:
        """The signal's bits in a frame, given as one number in each byte order."""
        return ((big if self.big_endian else little) >> self.shift) & self.mask

    def raw(self, little: int, big: int) -> float:
        """The raw number in a frame: the bits, with their sign or as a floating point number."""
        return self.raw_of_bits(((big if self.big_endian else little) >> self.shift) & ((1 << self.length) - 1))

    def raw_of_bits(self, bits: int) -> float:
        """The raw number that `bits` stand for."""
        if self.is_float:
            form = "<f" if self.length == 32 else "<d"
            return float(struct.unpack(form, bits.to_bytes(self.length // 8, "little"))[0])
        if self.signed and bits >> (self.length - 1):
            return bits - (1 << self.length)
        return bits

    def bits_of_raw(self, raw: float) -> int:
        """The inverse of `raw_of_bits`."""
        if self.is_float:
            form = "<f" if self.length == 32 else "<d"
            return int.from_bytes(struct.pack(form, raw), "little")
        return int(raw) & self.mask

    def physical(self, raw: float) -> float:
        """Raw number → physical value in the DBC's unit, without the noise of binary fractions."""
        return round(raw * self.scale + self.offset, self.decimals)

    def nearest_raw(self, physical: float) -> float:
        """Physical value → the nearest raw number, in or out of range."""
        raw = (physical - self.offset) / self.scale
        return raw if self.is_float else round(raw)

    def in_range(self, raw: float) -> bool:
        """True when `raw` fits the bits and the declared range, or is a value with a text."""
        if raw in self.choices:
            return not _NO_VALUE_WORD.search(self.choices[int(raw)])
        if not self.is_float:
            low = -(1 << (self.length - 1)) if self.signed else 0
            if not low <= raw <= low + (1 << self.length) - 1:
                return False
        physical = self.physical(raw)
        too_low = self.minimum is not None and physical < self.minimum
        too_high = self.maximum is not None and physical > self.maximum
        return not too_low and not too_high and physical == physical  # NaN of a float signal is no value

    @property
    def free_bits(self) -> int | None:
        """All bits one, when that means "no request" or "no value" here; None when it is a value like any other.

        It is free when its text says so, or when it lies outside of the declared range or table of texts.
        """
        if self.is_float:
            return None
        raw = self.raw_of_bits(self.mask)
        if raw in self.choices:
            return self.mask if _NO_VALUE_WORD.search(self.choices[int(raw)]) else None
        if not self.in_range(raw) or (self.choices and self.length > 1):
            return self.mask
        return None

    @property
    def texts(self) -> Mapping[int, str]:
        """The table of texts without those that mean "no value"."""
        return {raw: text for raw, text in self.choices.items() if not _NO_VALUE_WORD.search(text)}

    def raw_of_text(self, text: str) -> int | None:
        """The raw number with this text, None when the table has no such text."""
        return next((raw for raw, name in self.choices.items() if name == text), None)


@dataclass(frozen=True, slots=True)
class Layout:
    """One message of the database."""

    name: str
    frame_id: int
    extended: bool
    length: int
    """Bytes of payload."""
    is_fd: bool
    fields: Mapping[str, Field]
    cycle: float | None
    """Seconds between two frames (attribute GenMsgCycleTime), None when the database does not say."""
    senders: tuple[str, ...]
    receivers: frozenset[str]

    @property
    def key(self) -> int:
        """Identifier and kind of identifier in one number."""
        return self.frame_id | EXTENDED if self.extended else self.frame_id

    @property
    def node(self) -> str:
        """The ECU that sends it, for a person; the message's own name when the database names none."""
        return self.senders[0] if self.senders else self.name


def decimals_of(number: float) -> int:
    """Digits behind the decimal point of `number` as it is written: 0.25 → 2."""
    exponent = Decimal(str(number)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def load_database(path: Path) -> Database:
    """Read a CAN database file.

    Raises `ResourceError` when there is no such file and `FileFormatError` when it is not a CAN database.
    """
    if not path.is_file():
        raise ResourceError(f"There is no CAN database at {path}; set vehicle.dbc to the DBC file of the bus.")
    try:
        database = parse_database(path, strict=False)
    except (cantools.Error, UnicodeDecodeError, ValueError, KeyError) as error:
        cause = (str(error).splitlines() or [""])[0][:200].rstrip(".")
        raise FileFormatError(f"{path} cannot be read as a CAN database: {cause}.") from None
    if not isinstance(database, Database):
        raise FileFormatError(f"{path} is a diagnostics database, not a CAN database; give a DBC file.")
    return database


def load_databases(paths: Sequence[Path]) -> Database:
    """Read the CAN database files of one bus and lay them together.

    A message that two files declare under the same name counts once. Raises `ResourceError` for a missing file and
    `FileFormatError` for a broken one, or for two files that mean different messages by one identifier.
    """
    loaded = [load_database(path) for path in paths]
    if len(loaded) == 1:
        return loaded[0]
    known: dict[tuple[int, bool], tuple[DbcMessage, Path]] = {}
    for path, database in zip(paths, loaded, strict=True):
        for message in database.messages:
            first, where = known.setdefault((message.frame_id, message.is_extended_frame), (message, path))
            if first.name != message.name:
                raise FileFormatError(
                    f"{where} calls the message 0x{message.frame_id:X} {first.name} and {path} calls it "
                    f"{message.name}; give only DBC files of one bus."
                )
    nodes = {node.name: node for database in loaded for node in database.nodes}
    return Database([message for message, _ in known.values()], list(nodes.values()), strict=False)


def layouts(database: Database) -> list[Layout]:
    """Every message of `database`, in its order."""
    return [_layout(message) for message in database.messages]


def _layout(message: DbcMessage) -> Layout:
    total = message.length * 8
    switches = {signal.name: _field(signal, total) for signal in message.signals if signal.is_multiplexer}
    fields: dict[str, Field] = {}
    for signal in message.signals:
        switch = None
        if signal.multiplexer_signal and signal.multiplexer_ids:
            switch = (switches[signal.multiplexer_signal], frozenset(signal.multiplexer_ids))
        fields[signal.name] = _field(signal, total, switch)
    cycle = message.cycle_time
    return Layout(
        name=message.name,
        frame_id=message.frame_id,
        extended=message.is_extended_frame,
        length=message.length,
        is_fd=message.length > 8,
        fields=fields,
        cycle=cycle / 1000 if cycle else None,
        senders=tuple(sender for sender in message.senders if sender != "Vector__XXX"),
        receivers=frozenset(name for signal in message.signals for name in signal.receivers),
    )


def _field(signal: DbcSignal, total_bits: int, switch: tuple[Field, frozenset[int]] | None = None) -> Field:
    big = signal.byte_order == "big_endian"
    shift: int = signal.start
    if big:
        # A Motorola signal starts at its most significant bit, counted from the frame's first byte.
        first = signal.start // 8 * 8 + 7 - signal.start % 8
        shift = total_bits - first - signal.length
    conversion: Any = signal.conversion
    return Field(
        name=signal.name,
        start=signal.start,
        length=signal.length,
        shift=shift,
        big_endian=big,
        signed=signal.is_signed,
        is_float=bool(conversion.is_float),
        scale=conversion.scale,
        offset=conversion.offset,
        minimum=signal.minimum,
        maximum=signal.maximum,
        choices={int(raw): str(text) for raw, text in (conversion.choices or {}).items()},
        initial=int(signal.raw_initial or 0),
        multiplexer=switch,
        unit=signal.unit or "",
    )
