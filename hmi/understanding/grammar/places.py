"""Place words → the members of a family that are meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hmi.catalogue.families import Family, Place

FRONT, REAR = 1, 2
_ROWS = {"front": FRONT, "rear": REAR}
_SIDES = {"left": "driver", "right": "passenger", "driver_side": "driver", "passenger_side": "passenger"}
_PERSONS = {
    "driver": (FRONT, "driver"),
    "passenger": (FRONT, "passenger"),
    "behind_driver": (REAR, "driver"),
    "behind_passenger": (REAR, "passenger"),
}


@dataclass(frozen=True, slots=True)
class Where:
    """What a clause says about the place of a device."""

    words: tuple[str, ...] = ()
    """Names of places from the language file, in the order of the sentence."""
    plural: bool = False
    """ "the windows" """
    every: bool = False
    """ "all the windows" """
    both: bool = False
    row: int | None = None
    """A row that the noun itself names ("frunk")."""


@dataclass(frozen=True, slots=True)
class Seating:
    """What places mean relative to: the speaker, and what was spoken of before."""

    speaker: tuple[int, str] = (FRONT, "driver")
    left_hand_drive: bool = True
    last: tuple[Place, ...] = ()
    """The members of the last request, for "the other one"."""


def members_at(family: Family, where: Where, seating: Seating) -> list[Place] | None:
    """The members meant by `where`; None when the words do not fit the family, [] when it must be asked."""
    where = _on_my_side(where, seating)
    places = list(family.members)
    if places == [Place()]:
        accepted = {"everywhere", "mine", *family.words.get("accepts", ())}
        return places if set(where.words) <= accepted else None
    if "other" in where.words:
        return _other(places, seating)
    if "everywhere" in where.words:
        where = replace(where, words=tuple(w for w in where.words if w != "everywhere"), every=True)
    if "passengers" in where.words:
        rest = [place for place in places if place != Place(FRONT, "driver")]
        return rest if len(where.words) == 1 and places[0].side and places[0].row else None
    if "beside" in where.words:
        where = replace(where, words=tuple(_beside(word, family) for word in where.words))
    bounds = _bounds(where, seating)
    if bounds is None:
        return None
    return _select(family, where, seating, *bounds)


def _on_my_side(where: Where, seating: Seating) -> Where:
    """ "The back window on my side" is the one behind me; "my side" by itself is my own place."""
    own = f"{seating.speaker[1]}_side" if any(word in _ROWS for word in where.words) else "mine"
    return replace(where, words=tuple(own if word == "my_side" else word for word in where.words))


def _beside(word: str, family: Family) -> str:
    """The window next to me is mine; the seat next to me is my neighbour's."""
    if word != "beside":
        return word
    return "mine" if family.group in ("windows", "doors", "roof") else "passenger"


def _bounds(where: Where, seating: Seating) -> tuple[int | None, str | None, bool] | None:
    """Row, side, and whether the row was said (rather than implied by a person); None for a contradiction."""
    row, side = where.row, None
    said_row = row is not None
    implied_row: int | None = None
    words = where.words if len(where.words) == 1 else [word for word in where.words if word != "mine"]
    for word in words:
        if word in _ROWS:
            if said_row and row != _ROWS[word]:
                return None
            row, said_row = _ROWS[word], True
            continue
        if word == "mine":
            person: tuple[int, str] | None = seating.speaker
        else:
            person = _PERSONS.get(word)
        new_side = person[1] if person else _SIDES[word]
        if word in ("left", "right") and not seating.left_hand_drive:
            new_side = "passenger" if new_side == "driver" else "driver"
        if side is not None and side != new_side:
            return None
        side = new_side
        implied_row = person[0] if person else implied_row
    return (row if said_row else implied_row), side, said_row


def _select(
    family: Family, where: Where, seating: Seating, row: int | None, side: str | None, said_row: bool
) -> list[Place] | None:
    places = list(family.members)
    has_rows = any(place.row is not None for place in places)
    has_sides = any(place.side is not None for place in places)
    if (said_row and not has_rows) or (side and not has_sides and "mine" not in where.words):
        return None
    paired = family.default in _ROWS or family.words.get("mass")  # "the wipers" are the two of one windscreen
    many = (where.plural and not paired) or where.every or where.both
    if row is None and (side is None or not has_sides):
        if many:
            own = [place for place in places if place.row == seating.speaker[0]]
            both_in_row = where.both and has_rows and has_sides and bool(own)
            return _at(places, seating.speaker[0], None) if both_in_row else places
        return _default(family, places, seating)
    own_row = row is None and has_rows and not many
    if own_row:
        rows = {place.row for place in seating.last}
        row = rows.pop() if len(rows) == 1 and seating.last[0].row else seating.speaker[0]
    chosen = _at(places, row if has_rows else None, side if has_sides else None)
    if not chosen and own_row:  # a child lock on the left: only the rear doors have one
        chosen = _at(places, None, side if has_sides else None)
    return chosen or None


def _at(places: Sequence[Place], row: int | None, side: str | None) -> list[Place]:
    return [
        place
        for place in places
        if (row is None or place.row in (None, row)) and (side is None or place.side in (None, side))
    ]


def _default(family: Family, places: list[Place], seating: Seating) -> list[Place]:
    if family.default == "all":
        return places
    if family.default == "ask":
        return []
    if family.default in _ROWS:
        return _at(places, _ROWS[family.default], None)
    own = _at(places, *seating.speaker)
    return own or _at(places, None, seating.speaker[1]) or places


def _other(places: list[Place], seating: Seating) -> list[Place] | None:
    """The ones opposite to the last: the other side of the same row, or the other row of the same side."""
    if not seating.last:
        return None
    if len(seating.last) == 1:
        last = seating.last[0]
        rest = [place for place in places if place != last]
        if last.side is not None:
            rest = [place for place in rest if place.row == last.row]
        return rest if len(rest) == 1 else None
    rest = [place for place in places if place not in seating.last]
    return rest or None
