"""Runs the stages that need all frames, over records that stay on disk."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import overload

from codriver.errors import FileFormatError
from perception.dataset.clusters import Cluster
from perception.dataset.log import FrameLog, StoredVectors
from perception.frame import Frame, FrameRef
from perception.pipeline.stage import DatasetStage
from perception.pipeline.work import Outcome
from perception.record import FrameRecord, record_from_json, record_to_json


class Records(Sequence[FrameRecord]):
    """Records of the frames that did not fail, read from the log or from a scratch file of what stages changed."""

    def __init__(self, log: FrameLog, outcomes: Sequence[Outcome]) -> None:
        self._log = log
        self._good = [one for one in outcomes if one.key]
        self._scratch = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._changed: dict[str, tuple[int, int]] = {}

    def __enter__(self) -> Records:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scratch.close()

    def __len__(self) -> int:
        return len(self._good)

    @overload
    def __getitem__(self, position: int) -> FrameRecord: ...
    @overload
    def __getitem__(self, position: slice) -> list[FrameRecord]: ...
    def __getitem__(self, position: int | slice) -> FrameRecord | list[FrameRecord]:
        if isinstance(position, slice):
            return [self._read(one) for one in self._good[position]]
        return self._read(self._good[position])

    def __iter__(self) -> Iterator[FrameRecord]:
        return (self._read(one) for one in self._good)

    def _read(self, outcome: Outcome) -> FrameRecord:
        if span := self._changed.get(outcome.info.id):
            self._scratch.seek(span[0])
            record = record_from_json(json.loads(self._scratch.read(span[1])))
            return replace(record, vectors=StoredVectors(self._log.storage, outcome.key))
        found = self._log.get(outcome.key, outcome.info)
        if found is None:
            raise FileFormatError(
                f"The record of {outcome.info.id} in {self._log.storage} is damaged or was deleted; label again."
            )
        return found

    def change(self, records: Iterator[FrameRecord]) -> None:
        """Take over `records`; they are read back only once all have come, whatever asks meanwhile."""
        changed = {}
        for record in records:
            line = json.dumps(record_to_json(record), allow_nan=False).encode()
            offset = self._scratch.seek(0, 2)
            self._scratch.write(line)
            changed[record.frame.id] = (offset, len(line))
        self._changed.update(changed)


def run_dataset_stages(
    stages: Sequence[DatasetStage],
    records: Records,
    refs: Sequence[FrameRef],
    progress: Callable[[str, int, int], None],
) -> list[Cluster]:
    """Run `stages` in order over `records`, which change; the clusters of the last stage that made some.

    `progress(stage, done, total)` may raise to stop.
    """
    by_id = {ref.id: ref for ref in refs}
    clusters: list[Cluster] = []

    def load(frame_id: str) -> Frame:
        return by_id[frame_id].load()

    for stage in stages:
        made: list[Cluster] = []

        def records_of(stage: DatasetStage = stage, made: list[Cluster] = made) -> Iterator[FrameRecord]:
            for one in stage.run(records, load, lambda done, total: progress(stage.name, done, total)):
                if isinstance(one, Cluster):
                    made.append(one)
                else:
                    yield one

        records.change(records_of())
        clusters = made or clusters
    return clusters
