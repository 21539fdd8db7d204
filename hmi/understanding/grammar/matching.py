"""One clause against one family of devices: does every word of it make sense there, and what is wanted then?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from hmi.catalogue.families import Family, FamilyKind, Place
from hmi.catalogue.signal import Value
from hmi.requests import Kind, Request
from hmi.understanding.grammar.accounting import ME, Reading, take
from hmi.understanding.grammar.amounts import Amount, ImpossibleValueError, NoSenseError, Wish, wish_for
from hmi.understanding.grammar.lexicon import NOUN_RANKS, FamilyGrammar, Lexicon, Token
from hmi.understanding.grammar.places import Seating, Where, members_at

RANK_VALUE, RANK_ALONE = 2, 2
_MAX_FLEXIBLE = 5
_QUIETING = frozenset({"STOP", "down", "off"})
_MAKING = frozenset({"make", "making", "makes"})
_SIDEWAYS = ("left", "right")
_DEGREES = frozenset({"degrees", "celsius", "fahrenheit"})


@dataclass(frozen=True, slots=True)
class Match:
    """A reading of a clause as one wish about members of one family."""

    family: Family
    operation: str
    wish: Wish
    members: tuple[Place, ...]
    """Empty: the family fits, and which member is meant must be asked."""
    rank: int
    impossible: str = ""
    """Set when the device is clear and the value is not possible."""

    def requests(self) -> tuple[Request, ...]:
        """The wish on each member."""
        return tuple(self.wish.on(self.family.members[place]) for place in self.members)


def candidate_families(lexicon: Lexicon, tokens: Sequence[Token]) -> list[FamilyGrammar]:
    """Families that some word of the clause may name, in the order of the file."""
    named: set[str] = set()
    acts = set()
    for token in tokens:
        if "unit" in token.senses or "place" in token.senses or token.text in ME:
            named.add("temperature")
        named.update(token.senses.get("noun", ()))
        named.update(token.senses.get("value", ()))
        if token.has("act"):
            acts.add(token.senses["act"])
    return [
        grammar
        for family_id, grammar in lexicon.grammars.items()
        if family_id in named or any(alone <= acts for alone in grammar.alone)
    ]


def matches_of(lexicon: Lexicon, tokens: Sequence[Token], seating: Seating) -> list[Match]:
    """The best readings of a clause; several when they are equally good and differ, none when nothing fits."""
    found: list[Match] = []
    for grammar in candidate_families(lexicon, tokens):
        match = match_family(grammar, tokens, seating)
        if match is not None:
            found.append(match)
    if not found:
        return []
    top = max(match.rank for match in found)
    best: list[Match] = []
    for match in found:
        if match.rank == top and all(not _same(match, other) for other in best):
            best.append(match)
    return best


def _same(one: Match, other: Match) -> bool:
    return one.requests() == other.requests() and bool(one.members)


def match_family(grammar: FamilyGrammar, tokens: Sequence[Token], seating: Seating) -> Match | None:
    """The reading of the whole clause as a wish about this family, or None when a word does not fit."""
    fixed: set[str] = set()
    flexible: list[int] = []
    family = grammar.family
    named = any(token.names() for token in tokens)
    for index, token in enumerate(tokens):
        if token.has("act"):
            if named and (
                _only_before_noun(token, tokens[:index]) or _names_one(token, tokens[index + 1 : index + 2])
            ):
                continue
            if _is_flexible(tokens, index, family):
                flexible.append(index)
            else:
                fixed.add(token.senses["act"])
    if len(flexible) > _MAX_FLEXIBLE:
        return None
    prepositions = {index for index in flexible if _before_a_thing(tokens, index)}
    # "wipers on slow": a choice takes its words as values before it takes them as actions
    smallest_first = family.kind is FamilyKind.CHOICE
    for used in _subsets(flexible, prepositions, smallest_first):
        if not _distinct(tokens, used):
            continue
        if used and not fixed and all(index in prepositions and _hangs(tokens, index) for index in used):
            continue  # "look at it in the mirror"
        acts = frozenset(fixed | {tokens[index].senses["act"] for index in used})
        operation = _operation(grammar, acts)
        if operation is None:
            continue
        match = _with_acts(grammar, tokens, seating, acts, frozenset(used))
        if match is not None:
            return match
    return None


def _is_flexible(tokens: Sequence[Token], index: int, family: Family) -> bool:
    """True when the action word at `index` could be something else here: "on the left", "the back window"."""
    token = tokens[index]
    senses = token.senses
    following = tokens[index + 1 : index + 2]
    if token.text == "on" and (not following or following[0].has("to")):
        return False  # "AC on at 22": a preposition needs something to stand before
    if family.id in senses.get("noun", ()) or family.id in senses.get("value", ()):
        return True
    others = ("function", "filler", "place", "full", "extreme", "level", "fraction", "to", "light", "degree")
    return any(other in senses for other in others)


def _only_before_noun(token: Token, before: Sequence[Token]) -> bool:
    """ "the right mirror" names a place; "the mirror to the right" a direction."""
    return token.has("place") and token.senses["act"] in _SIDEWAYS and not any(t.names() for t in before)


def _names_one(token: Token, following: Sequence[Token]) -> bool:
    """ "the left one" names a place wherever it stands."""
    return (
        token.has("place")
        and token.senses["act"] in _SIDEWAYS
        and bool(following)
        and following[0].text in ("one", "ones")
    )


def _before_a_thing(tokens: Sequence[Token], index: int) -> bool:
    """ "on the left", "in my seat": more likely a preposition than an action."""
    following = tokens[index + 1 : index + 2]
    return (
        tokens[index].has("function")
        and bool(following)
        and following[0].text in ("the", "my", "a", "both", "all")
    )


def _hangs(tokens: Sequence[Token], index: int) -> bool:
    """True for a preposition behind something that is no verb; "child lock on the left" is on."""
    if tokens[index].senses["act"] not in ("in", "out"):
        return False
    return index > 0 and not (tokens[index - 1].has("light") or tokens[index - 1].has("act"))


def _distinct(tokens: Sequence[Token], used: Sequence[int]) -> bool:
    """False when the same action word is used twice: "move the right mirror to the right"."""
    acts = [tokens[index].senses["act"] for index in used]
    return len(set(acts)) == len(acts)


def _subsets(indices: Sequence[int], prepositions: set[int], smallest_first: bool) -> Iterator[tuple[int, ...]]:
    sizes = range(len(indices) + 1)
    for size in sizes if smallest_first else reversed(sizes):
        # of two candidates, the later one is the direction: "move the left mirror to the right"
        candidates = list(reversed(list(combinations(indices, size))))
        yield from sorted(candidates, key=lambda chosen: sum(index in prepositions for index in chosen))


def _operation(grammar: FamilyGrammar, acts: frozenset[str]) -> str | None:
    if not acts:
        return ""
    operation = grammar.operations.get(acts)
    return operation.name if operation else None


def _with_acts(
    grammar: FamilyGrammar, tokens: Sequence[Token], seating: Seating, acts: frozenset[str], used: frozenset[int]
) -> Match | None:
    family = grammar.family
    reading = Reading()
    for index, token in enumerate(tokens):
        if token.has("act") and (index in used or not _is_flexible(tokens, index, family)):
            reading.after_place = False
            continue
        if not take(reading, token, family, tokens[index + 1 : index + 2]):
            return None
    rank = _rank(grammar, reading, acts)
    if rank is None:
        return None
    operation = _operation(grammar, acts) or ""
    if reading.inverse and acts not in grammar.own:  # "silence the audio" mutes it all the same
        operation = {"on": "off", "off": "on"}.get(operation, operation)
    if reading.named_value and operation == "off":
        opposite = family.words.get("inverse", {}).get(reading.amount.value)
        operation, reading.amount.value = "", opposite
    if family.kind is FamilyKind.LOCK and rank == RANK_ALONE:
        reading.every = True  # "lock up", "lock us in"
    where = Where(tuple(dict.fromkeys(reading.places)), reading.plural, reading.every, reading.both, reading.row)
    members = list(reading.members) or members_at(family, where, seating)
    if members is None or any(place not in family.members for place in members):
        return None
    if rank == NOUN_RANKS["generic"] and reading.amount.number is not None and reading.amount.unit != "percent":
        return None  # "the lights at eight" is a time
    if _is_nuisance(tokens, family) and not _quiets(tokens, operation):
        return None
    if rank == NOUN_RANKS["also"] and _beyond_borrowed_noun(family, operation, reading.amount):
        return None
    try:
        wish = wish_for(family, operation, reading.amount)
    except NoSenseError:
        return None
    except ImpossibleValueError as error:
        return Match(family, operation, Wish(Kind.SET), tuple(members), rank, impossible=str(error))
    return Match(family, operation, wish, tuple(members), rank)


def _rank(grammar: FamilyGrammar, reading: Reading, acts: frozenset[str]) -> int | None:
    if reading.thing and reading.half:
        return NOUN_RANKS["halves"]
    if reading.role > 0:
        return reading.role
    level = not acts and reading.amount.extreme and grammar.family.words.get("vertical")
    if reading.thing and (acts in grammar.own or level or reading.amount.value is not None):
        return NOUN_RANKS["thing"]
    if acts and acts in grammar.alone:
        return RANK_ALONE
    if _says_temperature(grammar.family, reading):
        return RANK_VALUE
    if reading.amount.value is not None and grammar.family.words.get("values_name"):
        return RANK_VALUE
    return None


def _is_nuisance(tokens: Sequence[Token], family: Family) -> bool:
    """True when the family is named in annoyance only ("that racket")."""
    uses = [token.senses.get("noun", {}).get(family.id) for token in tokens]
    named = [use for use in uses if use is not None and use.role not in ("context", "half")]
    return bool(named) and all(use.nuisance for use in named)


def _quiets(tokens: Sequence[Token], operation: str) -> bool:
    """True for "stop that noise" and "that noise down to five"; whoever is "making noise" is no device."""
    if any(token.text in _MAKING for token in tokens):
        return False
    less = any(token.has("less") or token.senses.get("act") in ("down", "off") for token in tokens)
    return operation in _QUIETING or (not operation and less)


def _beyond_borrowed_noun(family: Family, operation: str, amount: Amount) -> bool:
    """ "AC at maximum" is not the highest temperature, and "the lights off" not the light switch."""
    if family.kind is FamilyKind.TEMPERATURE:
        return bool(amount.extreme)
    return family.kind is FamilyKind.CHOICE and operation in ("on", "off")


def _says_temperature(family: Family, reading: Reading) -> bool:
    """ "22 degrees", "the passenger to 22": a number like a cabin temperature, with its unit or for somebody."""
    amount = reading.amount
    if family.kind is not FamilyKind.TEMPERATURE or amount.number is None:
        return False
    if amount.unit in _DEGREES:
        return True
    low, high = next(iter(family.members.values())).bounds()
    return amount.unit == "" and bool(reading.places) and low <= amount.number <= high


def parts_of(tokens: Iterable[Token]) -> tuple[list[Token], list[Token], list[Token]]:
    """Nouns, action words with amounts, and places of a clause, for a neighbour that lacks them."""
    nouns: list[Token] = []
    actions: list[Token] = []
    places: list[Token] = []
    amounts = ("number", "unit", "notches", "level_unit", "fraction", "extreme", "degree", "level", "colour")
    for token in tokens:
        if token.has("noun") and not token.has("place"):
            nouns.append(token)
        if any(token.has(sense) for sense in ("act", "to", "by", "more", "less", "full", "value", *amounts)):
            actions.append(token)
        if token.has("place"):
            places.append(token)
    return nouns, actions, places


def asked_value(family: Family, acts: frozenset[str], grammar: FamilyGrammar) -> Value | None:
    """The value a question is about ("is it open?"), from its action words; None when it is about none."""
    operation = _operation(grammar, acts)
    if not operation:
        return None
    try:
        return wish_for(family, operation, Amount()).value
    except (NoSenseError, ImpossibleValueError):
        return None
