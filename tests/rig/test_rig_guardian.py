"""The process that owns the pins: what is on the wires when the program is killed, hangs, or ends."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
import yaml
from rig_kit import BEAM, CATALOGUE, DOME, WINDOW, devices, window, wish

from codriver.clock import RealClock, VirtualClock
from codriver.errors import ResourceError
from codriver.settings import load_settings
from firmware_sim.rig.factory import SimulatedRigFactory
from hmi.settings import SETTINGS
from hmi.vehicle.base import WriteOutcome
from hmi.vehicle.conformance import Subject, VehicleConformance
from hmi.vehicle.gpio.guarded import GuardedPins
from hmi.vehicle.gpio.ports import DirectPins
from hmi.vehicle.gpio.rigfile import load_rig
from hmi.vehicle.gpio.vehicle import GpioVehicle
from hmi.vehicle.open import open_vehicle

LIGHT_PIN, BEAM_PIN, OPEN_PIN = 22, 24, 17
PATIENCE = 20.0
"""Seconds after which something that should happen at once counts as never happening."""

RIG = devices(
    **{
        "driver window": window(travel_time=30),
        "dome light": {"type": "led", "signal": DOME, "pin": LIGHT_PIN},
        # Inverted and on in the safe state: the relay that must not fall off.
        "low beam": {"type": "relay", "signal": BEAM, "pin": BEAM_PIN, "inverted": True, "safe": "on"},
    }
)

PROGRAM = """
import sys, threading, time
from codriver.settings import load_settings
from hmi.catalogue.catalogue import default_catalogue
from hmi.catalogue.signal import SignalValue
from hmi.vehicle.open import open_vehicle

catalogue = default_catalogue()
flags = {"vehicle.kind": "gpio", "rig.file": sys.argv[1], "rig.pins": "simulated"}
settings = load_settings(flags, environ={}, files=[])
vehicle = open_vehicle(settings, catalogue)
light, beam, window = sys.argv[2:]
for path, value in ((light, True), (beam, False)):
    assert vehicle.write([SignalValue(catalogue[path], value)])[0].proved
window = [SignalValue(catalogue[window], 100)]
threading.Thread(target=lambda: vehicle.write(window, lambda news: print("moving", flush=True))).start()
time.sleep(1000)
"""

# The watchdog takes long, so that a computer that is busy with other things is not taken for a program that hangs.
RIG["watchdog"] = 5
QUICK = {"watchdog": 1}


class Wires:
    """What the simulated rig has written down about its output pins."""

    def __init__(self, folder):
        self.file = folder / "wires.jsonl"
        self.file.touch()

    def changes(self):
        # The last line may be in the making.
        lines = self.file.read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def levels(self):
        return {change["pin"]: change["level"] for change in self.changes()}

    def reach(self, wanted):
        """Wait until the wires have these levels; returns when the last of them changed."""
        deadline = time.monotonic() + PATIENCE
        while not wanted.items() <= self.levels().items():
            assert time.monotonic() < deadline, f"the wires are {self.levels()}, not {wanted}"
            time.sleep(0.01)
        return max(change["time"] for change in self.changes() if change["pin"] in wanted)


SAFE = {OPEN_PIN: 0.0, LIGHT_PIN: 0.0, BEAM_PIN: 0.0}  # 0 V on the beam's inverted relay is on
BUSY = {OPEN_PIN: 1.0, LIGHT_PIN: 1.0, BEAM_PIN: 1.0}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rig.yaml"
    path.write_text(yaml.safe_dump(RIG), encoding="utf-8")
    return path


@pytest.fixture
def wires(tmp_path, monkeypatch):
    wires = Wires(tmp_path)
    monkeypatch.setenv("CODRIVER_RIG_LOG", str(wires.file))
    return wires


@contextlib.contextmanager
def running(file, wires):
    command = [sys.executable, "-c", PROGRAM, str(file), DOME, BEAM, WINDOW]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "moving\n"
        wires.reach(BUSY)
        yield process
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
        process.kill()


@pytest.fixture
def program(file, wires):
    """A program that has the light on, the beam off and the window on its way."""
    with running(file, wires) as process:
        yield process


@pytest.fixture
def vehicle(file, wires):
    vehicle = open_vehicle(settings(file), CATALOGUE)
    yield vehicle
    vehicle.close()
    vehicle.clock.close()


def settings(file, pins="simulated"):
    given = {"vehicle.kind": "gpio", "rig.file": str(file), "rig.pins": pins}
    return load_settings(given, environ={}, files=[], declared=SETTINGS)


def write(vehicle, path, value, **options):
    (result,) = vehicle.write([wish(path, value)], **options)
    return result


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGSEGV])
def test_a_program_that_ends_badly_leaves_every_output_safe(program, wires, number):
    program.send_signal(number)
    wires.reach(SAFE)


def test_a_killed_program_leaves_every_output_safe_within_200_ms(file, wires):
    # The watchdog alone would take five seconds. The best of three, because this computer has more to do.
    delays = []
    for _ in range(3):
        wires.file.write_text("", encoding="utf-8")
        with running(file, wires) as program:
            killed_at = time.monotonic()
            program.kill()
            delays.append(wires.reach(SAFE) - killed_at)
    assert min(delays) < 0.2 and max(delays) < 5


def test_a_program_that_stands_still_leaves_every_output_safe(file, wires):
    file.write_text(yaml.safe_dump(RIG | QUICK), encoding="utf-8")
    with running(file, wires) as program:
        program.send_signal(signal.SIGSTOP)
        wires.reach(SAFE)


def test_the_guardian_goes_when_the_program_has_gone(program, wires):
    (guardian,) = psutil.Process(program.pid).children()
    program.kill()
    wires.reach(SAFE)
    deadline = time.monotonic() + PATIENCE
    # Where nobody collects orphans it stays as a zombie, which holds nothing.
    while guardian.is_running() and guardian.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the guardian stays"
        time.sleep(0.01)


def test_ctrl_c_in_the_terminal_does_not_reach_the_guardian(vehicle):
    assert os.getpgid(vehicle._pins.process.pid) != os.getpgid(0)
    os.kill(vehicle._pins.process.pid, signal.SIGINT)
    assert write(vehicle, DOME, True).proved


def test_everything_is_safe_after_a_proper_end(vehicle, wires):
    assert write(vehicle, DOME, True).proved
    assert write(vehicle, BEAM, False).proved
    vehicle.close()
    assert {pin: wires.levels()[pin] for pin in (LIGHT_PIN, BEAM_PIN)} == {LIGHT_PIN: 0.0, BEAM_PIN: 0.0}
    assert vehicle._pins.process.returncode == 0


def test_a_guardian_that_dies_ends_every_write_and_the_program_takes_its_pins_over(vehicle, wires):
    assert write(vehicle, DOME, True).proved

    def kill(news):
        vehicle._pins.process.kill()

    result = write(vehicle, WINDOW, 100, on_progress=kill)
    assert result.outcome is WriteOutcome.SILENT
    assert result.reason == "the process that guards the pins has ended"
    assert vehicle.read(DOME) is None
    again = write(vehicle, DOME, False)
    assert again.outcome is WriteOutcome.SILENT and again.reason == result.reason
    # The new owner claims the same pins and puts its own, safe, levels there.
    wires.reach(SAFE)


def test_a_guardian_that_stands_still_is_silence_and_no_hang(vehicle):
    process = vehicle._pins.process
    process.send_signal(signal.SIGSTOP)
    try:
        result = write(vehicle, DOME, True)
        assert result.outcome is WriteOutcome.SILENT and result.reason == "the rig does not answer"
        assert vehicle.clock.wait(lambda: vehicle.read(DOME) is None, PATIENCE)
    finally:
        process.send_signal(signal.SIGCONT)
    assert vehicle.clock.wait(lambda: vehicle.read(DOME) is not None, PATIENCE)


def test_after_a_fall_into_the_safe_state_a_new_wish_counts_and_an_old_one_does_not(file, wires, monkeypatch):
    file.write_text(yaml.safe_dump(RIG | QUICK), encoding="utf-8")
    with contextlib.closing(open_vehicle(settings(file), CATALOGUE)) as vehicle:
        beat = vehicle._pins.beat
        monkeypatch.setattr(vehicle._pins, "beat", lambda: None)
        assert write(vehicle, WINDOW, 100).outcome is WriteOutcome.SILENT
        wires.reach({OPEN_PIN: 0.0})
        epoch = vehicle.report.epoch
        assert epoch > 0
        vehicle._pins.drive({OPEN_PIN: 1.0}, 10_000, epoch - 1)
        assert vehicle.clock.wait(lambda: vehicle.report.sequence == 10_000, PATIENCE)
        assert vehicle.report.outputs[OPEN_PIN] == 0.0
        monkeypatch.setattr(vehicle._pins, "beat", beat)
        vehicle._sequence = 10_000
        assert write(vehicle, DOME, True).proved
    vehicle.clock.close()


def test_a_pin_that_fails_does_not_keep_the_others_on(monkeypatch, file, caplog):
    factory = SimulatedRigFactory()
    pins = DirectPins(load_rig(file, CATALOGUE).wiring(), factory, VirtualClock())
    pins.drive({LIGHT_PIN: 1.0, BEAM_PIN: 0.0}, 1, 0)

    def fail(value):
        raise RuntimeError("the chip has gone")

    monkeypatch.setattr(factory.wire(LIGHT_PIN), "_set_state", fail)
    pins.bank.trip("for the test")
    assert pins.bank.report().outputs[BEAM_PIN] == 1.0
    assert "GPIO22 cannot be put into its safe state" in caplog.text


def test_pins_that_cannot_be_had_are_one_sentence(file, monkeypatch):
    with pytest.raises(ResourceError, match=r"There is no pin factory 'abacus'; set rig.pins to one of"):
        open_vehicle(settings(file, "abacus"), CATALOGUE)
    with pytest.raises(
        ResourceError, match=r"The pin factory 'native' finds no pins here .*rig.pins to simulated"
    ):
        open_vehicle(settings(file, "native"), CATALOGUE)
    # An old board with 26 pins has no GPIO5.
    monkeypatch.setenv("GPIOZERO_MOCK_REVISION", "0002")
    with pytest.raises(ResourceError, match=r"GPIO\d+ cannot be used \(.* is not a valid pin name\)"):
        open_vehicle(settings(file, "mock"), CATALOGUE)


def test_a_guardian_that_cannot_start_is_one_sentence(file, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ResourceError, match="The process that guards the pins has not started"):
        GuardedPins(load_rig(file, CATALOGUE).wiring(), "mock")


def test_a_missing_rig_file_is_one_sentence(tmp_path):
    with pytest.raises(ResourceError, match=r"There is no rig file at .*none\.yaml; write one"):
        open_vehicle(settings(tmp_path / "none.yaml"), CATALOGUE)


class RealTimeRig(VehicleConformance):
    """Not collected: of the checks on a guarded rig, those that need threads."""

    def __init__(self, file):
        self.file = file

    def open_subject(self):
        rig = load_rig(self.file, CATALOGUE)
        pins = GuardedPins(rig.wiring(), "simulated", {"CODRIVER_RIG_FILE": str(self.file)})
        clock = RealClock()
        vehicle = GpioVehicle(CATALOGUE, rig, pins, clock)
        changes = [wish(DOME, True), wish(BEAM, False)]
        slow = wish(WINDOW, 100), wish(WINDOW, 0)
        return Subject(vehicle, clock, CATALOGUE, changes=changes, slow=slow, cleanup=clock.close)


def test_threads_share_a_rig(file):
    RealTimeRig(file).test_threads_do_not_disturb_each_other()


def test_closing_ends_a_movement_in_real_time(file):
    RealTimeRig(file).test_closing_ends_what_is_under_way()
