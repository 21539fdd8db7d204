"""Every word and phrase the grammar knows, and in which senses; built from data once per catalogue.

The lexicon is a trie over words. A phrase ends in a `Senses`, which maps the name of a sense to its data: the same
word may be an action ("light it up"), a noun ("the light") and a level ("light massage"); which sense counts is
decided per device, when a clause is matched against its family.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from codriver.yaml_files import load_yaml
from hmi.catalogue.families import Family, FamilyKind
from hmi.catalogue.family_file import Families
from hmi.catalogue.signal import Value
from hmi.understanding.grammar.text import PAUSE, words_of

LANGUAGE_FILE = Path(__file__).parent / "data" / "en.yaml"

Senses = dict[str, Any]

NOUN_RANKS = {"named": 7, "halves": 6, "noun": 5, "thing": 4, "also": 3, "generic": 1, "half": 0, "context": 0}
"""How surely a noun of this role names its family; a context noun does not name it at all."""


_PLAIN_SENSES = (
    *("light", "function", "filler", "more", "less", "again", "pronouns", "possessives", "same", "also", "all"),
    *(
        "both",
        "to",
        "by",
        "conj",
        "except",
        "correction",
        "negation",
        "condition",
        "full",
        "remark",
        "assuring",
        "absent",
        "titled",
    ),
)
"""Lists of the language file that are senses by themselves."""

_PRECEDENCE = {**NOUN_RANKS, "half": 0.5}


@dataclass(frozen=True, slots=True)
class NounUse:
    """What a noun says about one family."""

    role: str
    plural: bool = False
    row: int | None = None
    inverse: bool = False
    every: bool = False
    nuisance: bool = False
    """A word of annoyance ("racket"): who says it wants less of it."""
    value: Value | None = None


@dataclass(slots=True)
class Token:
    """A word or phrase of the sentence with its senses; no senses: nobody knows it."""

    text: str
    senses: Senses

    def names(self) -> bool:
        """True when the phrase can name a device, not just stand beside its name."""
        return any(use.role not in ("context", "half") for use in self.senses.get("noun", {}).values())

    def has(self, sense: str) -> bool:
        """True when the phrase can be meant in this sense."""
        return sense in self.senses


@dataclass(slots=True)
class Operation:
    """What a set of action words does to a family."""

    name: str
    needs_noun: bool


@dataclass(slots=True)
class FamilyGrammar:
    """A family as the matcher needs it."""

    family: Family
    operations: dict[frozenset[str], Operation] = field(default_factory=dict)
    own: set[frozenset[str]] = field(default_factory=set)
    alone: set[frozenset[str]] = field(default_factory=set)


class Lexicon:
    """The trie, and the operations of every family."""

    def __init__(self, families: Families, language: Mapping[str, Any] | None = None) -> None:
        self.language: Mapping[str, Any] = load_yaml(LANGUAGE_FILE) if language is None else language
        self.families = families
        self._trie: dict[str, Any] = {}
        self._add_language()
        self.grammars = {family.id: self._grammar(family) for family in families}
        for family in families:
            self._add_family(family)
        self.sentences = {
            name: {" ".join(words_of(phrase)) for phrase in self.language[name]}
            for name in ("yes", "no", "undo", "help", "smalltalk", "all_options")
        }
        self.endings = {
            name: frozenset(" ".join(words_of(phrase)) for phrase in self.language[name])
            for name in ("hesitations", "takes_back", "dangling")
        }
        self.violent = frozenset(str(verb) for verb in self.language["violent"])
        self.ordinals = [{" ".join(words_of(str(p))) for p in group} for group in self.language["ordinals"]]

    def tokens(self, words: list[str]) -> list[Token]:
        """Cut `words` into the longest known phrases, from left to right."""
        found: list[Token] = []
        index = 0
        while index < len(words):
            node, end, senses = self._trie, index, None
            cursor = index
            while cursor < len(words) and words[cursor] in node:
                node = node[words[cursor]]
                cursor += 1
                if "" in node:
                    end, senses = cursor, node[""]
            if senses is None:
                describes = words[index - 1 : index] and words[index - 1] in _DETERMINERS  # "the sliding door"
                inflected = None if describes else self._inflected(words[index])
                found.append(inflected or _bare_token(words[index]))
                index += 1
            else:
                found.append(Token(" ".join(words[index:end]), senses))
                index = end
        return found

    def _inflected(self, word: str) -> Token | None:
        """ "dimming" and "dimmed" of "dim": a form that no file lists of a verb that one does."""
        for ending in ("ing", "ed"):
            if not word.endswith(ending) or len(word) < len(ending) + 3:
                continue
            stem = word.removesuffix(ending)
            doubled = stem[:-1] if stem[-1] == stem[-2] else stem
            for base in dict.fromkeys((stem, stem + "e", doubled)):
                known: Senses = self._trie.get(base, {}).get("", {})
                senses: Senses = {sense: known[sense] for sense in ("act", "light") if sense in known}
                if senses.get("act") == _NOISE or (ending == "ed" and "act" not in senses):
                    continue  # what is beeping is not the horn; "fixed" is no way to put something
                if senses:
                    return Token(word, {**senses, "past": True} if ending == "ed" else senses)
        return None

    def _add(self, phrase: object, sense: str, data: Any = True) -> None:
        words = words_of(str(phrase))
        if not words:
            return
        node = self._trie
        for word in words:
            node = node.setdefault(word, {})
        senses: Senses = node.setdefault("", {})
        if isinstance(data, dict):
            senses.setdefault(sense, {}).update(data)
        elif sense not in senses:
            senses[sense] = data

    def _add_all(self, phrases: Iterable[object], sense: str, data: Any = True) -> None:
        for phrase in phrases:
            self._add(phrase, sense, data)

    def _add_language(self) -> None:
        language = self.language
        for act, phrases in language["acts"].items():
            self._add_all(phrases, "act", act)
        for sense in _PLAIN_SENSES:
            self._add_all(language[sense], sense)
        for name in ("epithets", "vocatives", "interjections"):
            self._add_all(language[name], "filler")
        for unit in ("percent", "degrees", "celsius", "fahrenheit", "megahertz", "millimetres", "centimetres"):
            self._add_all(language[unit], "unit", unit)
        self._add_all(language["level"], "level_unit")
        self._add_all(language["notches"], "notches")
        tables = {"extremes": "extreme", "levels": "level", "degrees_of": "degree", "question": "question"}
        for table, sense in (*tables.items(), ("place", "place"), ("fractions", "fraction")):
            for data, phrases in language[table].items():
                self._add_all(phrases, sense, data)
        for colour, phrases in language["colours"].items():
            self._add_all(phrases, "colour", colour)
        self._add_all(language["colour_words"], "colour_word")
        self._add_all(language["predicate_fill"], "fill")
        self._add_all(language["place_nouns"], "place_noun")

    def _add_family(self, family: Family) -> None:
        words = family.words
        uses = {
            "nouns": NounUse("noun"),
            "front_nouns": NounUse("noun", row=1),
            "rear_nouns": NounUse("noun", row=2),
            "inverse_nouns": NounUse("noun", inverse=True),
            "every_nouns": NounUse("noun", every=True),
            "all_nouns": NounUse("thing", every=True),
            "also": NounUse("also"),
            "nuisances": NounUse("also", nuisance=True),
            "generic": NounUse("generic"),
            "things": NounUse("thing"),
            "halves": NounUse("half"),
            "context": NounUse("context"),
        }
        for key, use in uses.items():
            for phrase in words.get(key, ()):
                self._add_noun(phrase, family, use)
        for phrase, value in words.get("named_values", {}).items():
            self._add(phrase, "noun", {family.id: NounUse("named", value=value)})
        for phrase, value in family.values.items():
            for ending in ("", " mode", " setting", " speed"):
                self._add(f"{phrase}{ending}", "value", {family.id: value})
        for key in ("asks", "asks_is"):
            for phrase in words.get(key, ()):
                self._add(phrase, key, {family.id: True})

    def _add_noun(self, phrase: str, family: Family, use: NounUse) -> None:
        for form, plural in ((phrase, _looks_plural(phrase)), (plural_of(phrase), True)):
            chosen = replace(use, plural=plural)
            known = self._noun_uses(form).get(family.id)
            if known is None or _PRECEDENCE[chosen.role] > _PRECEDENCE[known.role]:
                self._add(form, "noun", {family.id: chosen})

    def _noun_uses(self, phrase: str) -> Mapping[str, NounUse]:
        node: Any = self._trie
        for word in words_of(phrase):
            node = node.get(word)
            if node is None:
                return {}
        uses: Mapping[str, NounUse] = node.get("", {}).get("noun", {})
        return uses

    def _grammar(self, family: Family) -> FamilyGrammar:
        grammar = FamilyGrammar(family)
        if family.words.get("kind_ops", True):
            for name, entries in self.language["kinds"][family.kind].items():
                for entry in entries:
                    for acts in self._spellings(entry):
                        grammar.operations[acts] = Operation(name, needs_noun=True)
        for key, needs_noun in (("noun_ops", True), ("ops", False)):
            for name, entries in family.words.get(key, {}).items():
                for entry in entries:
                    for acts in self._spellings(entry):
                        grammar.operations[acts] = Operation(name, needs_noun)
                        if not needs_noun:
                            grammar.own.add(acts)
        grammar.operations.pop(frozenset(), None)
        grammar.own.discard(frozenset())
        grammar.alone = {self.acts(entry) for entry in family.words.get("alone", ())} - {frozenset()}
        return grammar

    def _spellings(self, phrase: str) -> set[frozenset[str]]:
        """The action words of a phrase, spoken in one piece ("slow down") and apart ("slow the wipers down")."""
        apart = frozenset(act for word in words_of(str(phrase)) for act in self.acts(word))
        return {self.acts(phrase), apart}

    def acts(self, phrase: str) -> frozenset[str]:
        """The action words of a phrase of the data, "roll down" → {down}."""
        return frozenset(token.senses["act"] for token in self.tokens(words_of(str(phrase))) if token.has("act"))


_NOISE = "honk"
_DETERMINERS = frozenset("the a an my your his her our their this that these those".split())


def _bare_token(word: str) -> Token:
    if word == PAUSE:
        return Token(word, {"pause": True})
    if word.removeprefix("-").replace(".", "", 1).isdecimal():
        return Token(word, {"number": float(word)})
    if word.startswith("#") and len(word) == 7:
        return Token(word, {"colour": word.upper()})
    return Token(word, {})


_ALWAYS_SINGULAR = frozenset({"glass", "bus", "dips", "gas", "lens", "process", "across", "loudness"})


def _looks_plural(phrase: str) -> bool:
    last = phrase.split()[-1]
    return (last.endswith("s") and last not in _ALWAYS_SINGULAR) or last in ("lighting", "illumination")


def plural_of(phrase: str) -> str:
    """The English plural of a noun phrase; unchanged when it is one already."""
    if _looks_plural(phrase):
        return phrase
    if phrase.endswith(("s", "x", "ch", "sh")):
        return phrase + "es"
    if phrase.endswith("y") and phrase[-2:-1] not in "aeiou":
        return phrase[:-1] + "ies"
    return phrase + "s"


ADJUSTABLE = frozenset({FamilyKind.OPENING, FamilyKind.LEVEL, FamilyKind.TEMPERATURE, FamilyKind.AXIS})
