"""Decides how a turn ended."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.assistant.acting import Deed
from hmi.assistant.answer import Outcome
from hmi.planning.plan import Effect, Plan


def outcome_of(plan: Plan, deeds: Sequence[Deed]) -> Outcome:
    """The outcome of a plan that was carried out.

    FAILED when any change, companions included, could not be proved (blocked, silent, corrupted, superseded, or
    left alone because of that), whatever else worked. Else DONE when anything was written and proved, even if a
    rule or an ECU refused another part: the reply tells both. REFUSED when nothing was written and something was
    refused or impossible. ANSWERED when there were only questions. NOTHING_TO_DO when all was so already.
    """
    if any(deed.failed for deed in deeds):
        return Outcome.FAILED
    if any(deed.proved for deed in deeds):
        return Outcome.DONE
    refused_by_rule = any(hit.effect is Effect.REFUSE for hit in plan.hits)
    if deeds or refused_by_rule or plan.impossible:
        return Outcome.REFUSED
    return Outcome.ANSWERED if plan.readings else Outcome.NOTHING_TO_DO
