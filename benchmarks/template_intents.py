"""Sentence templates for hassil, generated from the same words that the grammar reads.

Comparing parsers must not compare word lists, so nouns, verbs, places, amounts and fillers come from the families'
file and the grammar's language file. Written here is what templates need beyond words: the shapes of sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hassil import Intents

from codriver.yaml_files import load_yaml
from hmi.catalogue.families import Family, FamilyKind
from hmi.catalogue.family_file import Families
from hmi.understanding.grammar.lexicon import LANGUAGE_FILE, NOUN_RANKS, plural_of
from hmi.understanding.grammar.text import PAUSE, words_of

Values = dict[str, Any]
"""What is said → what it means, of one list."""

_DROPPED = frozenset("the a an of for from with that some any be been were".split())
"""Words that every template would have to allow nearly everywhere; they are left out of sentences and lists."""
_PARTICLES = frozenset("on off up down in out back forward forwards away open closed shut".split())
_NOT_SKIPPED = frozenset({"car", "listen", "hold on", "going", "straight", "softly", "gently"})
"""Fillers of the language file that are also parts of commands: skip words would tear those apart."""
_ASKING = (
    *("please", "need", "i need", "we need", "i want", "i would like", "id like", "id love", "would like", "have"),
    *(
        "can i have",
        "can we have",
        "could i have",
        "could we have",
        "lets have",
        "i could do with",
        "could do with",
    ),
)
_GOING = ("go to", "go back to", "go into", "go over to", "skip to", "listen to")
_STARTING = ("use", "using", "start", "starting", "run", "running", "have", "give", "give me", "get", "put", "try")

_TO = "[{to:relation}|on|in|plus] "
_PERCENT = "{n100:number} [{percent:unit}]"
_WIDE = "{fraction} [{full}]|{extreme}|[{degree}] {more}|{degree}|{full}"
_ORIGIN = "[({level:origin}|{level_unit:origin} {n12:origin}|{n12:origin}) to] "
_AMOUNTS = {
    FamilyKind.OPENING: f"{_TO}({_PERCENT}|{_WIDE})",
    FamilyKind.LEVEL: f"{_ORIGIN}{_TO}({_PERCENT}|{{level_unit:unit}} {{n12:number}}|"
    f"{{n12:number}} {{notches:unit}}|{{level}}|{{level}} {{level_unit:word}}|{_WIDE})",
    FamilyKind.TEMPERATURE: f"{_TO}(({{tempc:number}}|{{tempf:number}}) [{{temp_unit:unit}}] [{{temp_unit:unit}}]|"
    "{extreme}|[{degree}] {more}|{degree}|{full})",
    FamilyKind.AXIS: f"{_TO}(({{n250:number}}|{{tenths:number}}) [{{axis_unit:unit}}]|{_WIDE})",
    FamilyKind.COLOUR: "[{to:relation}|in|into] {colour} [{colour_word}]",
    FamilyKind.SWITCH: "{full}",
    FamilyKind.HATCH: "{full}",
    FamilyKind.LOCK: "{full}",
}


def normalised(text: str) -> list[str]:
    """The words of `text` as the grammar gets them, without articles and the like; pauses stay."""
    return [word for word in words_of(text) if word not in _DROPPED]


def said(phrase: object) -> str:
    """A phrase of the data as it stands in a normalised sentence."""
    return " ".join(word for word in normalised(str(phrase)) if word != PAUSE)


def verbs() -> set[str]:
    """Single words that say what to do."""
    acts = load_yaml(LANGUAGE_FILE)["acts"]
    return {text for words in acts.values() for phrase in words if " " not in (text := said(phrase))} - _PARTICLES


def _listed(phrases: Iterable[object], means: Any) -> Values:
    return {text: means for phrase in phrases if (text := said(phrase))}


@dataclass
class _Actions:
    """What a family's action words do: in one piece ("turn on", "lower") and around the device ("tilt … up")."""

    whole: Values = field(default_factory=dict)
    split: dict[str, tuple[Values, Values]] = field(default_factory=dict)

    def add(self, phrase: str, operation: str) -> None:
        self.whole.setdefault(phrase, operation)
        first, _, last = phrase.rpartition(" ")
        if first not in ("", "back") and last in _PARTICLES:
            self.add_split([first], [last], operation)

    def add_split(self, firsts: Iterable[str], lasts: Iterable[str], operation: str) -> None:
        before, after = self.split.setdefault(operation, ({}, {}))
        before.update(dict.fromkeys(firsts, operation))
        after.update(dict.fromkeys(lasts, operation))


class TemplateWriter:
    """Writes the intents of all families: lists, expansion rules and sentences."""

    def __init__(self, families: Families) -> None:
        self._language: Mapping[str, Any] = load_yaml(LANGUAGE_FILE)
        self._acts = {act: list(_listed(words, 0)) for act, words in self._language["acts"].items()}
        self._act_of = {phrase: act for act, phrases in self._acts.items() for phrase in phrases}
        assuring = _listed(self._language["assuring"], True)
        self._light = _listed(self._language["light"], True) | assuring | dict.fromkeys(_GOING, True)
        said_again = {said(word) for word in self._language["again"]}
        kept = {said(word) for word in _NOT_SKIPPED} | set(assuring) | {""}
        fillers = {said(word) for word in self._language["filler"]} | said_again
        self._skipped = sorted(fillers - kept - set(self._act_of))
        self._skipped_words = {word for phrase in self._skipped for word in phrase.split()}
        self._lists: dict[str, Any] = {}
        self._rules: dict[str, str] = {}
        self._intents: dict[str, Any] = {}
        self._write_language()
        for number, family in enumerate(families):
            if family.kind is not FamilyKind.READING:
                self._write_family(f"f{number}", family)

    def document(self) -> dict[str, Any]:
        """All of it, in the form of a hassil YAML file."""
        return {
            "language": "en",
            "intents": self._intents,
            "lists": self._lists,
            "expansion_rules": self._rules,
            "skip_words": self._skipped,
        }

    def intents(self) -> Intents:
        """All of it, compiled."""
        return Intents.from_dict(self.document())

    def _list(self, name: str, values: Values) -> None:
        # hassil lets a value end inside a word ("up" in "upright"), unless the value says that a space follows
        self._lists[name] = {"values": [{"in": f"{text} ", "out": means} for text, means in values.items()]}

    def _range(self, name: str, start: int, stop: int, fractions: str = "") -> None:
        spread: dict[str, Any] = {"from": start, "to": stop, "words": False}
        self._lists[name] = {"range": {**spread, "fractions": fractions} if fractions else spread}

    def _write_language(self) -> None:
        language = self._language
        for name, start, stop in (("n100", 0, 100), ("n12", 0, 12), ("n250", -100, 250), ("tempf", 41, 100)):
            self._range(name, start, stop)
        self._range("tempc", 0, 40, "halves")
        self._range("tenths", 87, 108, "tenths")
        self._list("light", self._light)
        self._list("to", {**_listed(language["to"], "to"), **_listed(language["by"], "by")})
        joining = _listed((*language["to"], *language["function"], "over to"), True)
        self._list("prep", {word: True for word in joining if len(word.split()) < 3})
        self._list("more", {**_listed(language["more"], 1), **_listed(language["less"], -1)})
        self._list("full", _listed(set(language["full"]) - {"right"}, True))
        tables = {"fractions": "fraction", "extremes": "extreme", "levels": "level", "degrees_of": "degree"}
        for table, name in (*tables.items(), ("colours", "colour")):
            self._list(
                name, {k: v for v, phrases in language[table].items() for k in _listed(phrases, v) if k != "way"}
            )
        self._list("place", self._places())
        self._list("quantity", {**_listed(language["all"], "all"), **_listed(language["both"], "both")})
        for name in ("place_noun", "colour_word"):
            self._list(name, _listed(language[f"{name}s"], True))
        for name, word_list in (("level_unit", "level"), ("notches", "notches")):
            self._list(name, _listed(language[word_list], word_list))
        self._write_units("percent", ("percent",))
        self._write_units("temp_unit", ("degrees", "celsius", "fahrenheit"))
        self._write_units("axis_unit", ("percent", "degrees", "megahertz", "millimetres", "centimetres"))
        self._list("asking", _listed((*_ASKING, *_STARTING), True))
        self._list("pointing", _listed("this these those them your me ma our".split(), True))
        self._list("pleasing", _listed(("please", "thanks", "thank you", "now"), True))
        self._list("assuring", _listed(self._language["assuring"], True))
        self._rules["where"] = (
            "[(in|on|at|to|by|into|onto|over)] [{quantity}] {place} [{place}] [{place_noun}] [{place_noun}]"
        )

    def _write_units(self, name: str, units: Iterable[str]) -> None:
        self._list(name, {k: unit for unit in units for k in _listed(self._language[unit], unit)})

    def _places(self) -> Values:
        """Places; of "behind me", the skip words leave "behind"."""
        values: Values = {}
        for place, phrases in self._language["place"].items():
            for phrase in _listed(set(phrases) - {"all"}, place):
                values.setdefault(phrase, place)
                if phrase.endswith(" me") and len(phrase.split()) == 2:
                    values.setdefault(phrase.removesuffix(" me"), place)
        return values

    def _write_family(self, key: str, family: Family) -> None:
        actions, own = self._actions(family)
        self._list(f"{key}act", actions.whole)
        self._list(f"{key}own", own.whole)
        self._list(f"{key}value", _listed_values(family))
        self._list(f"{key}context", _listed(family.words.get("context", ()), True) or {"\u2063": True})
        self._rules[f"{key}amount"] = self._amount(key, family)
        blocks = []
        for role, nouns in self._nouns(family).items():
            if nouns:
                acts, name = (own, "own") if role == "thing" else (actions, "act")
                blocks.append(self._block(key, family, role, nouns, (acts, name)))
        self._intents[key] = {"data": [b for b in (*blocks, *self._special_blocks(key, family)) if b["sentences"]]}

    def _amount(self, key: str, family: Family) -> str:
        values = f"{{{key}value:value}}"
        rule = _AMOUNTS.get(family.kind, "{full}")
        if family.kind is FamilyKind.CHOICE:
            return f"[{{prep}}] [{{{key}value:origin}} to] {values} [mode|setting|speed]"
        return f"({rule}|[{{prep}}] {values})" if family.values else f"({rule})"

    def _nouns(self, family: Family) -> dict[str, Values]:
        words = family.words
        roles: dict[str, Values] = {"noun": {}, "thing": {}, "also": {}, "generic": {}}
        sources = (
            *(("noun", key, extra) for key, extra in _NOUN_KEYS.items()),
            *(("thing", "things", ""), ("thing", "all_nouns", "every")),
            *(("also", "also", ""), ("generic", "generic", "")),
        )
        for role, key, extra in sources:
            for phrase in words.get(key, ()):
                for form in (phrase, plural_of(phrase)):
                    plural = "plural " if form != phrase or plural_of(phrase) == phrase else ""
                    roles[role].setdefault(said(form), f"{plural}{extra}")
        return roles

    def _block(
        self, key: str, family: Family, role: str, nouns: Values, actions: tuple[_Actions, str]
    ) -> dict[str, Any]:
        context = f"[{{{key}context:context}}]"
        self._list(f"{key}{role}", nouns)
        self._rules[f"{key}{role}device"] = (
            f"[on|in|to|at|as] {context} [{{quantity}}] [{{pointing}}] [{{place}}] [{{place}}] [{{place_noun}}] "
            f"{context} {{{key}{role}:noun}} {context} [<where> {context}]"
        )
        device, amount = f"<{key}{role}device>", f"<{key}amount>"
        sentences = self._action_sentences(key, device, amount, actions)
        if role != "thing" or family.values or family.words.get("vertical"):
            sentences.append(f"[<where>] [{{light}}] ({device};{amount} {context}) [<where>]")
            sentences.append(f"{device} {{light}} {amount} [<where>]")
        if role == "noun":
            sentences.append(f"({{asking:wished}} {device} [please]|{device} {{pleasing:wished}})")
        return self._data(family, role, sentences, nouns)

    def _action_sentences(self, key: str, device: str, amount: str, actions: tuple[_Actions, str]) -> list[str]:
        """Sentences with a verb, in one piece or around the device."""
        acts, name = actions
        sentences = []
        if acts.whole:
            act = f"{{{key}{name}:act}}"
            sentences += [
                f"[<where>] [{{light}}] ({act};{device}) [<where>]",
                f"[<where>] [{{light}}] ([to] {act};{device};{amount}) [<where>]",
                f"{act} {{light}} {device} [{amount}]",
                f"{device} [{{light}}] [it|them] [to|on|in|into] [{{full}}] {act} [it|them] [{amount}] [<where>]",
                f"{device} {{light}} {amount} {act}",
                f"[please] {{assuring}} {device} [(is|are)] [{amount}] {act} [{amount}]",
            ]
        for operation, (before, after) in acts.split.items():
            prefix = f"{key}{name}{operation}".lower()
            self._list(f"{prefix}first", before)
            self._list(f"{prefix}last", after)
            first, last = f"{{{prefix}first:act}}", f"{{{prefix}last:act}}"
            sentences += [
                f"{first} {device} {last} [{amount}] [<where>]",
                f"{first} {device} {amount} {last}",
                f"{device} {first} (it|them) {last} [{amount}]",
            ]
        return sentences

    def _special_blocks(self, key: str, family: Family) -> list[dict[str, Any]]:
        """Sentences that are not "verb, device, amount"."""
        amount = f"<{key}amount>"
        blocks = []
        if alone := self._alone(family):
            self._list(f"{key}alone", alone)
            sentences = [
                f"[{{light}}] [it] {{{key}alone:act}} [it] [{{{key}context:context}}] [{amount}] [<where>]",
                f"<where> [{{light}}] [it] {{{key}alone:act}}",
            ]
            blocks.append(self._data(family, "alone", sentences, alone))
        halves, things = family.words.get("halves", ()), family.words.get("things", ())
        if halves and things:
            blocks.append(self._halves_block(key, family, halves, things))
        if named := family.words.get("named_values", {}):
            values = {said(phrase): value for phrase, value in named.items()}
            self._list(f"{key}named", values)
            slot = f"{{{key}named:value}}"
            sentences = [f"[{{light}}] [{{to}}] {slot} [<where>]", f"[{{light}}] ({{{key}act:act}};{slot})"]
            blocks.append(self._data(family, "named", sentences, values))
        if family.words.get("values_name"):
            values = _listed_values(family)
            sentences = [f"[{{light}}] [everything|it] {amount} [please]"]
            if any(self._actions(family)[0].whole.values()):
                sentences.append(f"[{{light}}] ({{{key}act:act}};{amount})")
            blocks.append(self._data(family, "alone", sentences, values))
        if family.kind is FamilyKind.TEMPERATURE:
            blocks.append(self._bare_temperatures(family))
        return blocks

    def _halves_block(
        self, key: str, family: Family, halves: Iterable[str], things: Iterable[str]
    ) -> dict[str, Any]:
        """ "the heating on the passenger's seat": the two halves of a noun, apart."""
        self._list(f"{key}half", _listed(halves, True))
        seats = {k: "plural" if k != said(t) else "" for t in things for k in (said(t), said(plural_of(t)))}
        self._list(f"{key}whole", seats)
        at = "[on|in|at|to|by] [{quantity}] [{place}] [{place}]"
        apart = f"{{{key}half}} {at} {{{key}whole:noun}} [<where>]"
        together = (
            f"[{{quantity}}] [{{place}}] [{{place}}] {{{key}whole:noun}} [on|in|at] [{{place}}] {{{key}half}}"
        )
        self._rules[f"{key}halves"] = f"({apart}|{together} [<where>])"
        device, amount, act = f"<{key}halves>", f"<{key}amount>", f"{{{key}act:act}}"
        sentences = [
            f"[{{light}}] ({act};{device};[{amount}])",
            f"[{{light}}] ({device};{amount})",
            f"[{{light}}] {{{key}half}} {amount} {at} {{{key}whole:noun}} [<where>]",
            f"[{{light}}] {{{key}half}} {act} {at} {{{key}whole:noun}} [<where>]",
        ]
        return self._data(family, "halves", sentences, _listed(halves, True))

    def _bare_temperatures(self, family: Family) -> dict[str, Any]:
        """ "22 degrees for the passenger", "make it 18 in the back"."""
        number = "({tempc:number}|{tempf:number})"
        sentences = [
            f"[<where>] [{{light}}] [it|<where>] {_TO}{number} {{temp_unit:unit}} [{{temp_unit:unit}}] [<where>]",
            f"[{{light}}] [it] {_TO}{number} <where>",
            f"[{{light}}] <where> {_TO}{number}",
        ]
        return self._data(family, "alone", sentences, {})

    def _data(self, family: Family, role: str, sentences: list[str], keys: Values) -> dict[str, Any]:
        """One block of an intent; hassil looks at it only when one of the required words was said."""
        rank = NOUN_RANKS.get(role, 2)
        data: dict[str, Any] = {
            "sentences": sentences,
            "metadata": {"family": family.id, "rank": rank, "named": rank >= NOUN_RANKS["noun"]},
        }
        required = {self._telling(phrase) for phrase in keys}
        if keys and "" not in required:
            data["required_keywords"] = sorted(required)
        return data

    def _telling(self, phrase: str) -> str:
        """A word of `phrase` that stays when skip words are removed; empty when none does."""
        return next((word for word in reversed(phrase.split()) if word not in self._skipped_words), "")

    def _actions(self, family: Family) -> tuple[_Actions, _Actions]:
        """All actions of a family, and those that fit a mere part of the car ("heat the seat")."""
        every, own = _Actions(), _Actions()
        for source, targets in (("ops", (every, own)), ("noun_ops", (every,))):
            for operation, entries in family.words.get(source, {}).items():
                for entry in entries:
                    self._add_entry(str(entry), operation, targets)
        if family.words.get("kind_ops", True):
            for operation, entries in self._language["kinds"][family.kind].items():
                for entry in entries:
                    self._add_entry(str(entry), operation, (every,))
        return every, own

    def _add_entry(self, entry: str, operation: str, targets: Iterable[_Actions]) -> None:
        phrase = said(entry)
        words = phrase.split()
        acts = [self._act_of[word] for word in words if word in self._act_of]
        for actions in targets:
            actions.add(phrase, operation)
            if phrase in self._act_of or phrase in self._acts:
                for other in self._acts[self._act_of.get(phrase, phrase)]:
                    actions.add(other, operation)
            elif len(words) == 2 and len(acts) == 2:
                actions.add_split(self._acts[acts[0]], self._acts[acts[1]], operation)

    def _alone(self, family: Family) -> Values:
        """Actions that need no device."""
        every, _ = self._actions(family)
        chosen: Values = {}
        for entry in family.words.get("alone", ()):
            phrase = said(entry)
            act = self._act_of.get(phrase)
            for form in (phrase, *(self._acts[act] if act else ())):
                if form in every.whole:
                    chosen[form] = every.whole[form]
        return chosen


_NOUN_KEYS = {
    "nouns": "",
    "front_nouns": "front",
    "rear_nouns": "rear",
    "inverse_nouns": "inverse",
    "every_nouns": "every",
}
"""What a noun of each list says besides its family; with "plural" it is the value of the noun's slot."""


def _listed_values(family: Family) -> Values:
    values = {said(phrase): value for phrase, value in family.values.items()}
    return values or {"\u2063": 0}  # hassil wants no empty list; nobody says this character
