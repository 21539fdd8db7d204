"""Implicit needs: what drivers say when they mean a change without naming it; the data is `data/needs.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from codriver.errors import FileFormatError
from codriver.yaml_files import load_yaml
from hmi.catalogue.families import Degree, Family, FamilyKind
from hmi.catalogue.family_file import Families
from hmi.catalogue.signal import Value
from hmi.understanding.grammar.amounts import CRACK
from hmi.understanding.llm.phrases import GAP, MILD, Pattern, PatternIndex, PhraseSet, Sets

NEEDS_FILE = Path(__file__).parent / "data" / "needs.yaml"
_NEED_KEYS = frozenset({"says", "unless", "where", "do"})
_PROPOSAL_KEYS = frozenset({"device", "change", "set", "degree", "act", "also", "when", "where"})
_STATE_KEYS = frozenset({"device", "is", "is_not"})
PLACES = ("own", "all", "front", "rear", "driver", "passenger")


@dataclass(frozen=True, slots=True)
class InState:
    """A condition on the car's state."""

    device: str
    wanted: Any
    holds_when_equal: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """One change that would meet a need."""

    device: str
    change: int = 0
    """+1 or -1: by a step; 0: `value` is set."""
    value: Any = None
    degree: Degree = Degree.SOME
    act: bool = False
    """Natural and harmless enough to be done without asking."""
    when: InState | None = None
    where: str = ""
    also: bool = False
    """Goes with the proposal before it: both or neither."""


@dataclass(frozen=True, slots=True)
class Need:
    """One kind of need, how it is spoken, and what would meet it."""

    id: str
    says: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    where: str
    proposals: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class NeedFound:
    """A need in a sentence, with the words that speak of it."""

    need: Need
    start: int
    end: int
    gaps: frozenset[int] = frozenset()
    """Indices of words between that its phrase leaves open."""


class Needs:
    """All needs of the file."""

    def __init__(self, needs: Sequence[Need], sets: Sets) -> None:
        self.needs = tuple(needs)
        self.sets = sets
        self._by_id = {need.id: need for need in needs}
        self._says = PatternIndex(((need.id, pattern) for need in needs for pattern in need.says), sets)

    def speaks_of(self, need: Need, words: Sequence[str]) -> bool:
        """True when one of the phrases of `need` is in `words`."""
        return any(pattern.find(words, self.sets) for pattern in need.says)

    def find(self, words: Sequence[str]) -> list[NeedFound]:
        """The needs that `words` speak of, each where its longest phrase stands; the longest first."""
        found: list[NeedFound] = []
        for name, fits in self._says.find(words).items():
            need = self._by_id[name]
            if not any(pattern.find(words, self.sets) for pattern in need.unless):
                start, fit = max(fits, key=lambda item: (item[1].end - item[0], -len(item[1].gaps), -item[0]))
                found.append(NeedFound(need, start, fit.end, frozenset(fit.gaps)))
        found.sort(key=lambda item: (item.start - item.end, item.start, item.need.id))
        return found


@lru_cache(maxsize=2)
def load_needs(file: Path = NEEDS_FILE) -> Needs:
    """The needs of `file`. Raises `FileFormatError` naming the entry that breaks the rules at its head."""
    data = load_yaml(file)
    if not isinstance(data, dict) or set(data) != {"sets", "needs"}:
        raise FileFormatError(f"{file} must have the two parts `sets` and `needs`.")
    sets = {name: PhraseSet(phrases) for name, phrases in data["sets"].items()}
    if MILD not in sets:
        raise FileFormatError(f"{file} needs a set called {MILD}.")
    return Needs(tuple(_need(file, name, entry, sets) for name, entry in data["needs"].items()), sets)


def _need(file: Path, name: str, entry: Any, sets: Sets) -> Need:
    if not isinstance(entry, dict) or not {"says", "do"} <= set(entry) <= _NEED_KEYS:
        raise FileFormatError(f"{file}: the need {name} must have says and do, and may have unless and where.")
    says = tuple(Pattern.parse(str(text)) for text in entry["says"])
    unless = tuple(Pattern.parse(str(text)) for text in entry.get("unless", ()))
    unknown = {used for pattern in (*says, *unless) for used in pattern.sets()} - set(sets)
    if unknown:
        raise FileFormatError(f"{file}: the need {name} uses the unknown sets {', '.join(sorted(unknown))}.")
    if any(not pattern.parts or pattern.parts[0] == GAP for pattern in says):
        raise FileFormatError(f"{file}: a phrase of the need {name} is empty or begins with a gap.")
    where = entry.get("where", "own")
    if where not in PLACES:
        raise FileFormatError(f"{file}: the need {name} has the place {where!r}; use one of {', '.join(PLACES)}.")
    return Need(name, says, unless, where, tuple(_proposal(file, name, item) for item in entry["do"]))


def _proposal(file: Path, need: str, entry: Any) -> Proposal:
    problem = ""
    if not isinstance(entry, dict) or not {"device"} <= set(entry) <= _PROPOSAL_KEYS:
        problem = f"must be a mapping with device and some of {', '.join(sorted(_PROPOSAL_KEYS))}"
    elif ("change" in entry) == ("set" in entry):
        problem = "needs either change or set"
    elif entry.get("change", "up") not in ("up", "down"):
        problem = f"changes {entry['change']!r}; use up or down"
    elif entry.get("degree", "some") not in list(Degree):
        problem = f"has the degree {entry['degree']!r}; use {', '.join(Degree)}"
    elif entry.get("where", "own") not in PLACES:
        problem = f"has the place {entry['where']!r}; use one of {', '.join(PLACES)}"
    if problem:
        raise FileFormatError(f"{file}: a proposal of the need {need} {problem}.")
    change = {"up": 1, "down": -1}.get(entry.get("change", ""), 0)
    degree = Degree(entry.get("degree", "some"))
    act, where, also = bool(entry.get("act", False)), entry.get("where", ""), bool(entry.get("also", False))
    when = _in_state(file, need, entry.get("when"))
    return Proposal(entry["device"], change, entry.get("set"), degree, act, when, where, also)


def _in_state(file: Path, need: str, entry: Any) -> InState | None:
    if entry is None:
        return None
    if not isinstance(entry, dict) or not set(entry) <= _STATE_KEYS or len(entry) != 2 or "device" not in entry:
        raise FileFormatError(f"{file}: `when` of a proposal of the need {need} is {{device, is or is_not}}.")
    return InState(entry["device"], entry.get("is", entry.get("is_not")), "is" in entry)


def spoken_value(family: Family, word: Any) -> Value | None:
    """What `set` of a proposal means for `family`; None when it means nothing there."""
    truths = {"on": True, "off": False, "open": True, "close": False, "lock": True, "unlock": False}
    if family.kind in (FamilyKind.SWITCH, FamilyKind.HATCH, FamilyKind.LOCK):
        return word if isinstance(word, bool) else truths.get(word)
    if family.kind is FamilyKind.OPENING and word in ("open", "close", "crack"):
        return {"open": 100, "close": 0, "crack": CRACK}[word]
    if word in ("on", "off"):
        strength = family.on if word == "on" else family.off
        return -strength if family.negative and isinstance(strength, int | float) else strength
    allowed = next(iter(family.members.values())).allowed
    if word in allowed:
        return str(word)
    named: Mapping[str, Value] = family.values
    if word in named:
        return named[word]
    return word if isinstance(word, int | float) else None


def check_needs(needs: Needs, families: Families) -> None:
    """Raises `FileFormatError` for a value that its device does not know; a device that is missing is no error."""
    for need in needs.needs:
        for proposal in need.proposals:
            family = families.by_id.get(proposal.device)
            if family is not None and not proposal.change and spoken_value(family, proposal.value) is None:
                raise FileFormatError(
                    f"The need {need.id} sets the {family.label} to {proposal.value!r}, which it does not know."
                )
