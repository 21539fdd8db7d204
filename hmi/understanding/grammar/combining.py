"""The clauses of a sentence put together: its requests, or one question, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hmi.requests import Act, Interpretation, Kind, Request
from hmi.understanding.grammar.clarifying import clarify
from hmi.understanding.grammar.matching import Match
from hmi.understanding.grammar.memory import Memory
from hmi.understanding.grammar.resolved import Resolved


def combined(resolved: Sequence[Resolved]) -> Interpretation:
    """What the sentence asks for, of all its clauses that were read."""
    resolved = _narrowed(resolved)
    for index, clause in enumerate(resolved):
        if len(clause.matches) > 1 or not clause.matches[0].members:
            return clarify(resolved, index)
        if clause.matches[0].impossible:
            return Interpretation(Act.REFUSE, refusal=clause.matches[0].impossible)
    requests = _last_said(resolved)
    unique = tuple(dict.fromkeys(requests))
    twice = _contradicted(resolved)
    if twice is not None:
        refusal = f"That asks for two opposite things of the {twice} at once; say which of them you want."
        return Interpretation(Act.REFUSE, refusal=refusal)
    return Interpretation(Act.REQUEST, unique, memory=Memory(tuple(resolved)))


def _contradicted(resolved: Sequence[Resolved]) -> str | None:
    """The label of a device that is to move both ways at once ("warmer and colder"); None when there is none."""
    ways: dict[str, int] = {}
    for clause in resolved:
        match = clause.matches[0]
        for request in match.requests():
            if (
                request.kind is Kind.ADJUST
                and ways.setdefault(request.signal.path, request.direction) != request.direction
            ):
                return match.family.label
    return None


def _last_said(resolved: Sequence[Resolved]) -> tuple[Request, ...]:
    """The requests; "the radio on low, say fifteen": of two values for one signal the second says it exactly."""
    kept: dict[str, Request] = {}
    requests: list[Request] = []
    for clause in resolved:
        exact = bool(clause.borrowed) and any(token.has("number") for token in clause.tokens)
        for request in clause.matches[0].requests():
            earlier = kept.get(request.signal.path)
            if exact and earlier is not None and earlier in requests and request.kind is earlier.kind is Kind.SET:
                requests.remove(earlier)
            kept[request.signal.path] = request
            requests.append(request)
    return tuple(requests)


def _narrowed(resolved: Sequence[Resolved]) -> list[Resolved]:
    """ "Open all windows and close mine": later words about some of them win."""
    narrowed: list[Resolved] = []
    for index, clause in enumerate(resolved):
        if len(clause.matches) != 1:
            narrowed.append(clause)
            continue
        match = clause.matches[0]
        for later in resolved[index + 1 :]:
            match = _less(match, later.matches[0]) if len(later.matches) == 1 else match
        narrowed.append(replace(clause, matches=(match,)))
    return narrowed


def _less(match: Match, later: Match) -> Match:
    """`match` without the members of `later`, when both set the same family and `later` sets fewer of it."""
    both_set = match.wish.kind is Kind.SET and later.wish.kind is Kind.SET
    fewer = set(later.members) < set(match.members)
    if not (both_set and fewer and match.family.id == later.family.id):
        return match
    return replace(match, members=tuple(place for place in match.members if place not in later.members))
