"""What signals are called in a sentence: "the driver's window", "both front seats", "all windows"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hmi.assistant.wording import Wording, listed
from hmi.catalogue.families import Family, Place
from hmi.catalogue.signal import Signal, Value

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ROW_NAMES = {1: "front", 2: "rear", 3: "third"}
_PREFIX = re.compile(r"^(Is|Has)(?=[A-Z])")


class FamilyIndex(Protocol):
    """Finds the family of a signal."""

    def of(self, path: str) -> Family | None:
        """The family that has `path` as a member, None when there is none."""

    def __iter__(self) -> Iterator[Family]:
        """All families."""


@dataclass(frozen=True, slots=True)
class Name:
    """A noun phrase and its number."""

    text: str
    plural: bool = False

    @property
    def be(self) -> str:
        """The verb that goes with it."""
        return "are" if self.plural else "is"

    @property
    def bare(self) -> str:
        """Without a leading article, as short confirmations begin."""
        return self.text.removeprefix("the ")


class Naming:
    """Names signals by the families they belong to and the places they are at."""

    def __init__(self, families: FamilyIndex, wording: Wording) -> None:
        self._families = families
        self._wording = wording
        self._negative: Mapping[str, Family] = {
            signal.path: family for family in families if family.negative for signal in family.members.values()
        }

    def family(self, signal: Signal, value: Value | None = None) -> Family | None:
        """The family that `signal` is spoken of as; a seat that cools is no longer "seat heating"."""
        if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
            cooling = self._negative.get(signal.path)
            if cooling is not None:
                return cooling
        return self._families.of(signal.path)

    def words(self, family: Family | None) -> Mapping[str, Any]:
        """The wording that is special to `family`; empty when there is none."""
        return {} if family is None else self._wording.families.get(family.id) or {}

    def name(self, family: Family | None, signals: Sequence[Signal]) -> Name:
        """What `signals`, members of one `family`, are called together."""
        if family is None:
            return Name(listed([f"the {_from_path(signal)}" for signal in signals]), len(signals) > 1)
        words = self.words(family)
        label = str(words.get("label", family.label))
        plural = str(words.get("plural", family.plural))
        places = _places_of(family, signals)
        if len(places) > 1:
            return self._several(family, places, label, plural)
        adjective = self._adjective(family, places[0]) if len(family.members) > 1 and places else ""
        # A name of its own ("Bluetooth") takes no article.
        parts = ["the", adjective, label] if adjective or not label[:1].isupper() else [label]
        return Name(" ".join(part for part in parts if part), _is_plural(label, plural))

    def _several(self, family: Family, places: Sequence[Place], label: str, plural: str) -> Name:
        mass = label == plural and not _is_plural(label, plural)
        together = self._together(family, places)
        if together is None:
            left_out = [place for place in family.members if place not in places]
            if len(left_out) == 1 and not mass:
                other = self._adjective(family, left_out[0]) or self._general(left_out[0])
                other = other if other.endswith("'s") else f"{other} one"
                return Name(f"all {plural} except the {other}", True)
            owners = [self._adjective(family, place) or self._general(place) for place in places]
            return Name(f"the {listed(owners)} {plural}", not mass)
        if mass:
            return Name(" ".join(part for part in ("the", together, plural) if part), False)
        count = "both" if len(places) == 2 else "all"
        return Name(" ".join(part for part in (count, together, plural) if part), True)

    def _together(self, family: Family, places: Sequence[Place]) -> str | None:
        """The one word for `places`: "" for all members, "front" for a full row; None when there is none."""
        chosen, members = set(places), set(family.members)
        if chosen == members:
            return ""
        rows, sides = {place.row for place in places}, {place.side for place in places}
        if len(rows) == 1 and chosen == {place for place in members if place.row in rows}:
            return self._row(next(iter(rows)))
        if len(sides) == 1 and chosen == {place for place in members if place.side in sides}:
            return self._side(next(iter(sides)))
        return None

    def _adjective(self, family: Family, place: Place) -> str:
        """What tells the member at `place` from its siblings; empty for the one that needs no telling."""
        own = self.words(family).get("places", {})
        if place.side is None:
            row = self._row(place.row)
            if row in own:
                return str(own[row])
            return "" if _ROW_NAMES.get(place.row or 0) == family.default else row
        if place.side in own:
            return str(own[place.side])
        if place.row is None or place.row == 1:
            return self._wording.places[place.side]
        return f"{self._row(place.row)} {self._side(place.side)}"

    def _general(self, place: Place) -> str:
        return self._row(place.row) if place.side is None else self._side(place.side)

    def _row(self, row: int | None) -> str:
        if row is None:
            return ""
        return self._wording.places[_ROW_NAMES[row]] if row in _ROW_NAMES else f"row {row}"

    def _side(self, side: str | None) -> str:
        return self._wording.places[f"{side}_side"] if side else ""


def _places_of(family: Family, signals: Iterable[Signal]) -> list[Place]:
    wanted = {signal.path for signal in signals}
    return [place for place, member in family.members.items() if member.path in wanted]


def _is_plural(label: str, plural: str) -> bool:
    """True for words that have no singular ("hazard lights"), false for those without a plural ("heating")."""
    return label == plural and label.endswith("s") and not label.endswith("ss")


def _from_path(signal: Signal) -> str:
    """The last two parts of the path as words, for a signal that nobody named."""
    parts = [_PREFIX.sub("", part) for part in signal.path.split(".")[-2:]]
    words = [word for part in parts for word in _WORDS.findall(part)]
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)
