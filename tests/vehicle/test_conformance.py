"""The conformance checks against vehicles on a CAN bus, and against vehicles that break the rules."""

import dataclasses

import can
import pytest
import scripted_ecu
from can.interfaces.virtual import VirtualBus

from codriver.clock import VirtualClock
from codriver.simulation import Fault, start_simulation
from hmi.catalogue.catalogue import default_catalogue
from hmi.catalogue.signal import SignalValue
from hmi.vehicle.base import WriteOutcome, WriteResult
from hmi.vehicle.can import CanVehicle
from hmi.vehicle.conformance import FaultCase, Subject, VehicleConformance, run_checks
from hmi.vehicle.dbc import load_database
from hmi.vehicle.open import open_simulated
from hmi.vehicle.recorder import Recorder, record_in_turn
from hmi.vehicle.recording import read_recording
from hmi.vehicle.replay import ReplayVehicle

CATALOGUE = default_catalogue()
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
DOME = "Vehicle.Cabin.Light.IsDomeOn"
LOCK = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
TEMPERATURE = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
COLOUR = "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide.Color"
WIPER = "Vehicle.Body.Windshield.Front.Wiping.Mode"
SPEED = "Vehicle.Speed"


def wish(path, value):
    return SignalValue(CATALOGUE[path], value)


class FlakyBus(VirtualBus):
    """A bus whose controller can be off the bus."""

    off = False

    def send(self, message, timeout=None):
        if self.off:
            raise can.CanOperationError("bus off")
        super().send(message, timeout)

    def _recv_internal(self, timeout):
        if self.off:
            raise can.CanOperationError("bus off")
        return super()._recv_internal(timeout)


def cases(vehicle):
    opened, light = wish(WINDOW, 60), wish(DOME, True)

    def fault(kind, change, outcome, parameter=1.0):
        def begin():
            vehicle.inject(Fault(kind, change.path, parameter))

        return FaultCase(kind, change, {outcome}, begin, vehicle.clear)

    def begin_pinch():
        vehicle.stage({WINDOW: 80})
        vehicle.inject(Fault("pinch", WINDOW))

    return [
        fault("stuck", opened, WriteOutcome.BLOCKED),
        fault("fuse", opened, WriteOutcome.REFUSED),
        fault("silent", light, WriteOutcome.SILENT),
        fault("lost", light, WriteOutcome.SILENT),
        FaultCase("pinch", wish(WINDOW, 0), {WriteOutcome.BLOCKED}, begin_pinch, vehicle.clear),
        dataclasses.replace(fault("corrupted", light, WriteOutcome.CORRUPTED), end=None),
    ]


def simulated_subject(virtual_time, faults=True):
    vehicle = open_simulated(CATALOGUE, virtual_time=virtual_time)
    changes = [(DOME, True), (LOCK, False), (TEMPERATURE, 25.5), (COLOUR, "#12AB00"), (WIPER, "SLOW")]
    start = vehicle.state()
    return Subject(
        vehicle,
        vehicle.clock,
        CATALOGUE,
        changes=[wish(path, value if start[path] != value else not value) for path, value in changes],
        slow=(wish(WINDOW, 100), wish(WINDOW, 20)),
        unwritable=[wish(SPEED, 10)],
        faults=cases(vehicle) if faults else (),
    )


class TestSimulatedCar(VehicleConformance):
    def open_subject(self):
        return simulated_subject(virtual_time=True)


class RealTimeCar(VehicleConformance):
    """Not collected: what takes seconds has been seen in virtual time; here it is about threads."""

    def open_subject(self):
        return simulated_subject(virtual_time=False, faults=False)


def test_threads_share_a_car_in_real_time():
    RealTimeCar().test_threads_do_not_disturb_each_other()


class TestCarOnABusThatFails(VehicleConformance):
    """The same car by its bus alone, with nothing that only a simulation has."""

    def open_subject(self):
        simulation = start_simulation("can", virtual_time=True)
        bus = FlakyBus(simulation.bus["channel"])
        vehicle = CanVehicle(CATALOGUE, simulation.database, bus, simulation.clock)
        assert vehicle.wait_until_seen(2.0)

        def come_back():
            bus.off = False
            simulation.clock.advance(5.0)

        off = FaultCase(
            "bus off", wish(DOME, True), {WriteOutcome.SILENT}, lambda: setattr(bus, "off", True), come_back
        )
        off_midway = FaultCase(
            "bus off on the way",
            wish(WINDOW, 100),
            {WriteOutcome.SILENT},
            lambda: simulation.clock.call_later(1.0, lambda: setattr(bus, "off", True)),
            come_back,
        )
        return Subject(
            vehicle,
            simulation.clock,
            CATALOGUE,
            changes=[wish(DOME, True), wish(TEMPERATURE, 25.5)],
            slow=(wish(WINDOW, 100), wish(WINDOW, 20)),
            unwritable=[wish(SPEED, 10)],
            faults=[off, off_midway],
            cleanup=simulation.close,
        )


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    """A recording of three seconds, and the database of its bus."""
    simulation = start_simulation("can", virtual_time=True)
    path = tmp_path_factory.mktemp("drive") / "drive.log"
    with can.Bus(**simulation.bus) as bus, Recorder(path) as recorder:
        stop = record_in_turn(recorder, bus, simulation.clock)
        simulation.clock.advance(3.0)
        stop()
    database = load_database(simulation.database)
    simulation.close()
    return read_recording(path), database


class TestRecordedDrive(VehicleConformance):
    @pytest.fixture(autouse=True)
    def recorded(self, drive):
        self.recording, self.database = drive

    def open_subject(self):
        clock = VirtualClock()
        vehicle = ReplayVehicle(CATALOGUE, self.database, self.recording, clock)
        clock.advance(2.0)
        return Subject(
            vehicle,
            clock,
            CATALOGUE,
            refused=[wish(DOME, True), wish(WINDOW, 50)],
            unwritable=[wish(SPEED, 10)],
        )


# The checks themselves must find what is wrong.


class Liar:
    """Delegates to a good vehicle, but for what a test puts in its place."""

    def __init__(self, vehicle, **instead):
        self._vehicle = vehicle
        vars(self).update(instead)

    def __getattr__(self, name):
        return getattr(self._vehicle, name)


def scripted_subject():
    """A window that travels and a lamp that may be dead, by a small ECU that takes no time to start."""
    rig = scripted_ecu.Rig()
    rig.clock.advance(0.5)
    goal, moving = [0], [False]

    def step():
        at = rig.ecu.values["Window"]
        moving[0] = at != goal[0]
        if moving[0]:
            rig.ecu.values["Window"] = min(at + 5, goal[0]) if goal[0] > at else max(at - 5, goal[0])
            rig.clock.call_later(0.1, step)

    def obey(name, value):
        if name != "Window":
            rig.ecu.take(name, value)
            return
        goal[0] = value
        if not moving[0]:
            step()

    def break_lamp(broken):
        rig.ecu.refuse = {"Light_Cmd": 8} if broken else {}

    rig.ecu.obeys = obey
    light = SignalValue(scripted_ecu.LIGHT, True)
    return Subject(
        rig.vehicle,
        rig.clock,
        scripted_ecu.CATALOGUE,
        changes=[light, SignalValue(scripted_ecu.MODE, "FAST")],
        slow=(SignalValue(scripted_ecu.WINDOW, 90), SignalValue(scripted_ecu.WINDOW, 10)),
        unwritable=[SignalValue(scripted_ecu.SPEED, 10)],
        faults=[
            FaultCase("fuse", light, {WriteOutcome.REFUSED}, lambda: break_lamp(True), lambda: break_lamp(False))
        ],
        cleanup=rig.close,
    )


def lie(make):
    """The problems that the checks find when `make(vehicle)` gives the methods that lie."""

    def open_subject():
        subject = scripted_subject()
        return dataclasses.replace(subject, vehicle=Liar(subject.vehicle, **make(subject.vehicle)))

    return {result.name: result.problem for result in run_checks(open_subject) if result.problem}


def test_a_good_vehicle_has_no_problems_without_pytest_either():
    assert lie(lambda vehicle: {}) == {}
    made = [result.name for result in run_checks(scripted_subject) if not result.skipped]
    assert len(made) == 16


def test_a_vehicle_that_proves_without_moving_is_caught():
    def write(changes, on_progress=None):
        return [WriteResult(change, WriteOutcome.PROVED, change.value) for change in changes]

    problems = lie(lambda vehicle: {"write": write})
    assert "reads" in problems["test_every_change_is_proved"]
    assert (
        "did not raise InputError" in problems["test_what_cannot_be_written_is_an_input_error_and_nothing_moves"]
    )
    assert "never called" in problems["test_a_slow_change_tells_how_far_it_is"]
    assert "with fuse: " in problems["test_every_fault_ends_as_it_should_and_in_time"]
    assert "proved a change" in problems["test_a_closed_vehicle_does_nothing_and_hangs_nowhere"]


def test_a_vehicle_that_mixes_up_its_results_is_caught():
    problems = lie(lambda vehicle: {"write": lambda changes, on_progress=None: vehicle.write(changes)[::-1]})
    assert "order" in problems["test_changes_together_come_back_in_their_order"]


def test_a_vehicle_that_reads_anything_is_caught():
    problems = lie(lambda vehicle: {"read": lambda path: vehicle.state().get(path)})
    assert "did not raise NotFoundError" in problems["test_an_unknown_path_is_not_found"]


def test_a_vehicle_whose_watchers_hear_nothing_is_caught():
    problems = lie(lambda vehicle: {"watch": lambda on_change: lambda: None})
    assert set(problems) == {"test_watchers_hear_of_changes_until_they_stop"}


def test_checks_that_do_not_apply_say_why():
    def bare():
        return dataclasses.replace(scripted_subject(), changes=(), slow=None, unwritable=(), faults=())

    skipped = {result.name: result.skipped for result in run_checks(bare) if result.skipped}
    assert skipped["test_every_change_is_proved"] == "this vehicle has no changes to try"
    assert skipped["test_a_newer_write_takes_over"] == "this vehicle has nothing slow to try"


def test_a_class_without_a_subject_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="VehicleConformance needs a method open_subject"):
        VehicleConformance().open_subject()
