"""CLIMATE: four stations, air conditioning, defrosters and the cabin temperature that comes of it."""

from __future__ import annotations

from collections.abc import Mapping

from firmware_sim.ecu import Ecu
from firmware_sim.ecus.doors import PLACES
from firmware_sim.network import Network
from firmware_sim.thermal import Cabin, Station, Surroundings

STATIONS = ("Row1Driver", "Row1Passenger", "Row2Driver", "Row2Passenger")


class ClimateEcu(Ecu):
    """Blows air by its settings; what it knows of windows, doors and weather it hears from the other nodes."""

    node = "CLIMATE"

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        for station in STATIONS:
            self.instant(f"ClimateTemp{station}", f"ClimateAir{station}")
            self.instant(f"ClimateFan{station}", dark=0)
        self.instant("AirConditioning", "Recirculation", "FrontDefroster", "RearDefroster", dark=0)
        self._outside = network.listen(self.node, "OutsideTemperature")
        self._sun = network.listen(self.node, "OutsideLight")
        self._velocity = network.listen(self.node, "VehicleSpeed")
        self._windows = [network.listen(self.node, f"WindowPos{place}") for place in PLACES]
        self._sunroof = network.listen(self.node, "SunroofPos")
        self._doors = [network.listen(self.node, f"DoorIsOpen{place}") for place in PLACES]
        self._shown = network.cell("CabinTemperature")
        self._shown.message.derived.append(self._show)
        self._cabin = Cabin(self._shown.physical, network.clock.now())

    def staged(self, names: Mapping[str, int]) -> None:
        """A staged cabin temperature is the new starting point."""
        if "CabinTemperature" in names:
            self._cabin.put(self._shown.layout.physical(names["CabinTemperature"]), self.network.clock.now())

    def reset(self) -> None:
        """As after a long rest; the cabin has its start temperature."""
        super().reset()
        layout = self._shown.layout
        self._cabin.put(layout.physical(layout.initial), self.network.clock.now())

    def _show(self) -> None:
        # Sampling the surroundings with every frame, once a second, is fine enough for a cabin that takes minutes.
        temperature = self._cabin.look(self._surroundings(), self.network.clock.now())
        layout = self._shown.layout
        raw = round((temperature - layout.offset) / layout.factor)
        self._shown.load(min(max(raw, layout.raw_minimum), layout.raw_maximum))

    def _surroundings(self) -> Surroundings:
        def on(name: str) -> bool:
            return self.powered and self.network.cell(name).raw == 1

        def fan(station: str) -> float:
            return self.network.cell(f"ClimateFan{station}").physical / 100 if self.powered else 0.0

        sunroof = abs(self._sunroof.value) * (1.0 if self._sunroof.value > 0 else 0.2)
        return Surroundings(
            outside=self._outside.value,
            sun=self._sun.value / 100,
            speed=self._velocity.value,
            windows=(sum(window.value for window in self._windows) + sunroof) / 100,
            doors=sum(door.raw == 1 for door in self._doors),
            stations=[Station(self.network.cell(f"ClimateTemp{name}").physical, fan(name)) for name in STATIONS],
            air_conditioning=on("AirConditioning"),
            recirculation=on("Recirculation"),
            defroster=on("FrontDefroster"),
        )
