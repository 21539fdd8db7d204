"""The nodes' common bus endpoint: cyclic status frames, acknowledgements, listening, and what faults do to frames.

All nodes share one `can.Bus` endpoint, because every endpoint on a virtual channel costs a copy of every frame.
What one node hears of another is delivered here, frame by frame, and only if the frame really went out undamaged.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import can

from codriver.clock import Clock, Timer
from firmware_sim.codec import BusLayout, MessageLayout, guarded
from firmware_sim.reasons import Reason
from firmware_sim.status import Cell, Listener, StatusMessage

SHORTEST_GAP = 0.02
"""Seconds between two frames of one status message that changes again and again."""

_SEED = 20240229


@dataclass(slots=True)
class NodeFaults:
    """What is wrong with the frames of one node."""

    silent: bool = False
    lost: float = 0.0
    """Share of frames, 0..1."""
    delay: float = 0.0
    """Seconds."""
    corrupted: float = 0.0
    """Share of frames, 0..1."""


class Network:
    """Status messages, their timing, and the way onto the bus."""

    def __init__(self, clock: Clock, bus: can.BusABC, layout: BusLayout) -> None:
        self.clock = clock
        self.layout = layout
        self.faults: dict[str, NodeFaults] = {}
        """Only nodes with a fault are in it."""
        self.failure: can.CanError | None = None
        """Why the bus could not be used, once it could not."""
        self._bus = bus
        self._messages = {entry.name: StatusMessage(entry) for entry in layout.statuses()}
        self._cells = {
            signal.name: Cell(signal, message, self._on_change)
            for message in self._messages.values()
            for signal in message.layout.signals
        }
        self._changed: list[StatusMessage] = []
        self._ack_counters: dict[str, int] = {}
        self._random = random.Random(_SEED)
        self._delayed: dict[int, Timer] = {}
        self._delays = 0

    def cell(self, name: str) -> Cell:
        """The cell of the status signal `name`."""
        return self._cells[name]

    def has(self, name: str) -> bool:
        """Whether there is a status signal `name`."""
        return name in self._cells

    def listen(self, node: str, name: str, callback: Callable[[float], None] | None = None) -> Listener:
        """Let `node` hear the status signal `name` of another node."""
        cell = self._cells[name]
        listener = Listener(node, cell.layout, callback)
        cell.message.listeners.append(listener)
        return listener

    def start(self) -> None:
        """Send every status message once and keep sending by its cycle."""
        groups: dict[float, list[StatusMessage]] = {}
        for message in self._messages.values():
            groups.setdefault(message.layout.cycle, []).append(message)
            self._transmit(message)
        for cycle, group in groups.items():
            self._schedule_cycle(cycle, group)

    def later(self, delay: float, action: Callable[[], None]) -> Timer:
        """Run `action` in `delay` seconds, then send what it changed."""

        def run() -> None:
            action()
            self.flush()

        return self.clock.call_later(delay, run)

    def add_source(self, message: StatusMessage, source: Callable[[], None]) -> None:
        """Call `source` before every frame of `message`, which now goes out by its fast cycle."""
        message.sources.append(source)
        if message.fast_timer is None and message.layout.fast:
            self._schedule_fast(message)

    def remove_source(self, message: StatusMessage, source: Callable[[], None]) -> None:
        """End `add_source`."""
        if source in message.sources:
            message.sources.remove(source)
        if not message.sources and message.fast_timer is not None:
            message.fast_timer.cancel()
            message.fast_timer = None

    def touch(self, message: StatusMessage) -> None:
        """Ask for a frame of `message` although nothing in it changed."""
        self._on_change(message)

    def flush(self, at_once: bool = False) -> None:
        """Send every changed message; one that was sent a moment ago waits, unless `at_once`."""
        # What a listener hears may change further messages, so the queue can grow meanwhile.
        while self._changed:
            queue, self._changed = self._changed, []
            now = self.clock.now()
            for message in queue:
                message.waiting = False
                due = message.last_sent + SHORTEST_GAP
                if at_once or now >= due:
                    self._transmit(message)
                elif message.deferred is None:
                    message.deferred = self.clock.call_later(due - now, partial(self._send_late, message))

    def acknowledge(self, node: str, command: int, sequence: int, answers: Iterable[tuple[int, Reason]]) -> None:
        """Send one ack frame per (start bit, reason) about the command message `command`."""
        entry = self.layout.messages[f"{node}_Ack"]
        for start, reason in answers:
            counter = self._ack_counters.get(node, 0)
            self._ack_counters[node] = (counter + 1) & 0xF
            refused = int(reason is not Reason.NONE)
            payload = command | sequence << 16 | start << 24 | refused << 32 | reason << 36
            self._send(entry, guarded(entry.id, payload, counter))

    def clear_faults(self) -> None:
        """All nodes are well again; frames that were still being held back are dropped."""
        self.faults.clear()
        for timer in self._delayed.values():
            timer.cancel()
        self._delayed.clear()
        for message in self._messages.values():
            # A node that was deaf has to hear values again that have not changed since.
            message.heard = None

    def reset(self) -> None:
        """Every value as at the start, no faults; nothing is sent yet."""
        disturbed = bool(self.faults)
        if disturbed:
            self.clear_faults()
            self._random.seed(_SEED)
        for message in self._messages.values():
            message.payload = message.initial
            if message.deferred is not None:
                message.deferred.cancel()
                message.deferred = None
            for listener in message.listeners:
                listener.forget()
            message.heard = message.initial
            if disturbed or message.seen != message.initial:
                self._on_change(message)

    def _on_change(self, message: StatusMessage) -> None:
        if not message.waiting:
            message.waiting = True
            self._changed.append(message)

    def _schedule_cycle(self, cycle: float, group: list[StatusMessage]) -> None:
        def beat() -> None:
            self._schedule_cycle(cycle, group)
            for message in group:
                if message.fast_timer is None:
                    self._transmit(message)
            self.flush()

        self.clock.call_later(cycle, beat)

    def _schedule_fast(self, message: StatusMessage) -> None:
        def beat() -> None:
            self._schedule_fast(message)
            self._transmit(message)
            self.flush()

        message.fast_timer = self.clock.call_later(message.layout.fast, beat)

    def _send_late(self, message: StatusMessage) -> None:
        message.deferred = None
        self._transmit(message)
        self.flush()

    def _transmit(self, message: StatusMessage) -> None:
        for source in (*message.sources, *message.derived):
            source()
        message.last_sent = self.clock.now()
        if message.layout.node in self.faults and self.faults[message.layout.node].silent:
            message.seen = None
            return
        data = message.next_frame()
        if message.layout.node in self.faults:
            payload = message.payload
            message.seen = None
            self._send(message.layout, data, lambda: self._arrived(message, payload))
            return
        self._put(message.layout.id, data)
        message.seen = message.payload
        if message.payload != message.heard:
            self._deliver(message, message.payload)

    def _send(self, entry: MessageLayout, data: bytes, arrived: Callable[[], None] = lambda: None) -> None:
        """Put one frame of a node on the bus as far as its faults let it; `arrived` is called if it is intact."""
        faults = self.faults.get(entry.node)
        if faults is None:
            self._put(entry.id, data)
            arrived()
            return
        if faults.silent or (faults.lost and self._random.random() < faults.lost):
            return
        damaged = faults.corrupted > 0 and self._random.random() < faults.corrupted
        if damaged:
            data = self._flip_bits(data)

        def put() -> None:
            self._put(entry.id, data)
            if not damaged:
                arrived()

        if faults.delay:
            self._delay(faults.delay, put)
        else:
            put()

    def _delay(self, seconds: float, put: Callable[[], None]) -> None:
        key = self._delays = self._delays + 1

        def late() -> None:
            del self._delayed[key]
            put()

        self._delayed[key] = self.later(seconds, late)

    def _flip_bits(self, data: bytes) -> bytes:
        # Two flipped bits in eight bytes never go unnoticed by this CRC.
        value = int.from_bytes(data, "little")
        for bit in self._random.sample(range(64), 2):
            value ^= 1 << bit
        return value.to_bytes(8, "little")

    def _arrived(self, message: StatusMessage, payload: int) -> None:
        message.seen = payload
        self._deliver(message, payload)

    def _deliver(self, message: StatusMessage, payload: int) -> None:
        message.heard = payload
        for listener in message.listeners:
            faults = self.faults.get(listener.node)
            if faults is None or not faults.silent:
                listener.hear(payload)

    def _put(self, frame_id: int, data: bytes) -> None:
        try:
            self._bus.send(can.Message(arbitration_id=frame_id, data=data, is_extended_id=False))
        except can.CanError as error:
            # There may be nobody in this turn to tell; whoever runs the simulation looks at `failure`.
            self.failure = error
