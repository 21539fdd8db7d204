"""The configured language model as a writer of cases: with time to think, and room for long answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from codriver.errors import ResourceError
from codriver.settings import Settings
from hmi.cases.generate.readers import Writer
from hmi.settings import LLM_EMBEDDED, LLM_KEY, LLM_MODEL, LLM_RETRIES, LLM_STYLE, LLM_THREADS, LLM_URL

ANSWER_TIME = 180.0
"""Seconds for one answer: no driver waits for it, and a small model writes slowly."""


def small_model(settings: Settings) -> bool:
    """True for a model that is not trusted to find changes by itself: the embedded one, unless told otherwise."""
    style = settings[LLM_STYLE]
    return bool(style == "choose" or (not settings[LLM_URL] and style != "free"))


@contextmanager
def open_writer(settings: Settings) -> Iterator[tuple[Writer, str]]:
    """The model of `settings` and its name, for as long as it is needed.

    Raises `ResourceError` when no address is set and the embedded model is not in the store.
    """
    from hmi.understanding.llm.client import ChatClient, Endpoint

    if settings[LLM_URL]:
        endpoint = Endpoint(
            settings[LLM_URL], settings[LLM_KEY], settings[LLM_MODEL], ANSWER_TIME, settings[LLM_RETRIES]
        )
        client = ChatClient(endpoint)
        try:
            yield client, endpoint.model or endpoint.name
        finally:
            client.close()
    else:
        with _embedded(settings) as opened:
            yield opened


@contextmanager
def _embedded(settings: Settings) -> Iterator[tuple[Writer, str]]:
    from codriver.errors import NotFoundError
    from codriver.models import open_store
    from hmi.understanding.llm.client import ChatClient
    from hmi.understanding.llm.embedded import EmbeddedServer

    name = settings[LLM_EMBEDDED]
    try:
        weights = open_store(settings).path(name)
    except NotFoundError:
        raise ResourceError(
            f"There is no language model to write with: set {LLM_URL.key} (and {LLM_KEY.key}, {LLM_MODEL.key}), "
            f"or get the embedded one with `codriver models pull {name}`."
        ) from None
    server = EmbeddedServer(weights, settings[LLM_THREADS])
    client = ChatClient(server.endpoint(ANSWER_TIME, retries=0))
    try:
        yield client, name
    finally:
        client.close()
        server.close()
