"""SEATS: four seats with motors, heating or cooling, and massage."""

from __future__ import annotations

from firmware_sim.ecu import Ecu
from firmware_sim.ecus.doors import PLACES
from firmware_sim.motor import Motor
from firmware_sim.network import Network

POSITION_SPEED = 25.0
"""mm per second along the rails."""
HEIGHT_SPEED = 10.0
"""mm per second."""
RECLINE_SPEED = 6.0
"""Degrees per second."""
HEADREST_SPEED = 20.0
"""mm per second."""
LUMBAR_SPEED = 25.0
"""Percent per second: a pump fills the cushion in four seconds."""


class SeatsEcu(Ecu):
    """Moves the seats; heating, cooling and massage need the supply and go dark without their fuse."""

    node = "SEATS"

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        for place in PLACES:
            self.add(Motor(network, f"SeatPos{place}", POSITION_SPEED))
            self.add(Motor(network, f"SeatHeight{place}", HEIGHT_SPEED))
            self.add(Motor(network, f"SeatRecline{place}", RECLINE_SPEED))
            self.add(Motor(network, f"HeadrestPos{place}", HEADREST_SPEED))
            self.add(Motor(network, f"SeatLumbar{place}", LUMBAR_SPEED))
            heat = network.cell(f"SeatHeat{place}").layout
            self.instant(f"SeatHeat{place}", dark=heat.raw(0))
            self.instant(f"SeatMassage{place}", dark=0)
