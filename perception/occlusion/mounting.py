"""Pairs that are mostly one thing: a sign, lamp or board, and the pole that carries it."""

from __future__ import annotations

from perception.occlusion.network_input import KINDS, kind_of

_CARRIED = frozenset("light lights lamp signal banner board billboard flag".split())
"""Words for what poles carry besides signs."""


def mounted(first: str, second: str) -> bool:
    """Whether these class names are those of a pole and of what poles carry.

    Such a pair touches more often than one hides the other, so that it is judged by weights of its own.
    """
    return (_is_pole(first) and _is_carried(second)) or (_is_pole(second) and _is_carried(first))


def _kind(label: str) -> str:
    kind = kind_of(label)
    return KINDS[int(kind.argmax())] if kind.any() else ""


def _is_pole(label: str) -> bool:
    return _kind(label) == "pole"


def _is_carried(label: str) -> bool:
    words = label.lower().replace("_", " ").replace("-", " ").split()
    return _kind(label) == "sign" or (not _kind(label) and not _CARRIED.isdisjoint(words))
