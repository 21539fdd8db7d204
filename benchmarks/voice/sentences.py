"""Which sentences of the case library are spoken: plain ones, spread over all device families."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from hmi.cases.case import Case, CaseKind
from hmi.cases.library import LIBRARY
from hmi.cases.reading import load_cases
from hmi.catalogue.catalogue import Catalogue
from hmi.catalogue.family_file import Families

FILE = LIBRARY / "develop" / "voices_c.yaml"
FINAL = 210
"""Sentences of the measured set; the rest of the file is for development, so that nothing is tuned on the set."""


def plain_cases(catalogue: Catalogue) -> list[Case]:
    """Cases with one sentence that names a device and what to do with it."""
    return [
        case
        for case in load_cases(FILE, catalogue)
        if case.kind is CaseKind.DIRECT and len(case.turns) == 1 and case.turns[0].moves
    ]


def choose(cases: Sequence[Case], families: Families, part: str, limit: int = 0) -> list[Case]:
    """The cases of `part` ("final" or "develop"): families take turns, so a short run covers them too."""
    by_family: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        family = families.of(case.paths()[0])
        by_family[family.id if family else ""].append(case)
    turns: list[Case] = []
    while any(by_family.values()):
        turns += [group.pop(0) for group in by_family.values() if group]
    # Every family's first sentences are in the measured set, in whatever order a family lists them.
    chosen = turns[:FINAL] if part == "final" else turns[FINAL:]
    return chosen[: limit or None]
