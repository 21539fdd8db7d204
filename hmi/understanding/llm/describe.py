"""Changes in a few words, for the options of a question and for the model."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.catalogue.families import Family, FamilyKind, Place
from hmi.catalogue.family_file import Families
from hmi.catalogue.signal import Value
from hmi.requests import Kind, Request

_PAIRS = {
    FamilyKind.SWITCH: ("turn {} on", "turn {} off"),
    FamilyKind.HATCH: ("open {}", "close {}"),
    FamilyKind.LOCK: ("lock {}", "unlock {}"),
}
_SIDES = {"driver": "driver's", "passenger": "passenger's"}


def describe(requests: Sequence[Request], families: Families) -> str:
    """`requests` as one clause in the imperative: "open the rear windows a little and turn the fan up"."""
    groups: dict[tuple[object, ...], list[Request]] = {}
    for request in requests:
        family = families.of(request.signal.path)
        key = (family.id if family else request.signal.path, request.kind, request.value, request.direction)
        groups.setdefault(key, []).append(request)
    parts = [_group(members, families) for members in groups.values()]
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]])) if parts else "do nothing"


def _group(requests: Sequence[Request], families: Families) -> str:
    family = families.of(requests[0].signal.path)
    if family is None:
        return f"set {requests[0].signal.path} to {requests[0].value}"
    name = _name(family, [families.place_of(request.signal.path) for request in requests])
    request = requests[0]
    if request.kind is Kind.ADJUST:
        return f"turn {name} {'up' if (request.direction > 0) != family.negative else 'down'}"
    if request.kind is Kind.TOGGLE:
        return f"switch {name} over"
    return _set(family, name, request.value)


def _set(family: Family, name: str, value: Value | None) -> str:
    if family.kind in _PAIRS and isinstance(value, bool):
        return _PAIRS[family.kind][0 if value else 1].format(name)
    if family.kind is FamilyKind.OPENING and isinstance(value, int | float):
        if value in (0, 100):
            return f"open {name}" if value else f"close {name}"
        return f"tilt {name}" if value < 0 else f"open {name} to {value:g} percent"
    if value == family.off:
        return f"turn {name} off"
    if value == family.on:
        return f"turn {name} on"
    spoken = next((word for word, meant in family.values.items() if meant == value), None)
    if spoken is None:
        spoken = f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ").lower()
    return f"set {name} to {spoken}"


def _name(family: Family, places: Sequence[Place]) -> str:
    members = list(family.members)
    if len(members) == 1:
        return f"the {family.label}"
    if len(places) == len(members):
        return f"all {family.plural}"
    rows, sides = {place.row for place in places}, {place.side for place in places}
    row = {1: "front", 2: "rear"}.get(next(iter(rows)) or 0, "") if len(rows) == 1 else ""
    side = _SIDES.get(next(iter(sides)) or "", "") if len(sides) == 1 else ""
    if len(places) == 1 and row == "front" and side:
        row = ""
    label = family.label if len(places) == 1 else family.plural
    return " ".join(filter(None, ["the", row, side, label]))
