"""The whole way over the bus of the simulated vehicle: every actuator, every fault, staging, and real time."""

import random
import threading

import can
import cantools
import pytest

from codriver.errors import InputError, NotFoundError
from codriver.simulation import FAULT_KINDS, Fault, start_simulation
from hmi.catalogue.catalogue import default_catalogue
from hmi.catalogue.signal import SignalValue
from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.open import open_simulated
from hmi.vehicle.simulated import SimulatedVehicle
from hmi.vehicle.tracker import Timing

CATALOGUE = default_catalogue()
WRITABLE = [signal for signal in CATALOGUE.signals() if signal.writable]

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
DOME = "Vehicle.Cabin.Light.IsDomeOn"
TEMPERATURE = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
TRUNK = "Vehicle.Body.Trunk.Rear.Position"
MIRROR = "Vehicle.Body.Mirrors.DriverSide.IsFolded"
SUNROOF = "Vehicle.Cabin.Sunroof.Position"
SUNROOF_SHADE = "Vehicle.Cabin.Sunroof.Shade.Position"
ACTION = "Vehicle.Cabin.Infotainment.Media.Action"
SPEED = "Vehicle.Speed"


@pytest.fixture(scope="module")
def simulated():
    vehicle = open_simulated(CATALOGUE, virtual_time=True)
    yield vehicle
    vehicle.close()


@pytest.fixture
def vehicle(simulated):
    simulated.reset()
    return simulated


def write(vehicle, wishes, **options):
    return vehicle.write([SignalValue(CATALOGUE[path], value) for path, value in wishes.items()], **options)


def write_one(vehicle, path, value, **options):
    (result,) = write(vehicle, {path: value}, **options)
    return result


def typical_values(signal):
    """The ends and the middle of a number's range, every choice of the others."""
    if signal.datatype == "boolean":
        return [True, False]
    if signal.allowed:
        return list(signal.allowed)
    if signal.datatype == "string":
        return ["#12AB00", "#FFFFFF", "#000000"]
    low, high = signal.bounds()
    return [low, high, (low + high) // 2]


def any_value(signal, chance):
    if signal.datatype in ("boolean", "string"):
        return chance.choice(typical_values(signal))
    low, high = signal.bounds()
    value = chance.uniform(low, high)
    return value if signal.datatype in ("float", "double") else round(value)


def test_the_bus_carries_every_actuator_and_tells_every_signal(vehicle):
    assert {path for path, binding in vehicle.bindings.items() if binding.writable} == {s.path for s in WRITABLE}
    assert set(vehicle.bindings) <= set(vehicle.state())


@pytest.mark.parametrize("signal", WRITABLE, ids=lambda signal: signal.path.removeprefix("Vehicle."))
def test_every_actuator_is_proved_at_its_ends_and_in_the_middle(vehicle, signal):
    for value in typical_values(signal):
        vehicle.reset()
        if signal.path == SUNROOF:
            # The sunroof needs its shade out of the way, as in a real car.
            assert write_one(vehicle, SUNROOF_SHADE, 100).proved
        result = write_one(vehicle, signal.path, value)
        assert result.proved, result
        assert result.actual == pytest.approx(value) if isinstance(value, float) else result.actual == value
        if signal.path != ACTION:
            assert vehicle.read(signal.path) == result.actual


def test_values_on_the_wire_are_always_in_range(vehicle):
    database = cantools.database.load_file(vehicle.simulation.database)
    chance = random.Random(11)
    with can.Bus(**vehicle.simulation.bus) as listener:
        for _ in range(60):
            vehicle.reset()
            signals = chance.sample(WRITABLE, k=4)
            started = vehicle.clock.now()
            results = write(vehicle, {signal.path: any_value(signal, chance) for signal in signals})
            assert len(results) == 4 and vehicle.clock.now() - started < 30
            commands = []
            while (message := listener.recv(0)) is not None:
                if "_Command_" in database.get_message_by_frame_id(message.arbitration_id).name:
                    commands.append(message)
            assert commands
            for message in commands:
                assert_in_range(database.get_message_by_frame_id(message.arbitration_id), message.data)


def assert_in_range(layout, data):
    raws = layout.decode(bytes(data), decode_choices=False, scaling=False)
    numbers = layout.decode(bytes(data), decode_choices=False)
    for signal in layout.signals:
        if raws[signal.name] != (1 << signal.length) - 1:
            assert signal.minimum <= round(numbers[signal.name], 6) <= signal.maximum, signal.name


def test_a_set_temperature_is_rounded_to_half_a_degree(vehicle):
    result = write_one(vehicle, TEMPERATURE, 21.3)
    assert result.proved and result.actual == 21.5


def test_a_slow_window_reports_its_way(vehicle):
    seen = []
    assert write_one(vehicle, WINDOW, 60, on_progress=lambda progress: seen.append(progress.actual)).proved
    assert len(seen) > 5 and seen == sorted(seen) and all(0 < position < 60 for position in seen)


def test_all_windows_travel_at_the_same_time(vehicle):
    windows = [signal.path for signal in CATALOGUE.match("Vehicle.Cabin.Door.*.*.Window.Position")]
    alone = write_one(vehicle, windows[0], 100).elapsed
    vehicle.reset()
    results = write(vehicle, dict.fromkeys(windows, 100))
    assert all(result.proved for result in results)
    assert max(result.elapsed for result in results) < alone * 1.2


@pytest.mark.parametrize("path", [WINDOW, DOME, TEMPERATURE, MIRROR])
@pytest.mark.parametrize(
    ("kind", "share", "outcome"),
    [
        ("silent", 1.0, WriteOutcome.SILENT),
        ("lost", 1.0, WriteOutcome.SILENT),
        ("lost", 0.3, WriteOutcome.PROVED),
        ("corrupted", 1.0, WriteOutcome.CORRUPTED),
        ("corrupted", 0.3, WriteOutcome.PROVED),
        ("delayed", 0.4, WriteOutcome.PROVED),
        ("delayed", 5.0, WriteOutcome.SILENT),
        ("stuck", 1.0, WriteOutcome.BLOCKED),
        ("fuse", 1.0, WriteOutcome.REFUSED),
    ],
)
def test_faults_end_in_their_own_outcome(vehicle, path, kind, share, outcome):
    before = vehicle.read(path)
    vehicle.inject(Fault(kind, path, share))
    wish = {WINDOW: 50, DOME: True, TEMPERATURE: 25.0, MIRROR: True}[path]
    result = write_one(vehicle, path, wish)
    assert result.outcome is outcome, result
    assert result.actual == (wish if result.proved else before)
    assert bool(result.reason) is not result.proved
    assert result.elapsed < 10
    vehicle.clear()
    assert not vehicle.faults()
    vehicle.clock.advance(6.0)
    assert write_one(vehicle, path, wish).proved


@pytest.mark.parametrize("path", [WINDOW, SUNROOF])
def test_a_pinched_movement_is_blocked_and_reported_where_it_rests(vehicle, path):
    vehicle.stage({path: 100, SUNROOF_SHADE: 100})
    vehicle.inject(Fault("pinch", path))
    result = write_one(vehicle, path, 0)
    assert result.outcome is WriteOutcome.BLOCKED
    assert result.reason == "something is in the way"
    vehicle.clear()
    vehicle.clock.advance(5.0)
    assert vehicle.read(path) == result.actual > 0


@pytest.mark.parametrize(
    ("kind", "outcome", "reason"),
    [
        ("silent", WriteOutcome.SILENT, "its control unit has gone silent"),
        ("corrupted", WriteOutcome.CORRUPTED, "its messages arrive damaged"),
        ("fuse", WriteOutcome.BLOCKED, "it lost its power"),
        ("stuck", WriteOutcome.BLOCKED, "it is stuck"),
    ],
)
def test_faults_on_the_way_end_it_there(vehicle, kind, outcome, reason):
    vehicle.clock.call_later(1.0, lambda: vehicle.inject(Fault(kind, WINDOW)))
    result = write_one(vehicle, WINDOW, 100)
    assert result.outcome is outcome and result.reason == reason
    assert 0 < result.actual < 50


def test_every_kind_of_fault_is_covered():
    assert set(FAULT_KINDS) == {"silent", "lost", "corrupted", "delayed", "stuck", "pinch", "fuse"}


def test_an_ecu_refuses_with_a_reason_for_the_driver(vehicle):
    assert write_one(vehicle, SUNROOF, 50).reason == "the shade is closed"
    vehicle.stage({SPEED: 120.0})
    assert vehicle.read(SPEED) == 120.0
    result = write_one(vehicle, TRUNK, 100)
    assert result.outcome is WriteOutcome.REFUSED and result.reason == "the car is moving"


def test_one_failing_ecu_leaves_the_others_alone(vehicle):
    vehicle.inject(Fault("silent", "DOORS"))
    window, dome = write(vehicle, {WINDOW: 50, DOME: True})
    assert window.outcome is WriteOutcome.SILENT and dome.proved
    vehicle.clock.advance(3.0)
    assert vehicle.read(WINDOW) is None and vehicle.read(DOME) is True
    assert WINDOW not in vehicle.state()


def test_staged_values_are_read_at_once(vehicle):
    scene = {SPEED: 88.8, WINDOW: 33, DOME: True, TEMPERATURE: 24.5, ACTION: "PLAY"}
    scene["Vehicle.Cabin.Light.InteractiveLightBar.Color"] = "#FFA500"
    vehicle.stage(scene)
    state = vehicle.state()
    assert {path: state[path] for path in scene} == scene


def test_what_cannot_be_staged_is_told_and_changes_nothing(vehicle):
    before = vehicle.state()
    with pytest.raises(NotFoundError, match=r"Vehicle\.Sped"):
        vehicle.stage({WINDOW: 10, "Vehicle.Sped": 1.0})
    with pytest.raises(InputError, match="it goes from 0 to 100"):
        vehicle.stage({WINDOW: 101})
    with pytest.raises(InputError, match=r"cannot be staged as 'blue': blue is not a colour such as #FF8800\."):
        vehicle.stage({WINDOW: 10, "Vehicle.Cabin.Light.InteractiveLightBar.Color": "blue"})
    with pytest.raises(InputError, match=r"Vehicle\.Cabin\.DoorCount is not on the simulated vehicle's bus"):
        vehicle.stage({"Vehicle.Cabin.DoorCount": 4})
    assert vehicle.state() == before


def test_unknown_faults_are_refused(vehicle):
    with pytest.raises(NotFoundError):
        vehicle.inject(Fault("gremlins", WINDOW))
    with pytest.raises(NotFoundError):
        vehicle.inject(Fault("silent", "ATTIC"))
    with pytest.raises(InputError, match="DoorCount is not on the simulated vehicle's bus"):
        vehicle.inject(Fault("stuck", "Vehicle.Cabin.DoorCount"))
    assert not vehicle.faults()


def test_reset_brings_the_factory_state_back(vehicle):
    factory = vehicle.state()
    vehicle.stage({SPEED: 50.0})
    vehicle.inject(Fault("stuck", DOME))
    write(vehicle, {WINDOW: 40, DOME: True, TEMPERATURE: 28.0, MIRROR: True})
    heard = []
    stop = vehicle.watch(heard.append)
    vehicle.reset()
    stop()
    assert vehicle.state() == factory and not vehicle.faults()
    assert heard and heard[0][WINDOW] == 0 and heard[0][SPEED] == 0.0
    # What was put back in place is what the bus says.
    vehicle.clock.advance(3.0)
    assert vehicle.state() == factory
    assert write_one(vehicle, DOME, True).proved


def test_reset_ends_what_is_moving(vehicle):
    vehicle.clock.call_later(0.5, lambda: vehicle.inject(Fault("silent", WINDOW)))
    assert not write_one(vehicle, WINDOW, 100).proved
    vehicle.reset()
    vehicle.clock.advance(5.0)
    assert vehicle.read(WINDOW) == 0


@pytest.fixture(scope="module")
def in_real_time():
    # Generous times: the outcome must not depend on how busy the machine is.
    timing = Timing(ack=(5.0, 5.0, 5.0), switch=30.0, stall=30.0, stale_least=30.0)
    vehicle = SimulatedVehicle(CATALOGUE, start_simulation("can", virtual_time=False), timing)
    yield vehicle
    vehicle.close()


def test_a_light_is_proved_in_real_time(in_real_time):
    in_real_time.reset()
    heard = threading.Event()
    stop = in_real_time.watch(lambda changes: heard.set() if changes.get(DOME) else None)
    result = write_one(in_real_time, DOME, True)
    stop()
    assert result.proved and in_real_time.read(DOME) is True
    assert heard.is_set()


def test_staging_in_real_time_is_read_before_it_returns(in_real_time):
    in_real_time.reset()
    in_real_time.stage({SPEED: 42.0, WINDOW: 77})
    assert in_real_time.read(SPEED) == 42.0 and in_real_time.read(WINDOW) == 77
    in_real_time.reset()
    assert in_real_time.read(SPEED) == 0.0 and in_real_time.read(WINDOW) == 0


def test_many_threads_may_write_at_once(in_real_time):
    in_real_time.reset()
    lights = [signal.path for signal in CATALOGUE.match("Vehicle.Body.Lights.Fog.*.IsOn")] + [DOME]
    results, failures = [], []

    def wish(number):
        try:
            wishes = [(lights[number % 3], (number + turn) % 2 == 0) for turn in range(3)]
            results.extend(write_one(in_real_time, *each) for each in wishes)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=wish, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not failures and not any(thread.is_alive() for thread in threads)
    assert len(results) == 18
    assert {result.outcome for result in results} <= {WriteOutcome.PROVED, WriteOutcome.SUPERSEDED}
    assert any(result.proved for result in results)
