"""What systemd hears of a rig."""

import socket

import pytest
from rig_kit import DOME

from hmi.vehicle.gpio.systemd import SystemdWatchdog


@pytest.fixture
def systemd(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.setblocking(False)
        yield heard


def received(systemd):
    messages = []
    while True:
        try:
            messages.append(systemd.recv(100).decode())
        except BlockingIOError:
            return messages


def test_it_hears_of_the_start_and_of_life_as_often_as_it_wants(systemd, tmp_path):
    watchdog = SystemdWatchdog({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "5000000"})
    watchdog.ready()
    for tenth in range(41):
        watchdog.alive(tenth / 10)
    assert received(systemd) == ["READY=1"] + ["WATCHDOG=1"] * 3


def test_a_rig_that_works_tells_it(systemd, tmp_path, monkeypatch, bench_of):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")
    bench = bench_of({"devices": {"light": {"type": "led", "signal": DOME, "pin": 22}}})
    bench.clock.advance(1.0)
    assert received(systemd)[:3] == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"WATCHDOG_USEC": "5"},
        {"NOTIFY_SOCKET": "", "WATCHDOG_USEC": "5"},
        {"NOTIFY_SOCKET": "@nobody-is-there"},
    ],
)
def test_without_systemd_nothing_happens(environ):
    watchdog = SystemdWatchdog(environ)
    watchdog.ready()
    watchdog.alive(0.0)


def test_another_process_that_is_watched_is_not_us(systemd, tmp_path):
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "5", "WATCHDOG_PID": "1"}
    SystemdWatchdog(environ).alive(0.0)
    assert received(systemd) == []
