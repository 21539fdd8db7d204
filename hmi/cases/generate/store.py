"""A case file that grows case by case, and stays whole whenever the program is stopped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codriver.errors import InputError
from codriver.yaml_files import load_yaml
from hmi.cases.case import Case, Provenance
from hmi.cases.reading import load_cases
from hmi.cases.trend import write_whole
from hmi.cases.writing import case_block, list_item
from hmi.catalogue.catalogue import Catalogue

_HEAD = "# Written by a language model and verified; `codriver testgen review` settles disputed ones.\n"
_REJECTED_HEAD = (
    "# What the model wrote and no case came of, with the reason. For people; nothing reads it back.\n"
)
_MAX_SHOWN = 2000
"""Characters that are kept of a rejected draft."""


@dataclass(slots=True)
class CaseStore:
    """The cases of one file, and beside it what was rejected."""

    file: Path
    catalogue: Catalogue
    cases: list[Case] = field(default_factory=list)
    asked: int = 0
    """Questions that were put to the model for this file; the next one has this number."""

    @classmethod
    def open(cls, file: Path, catalogue: Catalogue) -> CaseStore:
        """What `file` holds by now; nothing when it does not exist. Raises `FileFormatError`."""
        if file.suffix not in (".yaml", ".yml"):
            raise InputError(f"The case file {file} needs the ending .yaml, so that its cases are found again.")
        store = cls(file, catalogue)
        if file.exists():
            store.cases = load_cases(file, catalogue)
            found = re.search(r"^# asked: (\d+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            store.asked = int(found.group(1)) if found else 0
        return store

    @property
    def rejected_file(self) -> Path:
        """Where rejected drafts go; its ending keeps it out of a library."""
        return self.file.with_suffix(".rejected.txt")

    def next_name(self) -> str:
        """An id that no case of the file has."""
        taken = {case.id for case in self.cases}
        number = len(taken) + 1
        stem = re.sub(r"[^\w.-]+", "-", self.file.stem)
        while f"{stem}-{number:04d}" in taken:
            number += 1
        return f"{stem}-{number:04d}"

    def append(self, case: Case) -> None:
        """Add `case` and write the file. Raises `ResourceError`."""
        self.cases.append(case)
        self.save()

    def replace_all(self, cases: Sequence[Case]) -> None:
        """Put `cases` in the place of what was there, and write the file. Raises `ResourceError`."""
        self.cases = list(cases)
        self.save()

    def save(self) -> None:
        """Write the whole file anew; it is there in the old or in the new form, never in between."""
        blocks = [case_block(case) for case in self.cases]
        count = f"# asked: {self.asked}\n" if self.asked else ""
        write_whole(self.file, _HEAD + count + "\n" + ("\n".join(blocks) or "[]\n"))

    def reject(self, draft: Any, reason: str, provenance: Provenance) -> None:
        """Note a draft that no case came of. Raises `ResourceError`."""
        note = {
            "reason": reason,
            "draft": str(draft)[:_MAX_SHOWN],
            "source": provenance.source,
            "prompt": provenance.prompt,
            "date": provenance.date,
        }
        file = self.rejected_file
        before = file.read_text(encoding="utf-8") if file.exists() else _REJECTED_HEAD
        write_whole(file, before + list_item(note))

    def rejected(self) -> int:
        """How many drafts were rejected so far."""
        found = load_yaml(self.rejected_file) if self.rejected_file.exists() else None
        return len(found) if isinstance(found, list) else 0
