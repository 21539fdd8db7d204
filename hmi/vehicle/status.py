"""What a received message tells: which of its mapped values have changed, and when it was last to be trusted."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.catalogue.signal import Value
from hmi.vehicle.dbc import Field, Layout
from hmi.vehicle.frames import FrameCheck
from hmi.vehicle.mapping import Binding
from hmi.vehicle.tracker import Pending, Timing


class _Slot:
    """One VSS signal in the message, with the bits that it had in the last frame."""

    __slots__ = ("big", "bits", "codec", "field", "mask", "path", "shift")

    def __init__(self, path: str, field: Field, binding: Binding) -> None:
        assert binding.status is not None  # noqa: S101 - bindings are sorted by their status message
        self.path, self.field, self.codec = path, field, binding.status.codec
        self.big, self.shift, self.mask = field.big_endian, field.shift, field.mask
        self.bits = -1


class StatusMessage:
    """A message that carries read-backs. Not thread-safe: its owner holds a lock."""

    def __init__(self, layout: Layout, bindings: Sequence[Binding], timing: Timing) -> None:
        self.layout = layout
        cycle = layout.cycle or 0.0
        self.stale_after = max(timing.stale_cycles * cycle, timing.stale_least)
        """Seconds without a trustworthy frame after which its values are not told any more."""
        self.silent_after = max(timing.silent_cycles * cycle, timing.stale_least)
        """Seconds without a trustworthy frame after which a write does not wait any longer."""
        self.check = FrameCheck(layout, self.stale_after)
        self.last_valid: float | None = None
        self.waiting: list[tuple[str, Field | None, Pending]] = []
        """Path, motion signal and life of the writes whose read-back is in this message."""
        self._slots = [_Slot(b.path, b.status.field, b) for b in bindings if b.status is not None]
        switches = [entry.multiplexer[0] for entry in (slot.field for slot in self._slots) if entry.multiplexer]
        motions = [b.motion for b in bindings if b.motion is not None]
        read = [*(slot.field for slot in self._slots), *motions, *switches]
        self._has_big = any(entry.big_endian for entry in layout.fields.values())
        self._mask_little = self._mask_big = 0
        for entry in read:
            if entry.big_endian:
                self._mask_big |= entry.mask << entry.shift
            else:
                self._mask_little |= entry.mask << entry.shift
        self._little = self._big = -1

    def stale(self, now: float) -> bool:
        """True when nothing trustworthy came for too long. A message without a declared cycle never gets stale."""
        if self.last_valid is None:
            return True
        return self.layout.cycle is not None and now - self.last_valid > self.stale_after

    def receive(self, data: bytes | bytearray, now: float, values: dict[str, Value]) -> dict[str, Value] | None:
        """Take a frame into `values` (by VSS path); returns what has changed, None when it cannot be trusted.

        Only mapped bits are looked at, and nothing is decoded while they stay the same.
        """
        if len(data) > self.layout.length:
            data = data[: self.layout.length]
        little = int.from_bytes(data, "little")
        big = int.from_bytes(data, "big") if self._has_big else 0
        if not self.check.accept(data, little, big, now):
            return None
        self.last_valid = now
        changes: dict[str, Value] = {}
        if little & self._mask_little == self._little and big & self._mask_big == self._big:
            return changes
        self._little, self._big = little & self._mask_little, big & self._mask_big
        for slot in self._slots:
            bits = ((big if slot.big else little) >> slot.shift) & slot.mask
            if bits != slot.bits and self._present(slot.field, little, big):
                slot.bits = bits
                self._take(slot, values, changes)
        return changes

    def motion(self, field: Field | None) -> str | None:
        """The text of the motion signal in the last trustworthy frame."""
        if field is None or self._little < 0:
            return None
        return field.choices.get(field.bits(self._little, self._big))

    def tell_waiting(self, values: dict[str, Value], now: float) -> None:
        """Show the reading of this frame to every write that waits for it."""
        for path, motion, pending in self.waiting:
            pending.on_status(values.get(path), self.motion(motion), now)

    def distrust(self) -> None:
        """Tell no value of it until the next trustworthy frame; a counter that stands still stays suspicious."""
        self.last_valid = None

    def forget(self) -> None:
        """Decode the next frame from scratch, whatever its counter."""
        self.last_valid = None
        self._little = self._big = -1
        for slot in self._slots:
            slot.bits = -1
        self.check.forget()

    def snapshot(self) -> tuple[int, ...]:
        """The bits of the last trustworthy frame, for `restore`."""
        return (self._little, self._big, *(slot.bits for slot in self._slots))

    def restore(self, snapshot: tuple[int, ...], now: float) -> None:
        """Stand as if the frame of `snapshot` had just come; the next frame's counter is taken as it comes."""
        if snapshot[0] < 0:
            self.forget()
            return
        self._little, self._big, *bits = snapshot
        for slot, slot_bits in zip(self._slots, bits, strict=True):
            slot.bits = slot_bits
        self.last_valid = now
        self.check.forget()

    def _take(self, slot: _Slot, values: dict[str, Value], changes: dict[str, Value]) -> None:
        value = slot.codec.decode(slot.field.raw_of_bits(slot.bits))
        if value is None:
            values.pop(slot.path, None)
        elif values.get(slot.path) != value:
            values[slot.path] = changes[slot.path] = value

    @staticmethod
    def _present(field: Field, little: int, big: int) -> bool:
        if field.multiplexer is None:
            return True
        switch, numbers = field.multiplexer
        return switch.bits(little, big) in numbers
