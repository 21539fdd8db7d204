"""From the settings to a vehicle: the simulated one, one on a CAN interface, a rig, or a recorded one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import can
from cantools.database import Database

from codriver.clock import Clock, RealClock, VirtualClock
from codriver.errors import InputError, ResourceError
from codriver.settings import Settings
from codriver.simulation import join_simulation, start_simulation
from hmi.catalogue.catalogue import Catalogue
from hmi.settings import (
    CAN_CHANNEL,
    CAN_DATABASE,
    CAN_INTERFACE,
    CAN_OPTIONS,
    CAN_STAGING,
    RECORDING,
    REPLAY_SPEED,
    VEHICLE,
)
from hmi.vehicle.base import TimedVehicle
from hmi.vehicle.can import CanVehicle
from hmi.vehicle.dbc import load_database, load_databases
from hmi.vehicle.replay import PacedClock, ReplayVehicle
from hmi.vehicle.simulated import JoinedVehicle, SimulatedVehicle

_log = logging.getLogger(__name__)

SIMULATION = "can"
"""Name of the simulation among the installed ones."""
_FIRST_FRAMES = 1.0
_USUAL_OPTIONS: Mapping[str, Mapping[str, object]] = {
    # A hop limit of 0 keeps the commands to a car on this computer; whoever wants them on the network says so.
    "udp_multicast": {"hop_limit": 0, "fd": False},
}


def open_vehicle(settings: Settings, catalogue: Catalogue, *, virtual_time: bool = False) -> TimedVehicle:
    """The vehicle that `settings` name: a `SimulatedVehicle`, one on a CAN bus, a rig, or a `ReplayVehicle`.

    `virtual_time` is for batches and tests and does not concern a real bus. Raises `ResourceError` for a missing
    interface or file, and `FileFormatError` for a database or recording that is broken or maps no signal.
    """
    kind = settings[VEHICLE]
    if kind == "simulated":
        return open_simulated(catalogue, virtual_time=virtual_time)
    if kind == "replay":
        replayed = open_replay(settings, catalogue, virtual_time=virtual_time)
        if not virtual_time:
            # As on a real bus, whoever asks at once is to be answered from what has just come.
            replayed.wait_until_seen(_FIRST_FRAMES)
        return replayed
    if kind == "gpio":
        # Only a rig needs gpiozero, and only it pays for importing it.
        from hmi.vehicle.gpio.open import open_rig

        return open_rig(settings, catalogue)
    if settings[CAN_STAGING]:
        return _join(settings, catalogue)
    return _open_on_bus(settings, catalogue)


def open_simulated(catalogue: Catalogue, *, virtual_time: bool) -> SimulatedVehicle:
    """A freshly started simulated vehicle. Raises `NotFoundError` when no simulation is installed."""
    simulation = start_simulation(SIMULATION, virtual_time=virtual_time)
    try:
        return SimulatedVehicle(catalogue, simulation)
    except BaseException:
        simulation.close()
        raise


def open_replay(
    settings: Settings, catalogue: Catalogue, *, virtual_time: bool, hold: bool = False
) -> ReplayVehicle:
    """The drive in the recording that `settings` name, from its beginning; with `hold` it waits for `play`.

    Raises `InputError` when they name none, and `ResourceError` or `FileFormatError` when it cannot be read.
    """
    from hmi.vehicle.recording import read_recording

    if not settings[RECORDING]:
        raise InputError(f"There is nothing to replay; set {RECORDING.key} to a recording of a CAN bus.")
    recording = read_recording(Path(settings[RECORDING]).expanduser())
    clock: Clock = VirtualClock() if virtual_time else PacedClock(RealClock(), settings[REPLAY_SPEED])
    return ReplayVehicle(catalogue, bus_database(settings), recording, clock, hold=hold)


def bus_database(settings: Settings) -> Database:
    """The CAN database that `settings` name, the simulated vehicle's own when they name none.

    Raises `ResourceError` for a missing file and `FileFormatError` for a broken one.
    """
    if settings[CAN_DATABASE]:
        return load_databases([Path(name).expanduser() for name in settings[CAN_DATABASE]])
    # The simulation knows where its database is; it is asked and stopped, because it is another package's file.
    simulation = start_simulation(SIMULATION, virtual_time=True)
    try:
        return load_database(simulation.database)
    finally:
        simulation.close()


def bus_arguments(settings: Settings) -> dict[str, object]:
    """Keyword arguments of `can.Bus` for the bus that `settings` name. Raises `InputError` for a bad option."""
    interface = settings[CAN_INTERFACE]
    options: dict[str, object] = dict(_USUAL_OPTIONS.get(interface, {}))
    for text in settings[CAN_OPTIONS]:
        key, sign, value = (part.strip() for part in text.partition("="))
        if not sign or not key.replace("-", "_").isidentifier() or not value:
            raise InputError(f"{CAN_OPTIONS.key} has {text!r}; write NAME=VALUE, for example bitrate=500000.")
        name = key.replace("-", "_")
        if name in ("interface", "channel"):
            raise InputError(f"{CAN_OPTIONS.key} cannot hold the {name}; set vehicle.{name}.")
        # python-can turns the texts into numbers and truth values, as for its own configuration files.
        options[name] = value
    return {"interface": interface, "channel": settings[CAN_CHANNEL], **options}


def open_bus(arguments: Mapping[str, object]) -> can.BusABC:
    """Join a bus by keyword arguments of `can.Bus`. Raises `ResourceError` in one sentence when that fails."""
    try:
        return can.Bus(**arguments)  # type: ignore[arg-type]
    except (can.CanError, OSError, ValueError, TypeError, ImportError) as error:
        cause = (str(error).splitlines() or [""])[0].rstrip(".") or type(error).__name__
        raise ResourceError(
            f"The CAN channel {arguments.get('channel')!r} of the interface {arguments.get('interface')!r} cannot "
            f"be opened ({cause}); correct {CAN_INTERFACE.key}, {CAN_CHANNEL.key} and {CAN_OPTIONS.key}, or set "
            f"{VEHICLE.key} to simulated."
        ) from None


def _join(settings: Settings, catalogue: Catalogue) -> JoinedVehicle:
    """The simulated vehicle that runs elsewhere on the bus that `settings` name."""
    simulation = join_simulation(SIMULATION, bus_arguments(settings))
    try:
        vehicle = JoinedVehicle(catalogue, simulation)
    except BaseException:
        simulation.close()
        raise
    _warn_unless_seen(vehicle, settings)
    return vehicle


def _open_on_bus(settings: Settings, catalogue: Catalogue) -> CanVehicle:
    database = bus_database(settings)
    arguments = bus_arguments(settings)
    bus = open_bus(arguments)
    try:
        vehicle = CanVehicle(catalogue, database, bus, RealClock(), open_again=partial(open_bus, arguments))
    except BaseException:
        bus.shutdown()
        raise
    _warn_unless_seen(vehicle, settings)
    return vehicle


def _warn_unless_seen(vehicle: CanVehicle, settings: Settings) -> None:
    if not vehicle.wait_until_seen(_FIRST_FRAMES):
        _log.warning("some messages of the CAN database have not been seen on %s yet", settings[CAN_CHANNEL])
