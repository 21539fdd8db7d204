"""The nodes of the car, one module each."""

from __future__ import annotations

from firmware_sim.ecu import Ecu
from firmware_sim.ecus.body import BodyEcu
from firmware_sim.ecus.climate import ClimateEcu
from firmware_sim.ecus.doors import DoorsEcu
from firmware_sim.ecus.gateway import GatewayEcu
from firmware_sim.ecus.infotainment import InfotainmentEcu
from firmware_sim.ecus.lights import LightsEcu
from firmware_sim.ecus.seats import SeatsEcu

ECUS: tuple[type[Ecu], ...] = (
    DoorsEcu,
    BodyEcu,
    ClimateEcu,
    SeatsEcu,
    LightsEcu,
    InfotainmentEcu,
    GatewayEcu,
)
