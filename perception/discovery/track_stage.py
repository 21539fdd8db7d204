"""The stage that keeps an object's identity over the frames of a sequence.

Boxes are followed by ByteTrack (Zhang et al. 2022, arXiv 2110.06864) of the package `edgefirst-tracker`: a Kalman
filter for each track, confident boxes matched first, the rest after them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from edgefirst.tracker import ByteTrack

from perception.frame import Frame
from perception.record import FrameRecord, Instance

_STEP_NS = 100_000_000


@dataclass(frozen=True)
class TrackOptions:
    """How tracks begin, go on and end."""

    confident: float = 0.3
    """Only an instance with at least this score begins a track."""
    iou: float = 0.1
    """A box belongs to no track that predicts less overlap than this."""
    blend: float = 0.9
    """How much a new box counts against what the track predicted, 0..1. With less, a prediction lags behind things
    that move a quarter of their width in a frame, and they are lost when they are hidden for two."""
    lost_frames: int = 8
    """A track that was not seen for more frames has ended."""


class TrackStage:
    """Gives the instances of each sequence a `track_id`; single pictures have none."""

    def __init__(self, options: TrackOptions | None = None) -> None:
        self._options = options or TrackOptions()

    @property
    def name(self) -> str:
        """ "track\""""
        return "track"

    def fingerprint(self) -> Mapping[str, Any]:
        """The options; the version of the code."""
        return {"version": 1, "options": vars(self._options).copy()}

    def run(
        self,
        records: Sequence[FrameRecord],
        load: Callable[[str], Frame],
        progress: Callable[[int, int], None],
    ) -> Iterable[FrameRecord]:
        """The records whose instances' tracks have changed. Track ids are unique in the dataset, from 1."""
        done = first_id = 0
        for sequence, following in groupby(records, key=lambda record: record.frame.sequence):
            chosen = list(following)
            tracked = list(self._tracked(chosen, first_id)) if sequence else [_untracked(one) for one in chosen]
            first_id = max([first_id, *(one.track_id or 0 for record in tracked for one in record.instances)])
            for before, after in zip(chosen, tracked, strict=True):
                if before.instances != after.instances:
                    yield after
            done += len(chosen)
            progress(done, len(records))

    def _tracked(self, records: Sequence[FrameRecord], first_id: int) -> Iterator[FrameRecord]:
        options = self._options
        tracker = ByteTrack(
            high_conf=options.confident,
            iou=options.iou,
            update=options.blend,
            lifespan_ns=options.lost_frames * _STEP_NS,
        )
        numbers: dict[str, int] = {}  # ByteTrack's own names are random
        for step, record in enumerate(records):
            tracks = tracker.update(*_detections(record), step * _STEP_NS)
            instances = tuple(
                _with_track(one, None if info is None else _number(numbers, info.uuid, first_id))
                for one, info in zip(record.instances, tracks, strict=True)
            )
            yield record.with_instances(instances)


def _detections(record: FrameRecord) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes [N, 4] in 0..1, scores [N], and one class for all: whether a thing is known may change on the way."""
    width, height = record.frame.width, record.frame.height
    boxes = [(x / width, y / height, (x + w) / width, (y + h) / height) for x, y, w, h in _boxes(record)]
    scores = [one.score for one in record.instances]
    return (
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
        np.zeros(len(boxes), np.uintp),
    )


def _boxes(record: FrameRecord) -> list[tuple[int, int, int, int]]:
    return [one.mask.box for one in record.instances]


def _number(numbers: dict[str, int], name: str, first_id: int) -> int:
    return numbers.setdefault(name, first_id + len(numbers) + 1)


def _with_track(one: Instance, track_id: int | None) -> Instance:
    return replace(one, track_id=track_id)


def _untracked(record: FrameRecord) -> FrameRecord:
    return record.with_instances(tuple(replace(one, track_id=None) for one in record.instances))
