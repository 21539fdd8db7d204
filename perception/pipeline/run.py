"""One run: frames through the stages into the log, then grouping, then the result and what people open.

A run that was killed or stopped goes on where it was; one that changes nothing does nothing.
"""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from codriver.errors import CodriverError, ResourceError
from perception.dataset.clusters import Cluster
from perception.dataset.log import FrameLog, StageIdentity, content_hash
from perception.dataset.result import is_whole, remove_other_results, write_result
from perception.dataset.run_file import FORMAT, RunFile, claim, read_run, write_run
from perception.dataset.storage import Storage
from perception.frames.source import Source
from perception.models.memory import memory_told
from perception.pipeline.engines import Engine, InProcess
from perception.pipeline.grouping import Records, run_dataset_stages
from perception.pipeline.stage import DatasetStage
from perception.pipeline.watcher import Nobody, StoppedError, Watcher, until_stopped
from perception.pipeline.work import FrameWorker, Outcome, Recipe
from perception.record import FrameRecord
from perception.wording import counted

_LIBRARIES = ("codriver", "numpy", "onnxruntime", "opencv-python-headless", "Pillow", "pycocotools", "evoc")


@dataclass(frozen=True)
class Plan:
    """What is to be done."""

    source: Source
    out: str
    """Folder or fsspec URL."""
    frame_stages: Recipe
    """Makes the stages over frames, at least one."""
    dataset_stages: Sequence[DatasetStage] = ()
    engine: Engine = field(default_factory=InProcess)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """For `run.json`: options and settings in force."""
    finish: Callable[[Summary], None] | None = None
    """Called with the result in place and the folder still locked; what it raises fails the run."""


@dataclass(frozen=True)
class Summary:
    """What a run did."""

    total: int
    failed: tuple[Outcome, ...]
    computed: int
    """Frames that at least one stage ran for, in whichever worker."""
    seconds: float
    stage_seconds: Mapping[str, float]
    """Summed over frames and workers."""
    stopped: bool = False
    """Before the end; running again goes on."""


def run(plan: Plan, watcher: Watcher | None = None) -> Summary:
    """Carry out `plan`. Raises `InputError` or `ResourceError`; whatever was finished before stays."""
    storage = Storage(plan.out)
    claim(
        storage, plan.source.name
    )  # before anything, even a lock, is put into what may be somebody else's folder
    with storage.locked():
        started = datetime.now(UTC)
        try:
            with memory_told():
                return _Run(plan, storage, watcher or Nobody()).go()
        except BaseException as error:
            _note_end(storage, started, error)
            if isinstance(error, MemoryError):
                raise ResourceError(_NO_MEMORY) from None
            raise


_NO_MEMORY = "Memory did not suffice; nothing that was finished is lost: the same command goes on where it was."


def _note_end(storage: Storage, started: datetime, error: BaseException) -> None:
    """Let the run file tell how a run ended that did not finish; if even that cannot be written, it is left."""
    by_person = isinstance(error, KeyboardInterrupt)
    failure = str(error) if isinstance(error, CodriverError) else f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError):
        failure = _NO_MEMORY
    ended = datetime.now(UTC)
    times = {**_times(started, ended), "seconds": round((ended - started).total_seconds(), 3)}
    with suppress(CodriverError, FileNotFoundError):
        if (kept := read_run(storage)) is not None:  # else nothing began, and the folder may be used otherwise
            state = "stopped" if by_person else "failed"
            write_run(
                storage,
                replace(kept, state=state, failure="" if by_person else failure, times=(*kept.times, times)),
            )


def _times(started: datetime, ended: datetime) -> dict[str, Any]:
    return {"started": started.isoformat(timespec="seconds"), "ended": ended.isoformat(timespec="seconds")}


class _Run:
    def __init__(self, plan: Plan, storage: Storage, watcher: Watcher) -> None:
        self.plan, self.storage, self.watcher = plan, storage, watcher
        self.started = datetime.now(UTC)
        self.clock = time.monotonic()
        self.worker = FrameWorker(storage, plan.frame_stages)
        self.dataset_identities = [(stage.name, stage.fingerprint()) for stage in plan.dataset_stages]
        self.seconds: Counter[str] = Counter()

    def go(self) -> Summary:
        before = claim(self.storage, self.plan.source.name)
        begun = replace(
            before,
            state="running",
            failure="",
            stages=tuple(_described(self.worker.identities + self.dataset_identities)),
            parameters=self.plan.parameters,
            versions=_versions(),
        )
        write_run(self.storage, begun)
        outcomes, complete = self._frames()
        if not complete:
            return self._stopped(begun, outcomes)
        identity = self._identity(outcomes)
        try:
            if before.result != identity or not is_whole(self.storage, identity):
                self.worker.release()  # grouping needs memory of its own
                self._group(outcomes, identity)
        except StoppedError:
            return self._stopped(begun, outcomes)
        summary = self._summary(outcomes, stopped=False)
        write_run(self.storage, replace(begun, result=identity))  # so that it can be opened
        if self.plan.finish is not None:
            self.plan.finish(summary)
        write_run(self.storage, self._ended(begun, summary, "finished", identity))
        remove_other_results(self.storage, identity)
        return summary

    def _frames(self) -> tuple[list[Outcome], bool]:
        """The outcomes so far in the source's order, and whether those are all."""
        worker, refs = self.worker, self.plan.source.refs
        found: dict[str, Outcome] = {}
        for ref in refs:
            if self.watcher.stopped():
                break
            if (outcome := worker.finished(ref)) is not None:
                found[ref.id] = outcome
        missing = [ref for ref in refs if ref.id not in found]
        self.watcher.step("frames", len(found), len(refs))
        for outcome in self.plan.engine.outcomes(worker, missing, self.watcher):
            found[outcome.info.id] = outcome
            self.seconds.update(outcome.seconds)
            self.watcher.step("frames", len(found), len(refs))
        return [found[ref.id] for ref in refs if ref.id in found], len(found) == len(refs)

    def _identity(self, outcomes: Sequence[Outcome]) -> str:
        frames = [[one.info.id, one.info.sequence, one.info.index, one.key, one.failure] for one in outcomes]
        return content_hash([FORMAT, frames, self.dataset_identities])[:32]

    def _group(self, outcomes: Sequence[Outcome], identity: str) -> None:
        with Records(FrameLog(self.storage), outcomes) as records:
            clusters: list[Cluster] = []
            if len(records):
                clusters = run_dataset_stages(
                    self.plan.dataset_stages, records, self.plan.source.refs, until_stopped(self.watcher)
                )
            keys = {one.info.id: one.key for one in outcomes if one.key}
            write_result(self.storage, identity, _with_failures(records, outcomes), keys, clusters)

    def _stopped(self, begun: RunFile, outcomes: Sequence[Outcome]) -> Summary:
        summary = self._summary(outcomes, stopped=True)
        write_run(self.storage, self._ended(begun, summary, "stopped", begun.result))
        return summary

    def _summary(self, outcomes: Sequence[Outcome], *, stopped: bool) -> Summary:
        return Summary(
            total=len(self.plan.source.refs),
            failed=tuple(one for one in outcomes if one.failure),
            computed=sum(one.computed for one in outcomes),
            seconds=time.monotonic() - self.clock,
            stage_seconds=dict(self.seconds),
            stopped=stopped,
        )

    def _ended(self, begun: RunFile, summary: Summary, state: str, result: str) -> RunFile:
        times = {
            **_times(self.started, datetime.now(UTC)),
            "seconds": round(summary.seconds, 3),
            "stage_seconds": {name: round(value, 3) for name, value in summary.stage_seconds.items()},
        }
        frames = {"total": summary.total, "failed": len(summary.failed), "computed": summary.computed}
        return replace(begun, state=state, result=result, frames=frames, times=(*begun.times, times))


def _with_failures(records: Records, outcomes: Sequence[Outcome]) -> Iterator[FrameRecord]:
    good = iter(records)
    for outcome in outcomes:
        yield next(good) if outcome.key else FrameRecord(outcome.info, failure=outcome.failure)


def _described(identities: Sequence[StageIdentity]) -> Iterator[Mapping[str, Any]]:
    for name, fingerprint in identities:
        yield {"name": name, "fingerprint": fingerprint}


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def check_any_good(summary: Summary) -> None:
    """Raise `ResourceError` when not one frame could be worked on."""
    if summary.total and len(summary.failed) == summary.total:
        raise ResourceError(
            f"None of {counted(summary.total, 'frame')} could be read; the first one: {summary.failed[0].failure}"
        )
