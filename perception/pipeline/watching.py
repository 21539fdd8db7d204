"""Looking on from a terminal: progress, and stopping with Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType, TracebackType

import click

from perception.pipeline.progress import ProgressLine

_SILENCE = 30.0
"""Seconds without news after which a line says for how long it has been waited; on a terminal a sixth of it."""


class TerminalWatcher:
    """A `perception.pipeline.watcher.Watcher` with a `ProgressLine`.

    While nothing comes, as when models are loaded or a cluster is started, it tells for how long.

    The first Ctrl-C or SIGTERM lets what is under way be finished; the second one ends at once. Nothing that was
    finished is lost either way. It may be entered again, and stays stopped then if it was.
    """

    def __init__(self, silence_s: float = _SILENCE) -> None:
        self._stop = threading.Event()
        self._line = ProgressLine()
        self._silence = silence_s / (6 if sys.stderr.isatty() else 1)
        self._writing = threading.RLock()  # a signal comes in the middle of a line of the same thread
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
            self._line.end()

    def stopped(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()

    def step(self, what: str, done: int, total: int) -> None:
        """Show it."""
        with self._writing:
            self._line.step(what, done, total)

    def _tell_of_silence(self) -> None:
        while not self._over.wait(self._silence / 5):
            with self._writing:
                self._line.wait(self._silence)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt
        self._stop.set()
        with self._writing:
            self._line.end_line()
            click.echo("Stopping once what is under way is finished; again to stop at once.", err=True)
