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
_SILENCE = 30.0
"""Seconds without news after which a line says for how long it has been waited; on a terminal a sixth of it."""


class TerminalWatcher:
    """A `perception.pipeline.watcher.Watcher`: one line with a bar and an estimate, on stderr.

    While nothing comes, as when models are loaded or a cluster is started, it tells for how long.

    The first Ctrl-C or SIGTERM lets what is under way be finished; the second one ends at once. Nothing that was
    finished is lost either way. It may be entered again, and stays stopped then if it was.
    """

    def __init__(self, silence_s: float = _SILENCE) -> None:
        self._stop = threading.Event()
        self._terminal = sys.stderr.isatty()
        self._silence = silence_s / (6 if self._terminal else 1)
        self._what = ""
        self._now = (0, 0)
        self._began = (0.0, 0)
        self._told = 0.0
        self._news = 0.0
        self._writing = threading.RLock()  # a signal comes in the middle of a line of the same thread
        self._line_is_open = False
        self._over = threading.Event()
        self._teller: threading.Thread | None = None
        self._before: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> TerminalWatcher:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on_signal)
        self._over.clear()
        self._teller = threading.Thread(target=self._tell_of_silence, daemon=True)
        self._teller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._teller is not None:
            self._teller.join()
        with self._writing:
            self._end_line()
            self._what = ""

    def stopped(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()

    def step(self, what: str, done: int, total: int) -> None:
        """Show it."""
        with self._writing:
            now = time.monotonic()
            if what != self._what:
                self._end_line()
                self._what, self._began, self._told = what, (now, done), 0.0
            self._now, self._news = (done, total), now
            if done < total and now - self._told < (0.2 if self._terminal else _EVERY):
                return
            self._show(now, self._left(now, done, total))

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

    def _tell_of_silence(self) -> None:
        while not self._over.wait(self._silence / 5):
            with self._writing:
                now = time.monotonic()
                between = 1.0 if self._terminal else self._silence
                if self._what and now - self._news >= self._silence and now - self._told >= between:
                    self._show(now, f", waiting for {_clock(now - self._news)}")

    def _left(self, now: float, done: int, total: int) -> str:
        began, before = self._began
        if done <= before or done >= total:
            return ""
        seconds = (now - began) / (done - before) * (total - done)
        return f", {_clock(seconds)} left"

    def _end_line(self) -> None:
        if self._line_is_open:
            self._line_is_open = False
            click.echo("", err=True)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt
        self._stop.set()
        with self._writing:
            self._end_line()
            click.echo("Stopping once the frames under way are finished; again to stop at once.", err=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
