"""A vehicle that is a recording: it tells what a car's bus told, at the time it told it, and cannot be changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import can
from cantools.database import Database

from codriver.clock import Clock, Timer, VirtualClock
from codriver.errors import ResourceError
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import SignalValue
from hmi.vehicle.base import Progress, WriteOutcome, WriteResult
from hmi.vehicle.can import CanVehicle
from hmi.vehicle.link import BUS_ERRORS
from hmi.vehicle.mapping import VehicleMap
from hmi.vehicle.recording import Recording

UNCHANGEABLE = "a recording cannot be changed"
"""Why every write to a recording is refused."""
_SEND_TIMEOUT = 1.0
"""Seconds that a full interface may take to make room for a frame."""
_LOOK = 0.2
"""Seconds between two looks whether the recording has begun or the bus is closed."""
_ROUNDING = 1e-9
"""Seconds by which a time may be off, because floating point times are rounded."""


class PacedClock:
    """Another clock's time, faster or slower: a `codriver.clock.Clock` whose seconds are `1 / speed` as long."""

    def __init__(self, clock: Clock, speed: float) -> None:
        """`speed` > 0; 2 makes everything happen twice as fast as on `clock`, which is owned from now on."""
        self.speed = speed
        self._clock = clock

    def now(self) -> float:
        """Seconds since an arbitrary start."""
        return self._clock.now() * self.speed

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` in `delay` of this clock's seconds."""
        return self._clock.call_later(delay / self.speed, callback)

    def wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait up to `timeout` of this clock's seconds for the condition."""
        return self._clock.wait(condition, timeout / self.speed)

    def notify(self) -> None:
        """Wake every waiter."""
        self._clock.notify()

    def close(self) -> None:
        """Stop the clock."""
        self._clock.close()


class RecordedBus(can.BusABC):
    """A bus that nobody can send to and on which frames arrive at the times of a recording."""

    def __init__(self, frames: Iterator[tuple[float, can.Message]], clock: Clock) -> None:
        """Bring `frames` (seconds since the first, frame); nothing comes before `play`."""
        super().__init__(channel="recording")
        self.channel_info = "a recording"
        self.position = 0.0
        """Seconds of the recording at which the last frame came."""
        self._clock = clock
        self._speed = clock.speed if isinstance(clock, PacedClock) else 1.0
        self._start: float | None = None
        self._frames = frames
        self._next = next(frames, None)
        self._over = threading.Event()

    def play(self) -> None:
        """Let the first frame come now, and each other one at its time."""
        self._start = self._clock.now()

    @property
    def due(self) -> float | None:
        """When the next frame comes, on the clock; None after the last one and before `play`."""
        return None if self._next is None or self._start is None else self._start + self._next[0]

    @property
    def ended(self) -> bool:
        """True when every frame has come."""
        return self._next is None

    def send(self, msg: can.Message, timeout: float | None = None) -> None:
        """Refuse: raises `can.CanOperationError`."""
        raise can.CanOperationError(UNCHANGEABLE)

    def shutdown(self) -> None:
        """End the reception."""
        self._over.set()
        super().shutdown()

    def _recv_internal(self, timeout: float | None) -> tuple[can.Message | None, bool]:
        left = float("inf") if self.due is None else self.due - self._clock.now()
        if left > _ROUNDING:
            # In virtual time nobody may block, and there `timeout` is 0.
            pause = min(left / self._speed, _LOOK if timeout is None else timeout)
            if pause > 0:
                self._over.wait(pause)
            return None, True
        assert self._next is not None  # noqa: S101 - only then `left` is finite
        self.position, message = self._next
        self._next = next(self._frames, None)
        return message, True


class ReplayVehicle(CanVehicle):
    """The car that a recording was made of, from the recording's first frame on.

    On a `VirtualClock` the recording goes on whenever somebody lets time pass, as fast as that can be; on a real
    or a `PacedClock` it goes on by itself. After its end the values grow stale, as those of a car that is gone.
    """

    def __init__(
        self, catalogue: Catalogue, database: Database, recording: Recording, clock: Clock, *, hold: bool = False
    ) -> None:
        """Start to play; with `hold` only when `play` is called.

        Raises `FileFormatError` when the database maps no signal of the catalogue.
        """
        self.recording = recording
        self._log = RecordedBus(recording.frames(), clock)
        self._listeners: tuple[Callable[[can.Message], None], ...] = ()
        try:
            super().__init__(catalogue, database, self._log, clock)
        except BaseException:
            self._log.shutdown()
            raise
        if not hold:
            self.play()

    def play(self) -> None:
        """Let the recording begin, which `hold` has kept from it."""
        self._log.play()
        if isinstance(self.clock, VirtualClock):
            self._play_on()

    @property
    def position(self) -> float:
        """Seconds of the recording at which the last frame came."""
        return self._log.position

    @property
    def ended(self) -> bool:
        """True when every frame has come."""
        return self._log.ended

    @property
    def map(self) -> VehicleMap:
        """Where the signals are in the recorded frames."""
        return self._map

    def listen(self, on_frame: Callable[[can.Message], None]) -> None:
        """Call `on_frame` for every frame from now on, before its readings change."""
        self._listeners = (*self._listeners, on_frame)

    def write(
        self, changes: Sequence[SignalValue], on_progress: Callable[[Progress], None] | None = None
    ) -> list[WriteResult]:
        """Refuse every change. Raises `InputError` for a signal that the recorded car could not write either."""
        for change in changes:
            self._writable(change)
        return [
            WriteResult(change, WriteOutcome.REFUSED, self.read(change.path), UNCHANGEABLE) for change in changes
        ]

    def _receive(self, message: can.Message) -> None:
        for listener in self._listeners:
            listener(message)
        super()._receive(message)
        if self.ended:
            self.clock.notify()

    def _play_on(self) -> None:
        """Virtual time: stop the clock at the time of every frame, so that each comes at its own."""
        self.poll()
        due = self._log.due
        if due is not None:
            self.clock.call_later(due - self.clock.now(), self._play_on)


def send_frames(recording: Recording, bus: can.BusABC, speed: float, stop: threading.Event) -> int:
    """Send the recorded frames onto `bus` at their own times, `speed` times as fast, until `stop`; tells how many.

    Error frames are left out, because they are no messages. Raises `ResourceError` when the bus takes no more.
    """
    count, start = 0, time.monotonic()
    for moment, message in recording.frames():
        pause = start + moment / speed - time.monotonic()
        if stop.wait(max(0.0, pause)):
            break
        if message.is_error_frame:
            continue
        try:
            bus.send(message, timeout=_SEND_TIMEOUT)
        except BUS_ERRORS as error:
            cause = (str(error).splitlines() or [""])[0].rstrip(".") or type(error).__name__
            raise ResourceError(
                f"The frame 0x{message.arbitration_id:X} cannot be sent {moment:.3f} s after the start ({cause}); "
                "check that the bus is up and of the same kind as the recorded one."
            ) from None
        count += 1
    return count
