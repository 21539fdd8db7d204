"""The connection to a CAN bus that outlives a bad bus: data that is no frame, an interface that goes.

What an interface raises never reaches the vehicle: an error now and then is passed over, one that stays counts as
the loss of the connection, which is then opened again and again. Meanwhile nothing is received, so the vehicle's
values grow stale and its writes end without an answer, as with any control unit that is silent.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress

import can

from codriver.errors import CodriverError

_log = logging.getLogger(__name__)

BUS_ERRORS = (can.CanError, OSError, ValueError)
"""What the interfaces of python-can raise when their bus or device does not work (any more)."""
_TOLERATED = 50
"""So many errors in a row, with nothing good in between, mean that the connection is lost."""
_PAUSES = (0.0, 0.5, 1.0, 2.0, 5.0)
"""Seconds before each attempt to connect again; the last one goes on for ever."""
_QUIET = 60.0
"""Seconds in which the same complaint is not logged again."""
_BUS_OFF = 0x40
"""Bit in the identifier of an error frame: the controller has taken itself off the bus."""


class Link:
    """A bus that is received from by one thread and sent to by any. Owns the bus."""

    def __init__(
        self, bus: can.BusABC, open_again: Callable[[], can.BusABC] | None, now: Callable[[], float]
    ) -> None:
        """`open_again` joins the same channel anew and raises `CodriverError` or an error of the bus if it cannot;
        None: the same `bus` is tried again. `now` tells the time in seconds.
        """
        self.problem = ""
        """What is wrong with the bus at present, as a clause; empty when nothing is."""
        self._bus = bus
        self._open_again = open_again
        self._now = now
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._connected = True
        self._errors = 0
        self._attempts = 0
        self._retry_at = 0.0
        self._quiet_until = 0.0

    def recv(self, timeout: float) -> can.Message | None:
        """The next frame, None when none came within `timeout` seconds; never raises for what the bus does."""
        if not self._connected and not self._connect(timeout):
            return None
        while not self._closed.is_set():
            try:
                message = self._bus.recv(timeout)
            except BUS_ERRORS as error:
                self._errors += 1
                if self._errors > _TOLERATED:
                    self._lose(error)
                    return None
                self._complain(error)
                continue
            if self._errors or self._attempts or self.problem:
                self._note_good(message)
            return message
        return None

    def send(self, message: can.Message) -> None:
        """Put a frame on the bus. Raises `can.CanError` when that is not possible."""
        if not self._connected:
            raise can.CanOperationError(self.problem)
        try:
            self._bus.send(message)
        except (OSError, ValueError) as error:
            raise can.CanOperationError(_cause(error)) from error

    def stop(self) -> None:
        """Let `recv` return at once from now on."""
        self._closed.set()

    def close(self) -> None:
        """Leave the bus."""
        with self._lock:
            self._closed.set()
            if self._connected or self._open_again is None:
                self._bus.shutdown()
            self._connected = False

    def _note_good(self, message: can.Message | None) -> None:
        """The bus works: count from the start. Only a frame proves that what was wrong is over."""
        self._errors = self._attempts = 0
        if message is None:
            return
        if not message.is_error_frame:
            self.problem = ""
        elif message.arbitration_id & _BUS_OFF and not self.problem:
            self.problem = "the CAN controller is off the bus"
            _log.error("the CAN controller has left the bus after too many errors (bus-off)")

    def _complain(self, error: Exception) -> None:
        now = self._now()
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET
            _log.warning("the CAN bus had something that is no frame, or an error: %s", _cause(error))

    def _lose(self, error: Exception) -> None:
        with self._lock:
            if self._closed.is_set():
                return
            self._connected = False
            if self._open_again is not None:
                with suppress(*BUS_ERRORS):
                    self._bus.shutdown()
        self._errors = 0
        if not self.problem:
            self.problem = f"the CAN bus cannot be read: {_cause(error)}"
            _log.error("%s; trying to connect again", self.problem)
        self._plan()

    def _plan(self) -> None:
        self._retry_at = self._now() + _PAUSES[min(self._attempts, len(_PAUSES) - 1)]
        self._attempts += 1

    def _connect(self, timeout: float) -> bool:
        """Connect again if the time has come; otherwise let up to `timeout` seconds pass."""
        left = self._retry_at - self._now()
        if left > 0:
            if timeout > 0:
                self._closed.wait(min(timeout, left))
            return False
        bus = self._bus
        if self._open_again is not None:
            try:
                bus = self._open_again()
            except (CodriverError, *BUS_ERRORS) as error:
                _log.debug("still not connected: %s", error)
                self._plan()
                return False
        with self._lock:
            if self._closed.is_set():
                if bus is not self._bus:
                    bus.shutdown()
                return False
            self._bus, self._connected = bus, True
        return True


def _cause(error: Exception) -> str:
    """The first line of an error's text, without a full stop; the kind of error when it has no text."""
    return (str(error).splitlines() or [""])[0].rstrip(".") or type(error).__name__
