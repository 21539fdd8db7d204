"""Keeps looking while things move: what was allowed when it began may become forbidden on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from hmi.assistant.movements import Movements, Trip
from hmi.catalogue.signal import Value
from hmi.planning.plan import Effect
from hmi.planning.policy import Policy
from hmi.vehicle.base import Progress, Vehicle

Speaker = tuple[int, str]


class Lookout:
    """Halts what a safety rule comes to refuse, such as a trunk that opens while the car drives off."""

    def __init__(self, vehicle: Vehicle, policy: Policy, movements: Movements) -> None:
        self._vehicle = vehicle
        self._policy = policy
        self._movements = movements
        self._safety = frozenset(rule.id for rule in policy.rules if rule.safety)

    @contextmanager
    def over(self, trip: Trip, speaker: Speaker) -> Iterator[Callable[[Progress], None] | None]:
        """Look after `trip` inside the `with`; gives what its writes must call on their way, None if nothing can
        come to be forbidden. The rules are asked again only when something besides the trip has changed.
        """
        if not any(self._policy.may_forbid(path) for path in trip.targets):
            yield None
            return
        changed = threading.Event()
        changed.set()

        def on_change(changes: Mapping[str, Value]) -> None:
            if any(path not in trip.targets for path in changes):
                changed.set()

        def on_progress(progress: Progress) -> None:
            if changed.is_set() and not trip.halted:
                changed.clear()
                self._review(trip, speaker)

        stop_watching = self._vehicle.watch(on_change)
        try:
            yield on_progress
        finally:
            stop_watching()

    def _review(self, trip: Trip, speaker: Speaker) -> None:
        state, under_way = self._vehicle.state(), self._movements.under_way()
        wanted = tuple(trip.targets.values())
        others = {path: value for path, value in under_way.items() if path not in trip.targets}
        for hit in self._policy.review(wanted, state, speaker, others).hits:
            if hit.effect is Effect.REFUSE and hit.rule in self._safety and hit.signals:
                self._movements.halt(hit.signals, hit.reason, hit.rule)
                return
