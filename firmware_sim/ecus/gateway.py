"""GATEWAY: speed, gear, power state, weather and the other sensors. It takes no commands."""

from __future__ import annotations

from collections.abc import Mapping

from firmware_sim.ecu import Ecu

_FUEL_LOW = 10
"""Percent."""
_TIRE_LOW = 180
"""kPa."""
_WHEELS = ("Row1Left", "Row1Right", "Row2Left", "Row2Right")


class GatewayEcu(Ecu):
    """Reports what is staged, and what follows from it: a car with a speed is moving."""

    node = "GATEWAY"

    def staged(self, names: Mapping[str, int]) -> None:
        """Derive warnings and the moving flag, as far as they are not staged themselves."""
        self._derive(names, "VehicleSpeed", "VehicleIsMoving", self.network.cell("VehicleSpeed").raw > 0)
        self._derive(names, "FuelLevel", "FuelIsLow", self.network.cell("FuelLevel").raw < _FUEL_LOW)
        for wheel in _WHEELS:
            pressure = f"TirePressure{wheel}"
            self._derive(names, pressure, f"TireIsLow{wheel}", self.network.cell(pressure).raw < _TIRE_LOW)

    def _derive(self, names: Mapping[str, int], cause: str, effect: str, value: bool) -> None:
        if cause in names and effect not in names:
            self.network.cell(effect).set(int(value))
