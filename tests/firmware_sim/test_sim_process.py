"""`codriver sim` as a process of its own, joined and staged over UDP multicast on this computer."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing

import can
import pytest
from click.testing import CliRunner
from sim_rig import DATABASE, crc8

from codriver.cli import root
from codriver.errors import InputError, NotFoundError, ResourceError
from codriver.simulation import Fault
from firmware_sim import command
from firmware_sim.command import choose_bus, parse_fault, parse_value
from firmware_sim.remote import RemoteSimulation

PATIENCE = 20.0
"""Seconds for another process to start or answer on a busy computer; never waited for in full when all is well."""


def multicast_problem(bus):
    """Why frames do not get from one endpoint to another here, None when they do."""
    try:
        with can.Bus(**bus) as sender, can.Bus(**bus) as receiver:
            sender.send(can.Message(arbitration_id=0x6FF, data=b"hello", is_extended_id=False))
            return None if receiver.recv(1.0) is not None else "multicast frames do not come back"
    except (OSError, can.CanError) as error:
        return str(error)


@pytest.fixture(scope="module")
def bus():
    # A port of this test run alone, so that a simulation of somebody else does not answer.
    bus = choose_bus("udp_multicast", f"239.74.{os.getpid() // 250 % 250 + 1}.{os.getpid() % 250 + 1}")
    problem = multicast_problem(bus)
    if problem:
        pytest.skip(f"UDP multicast does not work on this computer: {problem}")
    return bus


@pytest.fixture(scope="module")
def process(bus):
    arguments = ["sim", "--interface", "udp_multicast", "--channel", bus["channel"]]
    arguments += ["--set", "RainIntensity=35", "--fault", "stuck:DomeLight"]
    code = "from codriver.cli import main; main()"
    running = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)
    yield running
    running.kill()
    running.communicate()


@pytest.fixture(scope="module")
def greeting(process):
    return [process.stdout.readline(), process.stdout.readline()]


def wait_for(endpoint, name, **wanted):
    deadline = time.monotonic() + PATIENCE
    seen = None
    while time.monotonic() < deadline:
        frame = endpoint.recv(0.5)
        if frame is None:
            continue
        message = DATABASE.get_message_by_frame_id(frame.arbitration_id)
        if message.name == name:
            fields = message.decode(bytes(frame.data))
            seen = {key: getattr(fields[key], "name", fields[key]) for key in wanted}
            if seen == pytest.approx(wanted):
                return
    raise AssertionError(f"{name} showed {seen}, not {wanted}")


def test_it_says_how_to_join(greeting, bus):
    assert (
        greeting[0]
        == f"The simulated vehicle runs on udp_multicast {bus['channel']}; Ctrl-C ends it. Join it with\n"
    )
    assert f"CODRIVER_VEHICLE_CHANNEL={bus['channel']} codriver run" in greeting[1]


def test_it_starts_with_the_values_given(greeting, bus):
    with can.Bus(**bus) as endpoint:
        wait_for(endpoint, "GATEWAY_Status_Environment", RainIntensity=35)


def test_it_is_staged_over_the_bus(greeting, bus):
    with can.Bus(**bus) as endpoint, closing(RemoteSimulation(bus)) as remote:
        remote.stage({"VehicleSpeed": 123.4, "OutsideTemperature": -5.5, "Odometer": 2_000_000_000})
        wait_for(endpoint, "GATEWAY_Status_Driving", VehicleSpeed=123.4, VehicleIsMoving=1)
        wait_for(endpoint, "GATEWAY_Status_Environment", OutsideTemperature=-5.5)
        wait_for(endpoint, "GATEWAY_Status_Engine", Odometer=2_000_000_000)
        remote.reset()
        wait_for(endpoint, "GATEWAY_Status_Driving", VehicleSpeed=0)


def test_faults_are_injected_and_cleared_over_the_bus(greeting, bus):
    with can.Bus(**bus) as endpoint, closing(RemoteSimulation(bus)) as remote:
        remote.stage({"WindowPosRow1DriverSide": 100})
        remote.inject(Fault("fuse", "WindowPosRow1DriverSide"))
        remote.inject(Fault("delayed", "SEATS", 0.25))
        assert [fault.kind for fault in remote.faults()] == ["fuse", "delayed"]
        message = DATABASE.get_message_by_name("DOORS_Command_Windows")
        raw = {each.name: (1 << each.length) - 1 for each in message.signals}
        raw.update(WindowPosRow1DriverSide_Cmd=0, Sequence=9, AliveCounter=3, Checksum=0)
        endpoint.send(
            can.Message(arbitration_id=message.frame_id, data=with_checksum(message, raw), is_extended_id=False)
        )
        wait_for(endpoint, "DOORS_Ack", AckDOORS_Sequence=9, AckDOORS_Reason="FUSE_BLOWN")
        remote.clear()
        assert list(remote.faults()) == []


def with_checksum(message, raw):
    data = bytearray(message.encode(raw, scaling=False, strict=False))
    data[7] = crc8(message.frame_id.to_bytes(2, "big") + data[:7])
    return data


@pytest.mark.parametrize(
    ("act", "error", "problem"),
    [
        (lambda remote: remote.stage({"Warp": 1}), NotFoundError, "no status signal 'Warp'"),
        (lambda remote: remote.stage({"VehicleSpeed": 500}), InputError, "goes from 0 to 400"),
        (lambda remote: remote.inject(Fault("rust", "DOORS")), NotFoundError, "no fault 'rust'"),
        (lambda remote: remote.inject(Fault("silent", "ROOF")), NotFoundError, "silent hits a node, not 'ROOF'"),
        (lambda remote: remote.inject(Fault("pinch", "DomeLight")), NotFoundError, "DomeLight is nothing that"),
        (lambda remote: remote.inject(Fault("lost", "DOORS", 2)), InputError, "does not take 2 as the parameter"),
    ],
)
def test_what_the_other_process_refuses_is_one_sentence(greeting, bus, act, error, problem):
    with closing(RemoteSimulation(bus)) as remote, pytest.raises(error, match=problem):
        act(remote)


def test_frames_that_are_no_can_frames_do_not_end_it(greeting, bus):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger, closing(RemoteSimulation(bus)) as remote:
        stranger.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        for _ in range(3):
            stranger.sendto(b"\xc1 no frame", (str(bus["channel"]), 43113))
        with can.Bus(**bus) as endpoint:
            remote.stage({"RainIntensity": 77})
            wait_for(endpoint, "GATEWAY_Status_Environment", RainIntensity=77)


def test_z_it_ends_cleanly_when_told_to(greeting, process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0


def test_without_simulation_staging_says_so(bus):
    lonely = {**bus, "port": 43114}
    with closing(RemoteSimulation(lonely)) as remote, pytest.raises(ResourceError, match="No simulation answers"):
        remote.stage({"VehicleSpeed": 1})


@pytest.mark.parametrize(
    ("interface", "channel", "chosen"),
    [
        (None, None, ("udp_multicast", command.MULTICAST_CHANNEL)),
        (None, "239.1.2.3", ("udp_multicast", "239.1.2.3")),
        (None, "can7", ("socketcan", "can7")),
        ("socketcan", None, ("socketcan", "vcan0")),
        ("pcan", "PCAN_USBBUS1", ("pcan", "PCAN_USBBUS1")),
    ],
)
def test_the_channel_is_chosen_by_what_exists(tmp_path, monkeypatch, interface, channel, chosen):
    (tmp_path / "can7").mkdir()
    monkeypatch.setattr(command, "_DEVICES", tmp_path)
    bus = choose_bus(interface, channel)
    assert (bus["interface"], bus["channel"]) == chosen


def test_vcan_is_preferred_where_it_exists(tmp_path, monkeypatch):
    (tmp_path / "vcan0").mkdir()
    monkeypatch.setattr(command, "_DEVICES", tmp_path)
    assert choose_bus(None, None) == {"interface": "socketcan", "channel": "vcan0"}


def test_values_and_faults_are_read_from_the_command_line():
    assert parse_value("VehicleSpeed=80") == ("VehicleSpeed", 80.0)
    assert parse_value("PowerState=OFF") == ("PowerState", "OFF")
    assert parse_fault("lost:DOORS:0.5") == Fault("lost", "DOORS", 0.5)
    assert parse_fault("silent:DOORS") == Fault("silent", "DOORS")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--set", "VehicleSpeed"], "is not NAME=VALUE"),
        (["--fault", "DOORS"], "is not KIND:TARGET"),
        (["--fault", "lost:DOORS:half"], "the parameter 'half' is not a number"),
        (["--channel", "can99"], "There is no CAN interface 'can99' on this computer"),
        (["--interface", "nonsense"], "The CAN channel nonsense vcan0 cannot be opened"),
        (["--interface", "virtual", "--channel", "sim-test", "--set", "Warp=9"], "no status signal 'Warp'"),
        (["--interface", "virtual", "--channel", "sim-test", "--fault", "rust:DOORS"], "no fault 'rust'"),
    ],
)
def test_wrong_options_are_one_sentence(arguments, problem):
    result = CliRunner().invoke(root, ["sim", *arguments])
    assert isinstance(result.exception, InputError | NotFoundError | ResourceError)
    assert problem in str(result.exception)


@pytest.fixture(autouse=True)
def keep_signal_handlers():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
