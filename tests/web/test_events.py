"""Live state: what a reader gets, how changes are gathered, and how readers come and go."""

from __future__ import annotations

import json
import threading

import pytest
from web_fakes import RAIN, SPEED, WINDOW, MemoryVehicle

from codriver.errors import ResourceError
from hmi.web import events
from hmi.web.events import EventHub


def parse(chunk: bytes) -> list[tuple[str, dict]]:
    """The (event, data) pairs of a piece of a stream."""
    found = []
    for block in chunk.decode().strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


@pytest.fixture
def vehicle():
    return MemoryVehicle()


@pytest.fixture
def hub(vehicle):
    hub = EventHub(vehicle, readers=2, heartbeat=0.01)
    yield hub
    hub.close()


def test_a_reader_first_gets_the_whole_state(hub, vehicle):
    stream = hub.open()
    chunk = next(stream)
    assert chunk.startswith(b"retry: ")
    assert parse(chunk.split(b"\n", 1)[1]) == [("state", vehicle.state())]


def test_then_it_gets_what_changed_and_nothing_else(hub, vehicle):
    stream = hub.open()
    next(stream)
    vehicle.put({WINDOW: 10})
    assert parse(next(stream)) == [("change", {WINDOW: 10})]


def test_changes_close_together_are_one_event_with_the_last_values(hub, vehicle):
    stream = hub.open()
    next(stream)
    for position in range(0, 60, 10):
        vehicle.put({WINDOW: position, SPEED: float(position)})
    assert parse(next(stream)) == [("change", {WINDOW: 50, SPEED: 50.0})]


def test_ids_grow(hub, vehicle):
    stream = hub.open()
    chunks = [next(stream)]
    vehicle.put({WINDOW: 10})
    chunks.append(next(stream))
    numbers = [int(line[4:]) for chunk in chunks for line in chunk.splitlines() if line.startswith(b"id: ")]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 2


def test_a_calm_stream_sends_comments(hub):
    stream = hub.open()
    next(stream)
    assert next(stream).startswith(b":")


def test_a_value_that_goes_stale_becomes_null_and_comes_back(hub, vehicle):
    stream = hub.open()
    next(stream)
    vehicle.lose(RAIN)
    assert parse(next(stream)) == [("change", {RAIN: None})]
    assert next(stream).startswith(b":")
    vehicle.put({RAIN: 7})
    assert parse(next(stream)) == [("change", {RAIN: 7})]


def test_a_stale_value_is_noticed_while_others_keep_changing(hub, vehicle):
    stream = hub.open()
    next(stream)
    vehicle.lose(RAIN)
    told = []
    for speed in range(1, 4):
        vehicle.put({SPEED: float(speed)})
        told += parse(next(stream))
    assert {RAIN: None} in [{path: data[path] for path in data if path == RAIN} for _, data in told]
    assert [data[SPEED] for _, data in told if SPEED in data] == [1.0, 2.0, 3.0]


def test_messages_reach_every_reader(hub):
    streams = [hub.open(), hub.open()]
    for stream in streams:
        next(stream)
    hub.publish("turn", {"reply": "Done."})
    assert [parse(next(stream)) for stream in streams] == [[("turn", {"reply": "Done."})]] * 2


def test_a_reader_that_never_reads_holds_a_bounded_number_of_messages(hub):
    stream = hub.open()
    for number in range(1000):
        hub.publish("turn", {"number": number})
    assert len(stream.messages) < 100


def test_beyond_the_limit_a_reader_is_refused_and_a_closed_stream_makes_room(hub):
    first, _ = hub.open(), hub.open()
    with pytest.raises(ResourceError, match="2 live streams are open"):
        hub.open()
    first.close()
    assert parse(next(hub.open()).split(b"\n", 1)[1])


def test_closing_ends_a_stream_that_waits(vehicle):
    hub = EventHub(vehicle, heartbeat=60)
    stream = hub.open()
    next(stream)
    ended = threading.Thread(target=lambda: list(stream), daemon=True)
    ended.start()
    hub.close()
    ended.join(timeout=10)
    assert not ended.is_alive()
    with pytest.raises(ResourceError, match="stopping"):
        hub.open()


def test_closing_stops_the_watching(vehicle):
    hub = EventHub(vehicle)
    assert vehicle.watchers
    hub.close()
    assert not vehicle.watchers


def test_a_stream_ends_when_its_reader_has_gone(hub):
    stream = hub.open()
    next(stream)
    stream.gone = lambda: True
    with pytest.raises(StopIteration):
        next(stream)


def test_changes_are_gathered_for_less_than_the_50_ms_of_the_contract():
    assert 0 < events.GATHER <= 0.05
