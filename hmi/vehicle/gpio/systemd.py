"""Tells systemd that the service is up and alive, by the datagrams of its notification protocol."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

_SHARE = 0.4
"""Of the watchdog's time between two signs of life; systemd advises less than half."""


class SystemdWatchdog:
    """Speaks to systemd where a unit of type notify has started this process; elsewhere it does nothing."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the abstract namespace, whose names begin with a zero byte.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        own = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environ.get("WATCHDOG_USEC", "")
        self._period = int(microseconds) / 1e6 * _SHARE if own and microseconds.isdecimal() else None
        self._told_at: float | None = None

    def ready(self) -> None:
        """The service does its work from now on."""
        self._send("READY=1")

    def alive(self, now: float) -> None:
        """A sign of life at the time `now` (seconds); sent on as often as the unit wants it."""
        if self._period is None or (self._told_at is not None and now - self._told_at < self._period):
            return
        self._told_at = now
        self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.setblocking(False)
            try:
                link.sendto(text.encode(), self._address)
            except OSError:
                # A systemd that does not listen restarts us, which is what its watchdog is for.
                return
