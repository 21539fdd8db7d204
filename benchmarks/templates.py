"""The grammar beside sentence templates (hassil) on the same words: exact, wrong, time and load time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hassil import Intents, RecognizeResult, recognize_all, recognize_best

from benchmarks.measure import Measurement, milliseconds, percentile
from benchmarks.template_intents import TemplateWriter, normalised, verbs
from codriver.settings import load_settings
from hmi.cases.case import Case, CaseKind
from hmi.cases.judge import Verdict
from hmi.cases.library import DEVELOP, HELD_OUT, load_suites
from hmi.cases.run import CaseRunner
from hmi.catalogue.catalogue import default_catalogue
from hmi.catalogue.families import Degree
from hmi.catalogue.family_file import Families, load_families
from hmi.requests import Act, Context, Interpretation, Recogniser, Request
from hmi.session import SPEAKERS, open_session
from hmi.settings import VEHICLE
from hmi.understanding.grammar.amounts import Amount, ImpossibleValueError, NoSenseError, wish_for
from hmi.understanding.grammar.places import FRONT, REAR, Seating, Where, members_at
from hmi.understanding.grammar.recogniser import GrammarRecogniser
from hmi.understanding.grammar.text import PAUSE, words_of

NAME = "templates"
_CONJUNCTIONS = "and then|and also|and|then|plus(?! \\d)|but|because|cause|since|so|while|till|before|its"
_JOINTS = re.compile(rf"\s*(?:,|\b(?:{_CONJUNCTIONS})\b)[\s,]*")
_MOST_BORROWED = 4
"""Words of the part before that a later one may take over: "turn on the" in "turn on the radio and the fan"."""


Reader = Callable[[str], list[Request]]


class Choice(StrEnum):
    """Which of the templates that fit counts."""

    FIRST = "first match"
    BEST = "recognize_best"
    AGREED = "all matches agree"
    """Of those that make sense, the ones with the surest noun, if they ask for the same."""


class Strictness(StrEnum):
    """What becomes of parts of a sentence, at commas and "and", that no template fits."""

    STRICT = "whole sentence"
    CAREFUL = "drops remarks"
    """They are left out unless they name both a device and something to do."""
    LENIENT = "drops anything"


@dataclass(frozen=True, slots=True)
class Setting:
    choice: Choice
    strictness: Strictness

    def __str__(self) -> str:
        return f"{self.choice}, {self.strictness}"


class Parts:
    """Reads a sentence part by part, for a parser that cannot read it as a whole."""

    def __init__(self, intents: Intents, strictness: Strictness) -> None:
        blocks = [data for intent in intents.intents.values() for data in intent.data]
        self._devices = {word for data in blocks for word in data.required_keywords or ()}
        self._verbs = verbs()
        self._strictness = strictness

    def read(self, sentence: str, read: Reader) -> list[Request]:
        """What all parts ask for together; nothing when one is neither understood nor a remark."""
        parts = [part for part in _JOINTS.split(sentence) if part]
        found: list[Request] = []
        before: list[str] = []
        for index, part in enumerate(parts if len(parts) > 1 else ()):
            requests = read(part) or _with_next(part, parts[index + 1 :], read)
            if not requests and found and not self._devices.isdisjoint(part.split()):
                requests = _with_last(part, before, read)
            if requests:
                found.extend(requests)
                before = part.split()
            elif not self._may_drop(part):
                return []
        return found

    def _may_drop(self, part: str) -> bool:
        if self._strictness is Strictness.CAREFUL:
            words = set(part.split())
            return not any(words & self._verbs - {device} for device in words & self._devices)
        return self._strictness is Strictness.LENIENT


def _with_next(part: str, following: Sequence[str], read: Reader) -> list[Request]:
    """ "lock the driver's and the passenger's door": the device stands in the next part."""
    words = following[0].split() if following else []
    tails = (" ".join([part, *words[-count:]]) for count in range(1, min(3, len(words)) + 1))
    return next(filter(None, map(read, tails)), [])


def _with_last(part: str, before: Sequence[str], read: Reader) -> list[Request]:
    """ "turn on the radio and the fan": the verb stands in the part before."""
    heads = (" ".join([*before[:count], part]) for count in range(1, min(_MOST_BORROWED, len(before)) + 1))
    return next(filter(None, map(read, heads)), [])


class GrammarInParts:
    """The grammar with the same help that the templates get: what it does not understand is read part by part."""

    name = "grammar in parts"

    def __init__(self, families: Families, parts: Parts) -> None:
        self._grammar = GrammarRecogniser(families)
        self._parts = parts

    def interpret(self, text: str, context: Context) -> Interpretation:
        """Interpret `text` as the grammar does, then in parts."""
        whole = self._grammar.interpret(text, context)
        if whole.act is not Act.UNKNOWN:
            return whole
        requests = self._parts.read(" ".join(words_of(text)), lambda part: self._read(part, context))
        if not requests:
            return whole
        return Interpretation(Act.REQUEST, tuple(dict.fromkeys(requests)), understood_by=self.name)

    def _read(self, part: str, context: Context) -> list[Request]:
        found = self._grammar.interpret(part, context)
        return list(found.requests) if found.act is Act.REQUEST else []


class TemplateRecogniser:
    """hassil in the grammar's place."""

    name = NAME

    def __init__(self, families: Families, setting: Setting, intents: Intents | None = None) -> None:
        self._families = families
        self._setting = setting
        self.intents = intents or TemplateWriter(families).intents()
        self._parts = Parts(self.intents, setting.strictness)

    def interpret(self, text: str, context: Context) -> Interpretation:
        """Interpret `text`; `Act.UNKNOWN` when no template fits."""
        seating = Seating(context.speaker)
        sentence = " ".join(normalised(text))
        requests = self._read(sentence.replace(PAUSE, " "), seating)
        requests = requests or self._parts.read(sentence, lambda part: self._read(part, seating))
        if not requests:
            return Interpretation(Act.UNKNOWN, understood_by=NAME)
        return Interpretation(Act.REQUEST, tuple(dict.fromkeys(requests)), understood_by=NAME)

    def _read(self, text: str, seating: Seating) -> list[Request]:
        """What `text` as a whole asks for; nothing when no template fits or it is not clear which."""
        if self._setting.choice is Choice.AGREED:
            return self._agreed(text, seating)
        if self._setting.choice is Choice.BEST:
            result = recognize_best(text, self.intents, best_metadata_key="named", best_slot_name="noun")
        else:
            result = next(iter(recognize_all(text, self.intents)), None)
        return list(self._requests(result, seating) or ()) if result else []

    def _agreed(self, text: str, seating: Seating) -> list[Request]:
        top, meant = (-1, 0, 0), set[tuple[Request, ...]]()
        for result in recognize_all(text, self.intents):
            rank = _rank(result)
            requests = self._requests(result, seating) if rank >= top else None
            if requests:
                meant = meant | {requests} if rank == top else {requests}
                top = rank
        return list(meant.pop()) if len(meant) == 1 else []

    def _requests(self, result: RecognizeResult, seating: Seating) -> tuple[Request, ...] | None:
        family = self._families[(result.intent_metadata or {})["family"]]
        heard = _Heard(result)
        members = members_at(family, heard.where(), seating)
        amount, operation = heard.amount(), heard.operation()
        if amount.value is not None and operation == "off":
            operation, amount.value = "", family.words.get("inverse", {}).get(amount.value)
        try:
            wish = wish_for(family, operation, amount)
        except (NoSenseError, ImpossibleValueError):
            return None
        if any(place not in family.members for place in members or ()):
            return None
        return tuple(wish.on(family.members[place]) for place in members or ()) or None


_TELLING = ("noun", "context", "place")
_WEIGHTS = {"light": 0, "context": 0, "place_noun": 0, "pointing": 0, "prep": 0, "origin": 0, "act": 2}


def _rank(result: RecognizeResult) -> tuple[int, int, int]:
    """How surely a match is meant: by the kind of noun, the longest noun and place, the fewest slots."""
    telling = sum(len(item.text.strip()) for item in result.entities_list if item.name in _TELLING)
    slots = sum(_WEIGHTS.get(item.name, 1) for item in result.entities_list)
    return (result.intent_metadata or {})["rank"], telling, -slots


class _Heard:
    """The slots of one match."""

    def __init__(self, result: RecognizeResult) -> None:
        self._slots = [(entity.name, entity.value) for entity in result.entities_list]
        self._noun = set((self._last("noun") or "").split())

    def _all(self, name: str) -> Iterator[Any]:
        return (value for key, value in self._slots if key == name)

    def _last(self, name: str) -> Any:
        return next(reversed(list(self._all(name))), None)

    def operation(self) -> str:
        """What to do; a mere wish for a device means on."""
        operation = self._last("act") or ("on" if self._last("wished") else "")
        return {"on": "off", "off": "on"}.get(operation, operation) if "inverse" in self._noun else operation

    def where(self) -> Where:
        """Where the device is."""
        quantities = set(self._all("quantity"))
        every = "all" in quantities or "every" in self._noun
        places = tuple(dict.fromkeys(self._all("place")))
        row = next((row for name, row in (("front", FRONT), ("rear", REAR)) if name in self._noun), None)
        return Where(places, "plural" in self._noun, every, "both" in quantities, row)

    def amount(self) -> Amount:
        """How far; the last unit is the telling one ("20 degrees Fahrenheit")."""
        degree = self._last("degree")
        return Amount(
            number=self._last("number"),
            unit=self._last("unit") or "",
            relation=self._last("relation") or "",
            fraction=self._last("fraction"),
            extreme=self._last("extreme") or "",
            level=self._last("level") or "",
            value=self._last("value"),
            colour=self._last("colour") or "",
            degree=Degree(degree) if degree else None,
            more=self._last("more") or 0,
            full=bool(self._last("full")),
        )


@dataclass(frozen=True, slots=True)
class Score:
    """How many of the cases were exactly right, and in how many something moved that was not asked for."""

    cases: int
    exact: float
    wrong: float


def cases_of(split: str, kinds: Sequence[CaseKind]) -> list[Case]:
    """The single-turn cases of these kinds."""
    (suite,) = load_suites([], split)
    return [case for case in suite.cases if case.kind in kinds and len(case.turns) == 1]


def score(runner: CaseRunner, recogniser: Recogniser, cases: Sequence[Case]) -> Score:
    """Run `cases` on the simulated vehicle with this recogniser; both shares in percent."""
    runner.session.assistant.recogniser = recogniser
    verdicts = [result.verdict for result in runner.run_all(cases)]
    wrong = sum(verdict in (Verdict.WRONG, Verdict.MOVED) for verdict in verdicts)
    return Score(len(cases), 100 * verdicts.count(Verdict.RIGHT) / len(cases), 100 * wrong / len(cases))


def times(recogniser: Recogniser, cases: Sequence[Case]) -> list[float]:
    """Milliseconds for each sentence: the fastest of three, the rest is the machine's noise."""
    return [
        min(
            milliseconds(
                lambda case=case: recogniser.interpret(  # type: ignore[misc]
                    case.turns[0].say, Context(SPEAKERS[case.speaker])
                )
            )
            for _ in range(3)
        )
        for case in cases
    ]


def load_time(make: Any) -> float:
    """Milliseconds until the first sentence is understood, words read and compiled."""
    start = time.perf_counter()
    make().interpret("open the window", Context())
    return (time.perf_counter() - start) * 1000


def _best_setting(
    runner: CaseRunner, families: Families, cases: Sequence[Case]
) -> tuple[Setting, list[Measurement]]:
    """The setting with the most exact cases; among equals, the one with fewer wrong ones."""
    intents = TemplateWriter(families).intents()
    rows, best = [], (-1.0, 0.0, Setting(Choice.FIRST, Strictness.STRICT))
    for setting in (Setting(choice, strictness) for choice in Choice for strictness in Strictness):
        got = score(runner, TemplateRecogniser(families, setting, intents), cases)
        rows.append(Measurement(f"hassil ({setting}), {len(cases)}: exact", got.exact, "%"))
        rows.append(Measurement(f"hassil ({setting}), {len(cases)}: wrong", got.wrong, "%"))
        if (got.exact, -got.wrong) > best[:2]:
            best = (got.exact, -got.wrong, setting)
    return best[2], rows


def _compare(runner: CaseRunner, name: str, recogniser: Recogniser, split: str) -> list[Measurement]:
    """One parser on one split; totals only."""
    direct, more, alien = (score(runner, recogniser, cases_of(split, kinds)) for kinds in _KINDS)
    return [
        Measurement(f"{name}, {split}, {direct.cases} direct: exact", direct.exact, "%"),
        Measurement(f"{name}, {split}, {direct.cases} direct: wrong", direct.wrong, "%"),
        Measurement(f"{name}, {split}, {more.cases} relative, multi, except: exact", more.exact, "%"),
        Measurement(f"{name}, {split}, {more.cases} relative, multi, except: wrong", more.wrong, "%"),
        Measurement(f"{name}, {split}, {alien.cases} not for this car: moved", alien.wrong, "%"),
    ]


_SAMPLE = 3
"""The nine settings of hassil are tried on every third case, to be done in minutes."""
_KINDS = (
    (CaseKind.DIRECT,),
    (CaseKind.RELATIVE, CaseKind.MULTI, CaseKind.EXCEPTION),
    (CaseKind.IMPOSSIBLE, CaseKind.UNRELATED),
)


def measure() -> list[Measurement]:
    """Both parsers on single-turn cases. The setting is chosen on the develop split; held-out cases only count."""
    families = load_families(default_catalogue())
    usual = Setting(Choice.AGREED, Strictness.CAREFUL)
    rows = [
        Measurement("grammar, load and first sentence", load_time(lambda: GrammarRecogniser(families)), "ms"),
        Measurement(
            "hassil, load and first sentence", load_time(lambda: TemplateRecogniser(families, usual)), "ms"
        ),
    ]
    with open_session(load_settings({VEHICLE.key: "simulated"}), virtual_time=True) as session:
        runner = CaseRunner(session)
        direct = cases_of(DEVELOP, [CaseKind.DIRECT])
        setting, tried = _best_setting(runner, families, direct[::_SAMPLE])
        rows += tried
        templates = TemplateRecogniser(families, setting)
        parsers: dict[str, Recogniser] = {
            "grammar": GrammarRecogniser(families),
            "grammar in parts": GrammarInParts(families, Parts(templates.intents, setting.strictness)),
            f"hassil ({setting})": templates,
        }
        for name, recogniser in parsers.items():
            for split in (DEVELOP, HELD_OUT):
                rows += _compare(runner, name.partition(" (")[0], recogniser, split)
            samples = times(recogniser, direct)
            rows.append(Measurement(f"{name}: median", percentile(samples, 0.5), "ms"))
            rows.append(Measurement(f"{name}: 99th percentile", percentile(samples, 0.99), "ms"))
    return rows
