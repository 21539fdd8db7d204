"""The stage of the pipeline that completes hidden objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from perception.frame import Frame
from perception.models.files import sha256_of_file
from perception.models.sessions import Runtime
from perception.occlusion.completing import Completer
from perception.occlusion.methods import shipped_methods
from perception.occlusion.network import WEIGHTS
from perception.occlusion.order_model import WEIGHTS as ORDER_WEIGHTS
from perception.occlusion.shapes import RENDERED
from perception.occlusion.task import Method
from perception.record import FrameRecord


@runtime_checkable
class HasFiles(Protocol):
    """A method with models of its own."""

    def files_sha256(self) -> Mapping[str, str]:
        """File name, or what else tells the model → sha256."""
        ...


class CompleteStage:
    """`pipeline.stage.FrameStage`: who hides whom, and the whole shape of what is hidden."""

    name = "complete"

    def __init__(self, methods: Sequence[Method] | None = None) -> None:
        self._completer = Completer(methods or shipped_methods(Runtime(provider="cpu")))

    def fingerprint(self) -> Mapping[str, Any]:
        """The methods, their models, the shapes that vote, and the version of this code."""
        models = {
            one.name: dict(one.files_sha256()) for one in self._completer.methods if isinstance(one, HasFiles)
        }
        return {
            "version": 6,
            "methods": [one.name for one in self._completer.methods],
            "network": sha256_of_file(WEIGHTS),
            "order": sha256_of_file(ORDER_WEIGHTS),
            "silhouettes": sha256_of_file(RENDERED),
            "models": models,
        }

    def run(self, frame: Frame, record: FrameRecord) -> FrameRecord:
        """The record with an `Occlusion` for every instance."""
        return self._completer.complete(record, image=frame.image)
