"""How soon an open page hears of a change on the bus: staged value → server-sent event."""

from __future__ import annotations

import http.client
import queue
import threading
import time

from benchmarks.measure import Measurement, percentile
from codriver.settings import load_settings
from codriver.web.access import Access
from codriver.web.server import WebServer
from hmi.session import open_session
from hmi.web.app import create_app, hub_of
from hmi.web.events import READERS

SPEED = "Vehicle.Speed"


def _listen(port: int, heard: queue.Queue[tuple[str, float]]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/api/v1/events")
    response = connection.getresponse()
    try:
        while line := response.readline():
            heard.put((line.decode(), time.perf_counter()))
    except (OSError, ValueError):
        pass  # the server has stopped, and so do we


def measure() -> list[Measurement]:
    """A hundred changes of the speed, one after the other, through a real server."""
    heard: queue.Queue[tuple[str, float]] = queue.Queue()
    samples = []
    with open_session(load_settings(files=[]), virtual_time=False) as session:
        app = create_app(session, Access("", "127.0.0.1"))
        server = WebServer(app, "127.0.0.1", 0, streams=READERS)
        server.start()
        threading.Thread(target=_listen, args=(server.port, heard), daemon=True).start()
        time.sleep(1.0)
        for number in range(1, 101):
            start = time.perf_counter()
            session.stage({SPEED: float(number)})
            samples.append(_wait_for(heard, f'"{SPEED}":{number}.0', start))
            time.sleep(0.05)
        server.close()
        hub_of(app).close()
        server.stop()
    return [
        Measurement("change on the bus to the page, median", percentile(samples, 0.5), "ms", "<= 100"),
        Measurement("change on the bus to the page, 99th percentile", percentile(samples, 0.99), "ms"),
    ]


def _wait_for(heard: queue.Queue[tuple[str, float]], wanted: str, start: float) -> float:
    while True:
        line, moment = heard.get(timeout=10)
        if wanted in line.replace(" ", "") and moment >= start:
            return (moment - start) * 1000
