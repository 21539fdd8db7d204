"""The embedded model: a llama.cpp server inside this process, on a loopback port, behind a key made at its start.

It speaks the same protocol as any remote endpoint, so there is one client and one code path.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hmi.understanding.llm.client import Endpoint, EndpointError, Message

if TYPE_CHECKING:
    from xllamacpp import Server

CONTEXT = 1536
"""Tokens of prompt and answer together; every token costs memory."""
ALIAS = "embedded"
_PATIENCE = 5.0
"""Seconds that the end of the program waits for what is still being read."""
_SPINS = "1000"
"""Turns of the loop in which a thread waits for the others before it sleeps: some microseconds.

The library's own choice is far higher: where a thread has to share its core, all of them then get slower by a
factor of thirty.
"""


class EmbeddedServer:
    """Starts at the first use and stops with `close`. Thread-safe."""

    def __init__(self, weights: Path, threads: int = 0) -> None:
        """`weights` is a GGUF file; `threads` 0 takes the cores of this process, at most four."""
        self.weights = weights
        self._threads = threads or min(4, _cores())
        self._lock = threading.Lock()
        self._server: Server | None = None
        self._ahead: threading.Thread | None = None
        self._key = secrets.token_urlsafe(32)

    def endpoint(self, timeout: float, retries: int) -> Endpoint:
        """Where it listens; starts it if it is not running. Raises `EndpointError` when it cannot."""
        with self._lock:
            if self._server is None:
                self._server = self._start()
            address: str = self._server.listening_address
        return Endpoint(f"{address}/v1", self._key, ALIAS, timeout, retries, ours=True)

    def read_ahead(self, messages: Sequence[Message]) -> None:
        """Let the model read `messages` in the background, for the questions that begin like them."""
        with self._lock:
            if self._server is not None:
                body = {"messages": list(messages), "max_tokens": 1, "temperature": 0.0}
                self._ahead = threading.Thread(
                    target=self._server.handle_chat_completions, args=(body,), daemon=True
                )
                self._ahead.start()

    def close(self) -> None:
        """Stop serving and free the model; not running is no error."""
        with self._lock:
            if self._ahead is not None:
                self._ahead.join(_PATIENCE)
            # The library stops the server and joins its thread when the object goes.
            self._server = None

    def _start(self) -> Server:
        if not self.weights.is_file():
            raise EndpointError(f"The model file {self.weights} is missing; run `codriver models pull`.")
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)  # read when the library is loaded
        try:
            import xllamacpp
        except ImportError:
            raise EndpointError("The embedded model needs the package xllamacpp; install it with pip.") from None
        params = xllamacpp.CommonParams()
        params.model.path = str(self.weights)
        params.model_alias = {ALIAS}
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.api_keys = [self._key]
        # There is no way to send no CORS header at all; an origin that nobody has lets no web page read an answer.
        params.cors_origins = "http://codriver.invalid"
        params.cors_credentials = False
        params.ui = False
        params.endpoint_slots = False
        params.endpoint_props = False
        params.n_ctx = CONTEXT
        params.n_parallel = 1
        params.n_batch = params.n_ubatch = 512
        params.cpuparams_batch.n_threads = self._threads
        # Words are written one by one: most of that is waiting for memory, and for each other.
        params.cpuparams.n_threads = max(1, self._threads // 2)
        params.cache_prompt = True
        params.cache_ram_mib = 0  # one slot that keeps its last prompt is enough, and costs nothing
        params.fit_params = False
        params.warmup = False
        params.verbosity = -1
        try:
            return xllamacpp.Server(params)
        except RuntimeError:
            raise EndpointError(
                f"The model file {self.weights} cannot be loaded; `codriver models verify` checks it."
            ) from None


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
