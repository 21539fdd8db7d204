"""The process that owns a rig's pins, so that somebody is left to switch things off when the program has died.

The program starts it with a socket and never touches a pin itself. When the program ends in whatever way (SIGKILL
included) the kernel closes the socket, and when it hangs its signs of life stop; either way every output is in its
safe state within the watchdog's time. The guardian is a session of its own, so that neither Ctrl-C nor a signal to
the program's process group reaches it first, and it imports little, so there is little that can go wrong in it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from typing import Any

from codriver.clock import RealClock
from codriver.errors import CodriverError
from hmi.vehicle.gpio.bank import PinBank
from hmi.vehicle.gpio.factories import open_factory
from hmi.vehicle.gpio.wiring import Report, Wiring

LONGEST_MESSAGE = 1 << 16
"""Bytes of one message; a report of all pins has about one thousand."""


class Guardian:
    """Serves one program until it says goodbye or is gone."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._bank: PinBank | None = None

    def serve(self) -> None:
        """Claim the pins that the first message names and do what the others say. Returns when it is over."""
        first = self._receive()
        if first is None:
            return
        try:
            factory = open_factory(first["factory"])
            self._bank = bank = PinBank(Wiring.from_json(first["wiring"]), factory, RealClock(), self._send_report)
        except CodriverError as error:
            self._send({"error": str(error)})
            return
        self._send_report(bank.report())
        bank.beat()
        while (message := self._receive()) is not None:
            if "drive" in message:
                levels = {int(pin): level for pin, level in message["drive"]}
                bank.drive(levels, message["sequence"], message["epoch"])
            elif "beat" in message:
                bank.beat()
            else:
                break

    def end(self) -> None:
        """The safe state, which the pins keep: this process leaves without giving them back."""
        if self._bank is not None:
            self._bank.close(release=False)

    def _receive(self) -> Mapping[str, Any] | None:
        """The next message; None when the program is gone, or when it sends nonsense, which is as good as gone."""
        try:
            data = self._link.recv(LONGEST_MESSAGE)
            message = json.loads(data) if data else None
        except (OSError, ValueError):
            return None
        return message if isinstance(message, dict) else None

    def _send_report(self, report: Report) -> None:
        self._send({"report": report.as_json()})

    def _send(self, message: Mapping[str, Any]) -> None:
        with self._lock:
            try:
                self._link.send(json.dumps(message).encode(), socket.MSG_DONTWAIT)
            except OSError:
                # The program is gone or does not read; the watchdog or the next `recv` sees to it.
                return


def main() -> None:
    """Serve the socket whose number is the argument."""
    guardian = Guardian(socket.socket(fileno=int(sys.argv[1])))

    def on_signal(number: int, frame: object) -> None:
        guardian.end()
        os._exit(0)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, on_signal)
    try:
        guardian.serve()
    finally:
        guardian.end()
        # Leaving in the usual way would let gpiozero turn every pin into an input that floats.
        os._exit(0)


if __name__ == "__main__":
    main()
