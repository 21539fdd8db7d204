"""Ways to bring frames to workers: in this process, in several, on Ray. All give the same outcomes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Protocol

from codriver.errors import ResourceError
from perception.frame import FrameRef
from perception.pipeline.watcher import Watcher
from perception.pipeline.work import FrameWorker, Outcome

_CHUNK = 4
"""Frames that a worker gets at once: neighbours of a video stay with one worker."""
_AHEAD = 2
"""Chunks for each worker that are handed out at a time; few, so that stopping is quick."""


class Engine(Protocol):
    """Takes frames through a worker's stages."""

    def outcomes(self, worker: FrameWorker, refs: Sequence[FrameRef], watcher: Watcher) -> Iterator[Outcome]:
        """In any order. Once `watcher.stopped()` nothing new is begun.

        What is done besides frames, as starting workers, `watcher` is told as steps of their own."""
        ...


class InProcess:
    """One frame after the other."""

    def outcomes(self, worker: FrameWorker, refs: Sequence[FrameRef], watcher: Watcher) -> Iterator[Outcome]:
        """See `Engine.outcomes`."""
        for ref in refs:
            if watcher.stopped():
                return
            yield worker.do(ref)


class Processes:
    """`count` processes on this machine, each with models of its own."""

    def __init__(self, count: int) -> None:
        self._count = count

    def outcomes(self, worker: FrameWorker, refs: Sequence[FrameRef], watcher: Watcher) -> Iterator[Outcome]:
        """See `Engine.outcomes`. Raises `ResourceError` when a process was killed."""
        chunks = (refs[start : start + _CHUNK] for start in range(0, len(refs), _CHUNK))
        # "spawn": a forked child would inherit the threads of onnxruntime and OpenCV in whatever state they are.
        context = multiprocessing.get_context("spawn")
        worker.release()
        pool = ProcessPoolExecutor(self._count, context, _start, (worker,))
        try:
            waiting: set[Future[list[Outcome]]] = set()
            while True:
                if not watcher.stopped():
                    free = self._count * _AHEAD - len(waiting)
                    waiting |= {pool.submit(_do, chunk) for chunk in islice(chunks, free)}
                else:
                    waiting = {one for one in waiting if not one.cancel()}
                if not waiting:
                    return
                done, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    yield from future.result()
        except BrokenProcessPool:
            raise ResourceError(
                "A worker process was killed, most likely for want of memory; nothing that was finished is lost: "
                "run it again with fewer --workers."
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


_worker: FrameWorker


def _start(worker: FrameWorker) -> None:
    global _worker  # noqa: PLW0603 - each process has exactly one
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = worker


def _end_with_parent() -> None:
    """A parent that was killed tells nobody; without this its workers would wait for ever, models in memory."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(refs: Sequence[FrameRef]) -> list[Outcome]:
    return [_worker.do(ref) for ref in refs]
