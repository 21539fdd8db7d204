"""A small thermal model of the cabin: one lump of air and trim that gains and loses heat.

Heat flows through the body, through open windows and doors, in with the sun, and with the air that the fans blow.
The blown air is as warm as the control makes it: beyond the set point in proportion to how far the cabin is away
from it, warmed by the heater up to `HOTTEST`, cooled below the air that it takes in only by the air conditioning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

CAPACITY = 60_000.0
"""J/K of air, seats and trim."""
BODY_LOSS = 60.0
"""W/K through glass and sheet metal."""
AIR_FLOW = 120.0
"""W/K carried by the fans at 100 %."""
WINDOW_FLOW = 150.0
"""W/K exchanged through one fully open window at rest; driving raises it."""
DOOR_FLOW = 400.0
"""W/K exchanged through one open door."""
SUN_POWER = 500.0
"""W in full sun."""
HOTTEST = 60.0
"""degC that the heater reaches."""
COLDEST = 5.0
"""degC behind the evaporator of the air conditioning."""
CONTROL_GAIN = 20.0
"""How many degrees beyond the set point the air is blown per degree that the cabin is off."""
DEFROST_FLOW = 0.5
"""Share of the full air flow that the front defroster adds."""

_STEP = 1.0
"""Longest step of the integration, in seconds; far below the shortest time constant (about 20 s)."""
_LONGEST = 4 * 3600.0
"""After this many seconds without a look at the temperature it has settled."""


@dataclass(frozen=True, slots=True)
class Station:
    """One place that blows air: set point in degC, fan 0..1."""

    set_point: float
    fan: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything that acts on the cabin."""

    outside: float = 18.0
    """degC."""
    sun: float = 0.6
    """0..1."""
    speed: float = 0.0
    """km/h."""
    windows: float = 0.0
    """Sum of the open shares of windows and sunroof."""
    doors: int = 0
    """Number of open doors."""
    stations: Sequence[Station] = field(default_factory=tuple)
    air_conditioning: bool = False
    recirculation: bool = False
    defroster: bool = False


def heat_flow(temperature: float, around: Surroundings) -> float:
    """Watts into a cabin that has `temperature` degC."""
    exchange = BODY_LOSS + DOOR_FLOW * around.doors
    exchange += WINDOW_FLOW * around.windows * (1 + around.speed / 40)
    watts = exchange * (around.outside - temperature) + SUN_POWER * around.sun**2
    intake = temperature if around.recirculation else around.outside
    lowest = COLDEST if around.air_conditioning else intake
    stations = list(around.stations)
    if around.defroster and stations:
        stations.append(Station(stations[0].set_point, DEFROST_FLOW * len(stations)))
    for station in stations:
        wanted = station.set_point + CONTROL_GAIN * (station.set_point - temperature)
        blown = max(min(wanted, max(HOTTEST, intake)), min(lowest, intake))
        watts += AIR_FLOW * station.fan / len(around.stations) * (blown - temperature)
    return watts


class Cabin:
    """The temperature over time; nothing is computed until somebody looks."""

    def __init__(self, temperature: float, now: float) -> None:
        self._temperature = temperature
        self._at = now

    def put(self, temperature: float, now: float) -> None:
        """Have `temperature` (degC) from `now` on."""
        self._temperature, self._at = temperature, now

    def look(self, around: Surroundings, now: float) -> float:
        """The temperature at `now`, when `around` has held since the last look."""
        left = min(now - self._at, _LONGEST)
        self._at = now
        while left > 0:
            step = min(left, _STEP)
            self._temperature += heat_flow(self._temperature, around) * step / CAPACITY
            left -= step
        return self._temperature
