"""The embedded model: refused weights, and the real one where it has been pulled."""

from __future__ import annotations

import http.client
import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from llm_car import recogniser

from codriver.errors import NotFoundError
from codriver.models import open_store
from codriver.settings import load_settings
from hmi.requests import Act, Context
from hmi.understanding.llm.answer import answer_schema, choice_schema, read_choice
from hmi.understanding.llm.client import ChatClient, EndpointError
from hmi.understanding.llm.embedded import EmbeddedServer
from hmi.understanding.llm.model import EmbeddedModel, NoModelError, RemoteModel, open_model

ASK = [{"role": "user", "content": "I am cold. 1: warmer 2: colder"}]


def test_weights_that_are_missing_or_broken_are_one_sentence(tmp_path):
    with pytest.raises(EndpointError, match="is missing"):
        EmbeddedServer(tmp_path / "no.gguf").endpoint(1, 0)
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\xff" * 400)
    with pytest.raises(EndpointError, match="cannot be loaded"):
        EmbeddedServer(broken).endpoint(1, 0)


def test_the_settings_choose_the_model(monkeypatch, tmp_path):
    monkeypatch.setenv("CODRIVER_MODELS", str(tmp_path))
    embedded = open_model(load_settings({}, environ={}, files=[]))
    assert embedded.chooses
    with pytest.raises(NoModelError):
        embedded.complete(ASK, choice_schema(2, bare=True))
    remote = open_model(load_settings({"llm.url": "http://127.0.0.1:9/v1"}, environ={}, files=[]))
    assert isinstance(remote, RemoteModel)
    assert not remote.chooses


@pytest.fixture(scope="module")
def weights() -> Path:
    try:
        return open_store(load_settings({}, environ=os.environ, files=[])).path("smollm2-135m-instruct")
    except NotFoundError:
        pytest.skip("the weights are not here; `codriver models pull smollm2-135m-instruct` brings them")


@pytest.fixture(scope="module")
def server(weights):
    running = EmbeddedServer(weights)
    yield running
    running.close()


def _status(server: EmbeddedServer, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    address = urlsplit(server.endpoint(5, 0).url)
    connection = http.client.HTTPConnection(address.hostname, address.port)
    connection.request("GET", "/v1/models", headers=headers)
    response = connection.getresponse()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}


def test_the_server_is_for_this_process_alone(server):
    endpoint = server.endpoint(5, 0)
    assert urlsplit(endpoint.url).hostname == "127.0.0.1"
    assert _status(server, {})[0] == 401
    assert _status(server, {"Authorization": "Bearer wrong"})[0] == 401
    status, headers = _status(
        server, {"Authorization": f"Bearer {endpoint.key}", "Origin": "https://evil.example"}
    )
    assert status == 200
    assert headers.get("access-control-allow-origin") not in ("*", "https://evil.example")


def test_each_start_has_a_key_of_its_own(weights):
    assert EmbeddedServer(weights)._key != EmbeddedServer(weights)._key


def test_its_answers_have_the_form_that_was_asked_for(server):
    client = ChatClient(server.endpoint(120, 0))  # a busy machine, and a long answer
    assert read_choice(client.complete(ASK, choice_schema(2, bare=True), limit=64), 2) in (0, 1, 2)
    text = client.complete(ASK, answer_schema({}, []), limit=300)
    assert set(json.loads(text)) == {"act", "changes", "reads", "say"}
    client.close()


def test_the_level_works_with_the_real_model(weights):
    model = EmbeddedModel(lambda: weights)
    level = recogniser(model)
    meant = level.interpret("it's stuffy in here", Context())
    assert meant.act is Act.CLARIFY
    assert len(meant.question.options) > 1
    level.close()
