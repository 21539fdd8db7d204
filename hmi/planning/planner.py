"""Requests and a state → a plan: the one place where wishes become commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from hmi.catalogue.signal import Value
from hmi.planning.conditions import Speaker
from hmi.planning.plan import Plan
from hmi.planning.policy import Policy
from hmi.planning.resolve import FamilyIndex, resolve
from hmi.planning.review import rests_at
from hmi.requests import Request

NOTHING: Mapping[str, Value] = MappingProxyType({})


def plan(
    requests: Sequence[Request],
    state: Mapping[str, Value],
    policy: Policy,
    families: FamilyIndex,
    speaker: Speaker = (1, "driver"),
    under_way: Mapping[str, Value] = NOTHING,
) -> Plan:
    """What is to be done about `requests` by a vehicle in `state`, and what the rules have to say. Pure.

    `speaker` is the row (1 = front) and side ("driver" or "passenger") of whoever asks. `under_way` holds the
    values that earlier commands are still bringing about: rules and relative wishes count with them, questions are
    answered from `state`, and a wish is fulfilled already only where both agree.
    """
    wishes = resolve(requests, state, families, under_way)
    verdict = policy.review(wishes.requested, state, speaker, under_way)
    return Plan(
        requested=wishes.requested,
        changes=verdict.changes,
        needs_confirmation=verdict.asks,
        already=tuple(target for target in wishes.requested if rests_at(target, state, under_way)),
        at_end=wishes.at_end,
        readings=wishes.readings,
        impossible=wishes.impossible,
        hits=verdict.hits,
    )
