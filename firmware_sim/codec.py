"""Bits and checksums, worked out once from the DBC so that a frame costs microseconds.

Every message of this bus is laid out alike: Intel byte order, unsigned, payload in bytes 0..5, the alive counter
in the low nibble of byte 6, CRC-8 in byte 7. A payload is therefore one integer of 48 bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cantools.database.can import Database, Message
from cantools.database.errors import UnsupportedDatabaseFormatError

from codriver.can_databases import parse_database
from codriver.errors import FileFormatError, InputError, NotFoundError

DBC_FILE = Path(__file__).with_name("data") / "codriver.dbc"

PAYLOAD_BYTES = 6
COUNTER_BYTE = 6
CHECKSUM_BYTE = 7
SEQUENCE_BYTE = 5
_GUARDS = frozenset({"AliveCounter", "Checksum", "Sequence"})


def _crc_table() -> bytes:
    table = bytearray()
    for byte in range(256):
        state = byte
        for _ in range(8):
            state = ((state << 1) ^ 0x1D if state & 0x80 else state << 1) & 0xFF
        table.append(state)
    return bytes(table)


_CRC = _crc_table()


def crc_state(frame_id: int, payload: bytes | bytearray) -> int:
    """The unfinished CRC-8 SAE J1850 over the two bytes of `frame_id` (big endian) and `payload`."""
    state = _CRC[_CRC[0xFF ^ (frame_id >> 8)] ^ (frame_id & 0xFF)]
    for byte in payload:
        state = _CRC[state ^ byte]
    return state


def crc_finish(state: int, byte: int) -> int:
    """The checksum after one more byte (the one that holds the alive counter)."""
    return _CRC[state ^ byte] ^ 0xFF


def intact(frame_id: int, data: bytes | bytearray) -> bool:
    """True when `data` has 8 bytes and its checksum is right."""
    return len(data) == 8 and crc_finish(crc_state(frame_id, data[:6]), data[COUNTER_BYTE]) == data[CHECKSUM_BYTE]


def guarded(frame_id: int, payload: int, counter: int) -> bytes:
    """The eight bytes of a frame: payload, alive counter, checksum."""
    content = payload.to_bytes(PAYLOAD_BYTES, "little")
    return content + bytes((counter, crc_finish(crc_state(frame_id, content), counter)))


@dataclass(frozen=True, slots=True)
class SignalLayout:
    """One payload signal: where it lies and what its raw values mean."""

    name: str
    message: str
    start: int
    length: int
    factor: float
    offset: float
    raw_minimum: int
    raw_maximum: int
    initial: int
    choices: Mapping[str, int] = field(hash=False)

    @property
    def all_ones(self) -> int:
        """The raw value that means "no request" or "not available"."""
        return (1 << self.length) - 1

    def physical(self, raw: float) -> float:
        """The physical value of a raw one."""
        return raw * self.factor + self.offset

    def raw(self, value: float | str) -> int:
        """The raw value nearest to a physical or named value. Raises `InputError` when it is out of range."""
        if isinstance(value, str):
            if value not in self.choices:
                known = ", ".join(self.choices)
                raise InputError(f"{self.name} cannot be {value!r}; it takes {known or 'a number'}.")
            return self.choices[value]
        raw = round((value - self.offset) / self.factor) if abs(value) < 1e12 else -1
        if not self.raw_minimum <= raw <= self.raw_maximum:
            low, high = self.physical(self.raw_minimum), self.physical(self.raw_maximum)
            raise InputError(f"{self.name} cannot be {value:g}; it goes from {low:g} to {high:g}.")
        return raw


@dataclass(frozen=True, slots=True)
class MessageLayout:
    """One message: who sends it, how often, and its payload signals in the order of their bits."""

    name: str
    id: int
    node: str
    cycle: float
    """Seconds; 0 for event driven messages."""
    fast: float
    """Seconds between two frames while something in it moves; 0 when nothing can."""
    signals: tuple[SignalLayout, ...]

    @property
    def initial(self) -> int:
        """The payload made of all start values."""
        return sum(signal.initial << signal.start for signal in self.signals)


@dataclass(frozen=True, slots=True)
class BusLayout:
    """All messages and payload signals of the bus by name."""

    messages: Mapping[str, MessageLayout]
    signals: Mapping[str, SignalLayout]
    file: Path

    def status_signal(self, name: str) -> SignalLayout:
        """The status signal `name`. Raises `NotFoundError` when there is none."""
        signal = self.signals.get(name)
        if signal is None or "_Status_" not in signal.message:
            raise NotFoundError(f"The bus has no status signal {name!r}; {self.file.name} lists them.")
        return signal

    def statuses(self) -> list[MessageLayout]:
        """Every cyclic status message."""
        return [message for message in self.messages.values() if "_Status_" in message.name]

    def nodes(self) -> list[str]:
        """The names of the nodes that send status messages."""
        return list(dict.fromkeys(message.node for message in self.statuses()))


def load_layout(file: Path = DBC_FILE) -> BusLayout:
    """Read the DBC. Raises `FileFormatError` when it is not laid out as the simulation needs it."""
    try:
        database = parse_database(file, strict=True)
    except (UnsupportedDatabaseFormatError, OSError, UnicodeDecodeError) as error:
        raise FileFormatError(f"{file} cannot be read as a CAN database: {error}") from None
    if not isinstance(database, Database):
        raise FileFormatError(f"{file} is not a CAN database; give a DBC file.")
    messages = {message.name: _message(message, file) for message in database.messages}
    signals = {signal.name: signal for message in messages.values() for signal in message.signals}
    return BusLayout(messages, signals, file)


def _message(message: Message, file: Path) -> MessageLayout:
    if message.length != 8 or message.is_extended_frame:
        raise FileFormatError(f"{file}: {message.name} is not an 8-byte frame with an 11-bit id.")
    signals = []
    for signal in message.signals:
        if signal.byte_order != "little_endian" or signal.is_signed or signal.is_float:
            raise FileFormatError(f"{file}: {signal.name} is not Intel and unsigned, as the simulation needs it.")
        if signal.name in _GUARDS:
            continue
        scale, offset = float(signal.scale), float(signal.offset)
        named = {str(text): int(raw) for raw, text in (signal.choices or {}).items()}
        all_ones = (1 << signal.length) - 1
        signals.append(
            SignalLayout(
                signal.name,
                message.name,
                signal.start,
                signal.length,
                scale,
                offset,
                round(((signal.minimum or 0) - offset) / scale),
                round(((signal.maximum or 0) - offset) / scale),
                int(signal.raw_initial or 0),
                {text: raw for text, raw in named.items() if raw != all_ones or text not in ("SNA", "NoRequest")},
            )
        )
    attributes = message.dbc.attributes if message.dbc else {}
    fast = int(attributes["GenMsgCycleTimeFast"].value) if "GenMsgCycleTimeFast" in attributes else 0
    cycle = (message.cycle_time or 0) / 1000
    return MessageLayout(message.name, message.frame_id, message.senders[0], cycle, fast / 1000, tuple(signals))
