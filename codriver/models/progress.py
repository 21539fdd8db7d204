"""How the store tells what it is doing, without knowing who looks on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Report = Callable[[int], None]
"""Called with the bytes that are done so far, from the start of the step."""


class Progress(Protocol):
    """Somebody who watches a pull or a verification."""

    def step(self, what: str, total: int | None) -> AbstractContextManager[Report]:
        """A step of `total` bytes (None: not known beforehand) begins; it ends with the context."""

    def note(self, text: str) -> None:
        """A sentence that a person may want to see."""


class Quiet:
    """Nobody watches."""

    @contextmanager
    def step(self, what: str, total: int | None) -> Iterator[Report]:
        """Count for nobody."""
        yield lambda done: None

    def note(self, text: str) -> None:
        """Say nothing."""


def human_size(size: int) -> str:
    """Bytes for people, in decimal units: "98.4 MB"."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 999.95:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 99.95 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
