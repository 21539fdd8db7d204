"""Carries a plan out on the vehicle, phase by phase, and says what became of each change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from hmi.assistant.movements import Movements, Trip
from hmi.catalogue.signal import SignalValue
from hmi.planning.plan import Change, Plan
from hmi.vehicle.base import Progress, WriteOutcome, WriteResult

Planner = Callable[[Sequence[SignalValue]], Plan]
"""Plans setting these values from the state before anything moved."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One change and what became of it."""

    change: Change
    result: WriteResult | None
    """None: not attempted, because something that it depends on has failed, or because of a halt."""
    halted: bool = False
    """True when it was brought to rest on its way; `result` tells where, and why unless a person said so."""

    @property
    def proved(self) -> bool:
        """True when the read-back showed the wanted value."""
        return self.result is not None and self.result.proved

    @property
    def failed(self) -> bool:
        """True when the vehicle did not do it, other than by a refusal."""
        return self.result is None or self.result.outcome not in (WriteOutcome.PROVED, WriteOutcome.REFUSED)


@dataclass(frozen=True, slots=True)
class Journey:
    """What carrying out a plan needs besides the plan."""

    movements: Movements
    trip: Trip
    replan: Planner
    on_progress: Callable[[Progress], None] | None = None


def carry_out(plan: Plan, journey: Journey) -> tuple[Deed, ...]:
    """Write the changes of `plan`, phase after phase, in the order of the plan within one phase.

    When a change fails, later changes that depend on it are left alone. A plan does not say what depends on what,
    so `replan` is asked: what a wish brings along by itself is what it depends on. Once halted, nothing more is
    written.
    """
    trip = journey.trip
    todo = sorted(plan.changes, key=lambda change: change.phase)
    deeds: list[Deed] = []
    for _, group in groupby(todo, key=lambda change: change.phase):
        phase = list(group)
        failed = {deed.change.target.path for deed in deeds if not deed.proved}
        alive = _alive(plan, failed, journey.replan) if failed else None
        attempted = [change for change in phase if alive is None or change.target.path in alive]
        attempted = [] if trip.halted else attempted
        targets = [change.target for change in attempted]
        results = iter(journey.movements.write(trip, targets, journey.on_progress))
        deeds += [_deed(change, next(results) if change in attempted else None, trip) for change in phase]
    return tuple(deeds)


def _alive(plan: Plan, failed: set[str], replan: Planner) -> set[str]:
    """Paths that are still worth writing once the changes on `failed` paths went wrong."""
    wished = [change for change in plan.changes if not change.rule and change.target.path not in failed]
    standing = [wish for wish in wished if not _needs(wish, failed, replan)]
    if not standing:
        return set()
    return {change.target.path for change in replan([wish.target for wish in standing]).changes}


def _needs(wish: Change, failed: set[str], replan: Planner) -> bool:
    """True when `wish` alone would bring one of the `failed` paths along, to be done before it."""
    alone = replan([wish.target]).changes
    own = next((change.phase for change in alone if change.target.path == wish.target.path), 0)
    return any(change.rule and change.phase < own and change.target.path in failed for change in alone)


def _deed(change: Change, result: WriteResult | None, trip: Trip) -> Deed:
    halted = trip.halted and result is not None and result.outcome is WriteOutcome.SUPERSEDED
    return Deed(change, result, halted)
