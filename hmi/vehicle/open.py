"""From the settings to a vehicle: the simulated one, or one on a CAN interface."""

from __future__ import annotations

import logging
from pathlib import Path

import can

from codriver.clock import RealClock
from codriver.errors import ResourceError
from codriver.settings import Settings
from codriver.simulation import start_simulation
from hmi.catalogue.catalogue import Catalogue
from hmi.settings import CAN_CHANNEL, CAN_DATABASE, CAN_INTERFACE, VEHICLE
from hmi.vehicle.can import CanVehicle
from hmi.vehicle.dbc import load_database
from hmi.vehicle.simulated import SimulatedVehicle

_log = logging.getLogger(__name__)

SIMULATION = "can"
"""Name of the simulation among the installed ones."""
_FIRST_FRAMES = 1.0


def open_vehicle(settings: Settings, catalogue: Catalogue, *, virtual_time: bool = False) -> CanVehicle:
    """The vehicle that `settings` name; a `SimulatedVehicle` unless `vehicle.kind` is "can".

    `virtual_time` is for batches and tests and only concerns the simulated vehicle. Raises `ResourceError` for a
    missing interface or database file, and `FileFormatError` for a database that is broken or maps no signal.
    """
    if settings[VEHICLE] == "simulated":
        return open_simulated(catalogue, virtual_time=virtual_time)
    database = load_database(_database_path(settings))
    bus = _open_bus(settings[CAN_INTERFACE], settings[CAN_CHANNEL])
    try:
        vehicle = CanVehicle(catalogue, database, bus, RealClock())
    except BaseException:
        bus.shutdown()
        raise
    if not vehicle.wait_until_seen(_FIRST_FRAMES):
        _log.warning("some messages of the CAN database have not been seen on %s yet", settings[CAN_CHANNEL])
    return vehicle


def open_simulated(catalogue: Catalogue, *, virtual_time: bool) -> SimulatedVehicle:
    """A freshly started simulated vehicle. Raises `NotFoundError` when no simulation is installed."""
    simulation = start_simulation(SIMULATION, virtual_time=virtual_time)
    try:
        return SimulatedVehicle(catalogue, simulation)
    except BaseException:
        simulation.close()
        raise


def _database_path(settings: Settings) -> Path:
    if settings[CAN_DATABASE]:
        return Path(settings[CAN_DATABASE]).expanduser()
    # The simulation knows where its database is; it is asked and stopped, because it is another package's file.
    simulation = start_simulation(SIMULATION, virtual_time=True)
    try:
        return simulation.database
    finally:
        simulation.close()


def _open_bus(interface: str, channel: str) -> can.BusABC:
    try:
        return can.Bus(interface=interface, channel=channel)
    except (can.CanError, OSError, ValueError, ImportError) as error:
        cause = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ResourceError(
            f"The CAN channel {channel!r} of the interface {interface!r} cannot be opened ({cause}); "
            "correct vehicle.interface and vehicle.channel, or set vehicle.kind to simulated."
        ) from None
