"""Derives the requirements of the system from the catalogue, the rules and the cases, and traces them to cases.

An id says where a requirement comes from and stays the same as long as that exists: SYS-F-window (a function),
SYS-R-closed-while-moving (a rule), SYS-K-implicit (a kind of speech), SW-… with a VSS path (a signal).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hmi.cases.case import Case, CaseKind
from hmi.cases.library import HELD_OUT
from hmi.cases.trend import Outcomes
from hmi.catalogue.families import Family, FamilyKind
from hmi.catalogue.family_file import Families
from hmi.catalogue.signal import Signal
from hmi.planning.plan import Effect
from hmi.planning.policy import Policy
from hmi.planning.rule import Rule
from hmi.planning.wording import possible_values, unit_of

NOT_RUN = "not run"


class Level(StrEnum):
    """Whose requirement it is."""

    SYSTEM = "System"
    SOFTWARE = "Software"


@dataclass(frozen=True, slots=True)
class Traced:
    """A case that tests a requirement, with what the latest run said."""

    id: str
    verdict: str
    held_out: bool


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement."""

    id: str
    level: Level
    section: str
    """Heading under which it stands: a part of the car, "rules", "speech"."""
    text: str
    source: str
    tests: tuple[Traced, ...] = ()

    @property
    def verdict(self) -> str:
        """All tests in one word."""
        if not self.tests:
            return "no test"
        verdicts = {test.verdict for test in self.tests}
        if verdicts == {NOT_RUN}:
            return NOT_RUN
        return "passed" if verdicts == {"right"} else "not all passed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The cases, what the latest run said, and which rules they meet."""

    cases: tuple[Case, ...]
    latest: Mapping[str, Outcomes]
    """Case id → what the latest run said."""
    rules: Mapping[str, Sequence[str]]
    """Case id → ids of the rules that it meets when it is understood."""

    def traced(self, cases: Iterable[Case]) -> tuple[Traced, ...]:
        """`cases` with their verdicts."""
        return tuple(
            Traced(
                case.id,
                self.latest[case.id].verdict if case.id in self.latest else NOT_RUN,
                case.split == HELD_OUT,
            )
            for case in cases
        )


_FUNCTION: Mapping[FamilyKind, str] = {
    FamilyKind.OPENING: "open and close the {name}, wholly or to a share",
    FamilyKind.HATCH: "open and close the {name}",
    FamilyKind.LOCK: "lock and unlock by the {name}",
    FamilyKind.SWITCH: "switch the {name} on and off",
    FamilyKind.LEVEL: "set the {name} to a level, raise and lower it, and switch it off",
    FamilyKind.TEMPERATURE: "set, raise and lower the {name}",
    FamilyKind.AXIS: "move the {name} to a place, and further either way",
    FamilyKind.CHOICE: "choose the {name}",
    FamilyKind.COLOUR: "choose the {name}",
    FamilyKind.READING: "ask for the {name}",
}
_SPEECH: Mapping[CaseKind, str] = {
    CaseKind.DIRECT: "carries out a command that names a device and what it should do.",
    CaseKind.RELATIVE: "resolves a command that counts from the present state.",
    CaseKind.MULTI: "carries out every wish of a sentence that has several.",
    CaseKind.EXCEPTION: "leaves alone what a sentence excepts.",
    CaseKind.NOISE: "understands a sentence in spite of hesitations and mishearings.",
    CaseKind.QUESTION: "answers a question about the state and changes nothing.",
    CaseKind.FOLLOW_UP: "understands a sentence by those before it.",
    CaseKind.CORRECTION: "takes back or changes what a sentence corrects.",
    CaseKind.RULE: "lets the rules decide about what a sentence asks for.",
    CaseKind.IMPLICIT: "finds out what helps when a sentence names a need.",
    CaseKind.IMPOSSIBLE: "changes nothing when a sentence asks for what cannot or must not be done.",
    CaseKind.UNRELATED: "changes nothing when a sentence is not about the car.",
}
_EFFECT: Mapping[Effect, str] = {
    Effect.REFUSE: "refuses the change",
    Effect.ASK: "asks before the change",
    Effect.ADD: "adds what the change needs",
    Effect.TELL: "makes the change and tells the driver",
}
SPEECH, RULES = "speech", "rules"


def derive(signals: Sequence[Signal], families: Families, policy: Policy, evidence: Evidence) -> list[Requirement]:
    """Every requirement, traced. `signals` are those that the vehicle has on its bus."""
    known = {signal.path for signal in signals}
    return [
        *(_speech(kind, evidence) for kind in CaseKind),
        *(_rule(rule, evidence) for rule in policy.rules if rule.id not in policy.inactive),
        *(_function(family, families, evidence, known) for family in _present(families, known)),
        *(_signal(signal, families, evidence) for signal in signals),
    ]


def _speech(kind: CaseKind, evidence: Evidence) -> Requirement:
    fitting = (case for case in evidence.cases if case.kind is kind)
    text = f"The system {_SPEECH[kind]}"
    return Requirement(f"SYS-K-{kind}", Level.SYSTEM, SPEECH, text, f"cases {kind}", evidence.traced(fitting))


def _rule(rule: Rule, evidence: Evidence) -> Requirement:
    text = f"The system {_EFFECT[rule.effect]}, because {rule.reason}."
    if rule.safety:
        text += " Safety: the rule also holds when its condition cannot be seen."
    fitting = (
        case
        for case in evidence.cases
        if rule.id in evidence.rules.get(case.id, ()) or any(rule.id in turn.rules for turn in case.turns)
    )
    return Requirement(f"SYS-R-{rule.id}", Level.SYSTEM, RULES, text, f"rule {rule.id}", evidence.traced(fitting))


def _present(families: Families, known: set[str]) -> list[Family]:
    return [family for family in families if any(signal.path in known for signal in family.members.values())]


def _function(family: Family, families: Families, evidence: Evidence, known: set[str]) -> Requirement:
    paths = {signal.path for signal in family.members.values()} & known
    text = f"A person can {_FUNCTION[family.kind].format(name=family.label)} by saying so."
    fitting = (case for case in evidence.cases if _is_about(case, family, families, paths))
    return Requirement(
        f"SYS-F-{family.id}",
        Level.SYSTEM,
        family.group,
        text,
        f"family {family.id} ({len(paths)} {'signal' if len(paths) == 1 else 'signals'})",
        evidence.traced(fitting),
    )


def _is_about(case: Case, family: Family, families: Families, paths: set[str]) -> bool:
    """Two families may share a signal, one for each half of its range (heating and cooling of a seat)."""
    read = {path for turn in case.turns for path in turn.reads}
    values = [
        value for turn in case.turns for wanted in turn.wanted for path, value in wanted.items() if path in paths
    ]
    cold = [value for value in values if isinstance(value, int | float) and value < 0]
    if family.negative:
        return bool(cold)
    shared = any(
        other.negative and {signal.path for signal in other.members.values()} & paths for other in families
    )
    return bool(read & paths) or len(values) > (len(cold) if shared else 0)


def _signal(signal: Signal, families: Families, evidence: Evidence) -> Requirement:
    name = signal.path.partition(".")[2]
    if signal.writable:
        text = f"The software sets {signal.path} on request and proves it by reading it back: {_values(signal)}."
    else:
        text = f"The software tells {signal.path} on request: {_values(signal)}."
    family = families.of(signal.path)
    fitting = (case for case in evidence.cases if signal.path in case.paths())
    group = family.group if family else "other"
    return Requirement(f"SW-{name}", Level.SOFTWARE, group, text, signal.path, evidence.traced(fitting))


def _values(signal: Signal) -> str:
    """The values it can take, none hidden."""
    if signal.allowed:
        return f"one of {', '.join(map(str, signal.allowed))}"
    unit = unit_of(signal)
    plain = possible_values(signal)
    return plain if not unit or unit in plain else f"{plain} {unit}"
