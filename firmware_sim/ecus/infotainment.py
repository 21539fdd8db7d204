"""INFOTAINMENT: media player, volumes, display and Bluetooth."""

from __future__ import annotations

from collections.abc import Container, Mapping

from codriver.clock import Timer
from firmware_sim.actuators import Actuator
from firmware_sim.ecu import Ecu
from firmware_sim.network import Network
from firmware_sim.reasons import Reason

SKIP_TIME = 1.0
"""Seconds for which a skip or a wind shows before the player goes on playing."""

_SETTINGS = (
    "MediaVolume",
    "MediaIsMuted",
    "MediaSource",
    "MediaStation",
    "NavigationVolume",
    "NavigationMute",
    "PhoneVolume",
    "DisplayBrightness",
    "DisplayDayNight",
    "DisplayIsVideoOn",
    "DisplayTemperatureUnit",
    "DisplayDistanceUnit",
    "BluetoothIsOn",
)


class InfotainmentEcu(Ecu):
    """Plays on after a skip, and pairs only while Bluetooth is on."""

    node = "INFOTAINMENT"

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.instant(*_SETTINGS)
        self._bluetooth = self.actuators["BluetoothIsOn"]
        self._pairing = self.add(Actuator(network, "BluetoothIsPairing"))
        self._pairing.guard = self._guard_pairing
        self._action = self.add(Actuator(network, "MediaAction"))
        choices = self._action.cell.layout.choices
        self._playing = choices["PLAY"]
        self._lasting = {choices["PLAY"], choices["STOP"], choices["UNKNOWN"]}
        self._timer: Timer | None = None

    def obeyed(self, name: str, raw: int, requested: Mapping[str, int]) -> None:
        """After a skip the player goes on; without Bluetooth there is no pairing."""
        self._follow({name})

    def staged(self, names: Mapping[str, int]) -> None:
        """As after commands."""
        self._follow(names.keys())

    def power_changed(self) -> None:
        """The player stops with the supply."""
        choices = self._action.cell.layout.choices
        if not self.powered and self._action.cell.raw != choices["UNKNOWN"]:
            self._action.drive(choices["STOP"])
            self._cancel()

    def reset(self) -> None:
        """As after a long rest; nothing is being skipped."""
        super().reset()
        self._cancel()

    def _guard_pairing(self, raw: int) -> Reason:
        return Reason.NOT_AVAILABLE if raw == 1 and self._bluetooth.target == 0 else Reason.NONE

    def _follow(self, names: Container[str]) -> None:
        if "BluetoothIsOn" in names and self._bluetooth.cell.raw == 0:
            self._pairing.drive(0)
        if "MediaAction" in names:
            self._cancel()
            if self._action.cell.raw not in self._lasting:
                self._timer = self.network.later(SKIP_TIME, self._play_on)

    def _play_on(self) -> None:
        self._timer = None
        self._action.drive(self._playing)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
