"""Requests and a state → a plan: the one place where wishes become commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hmi.catalogue.signal import Value
from hmi.planning.conditions import Speaker
from hmi.planning.plan import Plan
from hmi.planning.policy import Policy
from hmi.planning.resolve import FamilyIndex, resolve
from hmi.planning.review import same
from hmi.requests import Request


def plan(
    requests: Sequence[Request],
    state: Mapping[str, Value],
    policy: Policy,
    families: FamilyIndex,
    speaker: Speaker = (1, "driver"),
) -> Plan:
    """What is to be done about `requests` by a vehicle in `state`, and what the rules have to say. Pure.

    `speaker` is the row (1 = front) and side ("driver" or "passenger") of whoever asks.
    """
    wishes = resolve(requests, state, families)
    verdict = policy.review(wishes.requested, state, speaker)
    return Plan(
        requested=wishes.requested,
        changes=verdict.changes,
        needs_confirmation=verdict.asks,
        already=tuple(target for target in wishes.requested if same(state.get(target.path), target.value)),
        at_end=wishes.at_end,
        readings=wishes.readings,
        impossible=wishes.impossible,
        hits=verdict.hits,
    )
