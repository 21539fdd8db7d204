"""Progress on a terminal, and stopping with Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType, TracebackType

import click

_EVERY = 10.0
"""Seconds between lines where there is no terminal."""


class TerminalWatcher:
    """A `perception.pipeline.run.Watcher`: one line with a bar and an estimate, on stderr.

    The first Ctrl-C or SIGTERM lets what is under way be finished; the second one ends at once. Nothing that was
    finished is lost either way.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._terminal = sys.stderr.isatty()
        self._what = ""
        self._began = (0.0, 0)
        self._told = 0.0
        self._before: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> TerminalWatcher:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._end_line()

    def stopped(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()

    def step(self, what: str, done: int, total: int) -> None:
        """Show it."""
        now = time.monotonic()
        if what != self._what:
            self._end_line()
            self._what, self._began, self._told = what, (now, done), 0.0
        final = done >= total
        if not final and now - self._told < (0.2 if self._terminal else _EVERY):
            return
        self._told = now
        line = f"{what}: {done}/{total}{self._left(now, done, total)}"
        if self._terminal:
            share = done / total if total else 1.0
            click.echo(f"\r\x1b[K[{'#' * round(30 * share):<30}] {line}", err=True, nl=False)
        else:
            click.echo(line, err=True)

    def _left(self, now: float, done: int, total: int) -> str:
        began, before = self._began
        if done <= before or done >= total:
            return ""
        seconds = (now - began) / (done - before) * (total - done)
        hours, minutes = divmod(round(seconds) // 60, 60)
        clock = (
            f"{hours}:{minutes:02}:{round(seconds) % 60:02}" if hours else f"{minutes}:{round(seconds) % 60:02}"
        )
        return f", {clock} left"

    def _end_line(self) -> None:
        if self._terminal and self._what:
            click.echo("", err=True)
        self._what = ""

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt
        self._stop.set()
        self._end_line()
        click.echo("Stopping once the frames under way are finished; again to stop at once.", err=True)
