"""The stage of the pipeline that completes hidden objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perception.frame import Frame
from perception.models.files import sha256_of_file
from perception.models.sessions import Runtime
from perception.occlusion.completing import Completer
from perception.occlusion.methods import shipped_methods
from perception.occlusion.network import WEIGHTS
from perception.occlusion.shapes import RENDERED
from perception.record import FrameRecord


class CompleteStage:
    """`pipeline.stage.FrameStage`: who hides whom, and the whole shape of what is hidden."""

    name = "complete"

    def __init__(self, runtime: Runtime | None = None) -> None:
        self._completer = Completer(shipped_methods(runtime or Runtime(provider="cpu")))

    def fingerprint(self) -> Mapping[str, Any]:
        """The network, the shapes that vote, and the version of this code."""
        return {"version": 2, "network": sha256_of_file(WEIGHTS), "silhouettes": sha256_of_file(RENDERED)}

    def run(self, frame: Frame, record: FrameRecord) -> FrameRecord:
        """The record with an `Occlusion` for every instance."""
        return self._completer.complete(record, image=frame.image)
