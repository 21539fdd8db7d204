"""Puts values together that one clause can speak of: the same device, the same value, at several places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from hmi.assistant.naming import Name, Naming
from hmi.assistant.spoken import Speaker
from hmi.catalogue.families import Family
from hmi.catalogue.signal import Signal, Value

NOTHING: Mapping[str, Value] = MappingProxyType({})

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Group:
    """Signals of one family with one value."""

    family: Family | None
    signals: tuple[Signal, ...]
    value: Value
    name: Name


class Grouper:
    """Groups (signal, value) pairs and speaks of the groups."""

    def __init__(self, naming: Naming, speaker: Speaker) -> None:
        self._naming = naming
        self._speaker = speaker

    def groups(self, pairs: Iterable[tuple[Signal, Value]], before: Mapping[str, Value] = NOTHING) -> list[Group]:
        """One group for each family and value, in the order in which they first appear.

        A value of 0 alone does not tell whether heating or cooling went off; the values `before` do.
        """
        found: dict[tuple[Any, ...], tuple[Family | None, list[Signal], Value]] = {}
        for signal, value in pairs:
            family = self._naming.family(signal, value or before.get(signal.path, value))
            owner = signal.path if family is None else family.id
            found.setdefault((owner, type(value), value), (family, [], value))[1].append(signal)
        return [
            Group(family, tuple(signals), value, self._naming.name(family, signals))
            for family, signals, value in found.values()
        ]

    def by(
        self, items: Iterable[T], pair: Callable[[T], tuple[Signal, Value]], reason: Callable[[T], R]
    ) -> list[tuple[R, list[Group]]]:
        """Groups of the pairs of `items`, apart for each `reason`, in order of appearance."""
        found: dict[R, list[tuple[Signal, Value]]] = {}
        for item in items:
            found.setdefault(reason(item), []).append(pair(item))
        return [(key, self.groups(pairs)) for key, pairs in found.items()]

    def clauses(self, groups: Sequence[Group]) -> list[str]:
        """Statements: "the driver's window is half open"."""
        return [self._speaker.clause(g.name, g.family, g.signals[0], g.value) for g in groups]

    def states(self, group: Group) -> str:
        """What goes after "is"."""
        return self._speaker.state(group.family, group.signals[0], group.value)

    def actions(self, groups: Sequence[Group]) -> list[str]:
        """Infinitives: "open the driver's window"."""
        return [self._speaker.do(g.name, g.family, g.signals[0], g.value) for g in groups]

    def done(self, groups: Sequence[Group]) -> list[str]:
        """Past: "opened the driver's window"."""
        return [self._speaker.did(g.name, g.family, g.signals[0], g.value) for g in groups]
