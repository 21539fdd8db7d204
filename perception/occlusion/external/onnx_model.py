"""An amodal model in an ONNX file, described by settings.

It is given a square around the object and answers with the whole object's mask in it. Input: float32
[1, channels, S, S], the planes that `planes` names, in that order ("image": 3 channels RGB, "visible", "occluder":
one each, 0 or 1); or, where the file has as many inputs as planes are named, one plane in each. S is what the file
says, else 256. Output: the first one, [1, 1, S', S'] or [1, S', S'], a chance 0..1 or, with `logits`, its log
odds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from codriver.errors import FileFormatError, InputError
from perception.models.files import ModelFiles
from perception.models.sessions import Runtime, Session
from perception.occlusion.external.crop import PLANES, ObjectCrop, Plane, crop_of
from perception.occlusion.task import Answer, Task

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)[:, None, None]
_SPREAD = np.array([0.229, 0.224, 0.225], np.float32)[:, None, None]


@dataclass(frozen=True)
class OnnxDescription:
    """How the file wants to be used."""

    planes: tuple[Plane, ...] = ("image", "visible")
    imagenet: bool = False
    """The image is normalised by ImageNet's mean and spread; else 0..1."""
    logits: bool = True
    """The output is log odds; else a chance."""
    confidence: float = 0.5
    """What its answers count against those of other methods, 0..1: it does not estimate its own quality."""


class OnnxAmodal:
    """`task.Method` for such a file."""

    name = "onnx"

    def __init__(self, files: ModelFiles, description: OnnxDescription, runtime: Runtime) -> None:
        """Raises `FileFormatError` when the file does not fit the description, `InputError` for a bad one."""
        if not description.planes or len(set(description.planes)) != len(description.planes):
            raise InputError(f"perception.amodal-inputs must name each of {', '.join(PLANES)} at most once.")
        self._files, self._described = files, description
        self._session = Session(files.only(), runtime)
        self._side = self._checked_side()

    def identity(self) -> Mapping[str, Any]:
        """See `stage.HasModels`."""
        return {"files": dict(self._files.sha256), "described": asdict(self._described)}

    def complete(self, tasks: Sequence[Task]) -> list[Answer | None]:
        """See `Method`; without the frame's pixels it has no idea."""
        return [self._one(task) if task.is_behind and task.image is not None else None for task in tasks]

    def _one(self, task: Task) -> Answer | None:
        crop = crop_of(task, self._side)
        found = next(iter(self._session.run(self._feeds(crop)).values()))
        inside = np.asarray(found, np.float32).squeeze()
        if inside.ndim != 2 or not np.isfinite(inside).all():
            raise FileFormatError(
                f"The model {self._session.path} answers with {list(found.shape)} numbers, some of them perhaps "
                "not finite; it must be one mask."
            )
        chance = 1 / (1 + np.exp(-np.clip(inside, -30, 30))) if self._described.logits else inside
        resized = cv2.resize(chance.astype(np.float32), (self._side, self._side))
        return crop.answer(resized, task, self._described.confidence)

    def _feeds(self, crop: ObjectCrop) -> dict[str, NDArray[np.float32]]:
        planes = [self._plane(crop, name) for name in self._described.planes]
        if len(self._session.inputs) == 1:
            return {next(iter(self._session.inputs)): np.concatenate(planes)[None]}
        return {name: plane[None] for name, plane in zip(self._session.inputs, planes, strict=True)}

    def _plane(self, crop: ObjectCrop, name: Plane) -> NDArray[np.float32]:
        plane = crop.planes([name])
        return ((plane - _MEAN) / _SPREAD) if name == "image" and self._described.imagenet else plane

    def _checked_side(self) -> int:
        planes = self._described.planes
        shapes = list(self._session.inputs.values())
        wanted = [sum(PLANES[name] for name in planes)] if len(shapes) == 1 else [PLANES[name] for name in planes]
        fits = len(shapes) == len(wanted) and all(
            (len(shape) == 4 and shape[1] in (count, None)) or isinstance(shape[1], str)
            for shape, count in zip(shapes, wanted, strict=False)
        )
        if not fits:
            raise FileFormatError(
                f"{self._session.path} takes {[list(shape) for shape in shapes]}; with perception.amodal-inputs "
                f"{', '.join(planes)} it must take [1, channels, side, side] with {wanted} channels."
            )
        side = shapes[0][-1]
        return side if isinstance(side, int) and side > 0 else 256
