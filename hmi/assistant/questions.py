"""Puts readings into words: yes, no, only some of them, or what the value is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hmi.assistant.grouping import Grouper
from hmi.assistant.naming import Naming
from hmi.assistant.wording import Wording, listed
from hmi.catalogue.families import Family, FamilyKind
from hmi.catalogue.signal import Signal, Value
from hmi.planning.plan import Reading


class Reporter:
    """Answers questions about the state."""

    def __init__(self, naming: Naming, grouper: Grouper, wording: Wording) -> None:
        self._naming = naming
        self._grouper = grouper
        self._wording = wording

    def answers(self, readings: Sequence[Reading]) -> list[str]:
        """One clause for each device and question, in the order asked."""
        found: dict[tuple[str, type | None, Value | None], list[Reading]] = {}
        for reading in readings:
            family = self._naming.family(reading.signal, reading.value)
            owner = reading.signal.path if family is None else family.id
            asked = reading.asked
            found.setdefault((owner, None if asked is None else type(asked), asked), []).append(reading)
        return [clause for group in found.values() for clause in self._answer(group)]

    def _answer(self, readings: Sequence[Reading]) -> list[str]:
        """`readings` of one family with one value asked about."""
        known = [(reading.signal, reading.value) for reading in readings if reading.value is not None]
        unread = [reading.signal for reading in readings if reading.value is None]
        clauses = []
        if known:
            clauses.append(self._known(known, readings[0].asked))
        if unread:
            name = self._naming.name(self._naming.family(unread[0]), unread)
            clauses.append(self._wording.say("unread", name=name.text))
        return clauses

    def _known(self, known: Sequence[tuple[Signal, Value]], asked: Value | None) -> str:
        if asked is None:
            return self._states(known)
        family = self._naming.family(*known[0])
        agreeing = [(signal, value) for signal, value in known if agrees(family, value, asked)]
        if len(agreeing) == len(known):
            return self._wording.say("yes", text=self._states(known))
        if not agreeing:
            return self._wording.say("no", text=self._states(known))
        # "Are all closed?" and "is any open?" reach us alike. Naming those that stand out answers both.
        if _stands_out(family, asked):
            some = self._states(agreeing)
            # "Only both rear windows" is no English.
            some = f"the {some.removeprefix('both ')}" if some.startswith("both ") else some
            return self._wording.say("only", text=some)
        others = [pair for pair in known if pair not in agreeing]
        return self._wording.say("no", text=self._states(others))

    def _states(self, pairs: Sequence[tuple[Signal, Value]]) -> str:
        return listed(self._grouper.clauses(self._grouper.groups(pairs)))


def agrees(family: Family | None, value: Value, asked: Value) -> bool:
    """True when `value` is what the question was about.

    "Open" and "on" mean any opening and any strength; other numbers are compared as numbers.
    """
    if isinstance(asked, bool) or isinstance(value, bool):
        return bool(value) == bool(asked)
    if isinstance(value, str) or isinstance(asked, str):
        if family is not None and family.on is not None and asked == family.on:
            return value != family.off
        return value == asked
    if family is not None and family.kind is FamilyKind.OPENING and asked == 100:
        return value != 0
    if family is not None and family.on is not None and asked == family.on:
        return value * (1 if asked >= 0 else -1) > 0
    return math.isclose(value, asked, abs_tol=1e-6)


def _stands_out(family: Family | None, asked: Value) -> bool:
    """True when `asked` is the state worth a mention: open, on, unlocked, unbelted."""
    if family is not None and (family.kind is FamilyKind.LOCK or family.id == "seat_belt"):
        return asked is False
    return bool(asked) and asked != "OFF"
