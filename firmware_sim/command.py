"""`codriver sim`: the simulated vehicle as a process of its own, on a CAN channel that others join."""

from __future__ import annotations

import ipaddress
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import click

from codriver.clock import RealClock
from codriver.errors import InputError, ResourceError
from codriver.simulation import Fault
from firmware_sim.simulation import VehicleSimulation

SOCKETCAN_CHANNEL = "vcan0"
MULTICAST_CHANNEL = "239.74.163.2"
_DEVICES = Path("/sys/class/net")
_LOOK = 0.5
"""Seconds between two looks whether the bus still works."""


@click.command()
@click.option(
    "--interface", help="python-can interface: socketcan, udp_multicast, …; by default what exists here."
)
@click.option("--channel", help=f"Channel of it, {SOCKETCAN_CHANNEL} or {MULTICAST_CHANNEL} by default.")
@click.option(
    "--set", "values", multiple=True, metavar="NAME=VALUE", help="Start with this DBC status signal value."
)
@click.option("--fault", "faults", multiple=True, metavar="KIND:TARGET[:PARAMETER]", help="Start with this fault.")
def sim(interface: str | None, channel: str | None, values: Sequence[str], faults: Sequence[str]) -> None:
    """Run the simulated vehicle on a CAN channel until Ctrl-C.

    Without options it uses the SocketCAN interface vcan0 where there is one, else UDP multicast, which stays on
    this computer.

    \b
    codriver sim
    codriver sim --channel can0 --set VehicleSpeed=80 --set PowerState=ON
    codriver sim --fault silent:DOORS --fault lost:LIGHTS:0.3
    """
    staged = dict(parse_value(text) for text in values)
    injected = [parse_fault(text) for text in faults]
    bus = choose_bus(interface, channel)
    stop = threading.Event()
    _stop_on_signals(stop)
    vehicle = VehicleSimulation(RealClock(), bus)
    try:
        vehicle.stage(staged)
        for fault in injected:
            vehicle.inject(fault)
        click.echo(
            f"The simulated vehicle runs on {bus['interface']} {bus['channel']}; Ctrl-C ends it. Join it with"
        )
        click.echo(
            f"    CODRIVER_VEHICLE_KIND=can CODRIVER_VEHICLE_INTERFACE={bus['interface']} "
            f"CODRIVER_VEHICLE_CHANNEL={bus['channel']} codriver run"
        )
        while not stop.wait(_LOOK):
            if vehicle.failure is not None:
                raise ResourceError(
                    f"The CAN channel {bus['channel']} has stopped working ({vehicle.failure}); bring it up again."
                )
    finally:
        vehicle.close()


def choose_bus(interface: str | None, channel: str | None) -> dict[str, object]:
    """Keyword arguments of `can.Bus` for what was asked for, or for what exists on this computer.

    Raises `ResourceError` for a lone channel that is neither a network device nor a multicast address.
    """
    if interface is None:
        wanted = channel or SOCKETCAN_CHANNEL
        if (_DEVICES / wanted).exists():
            interface = "socketcan"
        elif channel is None or _is_multicast(channel):
            interface = "udp_multicast"
        else:
            raise ResourceError(
                f"There is no CAN interface {channel!r} on this computer; create it (`ip link add dev {channel} "
                f"type vcan`), or use a multicast address such as {MULTICAST_CHANNEL}."
            )
    if interface == "udp_multicast":
        # A hop limit of 0 keeps the frames on this computer, and 11-bit frames of 8 bytes need no CAN FD.
        return {"interface": interface, "channel": channel or MULTICAST_CHANNEL, "hop_limit": 0, "fd": False}
    return {"interface": interface, "channel": channel or SOCKETCAN_CHANNEL}


def parse_value(text: str) -> tuple[str, float | str]:
    """ "NAME=VALUE" as a pair; a VALUE that is no number stays a text. Raises `InputError`."""
    name, sign, value = text.partition("=")
    if not sign or not name or not value:
        raise InputError(f"--set {text!r} is not NAME=VALUE; write for example VehicleSpeed=80.")
    try:
        return name, float(value)
    except ValueError:
        return name, value


def parse_fault(text: str) -> Fault:
    """ "KIND:TARGET[:PARAMETER]" as a fault. Raises `InputError`."""
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(parts):
        raise InputError(f"--fault {text!r} is not KIND:TARGET[:PARAMETER]; write for example lost:DOORS:0.5.")
    if len(parts) == 2:
        return Fault(parts[0], parts[1])
    try:
        return Fault(parts[0], parts[1], float(parts[2]))
    except ValueError:
        raise InputError(f"--fault {text!r}: the parameter {parts[2]!r} is not a number.") from None


def _is_multicast(channel: str) -> bool:
    try:
        return ipaddress.ip_address(channel).is_multicast
    except ValueError:
        return False


def _stop_on_signals(stop: threading.Event) -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
