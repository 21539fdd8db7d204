"""BODY: hood, trunks, fuel flap, wipers, mirrors, steering column and horn."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from codriver.clock import Timer
from firmware_sim.actuators import Actuator, Mechanism
from firmware_sim.ecu import Ecu
from firmware_sim.motor import Motor
from firmware_sim.network import Network
from firmware_sim.reasons import Reason

ENDS = ("Front", "Rear")
SIDES = ("DriverSide", "PassengerSide")

HORN_LIMIT = 5.0
"""Seconds after which the horn falls silent by itself."""

_TRUNK_SPEED = 100 / 5
_MIRROR_SPEED = 100.0
_COLUMN_SPEED = 100 / 4
_HOOD_TIME = 1.0
_FLAP_TIME = 0.5
_FOLD_TIME = 1.5
_RAIN_THRESHOLD = 5.0
"""Percent of rain from which the rain sensor makes the wipers move."""
_WASHER_LOW = 15


class BodyEcu(Ecu):
    """Keeps lids shut while driving, limits the horn and wipes by the rain sensor."""

    node = "BODY"

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self._trunks: dict[str, Motor] = {}
        self._trunk_locks: dict[str, Actuator] = {}
        for end in ENDS:
            self._trunk_locks[end] = self.add(Actuator(network, f"Trunk{end}IsLocked", battery=True))
            self._trunks[end] = self.add(Motor(network, f"Trunk{end}Pos", _TRUNK_SPEED, closed=0, battery=True))
            self._trunks[end].guard = partial(self._guard_trunk, end)
        self._trunks["Rear"].cell.message.derived.append(self._derive_trunks)
        for name, seconds in (("HoodIsOpen", _HOOD_TIME), ("FuelFlapIsOpen", _FLAP_TIME)):
            lid = self.add(Mechanism(network, name, seconds, battery=True))
            lid.guard = partial(self._guard_lid, lid)
        self._wipers = {end: self.add(Actuator(network, f"WiperMode{end}")) for end in ENDS}
        self._rain = network.listen(self.node, "RainIntensity", lambda _: self._wipe())
        for side in SIDES:
            self.add(Motor(network, f"MirrorPan{side}", _MIRROR_SPEED))
            self.add(Motor(network, f"MirrorTilt{side}", _MIRROR_SPEED))
            self.add(Mechanism(network, f"MirrorIsFolded{side}", _FOLD_TIME))
            self.instant(f"MirrorIsHeatingOn{side}", dark=0)
        self.add(Motor(network, "SteeringTilt", _COLUMN_SPEED))
        self.add(Motor(network, "SteeringExtension", _COLUMN_SPEED))
        self.instant(
            "SteeringHeating", "RearviewDimming", "WindshieldHeatingFront", "WindshieldHeatingRear", dark=0
        )
        self.instant("TrunkFrontIsLightOn", "TrunkRearIsLightOn", battery=True, dark=0)
        self._horn = self.add(Actuator(network, "HornIsActive", battery=True, dark=0))
        self._horn_timer: Timer | None = None

    def obeyed(self, name: str, raw: int, requested: Mapping[str, int]) -> None:
        """Limit the horn, move the wipers."""
        if name == "HornIsActive":
            self._limit_horn()
        elif name.startswith("WiperMode"):
            self._wipe()

    def staged(self, names: Mapping[str, int]) -> None:
        """Derive what follows from staged values; a trunk staged open or shut gets a position that fits."""
        for end in ENDS:
            is_open = names.get(f"Trunk{end}IsOpen")
            if is_open is not None and f"Trunk{end}Pos" not in names:
                layout = self._trunks[end].cell.layout
                self._trunks[end].stage(layout.raw_maximum if is_open else layout.raw_minimum)
        if "WasherLevel" in names and "WasherIsLow" not in names:
            self.network.cell("WasherIsLow").set(int(names["WasherLevel"] < _WASHER_LOW))
        if "HornIsActive" in names:
            self._limit_horn()
        if names.keys() & {"WiperModeFront", "WiperModeRear"}:
            self._wipe()

    def power_changed(self) -> None:
        """Wipers stand still without power."""
        self._wipe()

    def fault_changed(self) -> None:
        """A wiper with a fault stands still."""
        self._wipe()

    def reset(self) -> None:
        """As after a long rest; the horn is silent."""
        super().reset()
        self._stop_horn_timer()

    def _guard_trunk(self, end: str, raw: int) -> Reason:
        if raw <= self._trunks[end].position:
            return Reason.NONE
        if self._trunk_locks[end].target == 1:
            return Reason.LOCKED
        return Reason.MOVING if self.driving else Reason.NONE

    def _guard_lid(self, lid: Mechanism, raw: int) -> Reason:
        return Reason.MOVING if raw == 1 and lid.target == 0 and self.driving else Reason.NONE

    def _derive_trunks(self) -> None:
        for end in ENDS:
            self.network.cell(f"Trunk{end}IsOpen").load(int(self._trunks[end].cell.raw > 0))

    def _wipe(self) -> None:
        for end, wiper in self._wipers.items():
            choices = wiper.cell.layout.choices
            mode = wiper.cell.raw
            wanted = mode != choices["OFF"]
            if mode == choices["RAIN_SENSOR"]:
                wanted = self._rain.value >= _RAIN_THRESHOLD
            runs = wanted and self.powered and not wiper.stuck and not wiper.blown
            self.network.cell(f"WiperIsWiping{end}").set(int(runs))

    def _limit_horn(self) -> None:
        self._stop_horn_timer()
        if self._horn.cell.raw == 1:
            self._horn_timer = self.network.later(HORN_LIMIT, self._silence_horn)

    def _silence_horn(self) -> None:
        self._horn_timer = None
        self._horn.drive(0)

    def _stop_horn_timer(self) -> None:
        if self._horn_timer is not None:
            self._horn_timer.cancel()
            self._horn_timer = None
