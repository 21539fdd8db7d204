"""The client is back in time with an answer or one clear sentence, whatever the endpoint does."""

from __future__ import annotations

import socket
import time

import pytest
from llm_endpoint import completion, send

from codriver.errors import InputError
from hmi.understanding.llm.client import MAX_ANSWER, ChatClient, Endpoint, EndpointError

SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
ASK = [{"role": "user", "content": "hello"}]
KEY = "sk-very-secret"


def client(url: str, timeout: float = 5.0, retries: int = 0, **more) -> ChatClient:
    return ChatClient(Endpoint(url, KEY, "a-model", timeout, retries), **more)


def test_an_answer_comes_back_as_text_and_the_request_says_everything(endpoint):
    endpoint.say('{"act": "none"}')
    assert client(endpoint.url).complete(ASK, SCHEMA, temperature=0.5, limit=33) == '{"act": "none"}'
    sent = endpoint.seen[0]
    assert sent["model"] == "a-model"
    assert sent["messages"] == ASK
    assert sent["temperature"] == 0.5
    assert sent["max_tokens"] == 33
    assert sent["response_format"]["json_schema"]["schema"] == SCHEMA
    assert "stream" not in sent or sent["stream"] is False
    assert endpoint.keys == [f"Bearer {KEY}"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "llm.key"),
        (403, "llm.key"),
        (404, "'a-model'"),
        (429, "later"),
        (500, "error 500"),
        (418, "error 418"),
    ],
)
def test_an_error_status_is_one_sentence_without_the_key(endpoint, status, words):
    endpoint.reply = lambda handler, _: send(handler, b'{"error": {"message": "leaks sk-very-secret"}}', status)
    with pytest.raises(EndpointError, match=words) as raised:
        client(endpoint.url).complete(ASK, SCHEMA)
    assert KEY not in str(raised.value)
    assert str(raised.value).count("\n") == 0
    assert "127.0.0.1" in str(raised.value)


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[]", b"{}", b'{"choices": []}', completion(None), completion(3), b"[" * 9999]
)
def test_what_is_no_completion_is_said_so(endpoint, body):
    endpoint.reply = lambda handler, _: send(handler, body)
    with pytest.raises(EndpointError, match="OpenAI-compatible"):
        client(endpoint.url).complete(ASK, SCHEMA)


def test_a_passing_failure_is_tried_again_and_another_one_is_not(endpoint):
    def once_busy(handler, _):
        send(
            handler,
            completion("fine") if len(endpoint.seen) > 1 else b"{}",
            200 if len(endpoint.seen) > 1 else 503,
        )

    endpoint.reply = once_busy
    assert client(endpoint.url, retries=2).complete(ASK, SCHEMA) == "fine"
    assert len(endpoint.seen) == 2
    endpoint.seen.clear()
    endpoint.reply = lambda handler, _: send(handler, b"{}", 400)
    with pytest.raises(EndpointError):
        client(endpoint.url, retries=2).complete(ASK, SCHEMA)
    assert len(endpoint.seen) == 1


def test_ten_megabytes_are_cut_off(endpoint):
    def flood(handler, _):
        handler.send_response(200)
        handler.send_header("Content-Length", str(10_000_000))
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b"x" * 1000)

    endpoint.reply = flood
    with pytest.raises(EndpointError, match=f"more than {MAX_ANSWER // 1024} KiB"):
        client(endpoint.url).complete(ASK, SCHEMA)


def _hang(endpoint):
    return lambda handler, _: endpoint.release.wait(30)


def _drip(endpoint):
    def reply(handler, _):
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        while not endpoint.release.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    return reply


def _drip_head(endpoint):
    def reply(handler, _):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
        while not endpoint.release.wait(0.05):
            handler.wfile.write(b"X: y\r\n")
            handler.wfile.flush()

    return reply


@pytest.mark.parametrize("behaviour", [_hang, _drip, _drip_head])
def test_an_endpoint_that_hangs_or_drips_is_given_up_in_time(endpoint, behaviour):
    endpoint.reply = behaviour(endpoint)
    with pytest.raises(EndpointError, match=r"within 0\.4 s"):
        client(endpoint.url, timeout=0.4, retries=3).complete(ASK, SCHEMA)


def test_an_endpoint_that_is_down_is_left_alone_for_a_while():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clock = [0.0]
    down = client(f"http://127.0.0.1:{port}/v1", now=lambda: clock[0])
    with pytest.raises(EndpointError, match="cannot be reached"):
        down.complete(ASK, SCHEMA)
    down._ask = lambda *_: pytest.fail("asked again at once")  # type: ignore[method-assign]
    with pytest.raises(EndpointError, match="cannot be reached"):
        down.complete(ASK, SCHEMA)
    clock[0] = 60.0
    down._ask = lambda *_: "back"  # type: ignore[method-assign]
    assert down.complete(ASK, SCHEMA) == "back"


def test_loading_the_library_takes_nothing_from_the_time_of_the_endpoint(endpoint, monkeypatch):
    endpoint.say("{}")
    slow = client(endpoint.url, timeout=1.0)
    load = slow.load
    monkeypatch.setattr(slow, "load", lambda: (time.sleep(1.2), load()))
    assert slow.complete(ASK, SCHEMA) == "{}"


def test_a_closed_client_says_so(endpoint):
    closed = client(endpoint.url)
    closed.complete(ASK, SCHEMA)
    closed.close()
    with pytest.raises(EndpointError, match="shut down"):
        closed.complete(ASK, SCHEMA)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://host/v1", "http://", "nonsense"])
def test_an_address_that_is_none_names_the_setting(url):
    with pytest.raises(InputError, match=r"llm\.url"):
        Endpoint(url)


def test_a_password_in_the_address_is_not_repeated():
    assert Endpoint("http://me:hush@host:99/v1").name == "host:99"
