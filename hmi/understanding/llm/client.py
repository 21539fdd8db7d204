"""One client for every OpenAI-compatible endpoint: a remote service, a server on the desk, or the embedded one.

An endpoint is not trusted to behave. Whatever it does, `ChatClient.complete` is back within its time limit and has
read no more than `MAX_ANSWER` bytes; what it did wrong is one sentence in an `EndpointError`.
"""

from __future__ import annotations

import json
import math
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from codriver.collection import no_collection
from codriver.errors import InputError, ResourceError
from hmi.understanding.llm.portable import portable

if TYPE_CHECKING:
    from openai import OpenAI

T = TypeVar("T")

MAX_ANSWER = 262_144
"""Bytes of an answer that are read; one is a few hundred bytes long, so more is a fault."""
_MAX_STUCK = 4
"""Calls that may hang in the background before the endpoint counts as down."""
_REST = 20.0
"""Seconds for which an endpoint that was down is not asked again: the driver must not wait for it every time."""
_RETRIED = (408, 409, 429, 500, 502, 503, 504)

Message = Mapping[str, str]
"""`{"role": "system" | "user" | "assistant", "content": "…"}`"""


class EndpointError(ResourceError):
    """The language model cannot be asked, or its answer cannot be used as an answer at all."""

    title = "Language model unavailable"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is and how long it may take."""

    url: str
    """Base address with the version, "http://127.0.0.1:11434/v1"."""
    key: str = ""
    model: str = ""
    timeout: float = 8.0
    """Seconds for one question, retries included."""
    retries: int = 1
    ours: bool = False
    """True for the server in this process, which takes every schema; others may be strict."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"llm.url is {self.url!r}; give a web address like http://127.0.0.1:11434/v1.")

    @property
    def name(self) -> str:
        """How messages call it: host and port, never the key or a password in the address."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


class ChatClient:
    """Asks one endpoint. Thread-safe. Nothing is imported or connected before the first question."""

    def __init__(self, endpoint: Endpoint, now: Callable[[], float] = time.monotonic) -> None:
        self.endpoint = endpoint
        self._now = now
        self._lock = threading.Lock()
        self._sdk: OpenAI | None = None
        self._stuck = 0
        self._resting_until = -math.inf
        self._trouble = ""
        self._closed = False

    def complete(
        self, messages: Sequence[Message], schema: Mapping[str, Any], *, temperature: float = 0.0, limit: int = 400
    ) -> str:
        """The model's answer as text, asked for as JSON of `schema` with at most `limit` tokens.

        Raises `EndpointError` with one sentence when there is none within the endpoint's timeout.
        """
        if self._closed:
            raise EndpointError(f"The language model at {self.endpoint.name} has been shut down; start again.")
        if self._now() < self._resting_until:
            raise EndpointError(self._trouble)
        self.load()  # before the clock starts: a slow computer is no fault of the endpoint
        deadline = time.monotonic() + self.endpoint.timeout
        try:
            return self._with_retries(messages, schema, temperature, limit, deadline)
        except _TroubleError as trouble:
            self._trouble = str(trouble)
            if trouble.down:
                self._resting_until = self._now() + _REST
            raise EndpointError(self._trouble) from None

    def load(self) -> None:
        """Load the library of the endpoint now; it takes a second, and the first question would have to wait."""
        self._client()

    def close(self) -> None:
        """Cancel what is under way and release the connections."""
        self._closed = True
        with self._lock:
            sdk, self._sdk = self._sdk, None
        if sdk is not None:
            sdk.close()

    def _with_retries(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        temperature: float,
        limit: int,
        deadline: float,
    ) -> str:
        for attempt in range(self.endpoint.retries + 1):
            try:
                return self._bounded(lambda: self._ask(messages, schema, temperature, limit, deadline), deadline)
            except _TroubleError as trouble:
                pause = 0.2 * 2**attempt
                last = attempt == self.endpoint.retries
                if last or not trouble.passing or time.monotonic() + pause >= deadline:
                    raise
                time.sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _bounded(self, call: Callable[[], str], deadline: float) -> str:
        """Run `call` in a thread of its own, so that a server that drips its answer cannot hold the driver up."""
        if self._stuck >= _MAX_STUCK:
            raise _TroubleError(f"The language model at {self.endpoint.name} hangs; restart it.", down=True)
        results: queue.SimpleQueue[str | BaseException] = queue.SimpleQueue()

        def work() -> None:
            try:
                results.put(call())
            except BaseException as error:  # noqa: BLE001 - handed over to the caller, which raises it
                results.put(error)
            finally:
                with self._lock:
                    self._stuck -= 1

        with self._lock:
            self._stuck += 1
        threading.Thread(target=work, name="language model", daemon=True).start()
        try:
            result = results.get(timeout=max(0.01, deadline - time.monotonic()))
        except queue.Empty:
            raise self._too_slow() from None
        if isinstance(result, BaseException):
            raise result
        return result

    def _ask(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        temperature: float,
        limit: int,
        deadline: float,
    ) -> str:
        import openai

        body = self._body(messages, schema, temperature, limit)
        left = max(0.05, deadline - time.monotonic())
        try:
            with self._client().chat.completions.with_streaming_response.create(**body, timeout=left) as response:
                read = self._read(response.iter_bytes(8192), deadline)
        except openai.APITimeoutError:
            raise self._too_slow() from None
        except openai.APIConnectionError:
            raise _TroubleError(
                f"The language model at {self.endpoint.name} cannot be reached; start it or correct llm.url.",
                passing=True,
                down=True,
            ) from None
        except openai.APIStatusError as error:
            raise self._status_trouble(error.status_code) from None
        except openai.OpenAIError:
            raise self._odd("an answer that breaks the protocol") from None
        return self._content(read)

    def _body(
        self, messages: Sequence[Message], schema: Mapping[str, Any], temperature: float, limit: int
    ) -> dict[str, Any]:
        """The question as the endpoint takes it."""
        taken = schema if self.endpoint.ours else portable(schema)
        return {
            "model": self.endpoint.model or "default",
            "messages": list(messages),
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": taken, "strict": True},
            },
            "temperature": temperature,
            "max_tokens": limit,
        }

    def _client(self) -> OpenAI:
        with self._lock:
            if self._sdk is None:
                load_sdk()
                from openai import DefaultHttpxClient, OpenAI

                http = None
                if self.endpoint.ours:
                    # Nothing is encrypted within this process, and to load all certificates takes as long as an
                    # answer. No proxy and no redirect may lead out of it either.
                    http = DefaultHttpxClient(verify=False, follow_redirects=False, trust_env=False)
                # Retries are ours: they must end with the deadline of the whole question.
                self._sdk = OpenAI(
                    base_url=self.endpoint.url,
                    api_key=self.endpoint.key or "none",
                    max_retries=0,
                    http_client=http,
                )
            return self._sdk

    def _read(self, chunks: Any, deadline: float) -> bytes:
        body = bytearray()
        try:
            for chunk in chunks:
                body += chunk
                if len(body) > MAX_ANSWER:
                    raise self._odd(f"more than {MAX_ANSWER // 1024} KiB")
                if time.monotonic() > deadline:
                    raise self._too_slow()
        except _TroubleError:
            raise
        except (OSError, RuntimeError, ValueError) as error:  # the HTTP library's own errors while a body is read
            raise self._odd(f"an answer that broke off ({type(error).__name__})") from None
        return bytes(body)

    def _content(self, body: bytes) -> str:
        """The text of the first choice, by hand: the SDK's own models accept anything."""
        try:
            content = json.loads(body)["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError):
            raise self._odd("no chat completion") from None
        if not isinstance(content, str):
            raise self._odd("an answer without text")
        return content

    def _status_trouble(self, status: int) -> _TroubleError:
        endpoint = self.endpoint
        if status in (401, 403):
            text = f"The language model at {endpoint.name} refuses the key; set llm.key."
        elif status == 404:
            text = (
                f"The language model at {endpoint.name} does not know the model {endpoint.model or 'default'!r} "
                "or the path; correct llm.model or llm.url."
            )
        elif status == 429:
            text = f"The language model at {endpoint.name} has no capacity left for this key; try again later."
        else:
            text = f"The language model at {endpoint.name} answers with error {status}; look at its log."
        return _TroubleError(text, passing=status in _RETRIED, down=status < 500 and status not in (400, 422))

    def _too_slow(self) -> _TroubleError:
        return _TroubleError(
            f"The language model at {self.endpoint.name} gave no answer within {self.endpoint.timeout:g} s; "
            "it may be overloaded, or llm.timeout too short.",
            down=True,
        )

    def _odd(self, what: str) -> _TroubleError:
        return _TroubleError(
            f"The language model at {self.endpoint.name} sent {what}; is llm.url an OpenAI-compatible endpoint?"
        )


def load_sdk() -> None:
    """Import the SDK, which takes a second; a second caller waits for the first."""
    with no_collection(stays="openai" not in sys.modules):  # thousands of classes
        import openai.resources.chat.completions  # noqa: F401


class _TroubleError(Exception):
    """Why a question failed; `passing`: worth another try now; `down`: leave the endpoint alone for a while."""

    def __init__(self, text: str, *, passing: bool = False, down: bool = False) -> None:
        super().__init__(text)
        self.passing = passing
        self.down = down
