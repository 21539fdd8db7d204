"""The production WSGI server around the app: waitress on our own socket, stopped without waiting for readers."""

from __future__ import annotations

import errno
import json
import logging
import socket
import threading
from typing import Any, cast
from urllib.parse import quote

from flask import Flask
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask

from codriver.errors import InputError, ResourceError
from codriver.web.problems import PROBLEM_TYPE

_WORKERS = 12
"""Threads for everything but streams: a request may wait several seconds for what it asks for."""

_BODY_LIMIT = 1 << 20
"""Bytes waitress takes in; the app's own, much smaller limit answers first for anything below."""


_OUT_LIMIT = 1 << 20
"""Bytes kept for a reader that does not read; a stream waits then."""

_GONE_AFTER = (
    [(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 20_000)] if hasattr(socket, "TCP_USER_TIMEOUT") else []
)
"""Milliseconds after which a reader that acknowledges nothing (a laptop asleep) has left; else it takes hours."""


class _ProblemTask(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """A request that waitress itself refuses (broken, too long), answered like every other error."""

    def execute(self) -> None:
        error = self.request.error
        document = {"type": "about:blank", "title": error.reason, "status": error.code, "detail": str(error.body)}
        body = json.dumps(document).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", PROBLEM_TYPE))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    error_task_class = _ProblemTask


class WebServer:
    """Serves `app` from background threads between `start` and `stop`; `streams` responses may never end.

    Raises `ResourceError` when the port is taken or the address is not this machine's.
    """

    def __init__(self, app: Flask, host: str, port: int, *, streams: int = 0) -> None:
        self._socket = _bind(host, port)
        self._server = create_server(
            app,
            sockets=[self._socket],
            threads=_WORKERS + streams,
            # Keep reading while a stream is open, so that a reader who leaves is noticed at once.
            channel_request_lookahead=1,
            max_request_body_size=_BODY_LIMIT,
            max_request_header_size=32 * 1024,
            outbuf_high_watermark=_OUT_LIMIT,
            ident="codriver",
            log_socket_errors=False,
        )
        self._server.channel_class = _Channel
        self._server.adj.socket_options = [*self._server.adj.socket_options, *_GONE_AFTER]
        self._thread = threading.Thread(target=self._run, name="codriver-web", daemon=True)
        self._stopping = False

    @property
    def port(self) -> int:
        """The port in use, also when 0 was asked for."""
        return cast(int, self._server.socket.getsockname()[1])

    def start(self) -> None:
        """Begin to answer."""
        # A request that waits for a thread is no news to who runs the server; waitress says so on stderr, and even
        # of threads that have only just been started.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._thread.start()

    def close(self) -> None:
        """Take no more requests. Those under way go on; end what they wait for, then call `stop`."""
        self._stopping = True
        self._server.pull_trigger()
        self._thread.join(timeout=5)

    def stop(self) -> None:
        """Wait for the requests under way, at most 2 s, and close every connection."""
        self.close()
        self._server.task_dispatcher.shutdown(timeout=2)
        self._close_all()

    def _run(self) -> None:
        # waitress' own loop ends only by an exception in its thread; ours looks at a flag after every turn.
        server = self._server
        while not self._stopping:
            server.asyncore.loop(timeout=1, map=server._map, count=1)

    def _close_all(self) -> None:
        sockets: dict[int, Any] = dict(self._server._map)
        for dispatcher in sockets.values():
            dispatcher.close()


def address_of(host: str, port: int, token: str = "") -> str:
    """Where a browser on this machine finds the page; the token goes behind "#", which is never sent."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{name}:{port}/" + (f"#token={quote(token, safe='')}" if token else "")


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise InputError(
            f"web.host {host!r} is not an address of this machine; use 127.0.0.1 or 0.0.0.0."
        ) from None
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ResourceError(
                f"Port {port} on {host} is in use by another program; stop it or choose another with --port."
            ) from None
        raise ResourceError(f"Cannot listen on {host} port {port}: {error.strerror}; choose another.") from None
    return listener
