"""Finds sentences that are nearly the same as ones that are there already."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from hmi.cases.case import Case, Values

SAME_WORDS = 0.8
"""Share of common words from which two cases that want the same count as one."""
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_IDLE = frozenset({"please", "the", "a", "an", "um", "uh", "er", "erm", "hey", "could", "can", "would", "you"})
"""Words that make no other sentence of one."""


def words(text: str) -> frozenset[str]:
    """The words of `text` that count: lower case, numbers kept, courtesy left out."""
    return frozenset(_WORD.findall(text.lower())) - _IDLE


@dataclass(slots=True)
class Known:
    """All sentences so far, by their words."""

    _texts: set[str] = field(default_factory=set)
    _by_word: dict[str, list[int]] = field(default_factory=dict)
    _cases: list[tuple[frozenset[str], tuple[tuple[Values, ...], ...]]] = field(default_factory=list)

    @classmethod
    def of(cls, cases: Iterable[Case]) -> Known:
        """Everything in `cases`."""
        known = cls()
        for case in cases:
            known.add(case)
        return known

    def add(self, case: Case) -> None:
        """Remember `case`."""
        found = words(case.text())
        self._texts.add(_bare(case))
        for word in found:
            self._by_word.setdefault(word, []).append(len(self._cases))
        self._cases.append((found, _wishes(case)))

    def has(self, case: Case) -> bool:
        """True when the same sentences are there, or nearly the same ones with the same wishes."""
        if _bare(case) in self._texts:
            return True
        found, wishes = words(case.text()), _wishes(case)
        common: dict[int, int] = {}
        for word in found:
            for index in self._by_word.get(word, ()):
                common[index] = common.get(index, 0) + 1
        return any(
            count >= SAME_WORDS * (len(found) + len(self._cases[index][0]) - count)
            and self._cases[index][1] == wishes
            for index, count in common.items()
        )


def _bare(case: Case) -> str:
    return " / ".join(" ".join(_WORD.findall(turn.say.lower())) for turn in case.turns)


def _wishes(case: Case) -> tuple[tuple[Values, ...], ...]:
    return tuple(turn.wanted for turn in case.turns)
