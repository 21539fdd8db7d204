"""The real server on a real socket: streams, limits, errors of its own, and stopping."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time

import pytest
from flask import Flask
from web_fakes import WINDOW

from codriver.errors import InputError, ResourceError
from codriver.web.server import _WORKERS, WebServer
from hmi.web.app import hub_of
from hmi.web.events import READERS


@pytest.fixture
def server(app):
    server = WebServer(app, "127.0.0.1", 0, streams=READERS)
    server.start()
    yield server
    hub_of(app).close()
    server.stop()


def connect(server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)


def open_stream(server) -> http.client.HTTPResponse:
    connection = connect(server)
    connection.request("GET", "/api/v1/events")
    return connection.getresponse()


def next_event(stream) -> tuple[str, dict]:
    """Read on to the next event; comments are skipped."""
    name = ""
    while True:
        line = stream.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            return name, json.loads(line[6:])


def test_a_change_reaches_an_open_stream(server, session):
    stream = open_stream(server)
    assert stream.status == 200
    assert stream.headers.get_content_type() == "text/event-stream"
    name, state = next_event(stream)
    assert (name, state[WINDOW]) == ("state", 0)
    session.vehicle.put({WINDOW: 40})
    assert next_event(stream) == ("change", {WINDOW: 40})


def test_asking_only_for_the_headers_opens_no_stream(server, app):
    connection = connect(server)
    connection.request("HEAD", "/api/v1/events")
    assert connection.getresponse().headers.get_content_type() == "text/event-stream"
    assert not hub_of(app)._streams


def test_a_reader_that_comes_back_gets_the_whole_state(server, session):
    first = open_stream(server)
    next_event(first)
    first.close()
    session.vehicle.put({WINDOW: 70})
    name, state = next_event(open_stream(server))
    assert (name, state[WINDOW]) == ("state", 70)


def test_streams_beyond_the_limit_get_503_and_the_page_still_works(server, app):
    limit = hub_of(app)._limit
    streams = [open_stream(server) for _ in range(limit)]
    for stream in streams:
        assert next_event(stream)[0] == "state"
    refused = open_stream(server)
    assert refused.status == 503
    assert refused.headers.get_content_type() == "application/problem+json"
    assert refused.headers["Retry-After"]
    connection = connect(server)
    connection.request("GET", "/api/v1/status")
    assert connection.getresponse().status == 200


def test_a_reader_that_leaves_makes_room(app, session):
    hub = hub_of(app)
    hub.heartbeat = 0.02
    server = WebServer(app, "127.0.0.1", 0, streams=READERS)
    server.start()
    left = threading.Event()
    forget = hub.forget
    hub.forget = lambda stream: (forget(stream), left.set())
    stream = open_stream(server)
    next_event(stream)
    stream.close()
    assert left.wait(10)
    hub.close()
    server.stop()


def test_stopping_ends_open_streams_and_every_thread(app):
    server = WebServer(app, "127.0.0.1", 0, streams=READERS)
    server.start()
    streams = [open_stream(server) for _ in range(3)]
    for stream in streams:
        next_event(stream)
    hub_of(app).close()
    server.stop()
    assert [stream.read().strip() for stream in streams] == [b""] * 3
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("waitress", "codriver-web"))]


def test_requests_that_wait_for_a_thread_are_answered_and_say_nothing_on_stderr(caplog):
    app, go = Flask("slow"), threading.Event()
    app.add_url_rule("/", view_func=lambda: str(go.wait(10)))
    server = WebServer(app, "127.0.0.1", 0)
    server.start()
    try:
        connections = [connect(server) for _ in range(20)]
        for connection in connections:
            connection.request("GET", "/")
        queue, until = server._server.task_dispatcher.queue, time.monotonic() + 10
        while len(queue) < 20 - _WORKERS and time.monotonic() < until:
            time.sleep(0.01)
        assert len(queue) == 20 - _WORKERS
        go.set()
        assert [connection.getresponse().read() for connection in connections] == [b"True"] * 20
    finally:
        server.stop()
    assert not caplog.records


def test_a_port_in_use_is_one_clear_sentence(app, server):
    with pytest.raises(ResourceError, match=f"Port {server.port} on 127.0.0.1 is in use by another program"):
        WebServer(app, "127.0.0.1", server.port)


@pytest.mark.parametrize("host", ["no such host.invalid", "a" * 300])
def test_a_host_that_is_none(app, host):
    with pytest.raises(InputError, match="is not an address of this machine"):
        WebServer(app, host, 0)


def test_an_address_of_another_machine(app):
    with pytest.raises(ResourceError, match=r"Cannot listen on 192\.0\.2\.1"):
        WebServer(app, "192.0.2.1", 0)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", 431),
        (b"POST /api/v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n", 413),
    ],
)
def test_what_the_server_itself_refuses_is_a_problem_too(server, request_bytes, status):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(request_bytes)
        answer = http.client.HTTPResponse(raw)
        answer.begin()
        assert answer.status == status
        assert answer.headers.get_content_type() == "application/problem+json"
        assert json.loads(answer.read())["status"] == status


def test_a_request_that_stalls_does_not_hold_up_the_others(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as stalled:
        stalled.sendall(b"POST /api/v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{")
        connection = connect(server)
        connection.request("GET", "/api/v1/status")
        assert connection.getresponse().status == 200
