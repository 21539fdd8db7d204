"""What all ECUs have in common: actuators, power, and the way a command is checked and carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, TypeVar

from firmware_sim.actuators import Actuator
from firmware_sim.network import Network
from firmware_sim.reasons import Reason

A = TypeVar("A", bound=Actuator)

FEEDING_STATES = ("ACC", "ON", "START")
"""Power states in which the switched supply feeds windows, seats, climate, radio and the like."""

DRIVING_SPEED = 5.0
"""km/h above which nothing that would open into the road is opened."""


class Ecu:
    """One node. Subclasses build their actuators and add what this node does of its own accord."""

    node: ClassVar[str]

    def __init__(self, network: Network) -> None:
        self.network = network
        self.actuators: dict[str, Actuator] = {}
        """By the name of the status signal."""
        self._power = network.listen(self.node, "PowerState", lambda _: self._on_power())
        self._speed = network.listen(self.node, "VehicleSpeed")
        self._feeding = {self._power.layout.choices[state] for state in FEEDING_STATES}

    @property
    def powered(self) -> bool:
        """Whether, as far as this node has heard, the switched supply is on."""
        return self._power.raw in self._feeding

    @property
    def driving(self) -> bool:
        """Whether, as far as this node has heard, the car drives."""
        return self._speed.value > DRIVING_SPEED

    def add(self, actuator: A) -> A:
        """Own `actuator`; returns it."""
        self.actuators[actuator.cell.layout.name] = actuator
        return actuator

    def instant(self, *names: str, battery: bool = False, dark: int | None = None) -> None:
        """Own outputs that take their values at once."""
        for name in names:
            self.add(Actuator(self.network, name, battery=battery, dark=dark))

    def command(self, requested: Mapping[str, int]) -> Sequence[Reason]:
        """Obey one command frame (status signal name → raw value, in the frame's order); one answer each."""
        answers = []
        for name, raw in requested.items():
            actuator = self.actuators[name]
            reason = actuator.check(raw, self.powered)
            if reason is Reason.NONE:
                actuator.drive(raw)
                self.obeyed(name, raw, requested)
            # The sender waits for a frame that shows what became of it, also when nothing did.
            self.network.touch(actuator.cell.message)
            answers.append(reason)
        return answers

    def obeyed(self, name: str, raw: int, requested: Mapping[str, int]) -> None:
        """Called after an accepted value: what else this node does then."""

    def staged(self, names: Mapping[str, int]) -> None:
        """Called after values were put into the car from outside: derive what follows from them."""

    def fault_changed(self) -> None:
        """Called when a fault began or ended at one of its actuators: what this node derives from it."""

    def power_changed(self) -> None:
        """Called when the switched supply came or went: what this node derives from it."""

    def reset(self) -> None:
        """As after a long rest in the factory state."""
        for actuator in self.actuators.values():
            actuator.reset()

    def _on_power(self) -> None:
        if not self.powered:
            for actuator in self.actuators.values():
                actuator.lose_power()
        self.power_changed()
