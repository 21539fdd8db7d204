"""The simulated vehicle: a `CanVehicle` on a simulation's bus, whose scene can be staged by VSS path.

It reads and commands over CAN like any other vehicle. Only what no bus offers goes to the simulation directly:
values put into place at once, faults, and the way back to the factory state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import can

from codriver.clock import VirtualClock
from codriver.errors import InputError
from codriver.simulation import Fault, Simulation
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.signal import Value
from hmi.vehicle.can import CanVehicle
from hmi.vehicle.mapping import Place
from hmi.vehicle.tracker import Timing
from hmi.vehicle.transform import CannotHold

_NODE_FAULTS = frozenset({"silent", "lost", "delayed", "corrupted"})
_FIRST_FRAMES = 2.0
"""Seconds within which every cyclic message has come once."""
_LOOK = 0.1
"""Seconds between two looks at what wakes nobody when it comes true."""
_SETTLED = 2.0
"""Seconds of real time within which staged values have been read."""


class SimulatedVehicle(CanVehicle):
    """A vehicle whose ECUs are simulated in this process. Owns the simulation."""

    def __init__(
        self,
        catalogue: Catalogue,
        simulation: Simulation,
        timing: Timing = Timing(),  # noqa: B008 - immutable
    ) -> None:
        """Join the bus of `simulation` and read the factory state from it."""
        self.simulation = simulation
        bus = can.Bus(**dict(simulation.bus))  # type: ignore[arg-type]
        try:
            super().__init__(
                catalogue,
                simulation.database,
                bus,
                simulation.clock,
                timing,
                open_again=lambda: can.Bus(**dict(simulation.bus)),  # type: ignore[arg-type]
            )
        except BaseException:
            bus.shutdown()
            raise
        self.wait_until_seen(_FIRST_FRAMES)
        self._virtual = isinstance(simulation.clock, VirtualClock)
        with self._lock:
            self._factory_values = dict(self._values)
            self._factory_frames = {key: message.snapshot() for key, message in self._messages.items()}

    def stage(self, values: Mapping[str, Value]) -> None:
        """Put values (by VSS path) into the vehicle at once, sensors and actuators alike, and read them back.

        Raises `NotFoundError` for an unknown path and `InputError` for a value that does not fit or a signal that
        the simulated bus does not carry; then nothing is staged.
        """
        physical: dict[str, float | str] = {}
        expected: dict[str, Value | None] = {}
        for path, value in values.items():
            place = self._place(path)
            try:
                raw = place.codec.encode(self._catalogue[path].check(value))
            except CannotHold as answer:
                raise InputError(f"{path} cannot be staged as {value!r}: {answer}.") from None
            physical[place.field.name] = place.field.choices.get(int(raw), place.field.physical(raw))
            expected[path] = place.codec.decode(raw)
        self.simulation.stage(physical)
        self._read_now(expected)

    def inject(self, fault: Fault) -> None:
        """Let `fault` act until `clear`; its target may be a VSS path instead of a node or DBC signal.

        Raises `NotFoundError` for an unknown kind or target.
        """
        target = fault.target
        if target in self._catalogue:
            place = self._place(target)
            target = place.message.node if fault.kind in _NODE_FAULTS else place.field.name
        self.simulation.inject(replace(fault, target=target))

    def clear(self) -> None:
        """End every fault."""
        self.simulation.clear()

    def faults(self) -> Sequence[Fault]:
        """The faults that act now, with nodes and DBC signals as their targets."""
        return self.simulation.faults()

    def reset(self) -> None:
        """Back to the factory state: default values, no faults, nothing moving. No write may be under way.

        In virtual time the readings of the factory state are put back in place instead of being read anew, because
        a batch resets the vehicle for every line.
        """
        if not self._virtual:
            self._reset_in_real_time()
            return
        self.simulation.reset()
        while self._link.recv(0) is not None:
            pass
        self._restore()

    def close(self) -> None:
        """Leave the bus and stop the ECUs."""
        super().close()
        self.simulation.close()

    def _place(self, path: str) -> Place:
        signal = self._catalogue[path]
        binding = self.bindings.get(path)
        if binding is None or binding.status is None:
            raise InputError(
                f"{signal.path} is not on the simulated vehicle's bus, so nothing can be staged there."
            )
        return binding.status

    def _read_now(self, expected: Mapping[str, Value | None]) -> None:
        if self._virtual:
            self.poll()
        else:
            self.clock.wait(lambda: all(self._values.get(p) == value for p, value in expected.items()), _SETTLED)

    def _reset_in_real_time(self) -> None:
        with self._lock:
            different = {p: v for p, v in self._factory_values.items() if self._values.get(p) != v}
        self.simulation.reset()
        self._forget_counters()
        self._read_now(different)

    def _forget_counters(self) -> None:
        """The ECUs count their frames from anywhere now."""
        with self._lock:
            for message in self._messages.values():
                message.check.forget()
            for _, check in self._acks.values():
                check.forget()

    def _restore(self) -> None:
        now = self.clock.now()
        changes = {}
        if self._watchers:
            changes = {p: v for p, v in self._factory_values.items() if self._values.get(p) != v}
        self._values.clear()
        self._values.update(self._factory_values)
        for key, message in self._messages.items():
            message.restore(self._factory_frames[key], now)
        for _, check in self._acks.values():
            check.forget()
        if changes:
            self._tell_watchers(changes)


class JoinedVehicle(SimulatedVehicle):
    """A simulated vehicle that runs in another process (`codriver sim`) and is staged over its bus.

    It may be in any state when it is joined, and goes on when this is closed.
    """

    def _reset_in_real_time(self) -> None:
        self.simulation.reset()
        self._forget_counters()
        asked = self.clock.now()
        cyclic = [message for message in self._messages.values() if message.layout.cycle is not None]

        def all_anew() -> bool:
            return all((message.last_valid or 0.0) > asked for message in cyclic)

        # What the factory state is shows only when every message has come anew; frames without news wake nobody.
        while self.clock.now() < asked + _SETTLED and not self.clock.wait(all_anew, _LOOK):
            pass
