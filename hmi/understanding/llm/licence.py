"""What a sentence allows to be changed: for every signal that it speaks of, the values that its words can mean.

A number must come from the sentence, from the present state, or from a degree word and the family's steps; a value
like "open" from an action word, and so on: all by the grammar's own rules of what words mean for a device, applied
to every combination that the words allow. A model may choose among these values and can never leave them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from hmi.catalogue.families import Degree, Family, FamilyKind, Place
from hmi.catalogue.family_file import Families
from hmi.catalogue.signal import Value
from hmi.requests import Kind
from hmi.understanding.grammar.amounts import Amount, ImpossibleValueError, NoSenseError, Wish, wish_for
from hmi.understanding.grammar.lexicon import FamilyGrammar, Lexicon, NounUse, Token
from hmi.understanding.grammar.places import Seating, Where, members_at
from hmi.understanding.llm.said import Said
from hmi.understanding.llm.words import find_phrase, word_lists

State = Mapping[str, Value]
_RANGES = (FamilyKind.AXIS, FamilyKind.TEMPERATURE)
_SWAPPED = {"on": "off", "off": "on"}
_MAX_NUMBERS = 6
_TOLERANCE = 1.0
"""Rounding of thirds and fifths of a range; VSS grids are as fine."""


@dataclass(frozen=True, slots=True)
class Licence:
    """What may be changed, and read, because of one sentence."""

    values: Mapping[str, frozenset[Value]] = field(default_factory=dict)
    """Path → the values it may take."""
    vague: frozenset[str] = frozenset()
    """Paths whose device is named while no word says what to do with it: any plain state of it is allowed."""
    readable: frozenset[str] = frozenset()
    held_back: str = ""
    """Why nothing may move at all; empty when it may."""

    def allows(self, path: str, value: Value) -> bool:
        """True when the signal may take this value."""
        if self.held_back:
            return False
        return any(_equal(value, other) for other in self.values.get(path, ()))


def _equal(one: Value, other: Value) -> bool:
    if isinstance(one, bool) or isinstance(other, bool) or isinstance(one, str) or isinstance(other, str):
        return type(one) is type(other) and one == other
    return abs(one - other) <= _TOLERANCE


class Licensing:
    """Works out licences for one car."""

    def __init__(self, lexicon: Lexicon, families: Families) -> None:
        self._lexicon = lexicon
        self._families = families

    def of(self, said: Said, state: State, seating: Seating, before: Iterable[str] = ()) -> Licence:
        """The licence of `said` for a car in `state`; `before` are the paths that the last request was about."""
        values: dict[str, frozenset[Value]] = {}
        vague: set[str] = set()
        readable: set[str] = set()
        for family_id in sorted(said.families):
            family = self._families[family_id]
            readable.update(signal.path for signal in family.members.values())
            if family.kind is not FamilyKind.READING:
                for place in self._places(family, said, seating):
                    self._add(values, vague, family, place, said, state)
        if not values or _refers_back(said):
            for path in before:
                family_before = self._families.of(path)
                if family_before is not None:
                    for place in self._places_like(family_before, path, said, seating):
                        self._add(values, vague, family_before, place, said, state)
        return Licence(values, frozenset(vague), frozenset(readable), said.held_back)

    def _add(
        self,
        values: dict[str, frozenset[Value]],
        vague: set[str],
        family: Family,
        place: Place,
        said: Said,
        state: State,
    ) -> None:
        path = family.members[place].path
        grammar = self._lexicon.grammars[family.id]
        tokens = [token for part in said.parts_of(family.id) for token in part.tokens]
        allowed = set(_meant(grammar, place, tokens, state))
        if not allowed and not _says_what(tokens):
            allowed = set(_meant(grammar, place, said.tokens(), state))
        if not allowed:
            allowed = set(_plain(family, place, state))
            vague.add(path)
        values[path] = values.get(path, frozenset()) | frozenset(allowed)

    def _places(self, family: Family, said: Said, seating: Seating) -> list[Place]:
        """The members that the words can mean; several readings are all allowed, exceptions are not."""
        parts = said.parts_of(family.id)
        found: dict[Place, None] = {}
        elsewhere = _place_words(token for part in parts if not part.families for token in part.tokens)
        for part in parts:
            if family.id in part.families:
                for words in dict.fromkeys([_place_words(part.tokens), elsewhere]):
                    for members in _readings(family, words, part.tokens, seating):
                        found.update(dict.fromkeys(members))
            elif _place_words(part.tokens):
                for members in _readings(family, _place_words(part.tokens), part.tokens, seating):
                    found.update(dict.fromkeys(members))
        for part in said.exceptions():
            words = _place_words(part.tokens)
            if words and (family.id in part.families or not part.families):
                out = (
                    members_at(family, Where(tuple(w.removeprefix("?") for w in words), plural=True), seating)
                    or ()
                )
                found = {place: None for place in found if place not in out} or found
        return list(found)

    def _places_like(self, family: Family, path: str, said: Said, seating: Seating) -> list[Place]:
        """Where a follow-up can mean: there, or where its words say."""
        here = [place for place, signal in family.members.items() if signal.path == path]
        found = dict.fromkeys(here)
        words = _place_words(said.tokens())
        if words:
            for members in _readings(family, words, said.tokens(), seating):
                found.update(dict.fromkeys(members))
        return list(found)


def _refers_back(said: Said) -> bool:
    senses = ("pronouns", "again", "same", "also")
    return any(token.has(sense) for token in said.tokens() for sense in senses)


def _place_words(tokens: Iterable[Token]) -> tuple[str, ...]:
    """Names of places; a word that may be a direction as well ("back") is marked by a "?" in front."""
    return tuple(
        dict.fromkeys(
            ("?" if token.has("act") else "") + token.senses["place"] for token in tokens if token.has("place")
        )
    )


def _readings(
    family: Family, words: Sequence[str], clause: Sequence[Token], seating: Seating
) -> Iterator[Sequence[Place]]:
    """The members for every way to take the place words together."""
    uses: list[NounUse] = [
        token.senses["noun"][family.id] for token in clause if family.id in token.senses.get("noun", {})
    ]
    plural = any(use.plural for use in uses)
    every = any(use.every for use in uses) or any(token.has("all") or token.has("both") for token in clause)
    rows: list[int | None] = [use.row for use in uses if use.row is not None] or [None]
    named = {member for token in clause for member in token.senses.get("members", ())}
    if named:
        yield [place for place in family.members if place in named]
    if not uses and not words:
        yield tuple(family.members)  # "lock up": the verb alone does not say how many
    certain = tuple(word for word in words if not word.startswith("?"))
    all_words = tuple(word.removeprefix("?") for word in words)
    found = False
    for taken, row in product(dict.fromkeys([certain, all_words]), rows):
        members = members_at(family, Where(taken, plural, every, False, row), seating)
        found = found or bool(members)
        yield members or ()
    if not found:
        for word in all_words:
            members = members_at(family, Where((word,), plural, every), seating)
            found = found or bool(members)
            yield members or ()
    if not found:
        yield tuple(family.members)


def _says_what(tokens: Iterable[Token]) -> bool:
    senses = ("number", "fraction", "extreme", "level", "colour", "more", "less", "full")
    return any(token.has(sense) for token in tokens for sense in senses)


def _meant(grammar: FamilyGrammar, place: Place, tokens: Sequence[Token], state: State) -> Iterator[Value]:
    """Every value that the action words and amounts can mean for one member."""
    family = grammar.family
    acts = {token.senses["act"] for token in tokens if token.has("act")}
    operations = {op.name for needed, op in grammar.operations.items() if needed and needed <= acts} | {""}
    uses = [token.senses["noun"][family.id] for token in tokens if family.id in token.senses.get("noun", {})]
    if any(use.inverse for use in uses):
        operations |= {_SWAPPED.get(operation, operation) for operation in operations}
    signal = family.members[place]
    said_words = [word for token in tokens for word in token.text.split()]
    for use in uses:
        if use.value is not None:
            yield use.value
    for operation, amount in product(sorted(operations), _amounts(family, tokens)):
        try:
            wish = wish_for(family, operation, amount)
        except (NoSenseError, ImpossibleValueError):
            continue
        yield from _values_of(wish, family, state.get(signal.path), signal.bounds())
    if find_phrase(said_words, word_lists()["to_the_end"]) is not None and family.kind in _RANGES:
        yield from signal.bounds()
    if any(token.has("same") for token in tokens):
        yield from (state[other.path] for other in family.members.values() if other.path in state)


def _amounts(family: Family, tokens: Sequence[Token]) -> Iterator[Amount]:
    """Everything the words can say about how far, one thing at a time."""
    degrees: list[Degree | None] = [Degree(t.senses["degree"]) for t in tokens if t.has("degree")]
    directions = [0, *(1 for t in tokens if t.has("more")), *(-1 for t in tokens if t.has("less"))]
    full = any(token.has("full") for token in tokens)
    for degree, more, wholly in product([None, *degrees], dict.fromkeys(directions), {False, full}):
        yield Amount(degree=degree, more=more, full=wholly)
    numbers = list(dict.fromkeys(t.senses["number"] for t in tokens if t.has("number")))[:_MAX_NUMBERS]
    units = dict.fromkeys(["", *(t.senses["unit"] for t in tokens if t.has("unit"))])
    if any(token.has("level_unit") for token in tokens):
        units["level"] = None
    if any(token.has("notches") for token in tokens):
        units["notches"] = None
    for number, unit, relation, more in product(numbers, units, ("", "to", "by"), dict.fromkeys(directions)):
        yield Amount(number=number, unit=unit, relation=relation, more=more)
    for token in tokens:
        yield from _word_amounts(family, token, directions)


def _word_amounts(family: Family, token: Token, directions: Iterable[int]) -> Iterator[Amount]:
    senses = token.senses
    if "fraction" in senses:
        for relation, more in product(("", "to", "by"), dict.fromkeys(directions)):
            yield Amount(fraction=float(senses["fraction"]), relation=relation, more=more)
    if "extreme" in senses:
        yield Amount(extreme=senses["extreme"])
    if "level" in senses:
        yield Amount(level=senses["level"])
    if "colour" in senses:
        yield Amount(colour=senses["colour"])
    value = senses.get("value", {}).get(family.id)
    if value is not None:
        yield Amount(value=value)


def _values_of(wish: Wish, family: Family, present: Value | None, bounds: tuple[float, float]) -> Iterator[Value]:
    if wish.kind is Kind.SET and wish.value is not None:
        yield wish.value
    elif wish.kind is Kind.TOGGLE and isinstance(present, bool):
        yield not present
    elif wish.kind is Kind.ADJUST:
        yield from _moved(wish, family, present, bounds)


def _moved(wish: Wish, family: Family, present: Value | None, bounds: tuple[float, float]) -> Iterator[Value]:
    if family.scale and present in family.scale:
        index = family.scale.index(present) + wish.direction * (2 if wish.degree is Degree.LOT else 1)
        yield family.scale[max(0, min(index, len(family.scale) - 1))]
        return
    if isinstance(present, bool) or not isinstance(present, int | float):
        return
    step = wish.amount if wish.amount is not None else family.steps.get(wish.degree or Degree.SOME, 0.0)
    low, high = bounds
    moved = max(low, min(high, present + wish.direction * step))
    yield moved
    if wish.value is not None and not isinstance(wish.value, bool | str):
        crossed = (present - wish.value) * (moved - wish.value) < 0
        if crossed:
            yield wish.value


def _plain(family: Family, place: Place, state: State) -> Iterator[Value]:
    """The plain states of a device, where no word says which."""
    signal = family.members[place]
    present = state.get(signal.path)
    for operation in ("on", "off", "open", "close", "lock", "unlock", "up", "down"):
        try:
            wish = wish_for(family, operation, Amount())
        except (NoSenseError, ImpossibleValueError):
            continue
        yield from _values_of(wish, family, present, signal.bounds())
    yield from signal.allowed
