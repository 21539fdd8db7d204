"""The loop: ask the model, verify each case, store it at once; stop when there are enough."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from codriver.errors import ResourceError
from hmi.cases.case import Case, Provenance, Standing
from hmi.cases.generate.answer import UnusableError, drafts
from hmi.cases.generate.assignment import Assignment, Assignments
from hmi.cases.generate.check import Checker, DuplicateError, InvalidError
from hmi.cases.generate.guided import TEMPERATURE as GUIDED_TEMPERATURE
from hmi.cases.generate.guided import VERSION as GUIDED
from hmi.cases.generate.guided import Guide
from hmi.cases.generate.prompt import VERSION, to_write, writing_schema
from hmi.cases.generate.readers import Writer
from hmi.cases.generate.store import CaseStore

MAX_TROUBLE = 3
"""Questions in a row that the endpoint does not answer properly before the run is given up."""
MAX_FRUITLESS = 12
"""Questions in a row without a case after which the model is given up."""
MAX_FRUITLESS_GUIDED = 60
"""The same for a small model, whose answers are short and quick."""
_TOKENS_EACH = 350
"""Length of an answer for one case."""
_TEMPERATURE = 0.9
"""Variety is wanted; what comes of it is verified."""


@dataclass(slots=True)
class Counts:
    """What came of the drafts of one run."""

    verified: int = 0
    disputed: int = 0
    invalid: int = 0
    duplicate: int = 0


@dataclass(slots=True)
class WritingRun:
    """One run of `codriver testgen`."""

    writer: Writer
    model: str
    """Its name, for the provenance."""
    checker: Checker
    store: CaseStore
    assignments: Assignments
    date: str
    guide: Guide | None = None
    """Set for a small model, which only words what is chosen for it."""
    on_progress: Callable[[int], None] = lambda _: None
    """Hears how many cases the file has."""
    _troubles: int = 0
    """Questions in a row that the endpoint failed at."""

    def run(self, wanted: int) -> Counts:
        """Ask until the file has `wanted` cases. What is stored stays, whatever happens.

        Raises `ResourceError` when the model cannot be asked, or gives nothing of use for too long.
        """
        counts = Counts()
        fruitless, trouble = 0, ""
        while len(self.store.cases) < wanted:
            if fruitless >= (MAX_FRUITLESS_GUIDED if self.guide else MAX_FRUITLESS):
                raise ResourceError(
                    f"The model {self.model!r} gave nothing of use in {fruitless} answers (last: {trouble}); "
                    f"{len(self.store.cases)} cases are in {self.store.file}; try another model or other signals."
                )
            before = len(self.store.cases)
            trouble = self._ask(self.assignments.number(self.store.asked), counts, wanted) or trouble
            fruitless = 0 if len(self.store.cases) > before else fruitless + 1
        return counts

    def _ask(self, assignment: Assignment, counts: Counts, wanted: int) -> str:
        """Put one question and keep what is good in the answer; the last problem, empty when there was none."""
        self.store.asked += 1
        version = GUIDED if self.guide else VERSION
        provenance = Provenance(self.model, version, self.date, assignment.persona, assignment.noise)
        if self.guide:
            provenance = replace(provenance, persona="", noise="")  # it is not told of these
        text = ""
        try:
            if self.guide:
                found, text = self._worded(self.guide, assignment)
            else:
                text = self._answer(assignment)
                found = drafts(text)
        except ResourceError as error:
            self._bear(error)
            return str(error)
        except UnusableError as error:
            counts.invalid += 1
            self.store.reject(text, str(error), provenance)
            return str(error)
        trouble = ""
        for draft in found:
            if len(self.store.cases) >= wanted:
                break
            trouble = self._keep(draft, assignment, provenance, counts) or trouble
        return trouble

    def _answer(self, assignment: Assignment) -> str:
        text = self.writer.complete(
            to_write(assignment),
            writing_schema(assignment),
            temperature=_TEMPERATURE,
            limit=_TOKENS_EACH * assignment.count,
        )
        self._troubles = 0
        return text

    def _worded(self, guide: Guide, assignment: Assignment) -> tuple[list[dict[str, object]], str]:
        """One draft of a small model, and what it answered. Raises `UnusableError`."""
        draw = random.Random(self.store.asked)
        changes = guide.changes(assignment, self.store.asked)
        if not changes:
            raise UnusableError("none of the signals is told in plain words")
        text = self.writer.complete(
            guide.question(changes, draw), guide.schema, temperature=GUIDED_TEMPERATURE, limit=guide.limit
        )
        self._troubles = 0
        return [guide.draft(text, changes)], text

    def _bear(self, error: ResourceError) -> None:
        """One broken answer must not end a run of hours; an endpoint that stays broken does. Raises `error`."""
        self._troubles += 1
        if self._troubles >= MAX_TROUBLE:
            raise error

    def _keep(self, draft: object, assignment: Assignment, provenance: Provenance, counts: Counts) -> str:
        try:
            case = self.checker.check(draft, assignment, self.store.next_name(), provenance)
        except InvalidError as error:
            counts.invalid += 1
            self.store.reject(draft, str(error), provenance)
            return str(error)
        except ResourceError as error:  # the model was to read it, and could not be asked
            self._bear(error)
            return str(error)
        except DuplicateError:
            counts.duplicate += 1
            return "nearly the same as a case that is there"
        self.store.append(case)
        _count(counts, case)
        self.on_progress(len(self.store.cases))
        return ""


def _count(counts: Counts, case: Case) -> None:
    if case.standing is Standing.VERIFIED:
        counts.verified += 1
    else:
        counts.disputed += 1
