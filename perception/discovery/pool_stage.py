"""A stage that keeps what the segmenter saw of every instance, for grouping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from perception.discovery.pooling import SEGMENTER_VECTORS, pooled
from perception.frame import Frame
from perception.models.bounded import bounded
from perception.models.roles import Segmenter
from perception.record import FrameRecord


@dataclass(frozen=True)
class PoolStage:
    """Averages the segmenter's features over each instance. Right after proposing it costs no model run."""

    segmenter: Segmenter

    @property
    def name(self) -> str:
        """ "pool\""""
        return "pool"

    def fingerprint(self) -> Mapping[str, Any]:
        """The model; the version of the code."""
        return {"version": 1, "model": self.segmenter.name, "files": dict(self.segmenter.files_sha256())}

    def run(self, frame: Frame, record: FrameRecord) -> FrameRecord:
        """The record with the vectors "segmenter" of its instances, float16."""
        started = perf_counter()
        if not record.instances:
            return record
        vectors = pooled(self.segmenter.embed(bounded(frame.image)), record.instances)
        return replace(
            record,
            vectors={**record.vectors, SEGMENTER_VECTORS: vectors},
            timings_s={**record.timings_s, "pool": perf_counter() - started},
        )
