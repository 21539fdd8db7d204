"""What the model is asked to write: about which signals, who speaks, and how clean the recording is."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hmi.cases.case import CaseKind
from hmi.catalogue.family_file import Families
from hmi.catalogue.signal import Signal
from hmi.planning.policy import Policy
from hmi.planning.rule import Rule

PERSONAS: tuple[str, ...] = (
    "a commuter in a hurry who clips every sentence",
    "an elderly gentleman who is polite and takes his time",
    "a teenager who uses slang",
    "a parent with two children on the back seats",
    "a tourist for whom English is a foreign language",
    "a taxi driver who talks to the car like to a colleague",
    "a Scottish farmer",
    "an engineer who names numbers and units",
    "a new owner who does not know what things are called",
    "a passenger in a good mood",
)
NOISES: Mapping[str, str] = {
    "clean": "The sentences are written as they were meant.",
    "hesitation": "The speaker hesitates: fillers, repeated words, a false start that is mended.",
    "misheard": "Speech recognition misheard one word that the meaning does not hang on.",
    "fragment": "The sentences are fragments without verb or politeness, as shouted over noise.",
}
CLEAN = "clean"
KINDS: Mapping[CaseKind, str] = {
    CaseKind.DIRECT: "a plain command that names the device and what it should do",
    CaseKind.RELATIVE: "a command that counts from the present state (more, less, warmer, down a bit)",
    CaseKind.MULTI: "one sentence with two or three wishes",
    CaseKind.EXCEPTION: "a command for several things with one of them left out",
    CaseKind.QUESTION: "a question about the state; nothing changes",
    CaseKind.FOLLOW_UP: "a dialogue of two to four sentences; the later ones leave out what was said before",
    CaseKind.CORRECTION: "a dialogue of two or three sentences in which the speaker changes their mind",
    CaseKind.RULE: "a command that meets the given rule of the car",
    CaseKind.IMPLICIT: "a need or complaint that names no device, and what would help",
    CaseKind.IMPOSSIBLE: "a wish about the car that it cannot or must not fulfil, or to leave something as it is",
    CaseKind.UNRELATED: "something that has nothing to do with the car",
}
"""The kinds that can be asked for; noise is chosen apart."""
_SIGNALS_EACH = 3
_DISTRACTORS = 6


@dataclass(frozen=True, slots=True)
class Assignment:
    """One question to the model."""

    kind: CaseKind
    persona: str
    noise: str
    signals: tuple[Signal, ...]
    """What the sentences should be about."""
    offered: tuple[Signal, ...]
    """These, their neighbours in the car, and some others: what an answer may use."""
    rule: Rule | None = None
    count: int = 1
    """Cases to write."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the assignments are drawn from."""

    signals: tuple[Signal, ...]
    """Not empty."""
    kinds: tuple[CaseKind, ...] = tuple(KINDS)
    personas: tuple[str, ...] = PERSONAS
    noises: tuple[str, ...] = tuple(NOISES)
    batch: int = 3


class Assignments:
    """The assignments of one seed: always the same ones, by number, so that a stopped run can go on."""

    def __init__(self, choices: Choices, families: Families, policy: Policy, seed: int) -> None:
        self._choices = choices
        self._families = families
        self._seed = seed
        self._rules = [
            (rule, tuple(signal for signal in choices.signals if signal.path in set(policy.triggers_of(rule))))
            for rule in policy.rules
            if rule.id not in policy.inactive
        ]
        self._rules = [(rule, signals) for rule, signals in self._rules if signals]
        kinds = choices.kinds
        if not self._rules:
            kinds = tuple(kind for kind in kinds if kind is not CaseKind.RULE)
        self._kinds = kinds or (CaseKind.DIRECT,)

    def number(self, index: int) -> Assignment:
        """Assignment `index`, counted from 0."""
        draw = random.Random(f"{self._seed}/{index}")
        choices = self._choices
        # Kinds in turn, so that even a short run has all of them; everything else by chance.
        kind = self._kinds[index % len(self._kinds)]
        rule = None
        pool: Sequence[Signal] = choices.signals
        if kind is CaseKind.RULE:
            rule, pool = draw.choice(self._rules)
        signals = tuple(draw.sample(pool, min(_SIGNALS_EACH, len(pool))))
        return Assignment(
            kind=kind,
            persona=draw.choice(choices.personas),
            noise=draw.choice(choices.noises),
            signals=signals,
            offered=self._offered(signals, draw),
            rule=rule,
            count=choices.batch,
        )

    def _offered(self, signals: Sequence[Signal], draw: random.Random) -> tuple[Signal, ...]:
        families = [family for signal in signals if (family := self._families.of(signal.path))]
        near = [member for family in families for member in family.members.values()]
        others = draw.sample(self._choices.signals, min(_DISTRACTORS, len(self._choices.signals)))
        found = {signal.path: signal for signal in (*signals, *near, *others)}
        return tuple(found[path] for path in sorted(found))

    def __iter__(self) -> Iterator[Assignment]:
        """All of them, from the first; there is no last."""
        index = 0
        while True:
            yield self.number(index)
            index += 1
