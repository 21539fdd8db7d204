"""The program's end of the guardian: starts it, sends it commands, and takes the pins over should it die."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from typing import Any

from codriver.errors import CodriverError, ResourceError
from hmi.vehicle.gpio.factories import open_factory
from hmi.vehicle.gpio.guardian import LONGEST_MESSAGE
from hmi.vehicle.gpio.ports import DirectPins
from hmi.vehicle.gpio.wiring import Report, Wiring

_log = logging.getLogger(__name__)

_START = 20.0
"""Seconds within which the guardian has claimed the pins; Python starts slowly on a small computer."""
_END = 2.0
_LOST = "the process that guards the pins has ended"


class GuardedPins:
    """Pins that a guardian process owns; implements `hmi.vehicle.gpio.ports.Pins`."""

    def __init__(self, wiring: Wiring, factory: str, environment: Mapping[str, str] | None = None) -> None:
        """Start the guardian on the pin factory named `factory`, with more variables in its environment.

        Raises `ResourceError` when it cannot have the pins.
        """
        self._wiring = wiring
        self._factory = factory
        self._listener: Callable[[Report], None] = lambda report: None
        self._lock = threading.Lock()
        self._closing = False
        self._fallback: DirectPins | None = None
        self._link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # lgpio makes files where it runs, and the folder of the program may not be writable.
        self._folder = tempfile.TemporaryDirectory(prefix="codriver-pins-", ignore_cleanup_errors=True)
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "hmi.vehicle.gpio.guardian", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd=self._folder.name,
                env={**os.environ, **(environment or {})},
            )
        try:
            self._latest = self._first_report()
        except BaseException:
            self._link.close()
            self.process.wait(_END)
            self._folder.cleanup()
            raise
        self._reader = threading.Thread(target=self._read, name="codriver-pins", daemon=True)
        self._reader.start()

    def listen(self, listener: Callable[[Report], None]) -> None:
        """Give every report to `listener`, on the thread that reads the socket; the present one at once."""
        with self._lock:
            self._listener, latest = listener, self._latest
        listener(latest)

    def drive(self, levels: Mapping[int, float], sequence: int, epoch: int) -> None:
        """Ask the guardian to set outputs."""
        self._send({"drive": list(levels.items()), "sequence": sequence, "epoch": epoch})

    def beat(self) -> None:
        """A sign of life."""
        self._send({"beat": 1})

    def close(self) -> None:
        """End the guardian, which leaves every output in its safe state."""
        self._closing = True
        self._send({"bye": 1})
        self._link.shutdown(socket.SHUT_WR)
        if self._reader is not threading.current_thread():
            self._reader.join(_END)
        self._link.close()
        if self._fallback is not None:
            self._fallback.close()
        try:
            self.process.wait(_END)
        except subprocess.TimeoutExpired:
            _log.error("the guardian of the pins does not end by itself and is killed")
            self.process.kill()
            self.process.wait(_END)
        self._folder.cleanup()

    def _first_report(self) -> Report:
        self._send({"factory": self._factory, "wiring": self._wiring.as_json()})
        self._link.settimeout(_START)
        try:
            message = self._receive()
        except (OSError, ValueError):
            # It has died, or it says nothing at all.
            self.process.kill()
            message = None
        self._link.settimeout(None)
        if message is None:
            raise ResourceError("The process that guards the pins has not started; what it had to say is above.")
        if "error" in message:
            raise ResourceError(message["error"])
        return Report.from_json(message["report"])

    def _send(self, message: Mapping[str, Any]) -> None:
        try:
            self._link.send(json.dumps(message).encode(), socket.MSG_DONTWAIT)
        except OSError as error:
            # Either it is dead, which the reader notices, or it does not read, and then no report will come.
            _log.debug("the guardian of the pins takes no message: %s", error)

    def _receive(self) -> dict[str, Any] | None:
        data = self._link.recv(LONGEST_MESSAGE)
        message: dict[str, Any] | None = json.loads(data) if data else None
        return message

    def _read(self) -> None:
        while True:
            try:
                message = self._receive()
            except (OSError, ValueError):
                message = None
            if message is None:
                break
            self._give(Report.from_json(message["report"]))
        if not self._closing:
            self._take_over()

    def _give(self, report: Report) -> None:
        with self._lock:
            self._latest, listener = report, self._listener
        listener(report)

    def _take_over(self) -> None:
        """The guardian is dead: claiming its pins here puts every output into its safe state."""
        _log.error("%s; every output is put into its safe state", _LOST)
        outputs: dict[int, float] = {}
        try:
            self._fallback = DirectPins(self._wiring, open_factory(self._factory))
            outputs = self._fallback.bank.report().outputs
        except CodriverError as error:
            _log.error("the pins cannot be taken over: %s", error)
        latest = self._latest
        self._give(
            Report(latest.number + 1, latest.sequence, latest.epoch + 1, outputs, {}, tripped=_LOST, lost=True)
        )
