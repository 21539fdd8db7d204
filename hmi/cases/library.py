"""The library that ships with codriver, and how cases fall into suites."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codriver.errors import InputError
from hmi.cases.case import Case, Standing
from hmi.cases.reading import SPLITS, load_cases
from hmi.catalogue.catalogue import Catalogue

LIBRARY = Path(__file__).parent / "library"
DEVELOP, HELD_OUT = SPLITS


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases that are counted together."""

    name: str
    cases: tuple[Case, ...]
    blind: bool = False
    """Only totals are told, so that nobody tunes the system to single cases."""
    disputed: int = 0
    """Cases that wait for a person and are not run."""


def load_suites(paths: Sequence[Path], split: str = "", catalogue: Catalogue | None = None) -> list[Suite]:
    """The suites of the case files at `paths`, or of the shipped library when there are none.

    `split` keeps only that part of a library, and tells everything about it; otherwise held-out cases are a suite
    of their own of which only totals are told. Raises the errors of `load_cases`, and `InputError` when nothing is
    left.
    """
    cases: dict[tuple[Path, str], Case] = {}
    for path in paths or (LIBRARY,):
        # A file that is given twice, or beside its folder, is run once.
        cases.update({(case.file.resolve(), case.id): case for case in load_cases(path, catalogue)})
    _reject_doubles(cases.values())
    chosen = [case for case in cases.values() if not split or case.split == split]
    if not chosen:
        where = f" of the split {split!r}" if split else ""
        raise InputError(f"There are no cases{where} in {', '.join(map(str, paths)) or LIBRARY}.")
    names = sorted({case.split for case in chosen}, key=lambda name: (name == HELD_OUT, name))
    return [
        _suite(name, [case for case in chosen if case.split == name], blind=name == HELD_OUT and not split)
        for name in names
    ]


def _reject_doubles(cases: Iterable[Case]) -> None:
    seen: dict[str, Case] = {}
    for case in cases:
        if case.id in seen:
            raise InputError(
                f"Both {seen[case.id].file} and {case.file} have a case {case.id!r}; rename one of them."
            )
        seen[case.id] = case


def _suite(name: str, cases: Sequence[Case], *, blind: bool) -> Suite:
    settled = tuple(case for case in cases if case.standing is not Standing.DISPUTED)
    return Suite(name or "cases", settled, blind, len(cases) - len(settled))
