"""Inpaint, then segment again: what is in front is painted away, and the visible part prompts the segmenter.

The training-free family of arXiv 2312.15540 and 2503.18947, with a small inpainter and SAM. The painted square
around the object needs an encoder run of its own: the frame's embedding still shows what was in front.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.masks import BoolImage
from perception.models.roles import Inpainter, Prompts, Segmenter
from perception.occlusion.external.crop import ObjectCrop, crop_of
from perception.occlusion.task import Answer, Task

_SIDES = (256, 512)
"""Least and largest side of the square in pixels: what the inpainter was trained for."""
_POINTS = 4
"""Prompts on the visible part."""
_AGREEMENT = 0.75
"""Least IoU of the new mask with the visible part, where nothing was painted."""
_WORTH = 0.45
"""Mean IoU of the hidden part where the visible one fits entirely."""


class Inpaint:
    """`task.Method`: an inpainter and a segmenter."""

    name = "inpaint"

    def __init__(self, inpainter: Inpainter, segmenter: Segmenter) -> None:
        self._inpainter, self._segmenter = inpainter, segmenter

    def complete(self, tasks: Sequence[Task]) -> list[Answer | None]:
        """See `Method`; without the frame's pixels it has no idea."""
        return [self._one(task) if task.is_behind and task.image is not None else None for task in tasks]

    def identity(self) -> Mapping[str, Any]:
        """See `stage.HasModels`."""
        inpainter, segmenter = self._inpainter.files_sha256(), self._segmenter.files_sha256()
        return {"inpainter": dict(inpainter), "segmenter": dict(segmenter)}

    def _one(self, task: Task) -> Answer | None:
        crop = crop_of(task, int(np.clip(crop_of(task, 8).window.side, *_SIDES)))
        visible, occluder = crop.visible > 0, crop.occluder > 0
        if not visible.any() or not occluder.any():
            return None
        # The occluder's edge mixes both colours; left in the picture, it would be continued.
        hole = cv2.dilate(crop.occluder, np.ones((7, 7), np.uint8)).astype(bool) & ~visible
        painted = self._inpainter.inpaint(crop.image, hole)
        embedding = self._segmenter.embed(painted)
        found = self._segmenter.decode(embedding, _prompts(visible))
        masks = [_sized(logits, crop.side) for logits in found.logits[0]]
        agreements = [_iou(mask & ~hole, visible) for mask in masks]
        best = int(np.argmax(agreements))
        if agreements[best] < _AGREEMENT:
            return None
        return crop.answer(_joined(masks[best], crop), task, _WORTH * agreements[best])


def _prompts(visible: BoolImage) -> Prompts:
    """Points far inside the visible part, and far from each other."""
    free = np.pad(visible, 1).astype(np.uint8)
    points = []
    for _ in range(_POINTS):
        depth = cv2.distanceTransform(free, cv2.DIST_L2, 3)
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        # OpenCV's distance of a line that is one pixel wide is 0.955.
        if depth[y, x] < 0.9:
            break
        points.append((float(x - 1), float(y - 1)))
        cv2.circle(free, (int(x), int(y)), max(round(float(depth[y, x])), 1), 0, -1)
    where = np.array(points, np.float32)[None]
    return Prompts(where, np.ones(where.shape[:2], np.float32))


def _sized(logits: NDArray[np.float32], side: int) -> BoolImage:
    return np.asarray(cv2.resize(logits, (side, side), interpolation=cv2.INTER_LINEAR) > 0, bool)


def _joined(mask: BoolImage, crop: ObjectCrop) -> BoolImage:
    """The pieces of the mask that hang together with the visible part: others are newly painted things."""
    both = (mask | (crop.visible > 0)).astype(np.uint8)
    _, pieces = cv2.connectedComponents(both, connectivity=8)
    touched = np.unique(pieces[crop.visible > 0])
    return np.isin(pieces, touched[touched > 0])


def _iou(first: BoolImage, second: BoolImage) -> float:
    either = (first | second).sum()
    return float((first & second).sum() / either) if either else 0.0
