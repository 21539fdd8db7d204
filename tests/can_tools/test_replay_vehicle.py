"""A recording as a vehicle: what it told, when it told it, and nothing else."""

import threading
from contextlib import closing

import can
import pytest

from codriver.clock import RealClock, VirtualClock
from codriver.errors import InputError, NotFoundError
from codriver.settings import load_settings
from codriver.simulation import Fault
from hmi.catalogue.catalogue import load_catalogue
from hmi.catalogue.signal import SignalValue
from hmi.session import open_session
from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.dbc import load_database
from hmi.vehicle.recorder import Recorder, record_in_turn
from hmi.vehicle.recording import read_recording
from hmi.vehicle.replay import PacedClock, RecordedBus, ReplayVehicle, send_frames
from hmi.vehicle.timeline import Timeline

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
LOCK = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
SPEED = "Vehicle.Speed"


@pytest.fixture
def recording(folder):
    """Ten seconds: the window opens by 10 % each second, the door is locked at 5 s, a wish for it at 4.9 s."""
    database = load_database(folder / "coupe.dbc")
    path = folder / "drive.log"

    def frame(name, **values):
        layout = database.get_message_by_name(name)
        data = layout.encode(values, strict=False)
        return can.Message(arbitration_id=layout.frame_id, data=data, is_extended_id=False)

    with Recorder(path) as recorder:
        for tick in range(100):
            at = 1_700_000_000 + tick / 10
            state = {"WinShutFL": 100 - tick // 10 * 10, "LockFL": int(tick >= 50), "WiperState": 0}
            if tick == 49:
                wish = frame("BodyWish", WinShutFLWish=127.5, LockFLWish=1, WiperWish=7)
                recorder.take(wish, at)
            recorder.take(frame("BodyState", **state), at)
            if tick % 2 == 0:
                recorder.take(frame("DashState", DashSpeed=50), at)
    return read_recording(path)


@pytest.fixture
def open_vehicle(folder, recording):
    opened = []

    def open_on(clock, *, hold=False):
        catalogue = load_catalogue(load_settings())
        opened.append(ReplayVehicle(catalogue, load_database(folder / "coupe.dbc"), recording, clock, hold=hold))
        return opened[-1]

    yield open_on
    for vehicle in opened:
        vehicle.close()
        vehicle.clock.close()


@pytest.fixture
def vehicle(open_vehicle):
    return open_vehicle(VirtualClock())


def test_it_tells_what_the_car_told_at_that_time(vehicle):
    assert (vehicle.read(WINDOW), vehicle.read(LOCK), vehicle.read(SPEED)) == (0, False, 80.4672)
    vehicle.clock.advance(4.95)
    assert (vehicle.read(WINDOW), vehicle.read(LOCK)) == (40, False)
    vehicle.clock.advance(0.1)
    assert (vehicle.read(WINDOW), vehicle.read(LOCK)) == (50, True)
    assert vehicle.position == pytest.approx(5.0)


def test_after_its_end_the_values_grow_stale(vehicle):
    vehicle.clock.advance(10)
    assert vehicle.ended and vehicle.read(WINDOW) == 90
    vehicle.clock.advance(5)
    assert vehicle.read(WINDOW) is None and vehicle.read(SPEED) is None


def test_every_change_is_told_once_and_in_its_time(vehicle):
    seen = []
    vehicle.watch(lambda changes: seen.append((round(vehicle.clock.now(), 3), dict(changes))))
    vehicle.clock.advance(20)
    expected = [(float(n), {WINDOW: 10 * n} | ({LOCK: True} if n == 5 else {})) for n in range(1, 10)]
    assert seen == expected


def test_nothing_can_be_changed(vehicle):
    catalogue = load_catalogue(load_settings())
    wishes = [SignalValue(catalogue[WINDOW], 100), SignalValue(catalogue[LOCK], True)]
    before = vehicle.clock.now()
    for wish, result in zip(wishes, vehicle.write(wishes), strict=True):
        assert result.wanted == wish
        assert (result.outcome, result.reason) == (WriteOutcome.REFUSED, "a recording cannot be changed")
    assert [result.actual for result in vehicle.write(wishes)] == [0, False]
    assert vehicle.clock.now() == before
    with pytest.raises(InputError, match="is not on this vehicle's bus"):
        vehicle.write([SignalValue(catalogue["Vehicle.Body.Horn.IsActive"], True)])
    with pytest.raises(NotFoundError):
        vehicle.read("Vehicle.Nonsense")


def test_it_goes_by_itself_in_real_time(open_vehicle):
    vehicle = open_vehicle(PacedClock(RealClock(), 200.0))
    assert vehicle.clock.wait(lambda: vehicle.read(LOCK) is True, 3600.0)
    assert vehicle.clock.wait(lambda: vehicle.ended, 3600.0)
    assert vehicle.position == pytest.approx(9.9)
    vehicle.close()
    assert not vehicle._reader.is_alive()


def test_closing_early_ends_the_reader(open_vehicle):
    vehicle = open_vehicle(RealClock())
    vehicle.close()
    assert not vehicle._reader.is_alive()


def test_a_paced_clock_keeps_its_own_seconds():
    inner = VirtualClock()
    clock = PacedClock(inner, 4.0)
    rung = []
    clock.call_later(8.0, lambda: rung.append(clock.now()))
    assert not clock.wait(lambda: bool(rung), 7.9)
    assert clock.wait(lambda: bool(rung), 0.2)
    assert rung == [8.0] and inner.now() == 2.0


def test_the_bus_of_a_recording_takes_nothing(recording):
    with closing(recording.frames()) as frames, RecordedBus(frames, VirtualClock()) as bus:
        with pytest.raises(can.CanOperationError, match="a recording cannot be changed"):
            bus.send(can.Message())
        assert bus.recv(0) is None
        bus.play()
        assert bus.recv(0) is not None


@pytest.mark.parametrize("make_clock", [VirtualClock, lambda: PacedClock(RealClock(), 1000.0)])
def test_a_recording_on_hold_waits(open_vehicle, make_clock):
    vehicle = open_vehicle(make_clock(), hold=True)
    vehicle.clock.wait(lambda: False, 20.0)
    assert vehicle.read(WINDOW) is None and not vehicle.ended
    seen = []
    vehicle.watch(lambda changes: seen.append(changes.get(WINDOW)))
    vehicle.play()
    vehicle.clock.wait(lambda: vehicle.ended, 3600.0)
    assert seen[0] == 0


def test_the_timeline_has_changes_and_wishes_in_their_order(open_vehicle):
    vehicle, events = open_vehicle(VirtualClock(), hold=True), []
    Timeline(vehicle, events.append)
    vehicle.play()
    vehicle.clock.advance(20)
    first = {event.path for event in events if event.kind == "first"}
    assert first == {WINDOW, LOCK, SPEED, "Vehicle.Body.Windshield.Front.Wiping.Mode"}
    locking = [
        (round(e.time, 3), e.kind, e.value, e.before) for e in events if e.path == LOCK and e.kind != "first"
    ]
    assert locking == [(4.9, "commanded", True, None), (5.0, "changed", True, False)]
    assert [e.value for e in events if e.path == WINDOW] == list(range(0, 100, 10))


def test_the_timeline_tells_refusals(tmp_path):
    settings = load_settings({}, environ={}, files=[])
    path = tmp_path / "refused.blf"
    window = "Vehicle.Cabin.Door.Row2.DriverSide.Window.Position"
    with (
        open_session(settings, virtual_time=True) as session,
        can.Bus(**session.simulation.bus) as bus,
        Recorder(path) as recorder,
    ):
        record_in_turn(recorder, bus, session.simulation.clock)
        session.simulation.clock.advance(1)
        session.vehicle.inject(Fault("fuse", window))
        (result,) = session.vehicle.write([SignalValue(session.catalogue[window], 50)])
        session.simulation.clock.advance(0.1)
    replayed = ReplayVehicle(
        session.catalogue,
        load_database(session.simulation.database),
        read_recording(path),
        VirtualClock(),
        hold=True,
    )
    events = []
    Timeline(replayed, events.append)
    replayed.play()
    replayed.clock.advance(60)
    replayed.close()
    assert result.outcome is WriteOutcome.REFUSED
    told = [(event.kind, event.path, event.value, event.reason) for event in events if event.kind != "first"]
    assert told == [("commanded", window, 50, ""), ("refused", window, None, result.reason)]


def test_frames_are_sent_onto_a_bus_as_they_were(recording):
    bus_settings = {"interface": "virtual", "channel": "replay-onto"}
    with can.Bus(**bus_settings) as sender, can.Bus(**bus_settings) as receiver:
        assert send_frames(recording, sender, 10_000.0, threading.Event()) == recording.count
        received = []
        while (message := receiver.recv(0)) is not None:
            received.append((message.arbitration_id, bytes(message.data)))
        assert received == [(m.arbitration_id, bytes(m.data)) for _, m in recording.frames()]
        stop = threading.Event()
        stop.set()
        assert send_frames(recording, sender, 1.0, stop) == 0
