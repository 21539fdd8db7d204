"""A person settles disputed cases: which reading is right, or another one, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from codriver.errors import CodriverError, FileFormatError, InputError, ended
from hmi.cases.case import Case, Standing, Turn
from hmi.cases.generate.store import CaseStore
from hmi.cases.judge import spell
from hmi.cases.oracle import OracleRunner
from hmi.cases.reading import load_cases
from hmi.cases.run import CaseResult
from hmi.cases.writing import case_block
from hmi.catalogue.catalogue import Catalogue
from hmi.session import Session

PERSON = "person"


class Decision(StrEnum):
    """What a person may do about a disputed case; the value is the key to press."""

    WRITTEN = "a"
    OTHER = "b"
    EDIT = "e"
    DROP = "d"
    SKIP = "s"
    QUIT = "q"


@dataclass(slots=True)
class Settled:
    """What came of a review."""

    kept: int = 0
    dropped: int = 0
    left: int = 0
    """Still disputed."""


@dataclass(slots=True)
class Review:
    """Goes through the disputed cases of a file; every decision is stored at once."""

    store: CaseStore
    session: Session
    say: Callable[[str], None]
    decide: Callable[[str], str]
    """Gets the keys that can be pressed, and gives the one that was."""
    edit: Callable[[str], str | None]
    """Lets the person change a text; None when they left it."""

    def run(self) -> Settled:
        """Ask about every disputed case until all are settled or the person leaves."""
        settled = Settled()
        disputed = [case for case in self.store.cases if case.standing is Standing.DISPUTED]
        for number, case in enumerate(disputed, 1):
            self.say(f"\n{number} of {len(disputed)}")
            for line in shown(case):
                self.say(line)
            decision = self._settle(case, settled)
            if decision is Decision.QUIT:
                break
        settled.left = sum(case.standing is Standing.DISPUTED for case in self.store.cases)
        return settled

    def _settle(self, case: Case, settled: Settled) -> Decision:
        """Ask until there is a decision that can be carried out."""
        while True:
            decision = self._ask(case)
            if decision in (Decision.SKIP, Decision.QUIT):
                return decision
            if decision is Decision.DROP:
                self.store.replace_all([item for item in self.store.cases if item.id != case.id])
                settled.dropped += 1
                return decision
            try:
                chosen = self._chosen(case, decision)
                if chosen is None:
                    continue
                self._prove(chosen)
            except CodriverError as error:
                self.say(str(error))
                continue
            self.store.replace_all([chosen if item.id == case.id else item for item in self.store.cases])
            settled.kept += 1
            return decision

    def _ask(self, case: Case) -> Decision:
        keys = [item for item in Decision if item is not Decision.OTHER or case.other_reading]
        while True:
            pressed = self.decide(", ".join(f"{key} {_MEANING[key]}" for key in keys)).lower()
            if pressed in keys:
                return Decision(pressed)
            if pressed in ("\x03", "\x04", ""):
                return Decision.QUIT

    def _chosen(self, case: Case, decision: Decision) -> Case | None:
        """The case that the person wants; None when they left the editor. Raises `FileFormatError`."""
        if decision is Decision.OTHER and case.other_reading:
            return confirmed(replace(case, turns=case.other_reading.turns))
        if decision is Decision.WRITTEN:
            return confirmed(case)
        text = self.edit(case_block(confirmed(case)))
        return None if text is None else edited(text, case, self.session.catalogue)

    def _prove(self, case: Case) -> None:
        """Raises `InputError` for a case that the vehicle cannot do."""
        result: CaseResult = OracleRunner(self.session).run(case)
        if not result.right:
            raise InputError(f"The vehicle cannot do that: {ended(result.problem)}")


_MEANING = {
    Decision.WRITTEN: "as written",
    Decision.OTHER: "the other reading",
    Decision.EDIT: "edit",
    Decision.DROP: "drop",
    Decision.SKIP: "skip",
    Decision.QUIT: "quit",
}


def confirmed(case: Case) -> Case:
    """`case` as a person has settled it."""
    provenance = replace(case.provenance, settled_by=PERSON)
    return replace(case, standing=Standing.VERIFIED, reason="", other_reading=None, provenance=provenance)


def edited(text: str, case: Case, catalogue: Catalogue) -> Case:
    """`case` as a person rewrote it in `text`. Raises `FileFormatError`."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "edited.yaml"
        file.write_text(text, encoding="utf-8")
        cases = load_cases(file, catalogue)
    if len(cases) != 1:
        raise FileFormatError(f"The edited text must hold one case, not {len(cases)}.")
    found = cases[0]
    return confirmed(replace(found, id=case.id, file=case.file, split=case.split))


def shown(case: Case) -> Iterator[str]:
    """The case and its readings, for a person."""
    yield f"{case.id} ({case.kind}): {case.reason}"
    if case.state:
        yield f"  before: {spell(case.state)}"
    other = case.other_reading.turns if case.other_reading else ()
    for index, turn in enumerate(case.turns):
        yield f'  "{turn.say}"'
        yield f"    a  {_meaning(turn)}"
        if case.other_reading:
            yield f"    b  {_meaning(other[index])}  ({case.other_reading.by})"


def _meaning(turn: Turn) -> str:
    parts = [" or ".join(spell(values) for values in turn.wanted)] if turn.wanted else []
    if turn.reads:
        parts.append(f"asks for {', '.join(path.removeprefix('Vehicle.') for path in turn.reads)}")
    return "; ".join(parts) or "nothing should move"
