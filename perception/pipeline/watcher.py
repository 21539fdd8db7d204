"""Who looks on at a run, and may stop it."""

from __future__ import annotations

from typing import Protocol


class Watcher(Protocol):
    """Somebody who looks on."""

    def step(self, what: str, done: int, total: int) -> None:
        """`done` of `total` of a step ("frames", or a stage's name) are done."""
        ...

    def stopped(self) -> bool:
        """Whether to stop."""
        ...


class Nobody:
    """Nobody looks on."""

    def step(self, what: str, done: int, total: int) -> None:
        """Ignored."""

    def stopped(self) -> bool:
        """Never."""
        return False
