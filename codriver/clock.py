"""Time as the program sees it: real on the page, virtual in tests and batches.

Everything that lets time pass (simulated ECUs, a vehicle that waits for a read-back) does it through a `Clock`:
it schedules callbacks and waits for conditions, and never sleeps. On a `VirtualClock` waiting jumps from event to
event, so a window that travels for four seconds is tested in a few milliseconds; on a `RealClock` the same events
run on one background thread at their real times.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(order=True, slots=True)
class Timer:
    """A callback due at a time; `cancel` makes it void."""

    due: float
    order: int
    callback: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Void the timer: the callback will not run any more."""
        self.cancelled = True


class Clock(Protocol):
    """Seconds that pass, things that happen later, and waiting."""

    def now(self) -> float:
        """Seconds since an arbitrary start; never goes back."""

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` in `delay` seconds (>= 0), in the clock's own turn, never concurrently with another."""

    def wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Let time pass until `condition()` is true or `timeout` seconds are over; returns the condition."""

    def notify(self) -> None:
        """Tell waiters that something changed which their condition may depend on."""

    def close(self) -> None:
        """Stop: no callback runs after this returns."""


class VirtualClock:
    """A clock that stands still until somebody waits; then it jumps from event to event. One thread only.

    In real time a reader thread takes frames off a bus; here nobody may block, so whoever has a mailbox to empty
    adds a poller, which runs before every event and every check of a condition.
    """

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._queue: list[Timer] = []
        self._order = 0
        self._pollers: tuple[Callable[[], None], ...] = ()

    def now(self) -> float:
        """Virtual seconds since the start."""
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Schedule `callback`; it runs inside a later `wait` or `advance`."""
        self._order += 1
        timer = Timer(self._now + max(0.0, delay), self._order, callback)
        heapq.heappush(self._queue, timer)
        return timer

    def add_poller(self, poll: Callable[[], None]) -> Callable[[], None]:
        """Call `poll` at the start of every turn of `wait`, after those added earlier; returns what removes it."""
        self._pollers = (*self._pollers, poll)

        def remove() -> None:
            self._pollers = tuple(other for other in self._pollers if other is not poll)

        return remove

    def wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Run due events one after the other until the condition holds or `timeout` virtual seconds are over."""
        deadline = self._now + timeout
        while True:
            for poll in self._pollers:
                poll()
            if condition():
                return True
            if not self._run_next(deadline):
                self._now = max(self._now, deadline)
                return condition()

    def advance(self, seconds: float) -> None:
        """Let exactly `seconds` pass."""
        self.wait(lambda: False, seconds)

    def notify(self) -> None:
        """Nothing to wake: conditions are checked after every event."""

    def close(self) -> None:
        """Forget all pending events."""
        self._queue.clear()

    def _run_next(self, deadline: float) -> bool:
        while self._queue:
            if self._queue[0].cancelled:
                heapq.heappop(self._queue)
                continue
            if self._queue[0].due > deadline:
                return False
            timer = heapq.heappop(self._queue)
            self._now = max(self._now, timer.due)
            timer.callback()
            return True
        return False


class RealClock:
    """Wall-clock time; callbacks run on one background thread, waiters block on a condition variable."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: list[Timer] = []
        self._order = 0
        self._closed = False
        self._news = 0
        self._thread: threading.Thread | None = None

    def now(self) -> float:
        """Seconds of the system's monotonic clock."""
        return time.monotonic()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Schedule `callback` on the clock's thread, which starts with the first timer."""
        with self._changed:
            self._order += 1
            timer = Timer(self.now() + max(0.0, delay), self._order, callback)
            heapq.heappush(self._queue, timer)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="codriver-clock", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return timer

    def wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Block until `condition()` holds (checked at every `notify`) or `timeout` seconds are over.

        The condition is checked without the clock's lock: it may take a lock of its own, whose holder may be just
        about to schedule something here.
        """
        deadline = self.now() + timeout
        while True:
            with self._changed:
                seen = self._news
            if condition():
                return True
            with self._changed:
                left = deadline - self.now()
                if self._closed or left <= 0:
                    break
                if self._news == seen:
                    self._changed.wait(left)
        return condition()

    def notify(self) -> None:
        """Wake every waiter so that it checks its condition."""
        with self._changed:
            self._news += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Stop the thread; pending callbacks are dropped."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (not self._queue or self._queue[0].due > self.now()):
                    self._changed.wait(self._queue[0].due - self.now() if self._queue else None)
                if self._closed:
                    return
                timer = heapq.heappop(self._queue)
            if not timer.cancelled:
                timer.callback()
                # As on a virtual clock, every event may have made a waiter's condition true.
                self.notify()
