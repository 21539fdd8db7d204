"""What is on a CAN bus, compared with what its database says should be."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import can

from hmi.vehicle.dbc import EXTENDED, Layout
from hmi.vehicle.frames import COUNTER, checksum, checksum_field

_SLOW = 1.5
"""So many times its cycle between two frames on average mean that a message comes too rarely."""


@dataclass(slots=True)
class Seen:
    """What was seen of one identifier."""

    frame_id: int
    extended: bool
    layout: Layout | None
    """The message in the database, None when it has none with this identifier."""
    count: int = 0
    first: float = 0.0
    last: float = 0.0
    """Seconds, as `Traffic.take` is told."""
    wrong_length: int = 0
    wrong_checksum: int = 0
    wrong_counter: int = 0
    """Frames whose alive counter stood still."""
    _counter: int | None = None

    @property
    def period(self) -> float | None:
        """Seconds between two frames on average; None for fewer than two."""
        return (self.last - self.first) / (self.count - 1) if self.count > 1 else None

    def take(self, data: bytes | bytearray, now: float) -> None:
        """Count one frame."""
        self.first = self.first if self.count else now
        self.last = now
        self.count += 1
        if self.layout is None:
            return
        if len(data) != self.layout.length:
            self.wrong_length += 1
            return
        if checksum_field(self.layout) is not None and checksum(self.layout.frame_id, data[:-1]) != data[-1]:
            self.wrong_checksum += 1
            return
        counter = self.layout.fields.get(COUNTER)
        if counter is not None:
            bits = counter.bits(int.from_bytes(data, "little"), int.from_bytes(data, "big"))
            self.wrong_counter += bits == self._counter
            self._counter = bits

    def problems(self) -> list[str]:
        """What is not as the database says, as clauses."""
        if self.layout is None:
            return []
        found = []
        if self.wrong_length:
            found.append(f"{self.wrong_length} of {self.count} frames are not {self.layout.length} bytes long")
        if self.wrong_checksum:
            found.append(f"{self.wrong_checksum} of {self.count} checksums are wrong")
        if self.wrong_counter:
            found.append(f"the alive counter stands still in {self.wrong_counter} of {self.count} frames")
        period, cycle = self.period, self.layout.cycle
        if period is not None and cycle is not None and period > _SLOW * cycle:
            found.append(f"it comes every {period * 1000:.0f} ms instead of every {cycle * 1000:.0f} ms")
        return found

    def as_json(self) -> dict[str, Any]:
        """The form for programs; times in milliseconds."""
        cycle = None if self.layout is None else self.layout.cycle
        return {
            "id": self.frame_id,
            "extended": self.extended,
            "message": None if self.layout is None else self.layout.name,
            "frames": self.count,
            "period_ms": None if self.period is None else round(self.period * 1000, 1),
            "cycle_ms": None if cycle is None else round(cycle * 1000, 1),
            "problems": self.problems(),
        }


@dataclass(slots=True)
class Traffic:
    """Everything that was seen on a bus."""

    layouts: Sequence[Layout]
    needed: Collection[int] = ()
    """Keys of the messages that the vehicle's readings come from."""
    errors: int = 0
    """Error frames."""
    _seen: dict[int, Seen] = field(default_factory=dict)
    _known: dict[int, Layout] = field(init=False)

    def __post_init__(self) -> None:
        self._known = {layout.key: layout for layout in self.layouts}

    def take(self, message: can.Message, now: float) -> None:
        """Count one frame that came at `now` seconds."""
        if message.is_error_frame:
            self.errors += 1
            return
        if message.is_remote_frame:
            return
        key = message.arbitration_id | EXTENDED if message.is_extended_id else message.arbitration_id
        seen = self._seen.get(key)
        if seen is None:
            seen = Seen(message.arbitration_id, message.is_extended_id, self._known.get(key))
            self._seen[key] = seen
        seen.take(message.data, now)

    def seen(self) -> list[Seen]:
        """What was seen of each identifier, by identifier."""
        return [self._seen[key] for key in sorted(self._seen)]

    def problems(self) -> list[str]:
        """What is not as the database says, one sentence each."""
        if not self._seen:
            errors = f" but {self.errors} error frames" if self.errors else ""
            return [f"Nothing came on the bus{errors}; check its wiring and bitrate, and that the car is awake."]
        found = [f"{s.layout.name}: {', '.join(s.problems())}." for s in self.seen() if s.layout and s.problems()]
        absent = [self._known[key].name for key in self.needed if key in self._known and key not in self._seen]
        cyclic = sorted(name for name in absent if self._cyclic(name))
        if cyclic:
            found.append(f"Not seen, though the DBC gives a cycle: {', '.join(cyclic)}.")
        if self.errors:
            found.append(f"{self.errors} error frames came; check termination and bitrate.")
        return found

    def _cyclic(self, name: str) -> bool:
        return any(layout.name == name and layout.cycle is not None for layout in self.layouts)
