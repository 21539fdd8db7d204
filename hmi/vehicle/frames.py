"""Frames on the wire: checksum, alive counter, and the building of command frames.

A message that the database gives a signal `Checksum` in its last byte carries the CRC-8 of SAE J1850 (polynomial
0x1D, start and final xor 0xFF) over the identifier in two bytes, high byte first, and all bytes before the last.
A signal `AliveCounter` counts the frames of one message. A message without these signals is taken as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import can

from hmi.vehicle.dbc import Field, Layout

CHECKSUM, COUNTER, SEQUENCE = "Checksum", "AliveCounter", "Sequence"
_POLYNOMIAL, _START, _FINAL = 0x1D, 0xFF, 0xFF


def _crc_table() -> bytes:
    table = bytearray()
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc << 1) ^ _POLYNOMIAL if crc & 0x80 else crc << 1
        table.append(crc & 0xFF)
    return bytes(table)


_TABLE = _crc_table()


def crc8(data: bytes | bytearray, state: int = _START) -> int:
    """CRC-8 SAE J1850 of `data`, before the final xor, so that it can be continued from `state`."""
    for byte in data:
        state = _TABLE[state ^ byte]
    return state


def checksum(frame_id: int, payload: bytes | bytearray) -> int:
    """The checksum byte of a frame; `payload` is everything before that byte."""
    return crc8(payload, crc8((frame_id & 0xFFFF).to_bytes(2, "big"))) ^ _FINAL


def checksum_field(layout: Layout) -> Field | None:
    """The checksum, when it is laid out as this module can compute it: eight bits in the last byte."""
    found = layout.fields.get(CHECKSUM)
    if found is None or found.length != 8:
        return None
    in_last_byte = found.shift == 0 if found.big_endian else found.shift == layout.length * 8 - 8
    return found if in_last_byte else None


@dataclass(slots=True)
class FrameCheck:
    """Decides for one received message whether a frame can be trusted."""

    layout: Layout
    silence: float
    """Seconds after which the alive counter may stand anywhere again: the ECU may have restarted."""
    last_frame: float | None = None
    """When the last frame came, good or bad."""
    last_bad: float | None = None
    _counter: int | None = None
    _counter_field: Field | None = field(init=False)
    _crc_start: int | None = field(init=False)

    def __post_init__(self) -> None:
        self._counter_field = self.layout.fields.get(COUNTER)
        has_checksum = checksum_field(self.layout) is not None
        self._crc_start = crc8((self.layout.frame_id & 0xFFFF).to_bytes(2, "big")) if has_checksum else None

    def accept(self, data: bytes | bytearray, little: int, big: int, now: float) -> bool:
        """True when length, checksum and counter are right. `little` and `big` are `data` as one number.

        A counter that skips is a lost frame, which is no reason to distrust this one; a counter that stands still
        is a sender that repeats an old frame.
        """
        since = None if self.last_frame is None else now - self.last_frame
        self.last_frame = now
        if len(data) != self.layout.length or not self._checksum_fits(data):
            self.last_bad = now
            return False
        if self._counter_field is not None:
            counter = self._counter_field.bits(little, big)
            if counter == self._counter and since is not None and since <= self.silence:
                self.last_bad = now
                return False
            self._counter = counter
        return True

    def forget(self) -> None:
        """Take the next frame's counter as it comes."""
        self._counter = self.last_frame = self.last_bad = None

    def _checksum_fits(self, data: bytes | bytearray) -> bool:
        if self._crc_start is None:
            return True
        state, table = self._crc_start, _TABLE
        for byte in data[:-1]:
            state = table[state ^ byte]
        return state ^ _FINAL == data[-1]


class CommandEncoder:
    """Builds the frames of one command message, with its own alive counter."""

    def __init__(self, layout: Layout, current_raw: Callable[[str], float | None]) -> None:
        """`current_raw(DBC signal name)` gives the raw command value that would change nothing, None if unknown.

        It is asked for signals that have no "no request" value of their own.
        """
        self.layout = layout
        self._current_raw = current_raw
        self._counter = 0
        self._protected = {CHECKSUM, COUNTER, SEQUENCE}
        self._has_checksum = checksum_field(layout) is not None
        if not self._has_checksum:
            self._protected.discard(CHECKSUM)
        self._little = self._big = 0
        self._by_state: list[Field] = []
        for entry in layout.fields.values():
            if entry.name in self._protected or entry.multiplexer is not None:
                continue
            free = entry.free_bits
            if free is None:
                self._by_state.append(entry)
            else:
                self._put(entry, free)

    def _put(self, entry: Field, bits: int) -> None:
        if entry.big_endian:
            self._big |= bits << entry.shift
        else:
            self._little |= bits << entry.shift

    def encode(self, raws: Mapping[str, float], sequence: int) -> can.Message:
        """A frame that requests `raws` (by DBC signal name) and nothing else."""
        fields, little, big = self.layout.fields, self._little, self._big
        wanted = dict(raws)
        for entry in self._by_state:
            if entry.name not in raws:
                current = self._current_raw(entry.name)
                wanted[entry.name] = entry.initial if current is None else current
        for name, number in ((COUNTER, self._counter), (SEQUENCE, sequence)):
            if name in fields:
                wanted[name] = number & fields[name].mask
        for name, raw in wanted.items():
            entry = fields[name]
            bits, mask = entry.bits_of_raw(raw) << entry.shift, entry.mask << entry.shift
            if entry.big_endian:
                big = big & ~mask | bits
            else:
                little = little & ~mask | bits
        self._counter += 1
        # The two byte orders use different bits of the frame, so their halves may simply be laid together.
        length = self.layout.length
        both = int.from_bytes(big.to_bytes(length, "big"), "little") | little
        data = bytearray(both.to_bytes(length, "little"))
        if self._has_checksum:
            data[-1] = checksum(self.layout.frame_id, data[:-1])
        return can.Message(
            arbitration_id=self.layout.frame_id,
            is_extended_id=self.layout.extended,
            is_fd=self.layout.is_fd,
            data=data,
        )
