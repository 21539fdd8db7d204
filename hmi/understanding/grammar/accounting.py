"""Accounting for the words of a clause, one by one, for one family: each must have a sense there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hmi.catalogue.families import Degree, Family, FamilyKind, Place
from hmi.understanding.grammar.amounts import Amount
from hmi.understanding.grammar.lexicon import NOUN_RANKS, NounUse, Token

_SKIPPED = (
    "function",
    "filler",
    "assuring",
    "light",
    "pause",
    "also",
    "same",
    "pronouns",
    "again",
    "conj",
    "correction",
    "possessives",
)
ME = frozenset({"me", "for me", "for me please"})


@dataclass(slots=True)
class Reading:
    """What has been gathered from the words of a clause for one family."""

    amount: Amount = field(default_factory=Amount)
    places: list[str] = field(default_factory=list)
    role: int = -1
    thing: bool = False
    half: bool = False
    members: tuple[Place, ...] = ()
    plural: bool = False
    every: bool = False
    both: bool = False
    row: int | None = None
    inverse: bool = False
    pending: str = ""
    """ "to" or "by" until the next number."""
    after_place: bool = False
    named_value: bool = False


def take(reading: Reading, token: Token, family: Family, following: Sequence[Token]) -> bool:
    """Account for one word; False when it has no sense here."""
    senses = token.senses
    after_place, reading.after_place = reading.after_place, False
    use: NounUse | None = senses.get("noun", {}).get(family.id)
    value = senses.get("value", {}).get(family.id)
    if value is not None and (use is None or use.role == "context") and reading.amount.value is None:
        reading.amount.value = value
        return True
    if "to" in senses or "by" in senses:
        reading.pending = "to" if "to" in senses else "by"
        if "function" not in senses and "act" not in senses:
            return True
    if use is not None and not (use.role == "half" and "place" in senses):
        return _take_noun(reading, use)
    if after_place and "place_noun" in senses and len(family.members) > 1:
        return True
    if "members" in senses:
        reading.members = senses["members"]
        return True
    if token.text in ME and family.kind is FamilyKind.TEMPERATURE:
        reading.places.append("mine")
        return True
    if "place" in senses:
        reading.places.append(_person(token, following))
        reading.after_place = True
        return True
    if _take_amount(reading, token, family, following):
        return True
    if "all" in senses or "both" in senses:
        reading.every = reading.every or "all" in senses
        reading.both = reading.both or "both" in senses
        reading.after_place = True
        return True
    if any(sense in senses for sense in _SKIPPED):
        reading.after_place = after_place
        return True
    return "to" in senses or "by" in senses


def _person(token: Token, following: Sequence[Token]) -> str:
    """The place a token names; "passengers" is one person's before a noun and all of them otherwise."""
    place: str = token.senses["place"]
    owner = following and (following[0].has("noun") or following[0].has("place_noun"))
    return "passengers" if token.text == "passengers" and not owner else place


def _take_noun(reading: Reading, use: NounUse) -> bool:
    if use.role == "thing":
        reading.thing = True
    elif use.role == "half":
        reading.half = True
    else:
        reading.role = max(reading.role, NOUN_RANKS[use.role])
    reading.plural = reading.plural or use.plural
    reading.every = reading.every or use.every
    reading.inverse = reading.inverse or use.inverse
    reading.row = use.row if use.row is not None else reading.row
    if use.value is not None:
        if reading.amount.value is not None:
            return False
        reading.amount.value, reading.named_value = use.value, True
    return True


def _take_amount(reading: Reading, token: Token, family: Family, following: Sequence[Token]) -> bool:
    amount, senses = reading.amount, token.senses
    if "number" in senses:
        if amount.number is not None:
            return False
        if senses["number"] in (2, 4) and following and _counts_devices(following[0], family):
            reading.every, reading.both = senses["number"] == 4, senses["number"] == 2
            return True
        use = following[0].senses.get("noun", {}).get(family.id) if following else None
        if use is not None and use.plural and use.role == "noun":
            return False  # "open two windows": of four, which?
        amount.number, amount.relation, reading.pending = senses["number"], reading.pending, ""
        if not amount.unit and following and following[0].has("notches") and not following[0].has("place_noun"):
            amount.unit = ""
        return True
    if "unit" in senses and amount.number is not None and (not amount.unit or amount.unit == "degrees"):
        amount.unit = senses["unit"]
        return True
    if "notches" in senses and amount.number is not None and not amount.unit:
        amount.unit = "notches"
        return True
    if "level_unit" in senses and following and following[0].has("number") and amount.number is None:
        amount.unit = "level"
        return True
    return _take_word_amount(amount, senses, family)


def _counts_devices(token: Token, family: Family) -> bool:
    """ "the two mirrors", "all four front windows" """
    use = token.senses.get("noun", {}).get(family.id)
    counted = use is not None and use.plural and use.role not in ("context", "half")
    return token.has("place") or (counted and len(family.members) == 2)


def _take_word_amount(amount: Amount, senses: dict[str, Any], family: Family) -> bool:
    if "fraction" in senses and amount.fraction is None and family.kind is not FamilyKind.CHOICE:
        amount.fraction = float(senses["fraction"])
    elif "extreme" in senses and not amount.extreme and not amount.full:
        amount.extreme = senses["extreme"]
    elif "degree" in senses:
        amount.degree = Degree(senses["degree"])
    elif "level" in senses and not amount.level and family.kind is FamilyKind.LEVEL:
        amount.level = senses["level"]
    elif "colour" in senses and family.kind is FamilyKind.COLOUR and not amount.colour:
        amount.colour = senses["colour"]
    elif "colour_word" in senses and family.kind is FamilyKind.COLOUR:
        pass
    elif "more" in senses or "less" in senses:
        amount.more = 1 if "more" in senses else -1
    elif "full" in senses:
        amount.full = True
    else:
        return False
    return True
