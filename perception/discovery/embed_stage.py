"""A stage that gives every unknown instance a vector of what it looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from perception.discovery.crops import crop
from perception.frame import Frame
from perception.models.roles import Embedder
from perception.record import FrameRecord
from perception.vectors import InstanceVectors

APPEARANCE_VECTORS = "appearance"
"""The name under which the vectors are kept in a record."""


class EmbedStage:
    """Cuts each unknown instance out before grey and embeds it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def name(self) -> str:
        """ "embed\""""
        return "embed"

    def fingerprint(self) -> Mapping[str, Any]:
        """The model; the version of the code."""
        return {"version": 1, "model": self._embedder.name, "files": dict(self._embedder.files_sha256())}

    def run(self, frame: Frame, record: FrameRecord) -> FrameRecord:
        """The record with the vectors "appearance" of its unknown instances, float16."""
        started = perf_counter()
        unknown = [one for one in record.instances if one.status == "unknown"]
        crops = [crop(frame.image, one.mask, isolated=True) for one in unknown]
        rows = self._embedder.embed_crops(crops).astype(np.float16)
        vectors = InstanceVectors(tuple(one.id for one in unknown), rows)
        return replace(
            record,
            vectors={**record.vectors, APPEARANCE_VECTORS: vectors},
            timings_s={**record.timings_s, "embed": perf_counter() - started},
        )
