"""LIGHTS: exterior lights with their main switch, interior and ambient lights."""

from __future__ import annotations

from collections.abc import Mapping

from firmware_sim.ecu import Ecu
from firmware_sim.ecus.doors import PLACES
from firmware_sim.network import Network

_SUPPLIED = ("BeamLow", "BeamHigh", "FogFront", "FogRear", "RunningLights")
"""Lamps that burn only while the switched supply is on."""
_ALWAYS = ("HazardLights", "IndicatorLeft", "IndicatorRight", "ParkingLights", "LicensePlateLight")
_INDICATORS = {"IndicatorLeft": "IndicatorRight", "IndicatorRight": "IndicatorLeft"}

_SWITCH_POSITIONS: Mapping[str, Mapping[str, int]] = {
    "OFF": {"BeamLow": 0, "BeamHigh": 0, "ParkingLights": 0, "LicensePlateLight": 0, "RunningLights": 0},
    "POSITION": {"BeamLow": 0, "BeamHigh": 0, "ParkingLights": 1, "LicensePlateLight": 1, "RunningLights": 0},
    "DAYTIME_RUNNING_LIGHTS": {"BeamLow": 0, "BeamHigh": 0, "RunningLights": 1},
    "BEAM": {"BeamLow": 1, "ParkingLights": 1, "LicensePlateLight": 1, "RunningLights": 0},
}
"""What the main light switch does when it is turned; lamps that are not named stay as they are."""

DARK = 30.0
"""Percent of outside light below which AUTO switches the low beam on."""
BRIGHT = 40.0
"""Percent of outside light above which AUTO switches it off again."""


class LightsEcu(Ecu):
    """Follows the main switch, the light sensor in AUTO, and the reverse gear."""

    node = "LIGHTS"

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.instant(*_SUPPLIED, dark=0)
        self.instant(*_ALWAYS, "DomeLight", "GloveBoxLight", "LightBarOn", battery=True, dark=0)
        self.instant("LightSwitch", "LightBarDim", "LightBarRgb", battery=True)
        for place in PLACES:
            self.instant(f"SpotOn{place}", f"AmbientOn{place}", battery=True, dark=0)
            self.instant(f"SpotDim{place}", f"AmbientDim{place}", f"AmbientRgb{place}", battery=True)
        self._switch = network.cell("LightSwitch")
        self._positions = {raw: text for text, raw in self._switch.layout.choices.items()}
        self._light = network.listen(self.node, "OutsideLight", lambda _: self._sense())
        self._gear = network.listen(self.node, "GearCurrent", lambda _: self._reverse())

    def obeyed(self, name: str, raw: int, requested: Mapping[str, int]) -> None:
        """Turn what hangs on the main switch; one indicator ends the other, unless both are asked for at once."""
        if name == "LightSwitch":
            self._turn(requested)
        elif raw == 1 and name in _INDICATORS and requested.get(_INDICATORS[name]) != 1:
            self.actuators[_INDICATORS[name]].drive(0)

    def staged(self, names: Mapping[str, int]) -> None:
        """A staged main switch drives its lamps, as far as they are not staged themselves."""
        if "LightSwitch" in names:
            self._turn(names)

    def power_changed(self) -> None:
        """Supplied lamps go out with the supply and come back as the main switch stands."""
        if self.powered:
            wanted = _SWITCH_POSITIONS.get(self._positions.get(self._switch.raw, "OFF"), {})
            for name in _SUPPLIED:
                if wanted.get(name) == 1:
                    self._light_up(name, 1)
            self._sense()
        else:
            for name in _SUPPLIED:
                self.actuators[name].drive(0)
        self._reverse()

    def _turn(self, explicit: Mapping[str, int]) -> None:
        position = self._positions.get(self._switch.raw, "OFF")
        if position == "AUTO":
            self._sense()
            return
        for name, raw in _SWITCH_POSITIONS[position].items():
            if name not in explicit:
                self._light_up(name, raw)

    def _sense(self) -> None:
        if self._positions.get(self._switch.raw) != "AUTO" or BRIGHT > self._light.value >= DARK:
            return
        dark = int(self._light.value < DARK)
        for name in ("BeamLow", "ParkingLights", "LicensePlateLight"):
            self._light_up(name, dark)

    def _light_up(self, name: str, raw: int) -> None:
        lamp = self.actuators[name]
        if raw == 0 or self.powered or lamp.battery:
            lamp.drive(raw)

    def _reverse(self) -> None:
        self.network.cell("BackupLight").set(int(self._gear.value == -1 and self.powered))
