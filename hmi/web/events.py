"""Live state for any number of readers: server-sent events out of the vehicle's changes.

A reader first gets the whole state, then what changes, gathered for at most `GATHER` seconds so that a window on
its way does not flood a slow screen. A reader that comes back gets the whole state again and so misses nothing.
While nothing changes a comment goes out every `HEARTBEAT` seconds, which is also how a reader that has gone is
noticed. As often, what the reader knows is compared with the vehicle, which finds values that went stale.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from codriver.errors import ResourceError
from hmi.catalogue.signal import Value
from hmi.vehicle.base import Vehicle

GATHER = 0.04
HEARTBEAT = 2.0
READERS = 12
"""How many streams may be open; each holds one thread of the server."""

_MESSAGES = 64
"""Messages kept for a slow reader; older ones are dropped, the state never is."""


class EventHub:
    """Passes the vehicle's changes, and messages of the server, on to every open stream."""

    def __init__(self, vehicle: Vehicle, *, readers: int = READERS, heartbeat: float = HEARTBEAT) -> None:
        self.heartbeat = heartbeat
        self.changed = threading.Condition()
        self.closing = threading.Event()
        self._vehicle = vehicle
        self._limit = readers
        self._streams: set[EventStream] = set()
        self._number = 0
        self._unwatch = vehicle.watch(self._on_change)

    def open(self) -> EventStream:
        """A new stream. Raises `ResourceError` when too many are open or the server stops."""
        with self.changed:
            if self.closing.is_set():
                raise ResourceError("The server is stopping; try again when it is back.")
            if len(self._streams) >= self._limit:
                raise ResourceError(
                    f"{self._limit} live streams are open, which is the limit; close another page."
                )
            stream = EventStream(self)
            self._streams.add(stream)
            return stream

    def publish(self, event: str, data: Mapping[str, Any]) -> None:
        """Send `data` as `event` to every stream."""
        with self.changed:
            for stream in self._streams:
                stream.messages.append((event, data))
            self.changed.notify_all()

    def state(self) -> dict[str, Value]:
        """The vehicle's state now."""
        return dict(self._vehicle.state())

    def next_number(self) -> int:
        """A number for the `id:` line, growing over all streams."""
        with self.changed:
            self._number += 1
            return self._number

    def forget(self, stream: EventStream) -> None:
        """Give the stream's place to somebody else."""
        with self.changed:
            self._streams.discard(stream)

    def close(self) -> None:
        """End every stream and the watching; a second time does nothing."""
        with self.changed:
            if self.closing.is_set():
                return
            self.closing.set()
            self.changed.notify_all()
        self._unwatch()

    def _on_change(self, changes: Mapping[str, Value]) -> None:
        with self.changed:
            for stream in self._streams:
                stream.pending.update(changes)
            self.changed.notify_all()


class EventStream:
    """One reader's stream: an iterator of `text/event-stream` chunks that ends when the hub closes."""

    def __init__(self, hub: EventHub) -> None:
        self.pending: dict[str, Value | None] = {}
        self.messages: deque[tuple[str, Mapping[str, Any]]] = deque(maxlen=_MESSAGES)
        self._hub = hub
        self._known: dict[str, Value | None] | None = None
        self._compare_at = time.monotonic() + hub.heartbeat
        self.gone: Callable[[], bool] = lambda: False
        """Tells that the reader has left; the server sets it when it can know."""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        """Wait for something to tell, at most one heartbeat."""
        if self._known is None:
            self._known = {**self._hub.state()}
            return b"retry: 1000\n" + self._event("state", self._known)
        # The pause gathers what follows the change just sent; the first change after a calm is sent at once.
        self._hub.closing.wait(GATHER)
        with self._hub.changed:
            self._hub.changed.wait_for(self._has_news, self._hub.heartbeat)
            changes, messages = self.pending, list(self.messages)
            self.pending = {}
            self.messages.clear()
        if self._hub.closing.is_set() or self.gone():
            raise StopIteration
        if time.monotonic() >= self._compare_at:
            changes = self._differences(self._known)
        self._known.update(changes)
        chunks = [self._event("change", changes)] if changes else []
        chunks += [self._event(name, data) for name, data in messages]
        return b"".join(chunks) or b": still here\n\n"

    def close(self) -> None:
        """Called by the server when the reader has gone or the stream has ended."""
        self._hub.forget(self)

    def _has_news(self) -> bool:
        return bool(self.pending or self.messages or self._hub.closing.is_set())

    def _differences(self, known: Mapping[str, Value | None]) -> dict[str, Value | None]:
        """What the reader does not know yet or believes wrongly; None for a value that went stale."""
        self._compare_at = time.monotonic() + self._hub.heartbeat
        now = self._hub.state()
        changed: dict[str, Value | None] = {path: v for path, v in now.items() if known.get(path) != v}
        stale = {path: None for path, value in known.items() if value is not None and path not in now}
        return {**changed, **stale}

    def _event(self, name: str, data: Mapping[str, Any]) -> bytes:
        body = json.dumps(data, separators=(",", ":"))
        return f"event: {name}\nid: {self._hub.next_number()}\ndata: {body}\n\n".encode()
