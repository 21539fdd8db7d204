"""From implicit needs to requests: which of the listed changes fit this car, its state and where people sit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hmi.catalogue.families import Family, Place
from hmi.catalogue.family_file import Families
from hmi.catalogue.signal import Value
from hmi.requests import Kind, Request
from hmi.understanding.grammar.lexicon import Lexicon, Token
from hmi.understanding.grammar.places import Seating, Where, members_at
from hmi.understanding.grammar.text import PAUSE
from hmi.understanding.llm.frames import about_another_thing, asks_for_an_errand, elsewhere, placed_elsewhere, told
from hmi.understanding.llm.needs import InState, Need, NeedFound, Needs, Proposal, spoken_value
from hmi.understanding.llm.phrases import MILD, contracted
from hmi.understanding.llm.words import find_phrase, people, without_phrases, word_lists

_QUIET = (
    "filler",
    "function",
    "conj",
    "also",
    "remark",
    "light",
    "degree",
    "more",
    "pronouns",
    "possessives",
    "place",
    "place_noun",
    "to",
    "same",
    "all",
)
_IS = frozenset(
    {"is", "are", "feels", "feel", "looks", "look", "seems", "gets", "get", "getting", "isnt", "arent"}
)
_ANY = frozenset({"a", "an", "every", "any", "no"})
"""Before the one who is cold, these make it nobody in this car ("a dog was locked in a hot car")."""
_THIRD = frozenset({"shes", "hes", "theyre", "everyone", "everybody", "everyones", "everybodys"})
_THEIRS = frozenset({"his", "her", "their", "someones", "somebodys", "everyones"})
_BACK = frozenset({"back", "in back"})
_MAX_TAIL = 6


@dataclass(frozen=True, slots=True)
class Met:
    """A need with the requests that would meet it."""

    need: Need
    clear: bool
    """True when every word of the sentence is accounted for, so that nothing else can be meant."""
    act: tuple[Request, ...]
    """What is done when it is clear; empty when the driver is to choose."""
    options: tuple[tuple[Request, ...], ...]
    """All that would help, the most natural first."""
    clause: str
    """The words of the sentence up to the pauses around the need."""


class NeedReader:
    """Reads implicit needs for one car."""

    def __init__(self, needs: Needs, lexicon: Lexicon, families: Families) -> None:
        self._needs = needs
        self._lexicon = lexicon
        self._families = families

    def read(self, words: Sequence[str], state: Mapping[str, Value], seating: Seating) -> list[Met]:
        """The needs that `words` speak of and this car can meet, at most one for each part of the sentence."""
        words = contracted(words)
        found: list[Met] = []
        taken: list[NeedFound] = []
        for item in self._needs.find(words):
            if any(item.start < other.end and other.start < item.end for other in taken):
                continue
            if self._held_back(words, item):
                continue
            options, act = self._options(item.need, words, state, seating)
            if options:
                taken.append(item)
                start, end = _around(words, item)
                clear = self._accounted(words, item)
                found.append(Met(item.need, clear, act, options, " ".join(words[start:end])))
        return found

    def _options(
        self, need: Need, words: Sequence[str], state: Mapping[str, Value], seating: Seating
    ) -> tuple[tuple[tuple[Request, ...], ...], tuple[Request, ...]]:
        options: list[tuple[Request, ...]] = []
        act: tuple[Request, ...] = ()
        for proposal in need.proposals:
            family = self._families.by_id.get(proposal.device)
            if family is None:
                continue
            members = self._members(family, proposal.where or "", need.where, words, seating)
            members = [place for place in members if self._holds(proposal.when, place, state)]
            wishes = tuple(_request(proposal, family, place) for place in members)
            if wishes and proposal.also and options:
                act = act + wishes if act == options[-1] else act
                options[-1] += wishes
            elif wishes:
                options.append(wishes)
                if proposal.act and not act:
                    act = wishes
        return tuple(options), act

    def _holds(self, when: InState | None, place: Place, state: Mapping[str, Value]) -> bool:
        if when is None:
            return True
        family = self._families.by_id.get(when.device)
        if family is None:
            return False
        signal = family.members.get(place) or next(iter(family.members.values()))
        value = state.get(signal.path)
        if when.wanted == "positive":
            equal = isinstance(value, int | float) and value > 0
        else:
            wanted = 0 if when.wanted == "closed" else when.wanted
            equal = value == wanted
        return equal is when.holds_when_equal

    def _members(
        self, family: Family, own_where: str, need_where: str, words: Sequence[str], seating: Seating
    ) -> Sequence[Place]:
        tries: list[Where] = [_where(own_where)] if own_where else []
        if not own_where:
            said = self._said_places(words)
            tries += [Where(said)] if said else []
            tries += [Where(("everywhere",))] if not said and _for_all(words) else []
            tries += [_where(need_where), Where()]
        for where in tries:
            members = members_at(family, where, seating)
            if members:
                return members
        return list(family.members)

    def _said_places(self, words: Sequence[str]) -> tuple[str, ...]:
        kept = without_phrases(words, word_lists()["idioms"])
        tokens = self._lexicon.tokens([word for word in kept if word != PAUSE])
        places = [token.senses["place"] for token in tokens if _is_place(token)]
        for place, names in people().items():
            if find_phrase(kept, names) is not None:
                places.append(place)
        if len(places) > 1:
            places = [place for place in places if place != "mine"]
        if "passengers" in kept and "rear" in places:  # those in the back, not the one in front
            places = [place for place in places if place != "passenger"]
        return tuple(dict.fromkeys(places))

    def _held_back(self, words: Sequence[str], item: NeedFound) -> bool:
        """True when the words around the need put it off, turn it round, or say it of something else."""
        inside = [index for index in range(item.start, item.end) if index not in item.gaps]
        rest = [word for index, word in enumerate(words) if index not in inside]
        start, end = _around(words, item)
        lead, tail = words[start : item.start], words[item.end : end]
        between = [words[index] for index in sorted(item.gaps)]
        if told(rest) or asks_for_an_errand(rest) or elsewhere([*lead, PAUSE, *between, PAUSE, *tail]):
            return True
        if placed_elsewhere(tail, self._lexicon) or placed_elsewhere(between, self._lexicon):
            return True
        if words[item.start] in _THIRD and (words[item.start + 1],) in word_lists()["habitual"]:
            return True
        if lead and lead[-1] in _ANY and _is_person(words[item.start]):
            return True
        if lead and lead[-1] in _THEIRS and self._placeless(item.need):
            return True
        if words[item.start] in _IS and about_another_thing(lead, self._lexicon):
            return True
        return _negated(rest)

    def _placeless(self, need: Need) -> bool:
        """True when every device that would meet `need` is there once, so that it cannot be one person's own."""
        devices = (self._families.by_id.get(proposal.device) for proposal in need.proposals)
        return all(family is None or len(family.members) == 1 for family in devices)

    def _accounted(self, words: Sequence[str], item: NeedFound) -> bool:
        """True when the words around the need, in its own clause, say nothing else."""
        start, end = _around(words, item)
        others = _clauses([*words[:start], PAUSE, *words[end:]])
        if any(self._asks(clause) for clause in others if not self._needs.speaks_of(item.need, clause)):
            return False
        placed = bool(self._said_places(words))
        return self._quiet(words[start : item.start], placed) and self._harmless_tail(
            words[item.end : end], placed
        )

    def _quiet(self, rest: Sequence[str], placed: bool) -> bool:
        """True when `rest` says nothing but where, how much and to whom."""
        index = 0
        while index < len(rest):
            mild = self._needs.sets[MILD].ends(rest, index)
            if mild:
                index = mild[0]
                continue
            token = self._lexicon.tokens(list(rest[index:]))[0]
            names = [*people().values(), *([word_lists()["persons"]] if placed else [])]
            person = any(find_phrase(rest[index : index + 2], phrases) == 0 for phrases in names)
            if not person and not any(token.has(sense) for sense in _QUIET):
                return False
            index += len(token.text.split())
        return True

    def _harmless_tail(self, rest: Sequence[str], placed: bool) -> bool:
        """True when what follows the need only says more about it ("… on this wheel", "… I could fall asleep")."""
        if self._quiet(rest, placed):
            return True
        begins = find_phrase(rest[:1], word_lists()["tails"]) == 0
        tokens = self._lexicon.tokens(list(rest))
        asks = any(token.has("number") or token.has("light") or _acts(token) for token in tokens)
        return begins and len(rest) <= _MAX_TAIL and not asks

    def _asks(self, clause: Sequence[str]) -> bool:
        """True when a clause names a device, an amount or something to do: then more is meant than the need."""
        tokens = self._lexicon.tokens(list(clause))
        if any(token.has("number") for token in tokens):
            return True
        first = next((token for token in tokens if not token.has("filler") and not token.has("conj")), None)
        if first is not None and first.has("light") and not first.has("filler") and len(clause) > 1:
            return True  # "bring the kids in, it's getting dark"
        tells = find_phrase(clause[:2], word_lists()["reason"]) == 0
        acts = any(_acts(token) or token.has("degree") for token in tokens)
        named = any(token.names() for token in tokens)
        return (acts or named) and not (tells and find_phrase(clause, word_lists()["says_that"]) is not None)


def _around(words: Sequence[str], item: NeedFound) -> tuple[int, int]:
    """Start and end of the clause that speaks of the need."""
    start, end = item.start, item.end
    while start > 0 and words[start - 1] != PAUSE:
        start -= 1
    while end < len(words) and words[end] != PAUSE:
        end += 1
    return start, end


def _clauses(words: Sequence[str]) -> list[list[str]]:
    """`words` cut at pauses."""
    clauses: list[list[str]] = [[]]
    for word in words:
        if word == PAUSE:
            clauses.append([])
        else:
            clauses[-1].append(word)
    return [clause for clause in clauses if clause]


def _negated(words: Sequence[str]) -> bool:
    """True for a negation that is no mere complaint ("I can't see a thing")."""
    lists = word_lists()
    for index in range(len(words)):
        if find_phrase(words[index : index + 3], lists["not"]) == 0:
            after = words[index + 1 : index + 5]
            if find_phrase(after, lists["complains"]) is None:
                return True
    return False


def _acts(token: Token) -> bool:
    return token.has("act") and not (token.has("function") or token.has("place") or token.has("filler"))


def _is_place(token: Token) -> bool:
    return token.has("place") and (not token.has("act") or token.text in _BACK)


def _for_all(words: Sequence[str]) -> bool:
    return any(
        word in ("we", "us", "were", "weve", "everyone", "everybody", "everyones", "everybodys") for word in words
    )


def _is_person(word: str) -> bool:
    return any((word,) in names for names in (*people().values(), word_lists()["persons"]))


def _where(name: str) -> Where:
    if name == "all":
        return Where(every=True)
    return Where(("mine",)) if name == "own" else Where((name,))


def _request(proposal: Proposal, family: Family, place: Place) -> Request:
    signal = family.members[place]
    if proposal.change:
        direction = -proposal.change if family.negative else proposal.change
        return Request(Kind.ADJUST, signal, None, direction, None, proposal.degree)
    return Request(Kind.SET, signal, spoken_value(family, proposal.value))
