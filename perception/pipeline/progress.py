"""How far long work is."""

from __future__ import annotations

import sys
import time

import click

_EVERY = 10.0
"""Seconds between lines where there is no terminal."""


class ProgressLine:
    """How far long work is and how much time is left, on stderr.

    A bar, or where there is no terminal a line every 10 seconds.
    """

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._what = ""
        self._now = (0, 0)
        self._began = (0.0, 0)
        self._told = 0.0
        self._news = 0.0
        self._line_is_open = False

    def step(self, what: str, done: int, total: int) -> None:
        """`done` of `total` of `what` are done."""
        now = time.monotonic()
        if what != self._what:
            self.end_line()
            self._what, self._began, self._told = what, (now, done), 0.0
        self._now, self._news = (done, total), now
        if done < total and now - self._told < (0.2 if self._terminal else _EVERY):
            return
        self._show(now, self._left(now, done, total))

    def wait(self, silence: float) -> None:
        """Tell for how long nothing has come, once it is `silence` seconds."""
        now = time.monotonic()
        between = 1.0 if self._terminal else silence
        if self._what and now - self._news >= silence and now - self._told >= between:
            self._show(now, f", waiting for {_clock(now - self._news)}")

    def end_line(self) -> None:
        """Something else is to be written now."""
        if self._line_is_open:
            self._line_is_open = False  # first, as a signal may come while it is written
            click.echo("", err=True)

    def end(self) -> None:
        """Nothing more comes of this."""
        self.end_line()
        self._what = ""

    def _show(self, now: float, more: str) -> None:
        done, total = self._now
        self._told = now
        line = f"{self._what}: {done}/{total}{more}"
        if self._terminal:
            share = done / total if total else 1.0
            self._line_is_open = True
            click.echo(f"\r\x1b[K[{'#' * round(30 * share):<30}] {line}", err=True, nl=False)
        else:
            click.echo(line, err=True)

    def _left(self, now: float, done: int, total: int) -> str:
        began, before = self._began
        if done <= before or done >= total:
            return ""
        seconds = (now - began) / (done - before) * (total - done)
        return f", {_clock(seconds)} left"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
