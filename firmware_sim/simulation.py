"""The simulated vehicle: all ECUs on one CAN channel, in virtual or real time."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import can

from codriver.clock import Clock, RealClock, VirtualClock
from codriver.errors import ResourceError
from codriver.simulation import Fault
from firmware_sim.codec import BusLayout, load_layout
from firmware_sim.control import ControlNode
from firmware_sim.dispatch import Dispatcher
from firmware_sim.ecu import Ecu
from firmware_sim.ecus import ECUS
from firmware_sim.faults import FaultBox
from firmware_sim.network import Network

T = TypeVar("T")

_channels = itertools.count(1)
_TURN_TIMEOUT = 5.0
"""Seconds within which the clock's thread must have taken a turn."""
_STOPPED = "The simulation has stopped; start it again."
_READ_TIMEOUT = 0.1
_READ_ERRORS = 20
"""So many failed reads in a row, a tenth of a second apart, mean that the bus is gone."""


def start(*, virtual_time: bool) -> VehicleSimulation:
    """Start a simulated vehicle on a channel of its own inside this process."""
    bus = {"interface": "virtual", "channel": f"codriver-sim-{next(_channels)}"}
    return VehicleSimulation(VirtualClock() if virtual_time else RealClock(), bus)


class VehicleSimulation:
    """A `codriver.simulation.Simulation` whose ECUs run in this process.

    On a `VirtualClock` everything happens in the caller's thread while it waits on the clock; otherwise a thread
    reads the bus, and all ECU work is done in the clock's turn. `stage`, `inject`, `clear`, `reset` and `faults`
    may be called from any thread.
    """

    def __init__(self, clock: Clock, bus: Mapping[str, object]) -> None:
        """Join `bus` (keyword arguments of `can.Bus`) and start sending.

        Raises `ResourceError` when the channel cannot be opened.
        """
        self.clock = clock
        self.bus = dict(bus)
        self._layout: BusLayout = load_layout()
        self.database: Path = self._layout.file
        self._endpoint = open_bus(bus)
        self._network = Network(clock, self._endpoint, self._layout)
        self._ecus: tuple[Ecu, ...] = tuple(ecu(self._network) for ecu in ECUS)
        self._faults = FaultBox(self._network, self._ecus)
        self._dispatcher = Dispatcher(self._network, self._ecus)
        ControlNode(self, self._network).join(self._dispatcher)
        self._reader: threading.Thread | None = None
        self._leaving = threading.Event()
        self._turn_thread: int | None = None
        if isinstance(clock, VirtualClock):
            self._remove_poller = clock.add_poller(self._poll)
            self._network.start()
        else:
            self._remove_poller = lambda: None
            self._reader = threading.Thread(target=self._read, name="codriver-sim-reader", daemon=True)
            self._reader.start()
            self._in_turn(self._network.start)

    @property
    def failure(self) -> can.CanError | None:
        """Why the bus has stopped working, None while it works."""
        return self._network.failure

    def stage(self, values: Mapping[str, float | str]) -> None:
        """Put physical values (by DBC status signal name) into the vehicle at once, and the frames on the bus.

        Raises `NotFoundError` for an unknown name and `InputError` for a value outside the signal's range; nothing
        is staged then.
        """
        raws = {name: self._layout.status_signal(name).raw(value) for name, value in values.items()}
        self._in_turn(lambda: self.stage_raw(raws))

    def stage_raw(self, raws: Mapping[str, int]) -> None:
        """`stage` with raw values that are known to be in range, in the clock's own turn."""
        actuators = self._faults.actuators
        for name, raw in raws.items():
            if name in actuators:
                actuators[name].stage(raw)
            else:
                self._network.cell(name).set(raw)
        for ecu in self._ecus:
            ecu.staged(raws)
        self._network.flush(at_once=True)

    def inject(self, fault: Fault) -> None:
        """Let `fault` act until `clear`.

        Raises `NotFoundError` for an unknown kind or target and `InputError` for a parameter out of range.
        """
        self._faults.check(fault)
        self._in_turn(lambda: self._faults.inject(fault))

    def clear(self) -> None:
        """End every fault."""
        self._in_turn(self._faults.clear)

    def faults(self) -> Sequence[Fault]:
        """The faults that act now."""
        return self._faults.acting()

    def reset(self) -> None:
        """Back to the factory state; frames with what changed are on the bus before this returns."""
        self._in_turn(self._reset)

    def close(self) -> None:
        """Stop the ECUs and leave the bus."""
        if self._leaving.is_set():
            return
        self._leaving.set()
        self._remove_poller()
        if self._reader is not None:
            self._reader.join()
        self.clock.close()
        self._endpoint.shutdown()

    def _reset(self) -> None:
        for ecu in self._ecus:
            ecu.reset()
        self._faults.forget()
        self._dispatcher.reset()
        self._network.reset()
        self._network.flush(at_once=True)

    def _poll(self) -> None:
        while (frame := self._endpoint.recv(0)) is not None:
            self._take(frame)

    def _read(self) -> None:
        """Real time: hand every frame to the clock's thread until the simulation is closed or the bus fails."""
        errors = 0
        while not self._leaving.is_set():
            try:
                frame = self._endpoint.recv(_READ_TIMEOUT)
            except can.CanError as error:
                # On UDP anybody can send what is no CAN frame; only an error that stays is a failure of the bus.
                errors += 1
                if errors > _READ_ERRORS:
                    self._network.failure = error
                    return
                self._leaving.wait(_READ_TIMEOUT)
                continue
            errors = 0
            if frame is not None:
                self.clock.call_later(0.0, partial(self._take, frame))

    def _take(self, frame: can.Message) -> None:
        if not (frame.is_extended_id or frame.is_remote_frame or frame.is_error_frame):
            self._dispatcher.receive(frame.arbitration_id, bytes(frame.data))

    def _in_turn(self, action: Callable[[], T]) -> T:
        """Run `action` where all ECU work is done: here in virtual time, on the clock's thread in real time."""
        if self._leaving.is_set():
            raise ResourceError(_STOPPED)
        if isinstance(self.clock, VirtualClock) or threading.get_ident() == self._turn_thread:
            return action()
        results: list[T] = []
        done = threading.Event()

        def turn() -> None:
            self._turn_thread = threading.get_ident()
            try:
                results.append(action())
            finally:
                done.set()

        self.clock.call_later(0.0, turn)
        if not done.wait(_TURN_TIMEOUT) or not results:
            raise ResourceError(_STOPPED)
        return results[0]


def open_bus(bus: Mapping[str, object]) -> can.BusABC:
    """Join a CAN channel. Raises `ResourceError` in one sentence when it cannot be opened."""
    where = f"{bus.get('interface')} {bus.get('channel')}"
    try:
        return can.Bus(receive_own_messages=False, **bus)  # type: ignore[arg-type]
    except (can.CanError, OSError, ValueError) as error:
        raise ResourceError(
            f"The CAN channel {where} cannot be opened ({error}); check that it exists and is up, or name another "
            f"with --interface and --channel."
        ) from None
