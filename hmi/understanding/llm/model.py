"""The configured language model: a remote endpoint, or the embedded one where no address is set."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from codriver.errors import CodriverError
from codriver.settings import Settings
from hmi.settings import (
    LLM_EMBEDDED,
    LLM_KEY,
    LLM_MODEL,
    LLM_RETRIES,
    LLM_STYLE,
    LLM_THREADS,
    LLM_TIMEOUT,
    LLM_URL,
)
from hmi.understanding.llm.client import ChatClient, Endpoint, EndpointError, Message, load_sdk
from hmi.understanding.llm.embedded import EmbeddedServer
from hmi.understanding.llm.prompt import choose_prompt

_EMBEDDED_TIMEOUT = 3.0
"""Seconds; the embedded model answers in a fraction of one, and the driver waits."""
_LOOK_AGAIN = 30.0
"""Seconds until weights that were not there are looked for again; somebody may be pulling them."""


class NoModelError(EndpointError):
    """The embedded model is not on this computer; the levels below it do without."""


class LanguageModel(Protocol):
    """Something that completes a conversation with JSON of a given form."""

    chooses: bool
    """True for a model that is only trusted to choose among proposals."""
    bare: bool
    """True when it answers a choice with the number alone, False when it needs an object around it."""

    def complete(self, messages: Sequence[Message], schema: Mapping[str, Any], *, temperature: float = 0.0) -> str:
        """The answer's text. Raises `EndpointError`."""

    def warm_up(self) -> None:
        """Get ready in the background; returns at once."""

    def close(self) -> None:
        """Release everything."""


class RemoteModel:
    """A model behind an OpenAI-compatible address."""

    bare = False

    def __init__(self, endpoint: Endpoint, *, chooses: bool = False) -> None:
        self.chooses = chooses
        self._client = ChatClient(endpoint)

    def complete(self, messages: Sequence[Message], schema: Mapping[str, Any], *, temperature: float = 0.0) -> str:
        """The answer's text. Raises `EndpointError`."""
        return self._client.complete(messages, schema, temperature=temperature)

    def warm_up(self) -> None:
        """Load the library in the background; the model is somebody else's to run."""
        threading.Thread(target=self._client.load, name="remote model", daemon=True).start()

    def close(self) -> None:
        """Cancel what is under way."""
        self._client.close()


class EmbeddedModel:
    """The model in this process, started at the first need or by `warm_up`."""

    bare = True

    def __init__(self, weights: Callable[[], Path], *, threads: int = 0, chooses: bool = True) -> None:
        """`weights` finds the GGUF file when it is needed; it raises `NoModelError` when there is none."""
        self.chooses = chooses
        self._weights = weights
        self._threads = threads
        self._lock = threading.Lock()
        self._server: EmbeddedServer | None = None
        self._client: ChatClient | None = None
        self._look_again_at = 0.0
        self._closed = False

    def complete(self, messages: Sequence[Message], schema: Mapping[str, Any], *, temperature: float = 0.0) -> str:
        """The answer's text. Raises `EndpointError`, and `NoModelError` where there are no weights."""
        return self._ready().complete(messages, schema, temperature=temperature, limit=self._limit(schema))

    def warm_up(self) -> None:
        """Start in the background."""

        def start() -> None:
            with suppress(EndpointError):  # said when the model is needed
                self._ready()

        threading.Thread(target=start, name="embedded model", daemon=True).start()

    def close(self) -> None:
        """Stop the server."""
        with self._lock:
            self._closed = True
            if self._client is not None:
                self._client.close()
            if self._server is not None:
                self._server.close()

    def _limit(self, schema: Mapping[str, Any]) -> int:
        """Tokens of an answer; one is all that it takes to choose among fewer than ten."""
        if "enum" in schema and len(schema["enum"]) <= 10:
            return 1
        return 64 if self.chooses else 300

    def _ready(self) -> ChatClient:
        with self._lock:
            if self._closed:
                raise EndpointError("The embedded model has been shut down; start again.")
            if self._client is None:
                if time.monotonic() < self._look_again_at:
                    raise NoModelError("The embedded model is not on this computer; run `codriver models pull`.")
                self._look_again_at = time.monotonic() + _LOOK_AGAIN
                self._server = EmbeddedServer(self._weights(), self._threads)
                # The library takes a second to load and the model half of one: both at a time.
                library = threading.Thread(target=load_sdk, name="model library", daemon=True)
                library.start()
                endpoint = self._server.endpoint(_EMBEDDED_TIMEOUT, 0)
                if self.chooses:
                    self._server.read_ahead(choose_prompt("", [], bare=True))  # what all questions begin with
                library.join()
                self._client = ChatClient(endpoint)
                self._client.load()
            return self._client


def open_model(settings: Settings) -> LanguageModel:
    """The model of `settings`; nothing is started yet. Raises `InputError` for an address that is none."""
    style = settings[LLM_STYLE]
    if not settings[LLM_URL]:
        return EmbeddedModel(lambda: _stored(settings), threads=settings[LLM_THREADS], chooses=style != "free")
    endpoint = Endpoint(
        settings[LLM_URL], settings[LLM_KEY], settings[LLM_MODEL], settings[LLM_TIMEOUT], settings[LLM_RETRIES]
    )
    return RemoteModel(endpoint, chooses=style == "choose")


def _stored(settings: Settings) -> Path:
    from codriver.models import open_store  # takes longer to import than all of the grammar

    try:
        return open_store(settings).path(settings[LLM_EMBEDDED])
    except CodriverError as error:
        raise NoModelError(str(error)) from None
