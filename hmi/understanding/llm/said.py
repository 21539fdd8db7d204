"""A sentence as the language-model level looks at it: clauses, what they mention, and what holds it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hmi.catalogue.families import FamilyKind
from hmi.understanding.grammar.lexicon import Lexicon, NounUse, Token
from hmi.understanding.grammar.text import PAUSE, words_of
from hmi.understanding.llm.words import find_phrase, without_phrases, word_lists

_CUTS = ("pause", "conj", "except", "correction")
_REASONS = frozenset({"so", "because", "cause", "cos", "cuz"})
_COMMON_ACT = 4
"""An action word that more families than this have for their own does not point at any of them."""
_COMPLAINT_REACH = 4
_BARE = 2
"""A negation with at most so many other words is about all that was said ("open it, no, don't")."""


@dataclass(frozen=True, slots=True)
class Part:
    """A clause of the sentence."""

    tokens: tuple[Token, ...]
    families: frozenset[str]
    """The families that it names."""
    excluded: bool = False
    """It says what is not meant ("except mine", "not the rear ones")."""


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence."""

    text: str
    words: tuple[str, ...]
    parts: tuple[Part, ...]
    held_back: str
    """Why nothing may move for this sentence ("it says what not to do"); empty when it may."""

    @property
    def families(self) -> frozenset[str]:
        """The families that are named somewhere, other than to be left alone."""
        return frozenset().union(*(part.families for part in self.parts if not part.excluded))

    def tokens(self) -> list[Token]:
        """The tokens of all clauses that ask for something."""
        return [token for part in self.parts if not part.excluded for token in part.tokens]

    def parts_of(self, family: str) -> list[Part]:
        """The clauses about `family`: those that name it, and those that name nothing."""
        return [
            part for part in self.parts if not part.excluded and (family in part.families or not part.families)
        ]

    def exceptions(self) -> list[Part]:
        """The clauses that say what is not meant."""
        return [part for part in self.parts if part.excluded]


class Listener:
    """Analyses sentences with the words of a lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        owners: dict[str, set[str]] = {}
        for family, grammar in lexicon.grammars.items():
            for acts in grammar.own:
                for act in acts:
                    owners.setdefault(act, set()).add(family)
        self._telling_acts = {act: ids for act, ids in owners.items() if len(ids) <= _COMMON_ACT}
        self._temperatures = {f.id: f for f in lexicon.families if f.kind is FamilyKind.TEMPERATURE}

    def hear(self, text: str) -> Said:
        """Analyse `text`."""
        words = words_of(text)
        parts: list[Part] = []
        held_back = _another_time(self._lexicon.tokens(words))
        for tokens, excepted in _cut(self._lexicon.tokens(words)):
            negated = _negated(tokens)
            parts.append(Part(tuple(tokens), self._families(tokens), excepted or negated))
            if negated and _about_all(tokens, parts):
                held_back = held_back or "it says what not to do"
        if not any(part.families for part in parts):
            parts = [replace(part, families=self._by_verb(part.tokens)) for part in parts]
        return Said(text, tuple(word for word in words if word != PAUSE), tuple(parts), held_back)

    def _families(self, tokens: Sequence[Token]) -> frozenset[str]:
        found: set[str] = set()
        by_thing: set[str] = set()
        acts = {token.senses["act"] for token in tokens if token.has("act")}
        for token in tokens:
            uses: dict[str, NounUse] = token.senses.get("noun", {})
            found.update(family for family, use in uses.items() if use.role not in ("context", "half", "thing"))
            by_thing.update(family for family, use in uses.items() if use.role == "thing")
            found.update(token.senses.get("asks", ()))
            found.update(token.senses.get("asks_is", ()))
            for family in token.senses.get("value", ()):
                if self._lexicon.families[family].words.get("values_name"):
                    found.add(family)
            if token.senses.get("unit") in ("degrees", "celsius", "fahrenheit"):
                found.update(self._temperatures)
        # "window" alone is the window, not the window lock; "lock the window" may be either
        grammars = self._lexicon.grammars
        found.update(family for family in by_thing if any(own <= acts for own in grammars[family].own))
        return frozenset(found or by_thing or self._without_noun(tokens, acts))

    def _by_verb(self, tokens: Sequence[Token]) -> frozenset[str]:
        """The families that a verb points at ("fold them in"), for a sentence that names none."""
        acts = {token.senses["act"] for token in tokens if token.has("act") and not _may_fill(token)}
        return frozenset(family for act in acts for family in self._telling_acts.get(act, ()))

    def _without_noun(self, tokens: Sequence[Token], acts: set[str]) -> set[str]:
        """What a clause is about without a noun: "louder", or a number like a cabin temperature."""
        found: set[str] = set()
        for family, grammar in self._lexicon.grammars.items():
            if any(alone <= acts for alone in grammar.alone):
                found.add(family)
        numbers = [token.senses["number"] for token in tokens if token.has("number")]
        if not found and numbers and not any(token.has("unit") for token in tokens):
            for temperature in self._temperatures.values():
                low, high = next(iter(temperature.members.values())).bounds()
                if any(low <= number <= high for number in numbers):
                    found.add(temperature.id)
        return found


def _may_fill(token: Token) -> bool:
    """True for a verb's particle that may as well be a preposition ("in June") or a place."""
    return any(token.has(sense) for sense in ("function", "place", "filler", "remark", "light", "to"))


def _cut(tokens: Sequence[Token]) -> list[tuple[list[Token], bool]]:
    """Clauses, and whether they are an exception."""
    clauses: list[tuple[list[Token], bool]] = [([], False)]
    for token in tokens:
        if not any(token.has(cut) for cut in _CUTS) and token.text.split()[0] not in _REASONS:
            clauses[-1][0].append(token)
        elif token.has("except") and not token.has("conj") and token.text != "but":
            clauses.append(([], True))
        else:
            clauses.append(([], False))
    return [clause for clause in clauses if clause[0]]


def _another_time(tokens: Sequence[Token]) -> str:
    words = [word for token in tokens if not token.has("filler") for word in token.text.split()]
    words = without_phrases(words, word_lists()["polite"])
    if find_phrase(words, word_lists()["not_now"]) is not None:
        return "it speaks of another time or a condition"
    if find_phrase(words, word_lists()["tells"]) is not None:
        return "it tells something"
    return ""


def _negated(tokens: Sequence[Token]) -> bool:
    """True for a clause that says what not to do; "I can't see" only complains, and "no more" is "off"."""
    lists = word_lists()
    words = [word for token in tokens if not token.has("act") or token.has("light") for word in token.text.split()]
    for index in range(len(words)):
        if find_phrase(words[index : index + 3], lists["not"]) != 0:
            continue
        if find_phrase(words[index + 1 : index + 1 + _COMPLAINT_REACH], lists["complains"]) is None:
            return True
    return False


def _about_all(tokens: Sequence[Token], parts: Sequence[Part]) -> bool:
    """True for a negation that is about everything said: no device of its own, and little else."""
    if parts[-1].families:
        return all(part.excluded or not part.families for part in parts) and len(parts) == 1
    telling = [token for token in tokens if not token.has("filler")]
    commands = bool(telling) and telling[0].has("negation")
    rest = telling[1:]
    if any(token.has("place") for token in rest):
        return False  # "not the rear ones" is an exception
    return commands and (len(rest) <= _BARE or any(token.has("pronouns") for token in rest))
