"""The stage of the pipeline that completes hidden objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perception.frame import Frame
from perception.models.files import sha256_of_file
from perception.occlusion.completing import Completer, Prior
from perception.occlusion.shapes import RENDERED
from perception.record import FrameRecord


class CompleteStage:
    """`pipeline.stage.FrameStage`: who hides whom, and the whole shape of what is hidden."""

    name = "complete"

    def __init__(self) -> None:
        self._completer = Completer([Prior()])

    def fingerprint(self) -> Mapping[str, Any]:
        """The shapes that vote, and the version of this code."""
        return {"version": 1, "silhouettes": sha256_of_file(RENDERED)}

    def run(self, frame: Frame, record: FrameRecord) -> FrameRecord:
        """The record with an `Occlusion` for every instance."""
        return self._completer.complete(record)
