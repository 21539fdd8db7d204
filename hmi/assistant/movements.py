"""What is on its way to a wanted value, over all conversations: every plan sees it, and one word stops it.

Two sentences may act at the same time. A plan is made and its changes are noted here under one lock, so that of
any two plans the later one knows what the earlier one is bringing about; the travel itself holds no lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from codriver.errors import InputError
from hmi.catalogue.signal import SignalValue, Value
from hmi.planning.plan import Plan
from hmi.vehicle.base import Progress, Vehicle, WriteOutcome, WriteResult

TAKEN_OVER = "a newer wish took over"
_TRIES = 3
_REST = 100.0
"""Seconds to wait for a halt to be proved; no write takes longer."""

Listener = Callable[[Collection[str]], None]
"""Called with the paths of the positions that are under way, whenever that changes."""


@dataclass(eq=False, slots=True)
class Trip:
    """The changes of one turn, from the plan until the last of them has arrived or failed."""

    targets: dict[str, SignalValue]
    """What is still to be brought about, by path."""
    written: set[str] = field(default_factory=set)
    """Paths whose command has been given to the vehicle."""
    halted: bool = False
    """Nothing more of it may be written."""
    why: str = ""
    """Why it was halted, one clause; empty when a person said stop."""
    rule: str = ""
    """The rule that halted it; empty when a person did."""
    void: bool = False
    """The vehicle was reset meanwhile: there is nothing to take back."""
    at_rest: threading.Event = field(default_factory=threading.Event)
    """Set when what `halted` has brought to rest rests."""


class Movements:
    """The trips under way on one vehicle. Thread-safe."""

    def __init__(self, vehicle: Vehicle) -> None:
        self.lock = threading.RLock()
        """Hold it from looking at `under_way` for a plan until `begin`."""
        self.stops = 0
        """How often a stop was asked for; a turn from before the last one must not begin to act."""
        self._vehicle = vehicle
        self._trips: list[Trip] = []
        self._listeners: tuple[Listener, ...] = ()
        self._told: list[str] = []

    def __bool__(self) -> bool:
        return any(trip.targets for trip in self._trips)

    def under_way(self) -> dict[str, Value]:
        """The value that each path is being brought to; of several wishes the newest."""
        with self.lock:
            return {path: target.value for trip in self._trips for path, target in trip.targets.items()}

    def begin(self, targets: Sequence[SignalValue]) -> Trip:
        """Note that `targets` are about to be written; `end` the trip whatever happens."""
        with self.lock:
            trip = Trip({target.path: target for target in targets})
            self._trips.append(trip)
        self._tell()
        return trip

    def end(self, trip: Trip) -> None:
        """The trip is over."""
        with self.lock:
            self._trips.remove(trip)
        self._tell()

    def listen(self, listener: Listener) -> None:
        """Tell `listener` from now on."""
        with self.lock:
            self._listeners = (*self._listeners, listener)

    def write(
        self, trip: Trip, targets: Sequence[SignalValue], on_progress: Callable[[Progress], None] | None = None
    ) -> list[WriteResult]:
        """Write `targets`, which are part of `trip`, less what a newer trip wants otherwise or a halt forbids.

        Between that look and the command a newer trip may slip in with its own command, which this one then
        overrules: its owner finds its write superseded by an older wish, and so writes again.
        """
        results = {t.path: self._lost(t) for t in targets}
        left: Sequence[SignalValue] = targets
        for _ in range(_TRIES):
            with self.lock:
                left = [] if trip.halted else [target for target in left if self._owns(trip, target)]
                trip.written.update(target.path for target in left)
            if not left:
                break
            results.update((result.wanted.path, result) for result in write_all(self._vehicle, left, on_progress))
            left = [target for target in left if results[target.path].outcome is WriteOutcome.SUPERSEDED]
        if trip.halted:
            trip.at_rest.wait(_REST)
        with self.lock:
            for target in targets:
                trip.targets.pop(target.path, None)
        return [self._settled(trip, results[target.path]) for target in targets]

    def halt(self, paths: Collection[str] | None = None, why: str = "", rule: str = "") -> list[WriteResult]:
        """Let no trip go on, and bring what is moving to rest where it is; returns how that went.

        With `paths` only the trips that have one of them are halted, and switches among `paths` go back to what
        they still read.
        """
        with self.lock:
            if paths is None:
                self.stops += 1
            trips = [trip for trip in self._trips if paths is None or not trip.targets.keys().isdisjoint(paths)]
            rest = [place for trip in trips for place in self._places(trip, paths or ())]
            for trip in trips:
                trip.halted, trip.why, trip.rule = True, why, rule
            own = self.begin(rest)
        try:
            return self.write(own, rest)
        finally:
            self.end(own)
            for trip in trips:
                trip.at_rest.set()

    def void(self) -> None:
        """The vehicle was reset: no trip may go on, and none leaves anything to be taken back."""
        with self.lock:
            self.stops += 1
            for trip in self._trips:
                trip.halted = trip.void = True
                trip.at_rest.set()

    def positions(self) -> list[str]:
        """Paths that are on their way through values between."""
        with self.lock:
            found = [target for trip in self._trips for target in trip.targets.values() if _is_position(target)]
            return list(dict.fromkeys(target.path for target in found))

    def _places(self, trip: Trip, switches: Collection[str]) -> list[SignalValue]:
        """Where the moving parts of `trip` are now."""
        found = []
        for target in trip.targets.values():
            now = self._vehicle.read(target.path) if target.path in trip.written else None
            if now is None or now == target.value or not self._owns(trip, target):
                continue
            if _is_position(target) or target.path in switches:
                found.append(SignalValue(target.signal, now))
        return found

    def _owns(self, trip: Trip, target: SignalValue) -> bool:
        """Whether no newer trip wants another value."""
        newer = self._trips[self._trips.index(trip) + 1 :]
        wishes = (other.targets.get(target.path) for other in newer)
        return all(wish is None or wish.value == target.value for wish in wishes)

    def _lost(self, target: SignalValue) -> WriteResult:
        return WriteResult(target, WriteOutcome.SUPERSEDED, self._vehicle.read(target.path), TAKEN_OVER)

    def _settled(self, trip: Trip, result: WriteResult) -> WriteResult:
        """What a halt overruled, with the place where it rests now."""
        if not trip.halted or result.outcome is not WriteOutcome.SUPERSEDED:
            return result
        return replace(result, actual=self._vehicle.read(result.wanted.path), reason=trip.why)

    def _tell(self) -> None:
        if not self._listeners:
            return
        with self.lock:
            moving, told = self.positions(), self._told
            self._told = moving
            if moving != told:
                for listener in self._listeners:
                    listener(moving)


def write_all(
    vehicle: Vehicle, targets: Sequence[SignalValue], on_progress: Callable[[Progress], None] | None = None
) -> list[WriteResult]:
    """Write all together; if the vehicle cannot write one of them, each alone, so that the others are done."""
    if not targets:
        return []
    try:
        return vehicle.write(targets, on_progress)
    except InputError:
        if len(targets) > 1:
            return [result for target in targets for result in write_all(vehicle, [target], on_progress)]
        return [_unwritable(vehicle, targets[0])]


def _unwritable(vehicle: Vehicle, target: SignalValue) -> WriteResult:
    return WriteResult(
        target, WriteOutcome.REFUSED, vehicle.read(target.path), "this vehicle has no command for it"
    )


def _is_position(target: SignalValue) -> bool:
    """Whether the value is one that an actuator passes through others to reach."""
    return not isinstance(target.value, bool | str)


def changes_of(plan: Plan) -> list[SignalValue]:
    """What carrying out `plan` writes."""
    return [change.target for change in plan.changes]
