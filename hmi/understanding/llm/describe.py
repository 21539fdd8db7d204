"""Changes in a few words, for the options of a question and for the model."""

from __future__ import annotations

from collections.abc import Sequence

from hmi.catalogue.families import Family, FamilyKind, Place
from hmi.catalogue.family_file import Families
from hmi.catalogue.signal import Value
from hmi.requests import Kind, Request
from hmi.understanding.llm.words import wording

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
    family = _family(requests[0], families)
    if family is None:
        return f"set {requests[0].signal.path} to {requests[0].value}"
    name = _name(family, [families.place_of(request.signal.path) for request in requests])
    actions, _ = wording()
    more, less = actions.get(family.id, ("turn {} up", "turn {} down"))
    request = requests[0]
    if request.kind is Kind.ADJUST:
        return (more if (request.direction > 0) != family.negative else less).format(name)
    if request.kind is Kind.TOGGLE:
        return f"switch {name} over"
    if isinstance(request.value, bool) and family.id in actions:
        return (more if request.value else less).format(name)
    return _set(family, name, request.value)


def _family(request: Request, families: Families) -> Family | None:
    """The family of the request's signal; of heating and cooling, the one that its value is of."""
    family = families.of(request.signal.path)
    value = request.value
    if family is not None and isinstance(value, int | float) and value < 0 and not family.negative:
        own = [
            f
            for f in families
            if f.negative and f.members.get(families.place_of(request.signal.path)) == request.signal
        ]
        return own[0] if own else family
    return family


def _set(family: Family, name: str, value: Value | None) -> str:
    if family.kind in _PAIRS and isinstance(value, bool):
        return _PAIRS[family.kind][0 if value else 1].format(name)
    if family.kind is FamilyKind.OPENING and isinstance(value, int | float):
        if value in (0, 100):
            return f"open {name}" if value else f"close {name}"
        return f"tilt {name}" if value < 0 else f"open {name} to {value:g} percent"
    strength = -value if family.negative and isinstance(value, int | float) else value
    if strength == family.off:
        return f"turn {name} off"
    if strength == family.on:
        return f"turn {name} on"
    spoken = next((word for word, meant in family.values.items() if meant == value), None)
    if spoken is None:
        spoken = f"{strength:g}" if isinstance(strength, float) else str(strength).replace("_", " ").lower()
    return f"set {name} to {spoken}"


def _name(family: Family, places: Sequence[Place]) -> str:
    _, names = wording()
    one, many = names.get(family.id, (family.label, family.plural))
    members = list(family.members)
    if len(members) == 1:
        return f"the {one}"
    if len(places) == len(members):
        return f"all {many}" if len(members) > 2 else f"both {many}"
    rows, sides = {place.row for place in places}, {place.side for place in places}
    row = {1: "front", 2: "rear"}.get(next(iter(rows)) or 0, "") if len(rows) == 1 else ""
    side = _SIDES.get(next(iter(sides)) or "", "") if len(sides) == 1 else ""
    if len(places) == 1 and row == "front" and side:
        row = ""
    return " ".join(filter(None, ["the", row, side, one if len(places) == 1 else many]))
