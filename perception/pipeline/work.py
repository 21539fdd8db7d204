"""What a worker does with one frame: read it, find how far the log has come, do the rest."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from codriver.errors import FileFormatError
from perception.dataset.log import FrameLog, StageIdentity, frame_keys
from perception.dataset.storage import Storage
from perception.frame import Frame, FrameInfo, FrameRef
from perception.models.memory import memory_told
from perception.pipeline.stage import FrameStage
from perception.record import FrameRecord


@dataclass(frozen=True)
class Outcome:
    """What became of a frame."""

    info: FrameInfo
    """Of a frame that could not be read: width, height 0 and no hash."""
    key: str = ""
    """Of its last record in the log; "" for a frame that failed."""
    failure: str = ""
    """One sentence."""
    computed: bool = False
    """Whether a stage had to run for it in this run, be it in a worker that died afterwards."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """By stage; "read" is the reading and decoding."""


Recipe = Callable[[], Sequence[FrameStage]]
"""Makes the stages, models loaded. It can be pickled, which models cannot: each worker process makes its own."""


class FrameWorker:
    """Takes frames through the stages. One for each process and run; it is sent there as its recipe."""

    def __init__(self, storage: Storage, recipe: Recipe) -> None:
        self.log = FrameLog(storage)
        self._run = uuid.uuid4().hex
        self._recipe = recipe
        self._stages: tuple[FrameStage, ...] | None = None
        self.identities = identities_of(self.stages)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_stages": None}

    @property
    def stages(self) -> tuple[FrameStage, ...]:
        """The stages, made when they are first needed."""
        if self._stages is None:
            self._stages = tuple(self._recipe())
        return self._stages

    def release(self) -> None:
        """Let go of the stages and their models: other processes do the work."""
        self._stages = None

    def finished(self, ref: FrameRef) -> Outcome | None:
        """The outcome for a frame that the log has already, told without reading it; else None."""
        info = self.log.seen(ref.id, ref.token) if ref.token else None
        if info is None:
            return None
        key = frame_keys(info, self.identities)[-1]
        if not self.log.has(key):
            return None
        return Outcome(replace(info, source=ref.source, sequence=ref.sequence, index=ref.index), key)

    def do(self, ref: FrameRef) -> Outcome:
        """Take one frame through all stages, each result going to the log at once.

        An image that cannot be read, or that memory does not suffice for, is an outcome; whatever concerns all
        frames (a missing model, a full disk) is raised.
        """
        started = time.perf_counter()
        unread = FrameInfo(ref.id, ref.source, 0, 0, "", ref.sequence, ref.index)
        try:
            with memory_told():
                frame = ref.load()
        except FileFormatError as error:
            return Outcome(unread, failure=str(error))
        except MemoryError:
            return Outcome(unread, failure=f"{ref.source} does not fit into memory; scale it down.")
        seconds = {"read": time.perf_counter() - started}
        try:
            with memory_told():
                outcome = self._through_stages(frame, seconds)
        except MemoryError:
            sentence = f"Memory did not suffice for {ref.source}; scale it down, or use fewer workers."
            return Outcome(frame.info, failure=sentence, seconds=seconds)
        self.log.remember(frame.info, ref.token)
        return outcome

    def _through_stages(self, frame: Frame, seconds: dict[str, float]) -> Outcome:
        keys = frame_keys(frame.info, self.identities)
        stages, maker = self.stages, f"{self._run} {frame.info.id}"
        record, start = FrameRecord(frame.info), 0
        for position in reversed(range(len(keys))):
            found = self.log.get(keys[position], frame.info)
            if found is not None:
                record, start = found, position + 1
                break
        for stage, key in zip(stages[start:], keys[start:], strict=True):
            began = time.perf_counter()
            record = self.log.put(key, stage.run(frame, record), maker)
            seconds[stage.name] = time.perf_counter() - began
        # A worker may die with the frame finished and its outcome untold; the next one finds it in the log.
        computed = start < len(keys) or self.log.maker(keys[-1]) == maker
        return Outcome(frame.info, keys[-1], computed=computed, seconds=seconds)


def identities_of(stages: Sequence[FrameStage]) -> list[StageIdentity]:
    """Names and fingerprints, asked for once because models are hashed for them."""
    return [(stage.name, stage.fingerprint()) for stage in stages]
