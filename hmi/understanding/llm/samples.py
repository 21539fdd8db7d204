"""The deliberate mode: several answers to one question, and the one that most agree on and no rule minds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hmi.catalogue.signal import Value
from hmi.requests import Request

TEMPERATURE = 0.7
"""How far the answers after the first one may differ."""

BreaksRule = Callable[[Sequence[Request]], bool]


def best_of(answers: Sequence[tuple[Request, ...]], breaks_rule: BreaksRule) -> tuple[Request, ...]:
    """The changes that most of `answers` want, of those that break no rule; of all, when every one breaks one.

    Of equally frequent ones the first wins. `answers` must not be empty.
    """
    groups: dict[frozenset[tuple[str, Value | None]], list[tuple[Request, ...]]] = {}
    for answer in answers:
        groups.setdefault(frozenset((wish.signal.path, wish.value) for wish in answer), []).append(answer)
    ranked = sorted(groups.values(), key=len, reverse=True)
    allowed = [group for group in ranked if not breaks_rule(group[0])]
    return (allowed or ranked)[0][0]
