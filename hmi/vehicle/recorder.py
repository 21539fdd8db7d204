"""Writing what a CAN bus carries into a file, so that nothing that was on the bus is lost."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import can

from codriver.clock import VirtualClock
from codriver.errors import InputError, ResourceError
from hmi.vehicle.recording import format_of

_FLUSH_EVERY = 1.0
"""Seconds of traffic that a killed recorder may lose in the text formats."""
_BLF_BLOCK = 16 * 1024
"""Bytes of traffic that a killed recorder may lose in the format BLF, which compresses whole blocks."""
_PATIENCE = 10.0
"""Seconds that the writer of a database may take for its next step."""
_DEVICE = re.compile(r"[a-z]+[0-9]+")


class Recorder:
    """A recording that is being written. A context manager that finishes the file."""

    def __init__(self, path: Path, *, force: bool = False) -> None:
        """Start the file `path`, whose extension names its format.

        Raises `FileFormatError` for an unknown format, `InputError` when the file exists and not `force`, and
        `ResourceError` when it cannot be written.
        """
        self.path = path
        self.count = 0
        """Frames taken so far."""
        self.duration = 0.0
        """Seconds from the first frame to the last."""
        self._format = format_of(path)
        self._first: float | None = None
        self._flushed = time.monotonic()
        self._writer = self._open(force)

    def take(self, message: can.Message, at: float | None = None) -> None:
        """Write one frame, with the time `at` (seconds) instead of its own.

        Raises `ResourceError` when the file cannot be written, or its format cannot hold the frame.
        """
        if message.is_fd and self._format == ".trc":
            raise ResourceError(
                f"{self.path} cannot hold the CAN FD frames of this bus; "
                "record to a file with the extension .asc, .blf or .log."
            )
        if at is not None:
            message.timestamp = at
        # A channel of another kind than "can0" (a multicast address) would not be read back from a text file.
        if not isinstance(message.channel, int) and not _DEVICE.fullmatch(str(message.channel)):
            message.channel = None
        if self._first is None:
            self._first = message.timestamp
        self.duration = max(self.duration, message.timestamp - self._first)
        try:
            self._writer.on_message_received(message)
            self.count += 1
        except OSError as error:
            raise self._unwritable(error) from None
        self.save()

    def save(self) -> None:
        """Put what was taken on the disk, once a second; call it also while nothing comes.

        Raises `ResourceError` when the file cannot be written.
        """
        now = time.monotonic()
        file = getattr(self._writer, "file", None)
        if file is None or now - self._flushed < _FLUSH_EVERY:
            return
        self._flushed = now
        try:
            file.flush()
        except OSError as error:
            raise self._unwritable(error) from None

    def close(self) -> None:
        """Finish the file. Raises `ResourceError` when what was taken cannot be written."""
        try:
            if isinstance(self._writer, can.SqliteWriter):
                self._wait_for_rows(self._writer)
            self._writer.stop()
        except OSError as error:
            raise self._unwritable(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, force: bool) -> Any:
        options: dict[str, Any] = {"max_container_size": _BLF_BLOCK} if self._format == ".blf" else {}
        try:
            if self.path.exists():
                if not force:
                    raise InputError(f"{self.path} exists already; give another name, or --force to overwrite it.")
                # The writer of databases would add to what is there.
                self.path.unlink()
            # The database's writer opens its file in a thread of its own, where nobody hears of a failure.
            self.path.touch()
            return can.Logger(self.path, **options)
        except OSError as error:
            raise self._unwritable(error) from None

    def _wait_for_rows(self, writer: can.SqliteWriter) -> None:
        """Let the database's writer thread finish, because it stops when told to, with rows still waiting."""
        pause = threading.Event()
        done, deadline = -1, 0.0
        while writer.num_frames < self.count:
            now = time.monotonic()
            if writer.num_frames != done:
                done, deadline = writer.num_frames, now + _PATIENCE
            if now > deadline:
                raise ResourceError(
                    f"{self.path} holds only {done} of {self.count} frames, the rest could not be written; "
                    "check the space that is left there."
                )
            pause.wait(0.01)

    def _unwritable(self, error: OSError) -> ResourceError:
        reason = (error.strerror or str(error)).lower()
        return ResourceError(f"{self.path} cannot be written: {reason}.")


def record_in_turn(recorder: Recorder, bus: can.BusABC, clock: VirtualClock) -> Callable[[], None]:
    """Let `recorder` take what arrives on `bus` whenever `clock` turns; returns what ends it.

    The frames get the clock's times, counted from the time of day at which the recording starts.
    """
    start = time.time() - clock.now()

    def take_all() -> None:
        while (message := bus.recv(0)) is not None:
            recorder.take(message, start + clock.now())

    return clock.add_poller(take_all)
