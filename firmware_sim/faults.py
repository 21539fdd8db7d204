"""Faults on demand: which act, and how each is switched on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from codriver.errors import InputError, NotFoundError
from codriver.simulation import FAULT_KINDS, Fault
from firmware_sim.actuators import Actuator
from firmware_sim.ecu import Ecu
from firmware_sim.network import Network, NodeFaults

NODE_KINDS = ("silent", "lost", "delayed", "corrupted")
"""Faults of a whole node; the others hit one actuator."""

_LONGEST_DELAY = 60.0


class FaultBox:
    """The faults of one simulated vehicle."""

    def __init__(self, network: Network, ecus: Iterable[Ecu]) -> None:
        self._network = network
        self._nodes = network.layout.nodes()
        self._ecus = {name: ecu for ecu in ecus for name in ecu.actuators}
        self.actuators: Mapping[str, Actuator] = {name: ecu.actuators[name] for name, ecu in self._ecus.items()}
        self._acting: list[Fault] = []

    def check(self, fault: Fault) -> None:
        """Raise `NotFoundError` for an unknown kind or target, `InputError` for a parameter out of range."""
        if fault.kind not in FAULT_KINDS:
            raise NotFoundError(f"There is no fault {fault.kind!r}; the kinds are {', '.join(FAULT_KINDS)}.")
        if fault.kind in NODE_KINDS:
            if fault.target not in self._nodes:
                raise NotFoundError(
                    f"{fault.kind} hits a node, not {fault.target!r}; use {', '.join(self._nodes)}."
                )
        elif fault.target not in self.actuators:
            raise NotFoundError(
                f"{fault.kind} hits an actuator by its status signal, and there is no {fault.target!r}."
            )
        elif fault.kind == "pinch" and not self.actuators[fault.target].can_pinch:
            able = ", ".join(name for name, actuator in self.actuators.items() if actuator.can_pinch)
            raise NotFoundError(f"{fault.target} cannot pinch anything; these can: {able}.")
        limit = _LONGEST_DELAY if fault.kind == "delayed" else 1.0
        if fault.kind in ("lost", "corrupted", "delayed") and not 0 <= fault.parameter <= limit:
            raise InputError(f"{fault.kind} takes a parameter from 0 to {limit:g}, not {fault.parameter:g}.")

    def inject(self, fault: Fault) -> None:
        """Let a checked `fault` act, in place of an earlier one of the same kind and target."""
        self._acting = [
            other for other in self._acting if (other.kind, other.target) != (fault.kind, fault.target)
        ]
        self._acting.append(fault)
        if fault.kind in NODE_KINDS:
            self._hit_node(fault)
        else:
            self._hit_actuator(fault)
        self._network.flush()

    def acting(self) -> Sequence[Fault]:
        """The faults that act now, oldest first."""
        return tuple(self._acting)

    def clear(self) -> None:
        """End every fault."""
        for fault in self._acting:
            if fault.target in self.actuators:
                self.actuators[fault.target].repair()
                self._ecus[fault.target].fault_changed()
        self._network.clear_faults()
        self.forget()
        self._network.flush()

    def forget(self) -> None:
        """Nothing acts any more; whoever calls has repaired what was broken."""
        self._acting = []

    def _hit_node(self, fault: Fault) -> None:
        faults = self._network.faults.setdefault(fault.target, NodeFaults())
        if fault.kind == "silent":
            faults.silent = True
        elif fault.kind == "lost":
            faults.lost = fault.parameter
        elif fault.kind == "delayed":
            faults.delay = fault.parameter
        else:
            faults.corrupted = fault.parameter

    def _hit_actuator(self, fault: Fault) -> None:
        actuator = self.actuators[fault.target]
        if fault.kind == "stuck":
            actuator.jam()
        elif fault.kind == "fuse":
            actuator.blow_fuse()
        else:
            actuator.obstruct(True)
        self._ecus[fault.target].fault_changed()
