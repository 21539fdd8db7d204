"""Start-up to the first answer, and memory."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil

from benchmarks.measure import Measurement, median_of, milliseconds


def _ask_once() -> float:
    command = [sys.executable, "-m", "codriver", "ask", "turn on the dome light"]
    return milliseconds(lambda: subprocess.run(command, check=True, capture_output=True)) / 1000


def _server_memory() -> float:
    command = [sys.executable, "-m", "codriver", "run", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        server.stdout.readline()
        time.sleep(3)
        used = psutil.Process(server.pid).memory_info().rss / 1e6
        server.terminate()
    return used


def measure() -> list[Measurement]:
    """Five fresh processes for the first answer, three servers for the memory."""
    return [
        Measurement("start-up to first answer", median_of(5, _ask_once), "s", "<= 2"),
        Measurement("memory of `codriver run`", median_of(3, _server_memory), "MB", "<= 150"),
    ]
