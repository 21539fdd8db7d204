"""Which sentences are spoken: those of the measured set, or those that the repair is developed on."""

from __future__ import annotations

from pathlib import Path

from hmi.cases.case import Case, CaseKind
from hmi.cases.library import LIBRARY
from hmi.cases.reading import load_cases
from hmi.catalogue.catalogue import Catalogue

MEASURED = Path(__file__).with_name("spoken.yaml")
DEVELOPED_ON = LIBRARY / "develop" / "voices_c.yaml"
"""Nothing may be tuned on the measured set."""


def sentences(catalogue: Catalogue, part: str, limit: int = 0) -> list[Case]:
    """Cases of one sentence that names a device and what to do with it; `part` is "measured" or "develop"."""
    if part == "measured":
        cases = load_cases(MEASURED, catalogue)
    else:
        found = load_cases(DEVELOPED_ON, catalogue)
        plain = [c for c in found if c.kind is CaseKind.DIRECT and len(c.turns) == 1 and c.turns[0].moves]
        cases = plain[1::2]
    if limit:
        cases = cases[:: max(1, len(cases) // limit)][:limit]  # spread over the file, and so over the families
    return cases
