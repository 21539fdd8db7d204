"""Status messages as the ECUs keep them: the payload, its cells, and the bytes of the next frame."""

from __future__ import annotations

from collections.abc import Callable

from codriver.clock import Timer
from firmware_sim.codec import PAYLOAD_BYTES, MessageLayout, SignalLayout, crc_finish, crc_state


class StatusMessage:
    """One status message: the values it carries now and when it has to go out."""

    __slots__ = (
        "_bytes",
        "_crc",
        "_encoded",
        "counter",
        "deferred",
        "derived",
        "fast_timer",
        "heard",
        "initial",
        "last_sent",
        "layout",
        "listeners",
        "payload",
        "seen",
        "sources",
        "waiting",
    )

    def __init__(self, layout: MessageLayout) -> None:
        self.layout = layout
        self.initial = layout.initial
        self.payload = self.initial
        self.counter = 0
        """Alive counter of the next frame."""
        self.seen: int | None = None
        """The payload that the bus saw last, None when the last frame was lost or damaged."""
        self.heard: int | None = None
        """The payload that the listeners heard last."""
        self.last_sent = -1.0
        """When the last frame went out, on the clock."""
        self.waiting = False
        """In the queue of changed messages."""
        self.deferred: Timer | None = None
        self.fast_timer: Timer | None = None
        self.sources: list[Callable[[], None]] = []
        """What writes the values that move now; called before every frame."""
        self.derived: list[Callable[[], None]] = []
        """What works out values that follow from others; called before every frame, after the sources."""
        self.listeners: list[Listener] = []
        self._encoded = -1
        self._bytes = b""
        self._crc = 0

    def next_frame(self) -> bytes:
        """The eight bytes of the next frame; counts the alive counter on."""
        if self.payload != self._encoded:
            self._encoded = self.payload
            self._bytes = self.payload.to_bytes(PAYLOAD_BYTES, "little")
            self._crc = crc_state(self.layout.id, self._bytes)
        counter = self.counter
        self.counter = (counter + 1) & 0xF
        return self._bytes + bytes((counter, crc_finish(self._crc, counter)))


class Cell:
    """One status signal's place in its message; values are raw."""

    __slots__ = ("_changed", "_clear", "_mask", "_start", "layout", "message")

    def __init__(
        self, layout: SignalLayout, message: StatusMessage, changed: Callable[[StatusMessage], None]
    ) -> None:
        self.layout = layout
        self.message = message
        self._changed = changed
        self._start = layout.start
        self._mask = layout.all_ones
        self._clear = ~(layout.all_ones << layout.start)

    @property
    def raw(self) -> int:
        """The value now."""
        return self.message.payload >> self._start & self._mask

    @property
    def physical(self) -> float:
        """The value now, in the signal's unit."""
        return self.layout.physical(self.raw)

    def load(self, raw: int) -> None:
        """Change the value without asking for a frame."""
        message = self.message
        message.payload = message.payload & self._clear | raw << self._start

    def set(self, raw: int) -> bool:
        """Change the value; a change asks for a frame. Returns whether it changed."""
        if self.raw == raw:
            return False
        self.load(raw)
        self._changed(self.message)
        return True

    def revert(self) -> None:
        """Back to the start value, without asking for a frame."""
        self.load(self.layout.initial)


class Listener:
    """One node's interest in one signal of another node: it knows what it heard, not what is."""

    __slots__ = ("_initial", "_mask", "_start", "callback", "layout", "node", "raw")

    def __init__(self, node: str, layout: SignalLayout, callback: Callable[[float], None] | None) -> None:
        self.node = node
        self.layout = layout
        self.callback = callback
        self._start = layout.start
        self._mask = layout.all_ones
        self._initial = layout.initial
        self.raw = self._initial

    @property
    def value(self) -> float:
        """The physical value heard last."""
        return self.layout.physical(self.raw)

    def hear(self, payload: int) -> None:
        """Take a payload off the bus; `callback` is called when the value changed."""
        raw = payload >> self._start & self._mask
        if raw != self.raw:
            self.raw = raw
            if self.callback is not None:
                self.callback(self.value)

    def forget(self) -> None:
        """Back to the start value."""
        self.raw = self._initial
