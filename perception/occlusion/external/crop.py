"""What an external model is shown of an object: a square of the frame around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.frame import RGBImage
from perception.masks import BoolImage
from perception.occlusion.task import Answer, Task
from perception.occlusion.window import Window, window_around

Plane = Literal["image", "visible", "occluder"]
PLANES: dict[Plane, int] = {"image": 3, "visible": 1, "occluder": 1}
"""What a model can be given, and how many channels that has."""


@dataclass(frozen=True, eq=False)
class ObjectCrop:
    """A square around an object, `side` × `side` pixels; what lies outside the frame is black and empty."""

    window: Window
    side: int
    image: RGBImage
    visible: NDArray[np.uint8]
    """0 or 1"""
    occluder: NDArray[np.uint8]
    """0 or 1: where something in front may hide a part."""

    def planes(self, wanted: list[Plane]) -> NDArray[np.float32]:
        """float32 [channels, side, side], 0..1, RGB."""
        found = {
            "image": self.image.transpose(2, 0, 1).astype(np.float32) / 255,
            "visible": self.visible[None].astype(np.float32),
            "occluder": self.occluder[None].astype(np.float32),
        }
        return np.concatenate([found[name] for name in wanted])

    def answer(self, inside: NDArray[Any], task: Task, confidence: float) -> Answer | None:
        """The whole object in the frame, from a mask [side, side] of any number type whose inside is > 0.5.

        Nothing of it is believed but pixels where something may hide the object. None where none are left.
        """
        large = cv2.resize(inside.astype(np.float32), (self.window.side, self.window.side)) > 0.5
        hidden = _pasted(large, self.window, task.visible.shape[:2]) & task.may_hide & ~task.visible
        return (task.visible | hidden, confidence) if hidden.any() else None


def crop_of(task: Task, side: int) -> ObjectCrop:
    """The crop of an object that may be hidden. Raises `ValueError` for a task without the frame's pixels."""
    if task.image is None:
        raise ValueError("a crop needs the frame's pixels")
    window = window_around(task.visible, task.may_hide)
    shrinks = window.side > side
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    image = cv2.resize(_cut(task.image, window), (side, side), interpolation=way)
    visible, occluder = (
        (cv2.resize(_cut(mask.astype(np.float32), window), (side, side), interpolation=way) > 0.5).astype(np.uint8)
        for mask in (task.visible, task.may_hide)
    )
    return ObjectCrop(window, side, np.ascontiguousarray(image, np.uint8), visible, occluder)


def _cut(pixels: NDArray[Any], window: Window) -> NDArray[Any]:
    height, width = pixels.shape[:2]
    found = np.zeros((window.side, window.side, *pixels.shape[2:]), pixels.dtype)
    x0, y0 = max(window.left, 0), max(window.top, 0)
    x1, y1 = min(window.left + window.side, width), min(window.top + window.side, height)
    found[y0 - window.top : y1 - window.top, x0 - window.left : x1 - window.left] = pixels[y0:y1, x0:x1]
    return found


def _pasted(inside: BoolImage, window: Window, shape: tuple[int, ...]) -> BoolImage:
    found = np.zeros(shape, bool)
    x0, y0 = max(window.left, 0), max(window.top, 0)
    x1, y1 = min(window.left + window.side, shape[1]), min(window.top + window.side, shape[0])
    found[y0:y1, x0:x1] = inside[y0 - window.top : y1 - window.top, x0 - window.left : x1 - window.left]
    return found
