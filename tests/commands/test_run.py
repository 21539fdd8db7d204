"""`codriver run` as a process: what it prints, and how it starts, fails and stops."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys

import pytest

from codriver.web.server import address_of
from hmi.commands.run import TO_TRY

EVERYWHERE = "0.0.0.0"  # noqa: S104
CODRIVER = [sys.executable, "-c", "from codriver.cli import main; main()"]


def start(*arguments: str) -> subprocess.Popen:
    command = [*CODRIVER, "run", "--port", "0", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def greeting(process: subprocess.Popen) -> list[str]:
    """What it prints until it serves."""
    return [process.stdout.readline().rstrip("\n") for _ in range(2 + len(TO_TRY))]


@pytest.fixture
def running():
    process = start()
    yield process
    process.kill()
    process.communicate()


def port_of(lines: list[str]) -> int:
    return int(re.search(r"http://127\.0\.0\.1:(\d+)/", lines[0])[1])


def test_it_prints_its_address_and_three_sentences_to_try(running):
    lines = greeting(running)
    assert port_of(lines) > 0
    assert [line.strip() for line in lines[2:]] == list(TO_TRY)
    assert len(TO_TRY) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("sentence", ["open all windows", "open the sunroof"])
def test_a_signal_stops_it_cleanly_with_a_stream_open_and_things_moving(running, number, sentence):
    port = port_of(greeting(running))
    stream = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    stream.request("GET", "/api/v1/events")
    events = stream.getresponse()
    busy = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = json.dumps({"text": sentence})
    busy.request("POST", "/api/v1/ask", body, {"Content-Type": "application/json"})
    while events.readline() != b"event: change\n":
        pass
    running.send_signal(number)
    output, errors = running.communicate(timeout=30)
    assert running.returncode == 0
    assert errors == ""
    assert "Traceback" not in output


def test_a_port_in_use_is_one_sentence_and_exit_2():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run([*CODRIVER, "run", "--port", str(port)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(f"codriver: Port {port} on 127.0.0.1 is in use")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--host", EVERYWHERE], "web.token is needed"),
        (["--port", "99999"], "web.port"),
        (["--port", "http"], "web.port"),
        (["--token", "two words"], "web.token may only hold"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(arguments, complaint):
    done = subprocess.run([*CODRIVER, "run", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("host", "token", "address"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8080/"),
        ("localhost", "", "http://localhost:8080/"),
        (EVERYWHERE, "secret", "http://127.0.0.1:8080/#token=secret"),
        ("::1", "", "http://[::1]:8080/"),
        ("::", "secret", "http://[::1]:8080/#token=secret"),
        ("192.168.1.4", "a+b", "http://192.168.1.4:8080/#token=a%2Bb"),
    ],
)
def test_the_address_to_open(host, token, address):
    assert address_of(host, 8080, token) == address
