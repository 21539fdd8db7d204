"""What a repair may not touch: negations, numbers, and which way a thing is to go."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.understanding.grammar.text import PAUSE

NEGATIONS = frozenset(
    "no not dont never without except but cant cannot wont shouldnt neither nor none nothing isnt arent".split()
)
_OPPOSED = tuple(
    frozenset(group.split())
    for group in (
        *("on off", "open close closed shut", "up down", "lock unlock", "left right", "front rear back"),
        *("more less", "warmer cooler colder", "driver passenger", "drivers passengers", "louder quieter"),
    )
)
"""Of each group, what was heard may not become another one."""


def is_fixed(word: str) -> bool:
    """True for a word that a repair must leave as it is."""
    return word == PAUSE or word in NEGATIONS or not word[0].isalpha()


def keeps_meaning(heard: Sequence[str], repaired: Sequence[str]) -> bool:
    """True when `repaired` has every negation and number that was heard, and no direction turned round."""
    if _fixed(heard) != _fixed(repaired):
        return False
    before, after = set(heard), set(repaired)
    return all(not (before & group and after & group and not before & after & group) for group in _OPPOSED)


def _fixed(words: Sequence[str]) -> list[str]:
    return sorted(word for word in words if is_fixed(word) and word != PAUSE)
