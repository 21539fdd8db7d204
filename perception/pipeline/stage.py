"""What a step of the pipeline is. Results are keyed by content: frame, fingerprint, and what came before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from perception.dataset.clusters import Cluster
from perception.frame import Frame
from perception.record import FrameRecord


class FrameStage(Protocol):
    """Works on one frame at a time; any worker may do any frame.

    A stage is sent to workers with pickle: keep its construction cheap, and load models at the first `run`.
    """

    @property
    def name(self) -> str:
        """Short, unique in a pipeline: "propose", "complete"."""
        ...

    def fingerprint(self) -> Mapping[str, Any]:
        """All that the result depends on besides frame and record, as JSON: models with sha256,
        parameters, a version that is raised when the code gives other results."""
        ...

    def run(self, frame: Frame, record: FrameRecord) -> FrameRecord:
        """The record with this stage's findings. Deterministic; changes neither argument."""
        ...


class DatasetStage(Protocol):
    """Needs all frames: identity over time, grouping."""

    @property
    def name(self) -> str:
        """Short, unique in a pipeline: "track", "cluster"."""
        ...

    def fingerprint(self) -> Mapping[str, Any]:
        """As `FrameStage.fingerprint`."""
        ...

    def run(
        self, records: Sequence[FrameRecord], load: Callable[[str], Frame], progress: Callable[[int, int], None]
    ) -> Iterable[FrameRecord | Cluster]:
        """The changed records, and what is known of each cluster where the stage makes clusters.

        `records` are in the source's order, each read from disk when it is asked for, with its `vectors`;
        frames that failed are left out. `load` gives a frame by id; `progress(done, total)` may be called at
        any time.
        """
        ...
