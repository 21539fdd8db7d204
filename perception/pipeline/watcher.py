"""Who looks on at a run, and may stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Progress = Callable[[str, int, int], None]
"""Told how many of how many of something are done, as `Watcher.step`; it may raise, to stop."""


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


class StoppedError(Exception):
    """Raised inside to leave a step when somebody wants to stop."""


def until_stopped(watcher: Watcher) -> Progress:
    """Shows the watcher each step, and raises `StoppedError` once that wants to stop."""

    def progress(what: str, done: int, total: int) -> None:
        watcher.step(what, done, total)
        if watcher.stopped():
            raise StoppedError

    return progress
