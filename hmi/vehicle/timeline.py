"""What happened in a recording, as events on VSS signals: readings that change, commands, refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import can

from hmi.catalogue.signal import Value
from hmi.vehicle.commands import WHOLE_MESSAGE, read_answer
from hmi.vehicle.dbc import EXTENDED, Layout
from hmi.vehicle.frames import FrameCheck
from hmi.vehicle.mapping import AckLayout, Binding, VehicleMap
from hmi.vehicle.replay import ReplayVehicle
from hmi.vehicle.tracker import REFUSALS

Kind = Literal["first", "changed", "commanded", "refused"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a signal."""

    time: float
    """Seconds of the recording."""
    kind: Kind
    """first: the first reading; changed: another reading; commanded: somebody asked for `value`; refused: an ECU
    said no."""
    path: str
    value: Value | None = None
    before: Value | None = None
    reason: str = ""

    def as_json(self) -> dict[str, Value | None]:
        """The form for programs; only what the kind of event has."""
        document: dict[str, Value | None] = {"time": round(self.time, 6), "event": self.kind, "signal": self.path}
        if self.kind != "refused":
            document["value"] = self.value
        if self.kind == "changed":
            document["before"] = self.before
        return document | ({"reason": self.reason} if self.reason else {})


class Timeline:
    """Follows a vehicle that replays a recording and tells every event, on the vehicle's receiving thread."""

    def __init__(self, vehicle: ReplayVehicle, tell: Callable[[Event], None]) -> None:
        """Follow `vehicle` from now on; one that is on hold is followed from its first frame."""
        self._vehicle = vehicle
        self._tell = tell
        self._known: dict[str, Value] = {}
        self._commands = _Commands(vehicle.map)
        vehicle.watch(self._on_change)
        vehicle.listen(self._on_frame)

    def _on_change(self, changes: Mapping[str, Value]) -> None:
        for path, value in changes.items():
            before = self._known.get(path)
            self._known[path] = value
            if before is None:
                self._tell(Event(self._vehicle.position, "first", path, value))
            elif before != value:
                self._tell(Event(self._vehicle.position, "changed", path, value, before))

    def _on_frame(self, message: can.Message) -> None:
        for event in self._commands.read(message, self._vehicle.position):
            self._tell(event)


class _Commands:
    """Commands and answers in recorded frames."""

    def __init__(self, vehicle_map: VehicleMap) -> None:
        self._bound: dict[int, list[Binding]] = {}
        self._checks: dict[int, FrameCheck] = {}
        self._last: dict[str, int] = {}
        self._answers: dict[int, tuple[AckLayout, FrameCheck]] = {}
        for binding in vehicle_map.bindings.values():
            if binding.command is not None:
                layout = binding.command.message
                self._bound.setdefault(layout.key, []).append(binding)
                self._checks.setdefault(layout.key, FrameCheck(layout, silence=0.0))
        for ack in vehicle_map.acks:
            self._answers[ack.message.key] = ack, FrameCheck(ack.message, silence=0.0)

    def read(self, message: can.Message, now: float) -> list[Event]:
        """The events in one frame, at `now` seconds."""
        if message.is_error_frame or message.is_remote_frame:
            return []
        key = message.arbitration_id | EXTENDED if message.is_extended_id else message.arbitration_id
        little, big = int.from_bytes(message.data, "little"), int.from_bytes(message.data, "big")
        check = self._checks.get(key)
        if check is not None and check.accept(message.data, little, big, now):
            return self._wishes(check.layout, little, big, now)
        answer = self._answers.get(key)
        if answer is not None and answer[1].accept(message.data, little, big, now):
            return self._refusals(answer[0], message.data, now)
        return []

    def _wishes(self, layout: Layout, little: int, big: int, now: float) -> list[Event]:
        events = []
        for binding in self._bound[layout.key]:
            assert binding.command is not None  # noqa: S101 - only such bindings are kept
            field = binding.command.field
            bits = field.bits(little, big)
            if bits == field.free_bits:
                continue
            # A signal without a value for "no request" is in every frame; only another value is a wish.
            if field.free_bits is None and self._last.get(binding.path) == bits:
                continue
            self._last[binding.path] = bits
            value = binding.command.codec.decode(field.raw_of_bits(bits))
            if value is not None:
                events.append(Event(now, "commanded", binding.path, value))
        return events

    def _refusals(self, ack: AckLayout, data: bytearray, now: float) -> list[Event]:
        answer = read_answer(ack, data)
        if answer.accepted:
            return []
        reason = REFUSALS.get(answer.reason, answer.reason)
        return [
            Event(now, "refused", binding.path, reason=reason)
            for bound in self._bound.values()
            for binding in bound
            if binding.command is not None
            and binding.command.message.frame_id == answer.message_id
            and answer.start_bit in (binding.command.field.start, WHOLE_MESSAGE)
        ]
