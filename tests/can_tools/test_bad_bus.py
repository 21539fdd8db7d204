"""A bus that fails: junk, an interface that goes away and comes back, bus-off. Never a crash, never a hang."""

import logging
import socket
import threading
from contextlib import closing

import can
import pytest
from example_car import Body, fresh_channel
from hypothesis import given
from hypothesis import strategies as st

from codriver.clock import RealClock, VirtualClock
from codriver.errors import ResourceError
from codriver.settings import load_settings
from hmi.catalogue.catalogue import load_catalogue
from hmi.catalogue.signal import SignalValue
from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.can import CanVehicle
from hmi.vehicle.dbc import load_database
from hmi.vehicle.link import Link

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
FRAME = can.Message(arbitration_id=1, is_extended_id=False)


class FailingBus(can.BusABC):
    """Hands out what a script says: a frame, None, or an error."""

    def __init__(self, script=()):
        super().__init__(channel="failing")
        self.script = list(script)
        self.sent = []
        self.broken = None
        self.shut = False

    def _recv_internal(self, timeout):
        if self.broken is not None:
            raise self.broken
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        return step, True

    def send(self, msg, timeout=None):
        if self.broken is not None:
            raise self.broken
        self.sent.append(msg)

    def shutdown(self):
        self.shut = True
        super().shutdown()


class Time:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


def test_what_is_no_frame_is_passed_over_without_a_pause(time, caplog):
    junk = can.CanOperationError("could not unpack received message")
    bus = FailingBus([junk, junk, FRAME, junk, FRAME])
    link = Link(bus, lambda: pytest.fail("opened again"), time)
    assert [link.recv(0), link.recv(0), link.recv(0)] == [FRAME, FRAME, None]
    assert [record.message for record in caplog.records] == [
        "the CAN bus had something that is no frame, or an error: could not unpack received message"
    ]
    link.close()


@pytest.mark.parametrize(
    "error", [can.CanOperationError("gone"), OSError(19, "No such device"), ValueError("closed")]
)
def test_a_lost_bus_is_connected_again_with_growing_pauses(time, caplog, error):
    first, attempts = FailingBus(), []
    first.broken = error
    second = FailingBus([None, FRAME])

    def open_again():
        attempts.append(time.now)
        if len(attempts) < 5:
            raise ResourceError("The channel cannot be opened.")
        return second

    link = Link(first, open_again, time)
    while len(attempts) < 5:
        assert link.recv(0) is None
        assert "cannot be read" in link.problem
        time.now += 0.125
    assert first.shut
    assert attempts == pytest.approx([0, 0.5, 1.5, 3.5, 8.5], abs=0.5)
    assert link.recv(0) is FRAME
    assert link.problem == ""
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1 and "trying to connect again" in errors[0].message
    link.close()
    assert second.shut


def test_a_bus_that_opens_and_fails_at_once_does_not_make_a_busy_loop(time):
    opened = []

    def open_again():
        bus = FailingBus()
        bus.broken = OSError(100, "Network is down")
        opened.append(bus)
        return bus

    link = Link(open_again(), open_again, time)
    for _ in range(800):
        assert link.recv(0) is None
        time.now += 0.0125
    assert len(opened) <= 6, "ten seconds"
    link.close()
    assert all(bus.shut for bus in opened)


@given(st.lists(st.sampled_from(["frame", "nothing", "junk", "gone", "closed"]), max_size=200))
def test_whatever_a_bus_does_every_frame_arrives_and_nothing_is_raised(script):
    steps = {
        "frame": lambda number: can.Message(arbitration_id=number),
        "nothing": lambda number: None,
        "junk": lambda number: can.CanOperationError("could not unpack"),
        "gone": lambda number: OSError(19, "No such device"),
        "closed": lambda number: ValueError("file descriptor cannot be a negative integer"),
    }
    time = Time()
    bus = FailingBus([steps[step](number) for number, step in enumerate(script)])
    link = Link(bus, None, time)
    arrived = []
    for _ in range(3 * len(script) + 3):
        message = link.recv(0)
        if message is not None:
            arrived.append(message.arbitration_id)
        time.now += 1.0
    assert arrived == [number for number, step in enumerate(script) if step == "frame"]
    link.close()


def test_a_bus_that_cannot_be_opened_again_is_tried_as_it_is(time):
    bus = FailingBus([FRAME])
    bus.broken = can.CanOperationError("asleep")
    link = Link(bus, None, time)
    assert link.recv(0) is None
    time.now = 10
    bus.broken = None
    assert link.recv(0) is FRAME
    link.close()
    assert bus.shut


def test_nothing_can_be_sent_while_the_bus_is_lost(time):
    bus = FailingBus()
    link = Link(bus, None, time)
    link.send(FRAME)
    assert bus.sent == [FRAME]
    bus.broken = OSError(100, "Network is down")
    with pytest.raises(can.CanOperationError, match="Network is down"):
        link.send(FRAME)
    link.recv(0)
    with pytest.raises(can.CanOperationError, match="the CAN bus cannot be read"):
        link.send(FRAME)
    link.close()


def test_bus_off_is_told_once_and_ends_with_the_next_frame(time, caplog):
    off = can.Message(arbitration_id=0x40, is_error_frame=True, data=bytes(8))
    link = Link(FailingBus([off, off, FRAME]), None, time)
    junk = can.CanOperationError("first a small one")
    link._bus.script.insert(0, junk)
    link.recv(0)
    assert link.problem == "the CAN controller is off the bus"
    link.recv(0)
    assert sum("bus-off" in record.message for record in caplog.records) == 1
    link.recv(0)
    assert link.problem == ""
    link.close()


def test_closing_ends_a_reader_that_waits_to_connect():
    bus = FailingBus()
    bus.broken = OSError(19, "No such device")

    def never():
        raise ResourceError("The channel cannot be opened.")

    clock = RealClock()
    link = Link(bus, never, clock.now)
    over = threading.Event()

    def read():
        while not over.is_set():
            link.recv(3600.0)

    reader = threading.Thread(target=read)
    reader.start()
    over.set()
    link.stop()
    reader.join(timeout=60)
    assert not reader.is_alive()
    link.close()


@pytest.fixture
def car(folder):
    """The example's car in virtual time, on a bus that can be broken and mended."""
    clock, channel = VirtualClock(), fresh_channel()
    body = Body(clock, channel, folder / "coupe.dbc")
    buses = []
    down = threading.Event()

    def join():
        if down.is_set():
            raise ResourceError("The channel cannot be opened.")
        buses.append(can.Bus(interface="virtual", channel=channel))
        return buses[-1]

    def unplug():
        down.set()
        buses[-1].shutdown()

    vehicle = CanVehicle(
        load_catalogue(load_settings()), load_database(folder / "coupe.dbc"), join(), clock, open_again=join
    )
    vehicle.unplug, vehicle.plug = unplug, down.clear
    clock.advance(0.5)
    yield vehicle
    vehicle.close()
    body.close()


def test_an_interface_that_vanishes_makes_values_stale_and_writes_silent(car):
    window = car._catalogue[WINDOW]
    assert car.read(WINDOW) == 0
    car.unplug()
    car.clock.advance(2)
    assert car.read(WINDOW) is None and WINDOW not in car.state()
    assert "cannot be read" in car.bus_problem
    (result,) = car.write([SignalValue(window, 50)])
    assert (result.outcome, result.reason) == (WriteOutcome.SILENT, "the bus does not take the command")


def test_an_interface_that_comes_back_is_used_again(car):
    car.unplug()
    car.clock.advance(20)
    car.plug()
    car.clock.advance(6)
    assert car.read(WINDOW) == 0 and car.bus_problem == ""
    (result,) = car.write([SignalValue(car._catalogue[WINDOW], 50)])
    assert result.outcome is WriteOutcome.PROVED


def test_a_write_under_way_ends_when_the_interface_vanishes(car):
    window = car._catalogue[WINDOW]
    car.clock.call_later(0.01, car.unplug)
    (result,) = car.write([SignalValue(window, 50)])
    assert result.outcome in (WriteOutcome.SILENT, WriteOutcome.PROVED)
    car.clock.advance(2)
    assert car.read(WINDOW) is None


def test_datagrams_that_are_no_frames_do_not_deafen_the_vehicle(folder):
    bus = {"interface": "udp_multicast", "channel": "239.74.200.7", "port": 43917, "hop_limit": 0, "fd": False}
    try:
        with can.Bus(**bus) as sender, can.Bus(**bus) as receiver:
            sender.send(FRAME)
            if receiver.recv(1.0) is None:
                pytest.skip("UDP multicast frames do not come back on this computer")
    except (OSError, can.CanError) as error:
        pytest.skip(f"UDP multicast does not work on this computer: {error}")
    clock = RealClock()
    database = load_database(folder / "coupe.dbc")
    vehicle = CanVehicle(load_catalogue(load_settings()), database, can.Bus(**bus), clock)
    with (
        closing(vehicle),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
        can.Bus(**bus) as sender,
    ):
        stranger.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        for number in range(60):
            stranger.sendto(b"\xc1 no frame", (bus["channel"], bus["port"]))
            data = database.encode_message("BodyState", {"WinShutFL": number, "LockFL": 0, "WiperState": 0})
            sender.send(can.Message(arbitration_id=768, data=data, is_extended_id=False))
        assert clock.wait(lambda: vehicle.read(WINDOW) == 41, 30.0)
    clock.close()
