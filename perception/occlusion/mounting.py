"""Pairs that are mostly one thing: a sign, lamp or board, and the pole that carries it."""

from __future__ import annotations

import re

from perception.occlusion.network_input import KINDS, kind_of

_CARRIED = frozenset("trafficlight signal banner billboard flag".split())
"""Words for what poles carry besides signs, without a plural's s;"""
_LIGHTS = frozenset("light lamp".split())
"""these only alone or of a street or its traffic: there are tail lights and light trucks."""
_OF_A_STREET = frozenset("traffic street signal road".split())


def mounted(first: str, second: str) -> bool:
    """Whether these class names, English ones of any data set, are those of a pole and of what poles carry.

    Such a pair touches more often than one hides the other, so that it is judged by weights of its own. "Street
    light" may be the lamp or all of it: it counts for both.
    """
    return (_is_pole(first) and _is_carried(second)) or (_is_pole(second) and _is_carried(first))


def _words(label: str) -> list[str]:
    """Lower case and without a plural's s; "TrafficLight" and "traffic.lights" are two words."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label)
    return [word.removesuffix("s") for word in re.split(r"[\W_]+", apart.lower()) if word]


def _kind(words: list[str]) -> str:
    kind = kind_of(" ".join(words))
    return KINDS[int(kind.argmax())] if kind.any() else ""


def _is_pole(label: str) -> bool:
    words = _words(label)
    return _kind(words) == "pole" or words == ["street", "light"]


def _is_carried(label: str) -> bool:
    words = _words(label)
    if _kind(words):
        return _kind(words) == "sign" or words == ["streetlight"]
    lit = not _LIGHTS.isdisjoint(words) and not set(words) - _LIGHTS - _OF_A_STREET
    return lit or not _CARRIED.isdisjoint(words)
