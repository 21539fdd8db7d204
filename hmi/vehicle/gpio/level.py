"""A device that follows at once: light, relay, horn, fan, volume. Its proof is what the pins read back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hmi.catalogue.signal import Value
from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.gpio.desk import ANSWER, CLOSE_ENOUGH, Desk, Wish
from hmi.vehicle.gpio.rigfile import Device
from hmi.vehicle.gpio.shapes import Lamp, Shape, Worded, shape_of
from hmi.vehicle.gpio.wiring import Report

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


class LevelStation:
    """One such device; implements `hmi.vehicle.gpio.desk.Station`."""

    def __init__(self, device: Device, desk: Desk) -> None:
        self._desk = desk
        self._shape: Shape = shape_of(device)
        self._feedback = device.pins.get("feedback_pin")
        self._wanted: dict[str, Value] = dict(self._shape.first())
        self._values: dict[str, Value] = dict(self._wanted)
        self._waiting: list[tuple[Wish, int]] = []
        self._take_over(desk.report)

    @property
    def paths(self) -> Sequence[str]:
        """Its signals."""
        return tuple(self._wanted)

    def values(self) -> Mapping[str, Value | None]:
        """What the pins show, and what the device keeps for the next time it is on."""
        return self._values

    def command(self, wish: Wish) -> None:
        """Set the pins and wait for what they read back."""
        refusal = self._refusal(wish.target.value)
        if refusal:
            wish.end(WriteOutcome.REFUSED, refusal, self._values[wish.target.path], self._desk.now())
            return
        self._wanted[wish.target.path] = _plain(wish.target.value)
        sequence = self._desk.drive(self._shape.levels(self._wanted))
        self._waiting = [(other, number) for other, number in self._waiting if not other.ended]
        self._waiting.append((wish, sequence))
        self._desk.later(ANSWER, lambda: self._give_up(wish))

    def on_report(self, report: Report) -> None:
        """Prove what the pins show."""
        if self._follows(report):
            self._values = dict(self._wanted)
            for wish, sequence in self._waiting:
                if sequence <= report.sequence:
                    wish.end(WriteOutcome.PROVED, "", self._values[wish.target.path], self._desk.now())
            self._waiting = [(wish, number) for wish, number in self._waiting if not wish.ended]
        else:
            self._values = self._seen(report)

    def on_trip(self, report: Report) -> None:
        """From now on the safe state is what is wanted."""
        self._waiting = []
        self._take_over(report)

    def _take_over(self, report: Report) -> None:
        if set(self._shape.levels(self._wanted)) <= set(report.outputs):
            self._wanted = self._shape.seen(report.outputs, self._values)
            self._values = self._seen(report)

    def _refusal(self, value: Value) -> str:
        if isinstance(self._shape, Worded) and value not in self._shape.table:
            return f"this rig has no level for {value}"
        if isinstance(self._shape, Lamp) and isinstance(value, str) and not _COLOUR.fullmatch(value):
            return f"{value} is not a colour such as #FF8800"
        return ""

    def _follows(self, report: Report) -> bool:
        wanted = self._shape.levels(self._wanted)
        if any(abs(report.outputs.get(pin, -1.0) - level) > CLOSE_ENOUGH for pin, level in wanted.items()):
            return False
        return self._feedback is None or report.inputs.get(self._feedback) == any(wanted.values())

    def _seen(self, report: Report) -> dict[str, Value]:
        if not report.outputs:
            return self._values
        levels = dict(report.outputs)
        if self._feedback is not None and not report.inputs.get(self._feedback):
            # The contact knows better than the pin.
            levels.update(dict.fromkeys(self._shape.levels(self._wanted), 0.0))
        return self._shape.seen(levels, self._values)

    def _give_up(self, wish: Wish) -> None:
        if wish.ended:
            return
        report = self._desk.report
        levels = self._shape.levels(self._wanted)
        at_pin = all(abs(report.outputs.get(pin, -1.0) - level) <= CLOSE_ENOUGH for pin, level in levels.items())
        reason = "it does not react" if at_pin else "its pin does not follow"
        self._values = self._seen(report)
        wish.end(WriteOutcome.BLOCKED, reason, self._values[wish.target.path], self._desk.now())
        # What does not work is not left switched on.
        self._wanted = dict(self._values)
        self._desk.drive(self._shape.levels(self._wanted))


def _plain(value: Value) -> Value:
    return value.upper() if isinstance(value, str) and value.startswith("#") else value
